"""The keys of Secrets and the forms of their values, with a real kubectl."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.lookup.credentials.inspect import Credential, credentials_of
from fluxstatus.lookup.credentials.queries import template
from fluxstatus.model.evidence import Object, Why
from tests.builders import NOW, flux, kustomization, reference, state
from tests.fakes.api_server import ApiServer, api_server
from tests.kubernetes.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]

CANARY = "CANARY-0123456789"
NAMESPACE = "team-a"
_BODY = f"\n{CANARY}\n-----END-----\n"
OPENSSH = f"-----BEGIN OPENSSH PRIVATE KEY-----{_BODY}"
RSA = f"-----BEGIN RSA PRIVATE KEY-----{_BODY}"
CERTIFICATE = f"-----BEGIN CERTIFICATE-----{_BODY}"
LOCKED = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + base64.b64encode(
        b"openssh-key-v1\0\0\0\0\x0aaes256-ctr\0\0\0\x06bcrypt" + CANARY.encode()
    ).decode()
)
HOSTS = f"# {CANARY}\nother.example.com ssh-rsa {CANARY}\ngit.example.com ssh-rsa {CANARY}\n"
DOCKER = "kubernetes.io/dockerconfigjson"


def secret(data: dict[str, str], kind: str = "Opaque") -> Object:
    """Return a Secret called login with *data*."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "login", "namespace": NAMESPACE},
        "type": kind,
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def user(url: str, kind: str = "GitRepository", field: str = "secretRef", **spec: Any) -> Object:
    """Return a source at *url* that names the Secret login in *field*."""
    return flux(kind, f"{NAMESPACE}/app", spec={"url": url, field: {"name": "login"}, **spec})


def look(cluster: Cluster, one: Object, who: str = "admin") -> list[Credential]:
    """Return the result that *who* gets for the Secrets of *one*."""
    known = state(one)
    flags = (f"--kubeconfig={cluster.kubeconfig(who)}",)
    return list(credentials_of(known, next(iter(known.resources.values())), flags, Deadline(30)))


SSH, HTTPS, OCI = "ssh://git@git.example.com/a", "https://git.example.com/a", "oci://ghcr.io/a/b"
APP = {"githubAppID": "1", "githubAppPrivateKey": RSA}
GIT = "GitRepository"
PGP = f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{CANARY}"
PGP_PRIVATE = PGP.replace("PUBLIC", "PRIVATE")
PUBLIC = f"-----BEGIN PUBLIC KEY-----{_BODY}"
COSIGN = f"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----{_BODY}"
AGE = f"AGE-SECRET-KEY-1{CANARY}"
LOGIN = {"name": "login"}


def signed(kind: str, **spec: str) -> Object:
    """Return a source whose signature is verified with the Secret login."""
    return flux(kind, f"{NAMESPACE}/app", spec={"verify": {"secretRef": LOGIN, **spec}})


def failing(one: Object) -> Object:
    """Return *one* as an object that is not ready."""
    ready = {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": "no"}
    return {**one, "status": {"conditions": [ready]}}


def encrypted() -> Object:
    """Return a Kustomization that decrypts with it."""
    spec = {"decryption": {"provider": "sops", "secretRef": LOGIN}}
    return flux("Kustomization", f"{NAMESPACE}/app", spec=spec)


def remote(**more: str) -> Object:
    """Return a HelmRelease for the cluster that it leads to."""
    spec = {"kubeConfig": {"secretRef": {**LOGIN, **more}}}
    return flux("HelmRelease", f"{NAMESPACE}/app", spec=spec)


def with_values(**more: Any) -> Object:
    """Return a HelmRelease that takes values from it."""
    spec = {"valuesFrom": [{"kind": "ConfigMap", "name": "x"}, {"kind": "Secret", **LOGIN, **more}]}
    return flux("HelmRelease", f"{NAMESPACE}/app", spec=spec)


def with_variables(**more: Any) -> Object:
    """Return a Kustomization that takes variables from it."""
    spec = {"postBuild": {"substituteFrom": [{"kind": "Secret", **LOGIN, **more}]}}
    return flux("Kustomization", f"{NAMESPACE}/app", spec=spec)


def instance(**sync: str) -> Object:
    """Return a FluxInstance that pulls its sync with it."""
    return flux("FluxInstance", f"{NAMESPACE}/flux", spec={"sync": {"pullSecret": "login", **sync}})


CASES: list[tuple[str, Object, dict[str, str], list[str]]] = [
    ("ssh well", user(SSH), {"identity": OPENSSH, "known_hosts": HOSTS}, []),
    ("ssh rsa", user(SSH), {"identity": RSA, "known_hosts": HOSTS}, []),
    ("ssh hashed", user(SSH), {"identity": RSA, "known_hosts": f"|1|{CANARY}= ssh-rsa"}, []),
    ("ssh hosts by a pattern", user(SSH),
     {"identity": RSA, "known_hosts": f"*.example.com ssh-rsa {CANARY}"}, []),
    ("ssh one key", user(SSH), {"identity": OPENSSH}, ['it is missing key "known_hosts"']),
    (
        "ssh with a login",
        user(SSH),
        {"username": CANARY, "password": CANARY},
        [
            (
                "it is missing the keys identity and known_hosts; "
                "its keys are for HTTPS, but the URL uses SSH"
            )
        ],
    ),
    (
        "ssh no key",
        user(SSH),
        {"identity": CANARY, "known_hosts": HOSTS},
        ['key "identity" is not a private key'],
    ),
    (
        "ssh public key",
        user(SSH),
        {"identity": f"ssh-ed25519 {CANARY}", "known_hosts": HOSTS},
        ['key "identity" is not a private key but a public key'],
    ),
    (
        "ssh passphrase",
        user(SSH),
        {"identity": LOCKED, "known_hosts": HOSTS},
        ['key "identity" has a passphrase, but key "password" is missing'],
    ),
    (
        "ssh passphrase given",
        user(SSH),
        {"identity": LOCKED, "known_hosts": HOSTS, "password": CANARY},
        [],
    ),
    (
        "ssh empty hosts",
        user(SSH),
        {"identity": OPENSSH, "known_hosts": ""},
        ['key "known_hosts" is empty'],
    ),
    (
        "ssh other hosts",
        user(SSH),
        {"identity": OPENSSH, "known_hosts": f"other.example.com ssh-rsa {CANARY}"},
        ['key "known_hosts" does not include git.example.com'],
    ),
    ("https well", user(HTTPS), {"username": "git", "password": CANARY}, []),
    (
        "https and what it has no use for",
        user(HTTPS),
        {"username": "git", "password": CANARY, "identity": CANARY, "known_hosts": CANARY},
        [],
    ),
    ("https token", user(HTTPS), {"bearerToken": CANARY}, []),
    ("https with a key, and all is well", user(HTTPS), {"identity": OPENSSH, "known_hosts": HOSTS},
     []),
    ("https with a key", failing(user(HTTPS)), {"identity": OPENSSH, "known_hosts": HOSTS},
     [("it is missing the keys username and password; its keys are for SSH, "
       "but the URL uses HTTPS")]),
    (
        "https line break",
        user(HTTPS),
        {"username": "git", "password": f"{CANARY}\n"},
        ['key "password" ends with a line break, which is sent as part of the value'],
    ),
    (
        "ca",
        user(HTTPS, field="certSecretRef", kind="HelmRepository"),
        {"ca.crt": CANARY},
        ['key "ca.crt" is not a certificate'],
    ),
    (
        "tls",
        user(HTTPS, field="certSecretRef", kind="HelmRepository"),
        {"tls.crt": CERTIFICATE, "tls.key": RSA},
        [],
    ),
    ("proxy", user(HTTPS, field="proxySecretRef"), {"addres": CANARY},
     ['it is missing key "address"']),
    (
        "registry type",
        user(OCI, kind="OCIRepository"),
        {".dockerconfigjson": f'{{"auths":{{"ghcr.io":{{"auth":"{CANARY}"}}}}}}'},
        [f"its type is Opaque; it must be {DOCKER}"],
    ),
    ("half a login", user(HTTPS), {"username": CANARY, "ca.crt": CERTIFICATE},
     ['it has key "username" but not key "password"']),
    ("GitHub App", user(HTTPS), APP | {"githubAppInstallationID": "1"}, []),
    ("GitHub App of nobody", user(HTTPS), APP,
     [("it must have exactly one of the keys githubAppInstallationID and "
       "githubAppInstallationOwner")]),
    ("a key after a comment", user(SSH), {"identity": f"# mine\n{RSA}", "known_hosts": HOSTS}, []),
    ("verify git", signed(GIT), {"alice.asc": PGP, "bob.sshpub": f"ssh-rsa {CANARY}"},
     []),
    ("verify git, empty", signed(GIT), {}, ["it has no keys"]),
    ("verify git, private", signed(GIT), {"alice.asc": PGP_PRIVATE},
     ['key "alice.asc" is not a PGP public key but a PGP private key']),
    ("cosign", signed("OCIRepository", provider="cosign"), {"cosign.pub": PUBLIC}, []),
    ("cosign, keyless name", signed("OCIRepository", provider="cosign"), {"key": PUBLIC},
     ['it is missing key "*.pub"']),
    ("cosign, private", signed("HelmChart", provider="cosign"), {"cosign.pub": COSIGN},
     ['key "cosign.pub" is not a public key but a cosign private key']),
    ("notation", signed("OCIRepository", provider="notation"), {"trustpolicy.json": "{}"},
     ['it is missing key "*.crt"']),
    ("notation well", signed("OCIRepository", provider="notation"),
     {"trustpolicy.json": "{}", "ca.crt": CERTIFICATE}, []),
    ("sops", encrypted(), {"me.agekey": f"# created\n# public key: age1{CANARY}\n{AGE}"}, []),
    ("sops, of a newer age", encrypted(), {"me.agekey": AGE.replace("KEY-1", "KEY-PQ-1")}, []),
    ("sops, public", encrypted(), {"me.agekey": f"age1{CANARY}"},
     ['key "me.agekey" is not an age private key but an age public key']),
    ("sops, pgp", encrypted(), {"me.asc": PGP_PRIVATE}, []),
    ("sops, pgp, public", encrypted(), {"me.asc": PGP},
     ['key "me.asc" is not a PGP private key but a PGP public key']),
    ("sops, wrong name", encrypted(), {"age.txt": AGE}, ['it is missing key "*.agekey"']),
    ("sops, vault", encrypted(), {"sops.vault-token": CANARY}, []),
    ("kubeconfig", remote(), {"value.yaml": CANARY}, []),
    ("kubeconfig, other key", remote(), {"kubeconfig": CANARY}, ['it is missing key "value"']),
    ("kubeconfig, named key", remote(key="kubeconfig"), {"kubeconfig": CANARY}, []),
    ("kubeconfig, named key missing", remote(key="config"), {"value": CANARY},
     ['it is missing key "config"']),
    ("values", with_values(), {"values.yaml": CANARY}, []),
    ("values, named key", with_values(valuesKey="prod"), {"values": CANARY},
     ['it is missing key "prod"']),
    ("variables", with_variables(), {"DOMAIN": CANARY, "_x1": ""}, []),
    ("variables, bad name", with_variables(), {"my-domain": CANARY, "a.b": CANARY},
     ['key "a.b" is not a valid variable name',
      'key "my-domain" is not a valid variable name']),
    ("receiver", user("", "Receiver"), {"tokn": CANARY}, ['it is missing key "token"']),
    ("receiver well", user("", "Receiver"), {"token": CANARY}, []),
    ("provider", user("", "Provider", type="gitlab"), {"password": CANARY},
     ['it is missing key "token"']),
    ("provider well", user("", "Provider", type="slack"), {"proxy": CANARY}, []),
    ("provider of any type", user("", "Provider", type="new"), {"what": CANARY}, []),
    ("inputs", user(HTTPS, "ResourceSetInputProvider", type="GitHubPullRequest"),
     {"token": CANARY}, ["it is missing the keys username and password"]),
    ("inputs from anywhere", user(HTTPS, "ResourceSetInputProvider", type="ExternalService"),
     {"token": CANARY}, []),
    ("root sync", instance(url=SSH), {"username": CANARY, "password": CANARY},
     [("it is missing the keys identity and known_hosts; its keys are for HTTPS, "
       "but the URL uses SSH")]),
    ("root sync, oci", instance(kind="OCIRepository", url=OCI), {"username": CANARY},
     ['it is missing key ".dockerconfigjson"']),
    ("images", flux("FluxInstance", f"{NAMESPACE}/flux", spec={
        "distribution": {"registry": "ghcr.io", "imagePullSecret": "login"}}),
     {".dockerconfigjson": "{}"},
     [f"its type is Opaque; it must be {DOCKER}",
      'key ".dockerconfigjson" does not include ghcr.io']),
]  # fmt: skip


@pytest.mark.parametrize(("one", "data", "problems"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_what_is_wrong_with_a_secret(
    cluster: Cluster, one: Object, data: dict[str, str], problems: list[str]
) -> None:
    """Each problem is reported, valid Secrets have none, and no value is printed."""
    cluster.put([secret(data)])
    (result,) = look(cluster, one)
    outcome = [re.sub("; [^;]* would also work", "", problem) for problem in result.problems]
    assert outcome == problems
    assert {key.name for key in result.keys} == set(data)
    assert CANARY not in repr(result)


KUBECONFIG = f"""users:
- name: admin
  user:
    client-certificate-data: {CANARY}
    client-key-data: {CANARY}
clusters:
- cluster: {{certificate-authority-data: {CANARY}}}
"""


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("tokenFile: /var/run/token", "tokenFile"),
        ("    client-certificate: ./a.crt", "client-certificate"),
        ("client-key: a.key", "client-key"),
        ("- cluster: {certificate-authority: /etc/ca.crt}", "certificate-authority"),
        ("client-key-data: client-key", ""),
        ("token: x", ""),
    ],
)
@pytest.mark.parametrize("before", range(3))
def test_a_kubeconfig_with_a_file(cluster: Cluster, field: str, named: str, before: int) -> None:
    """A field that refers to a file is found at any place, and the data beside it is not."""
    cluster.put([secret({"value": f"{' ' * before}{KUBECONFIG}{field}\n"})])
    (result,) = look(cluster, remote())
    assert result.problems == ()
    told = f'the kubeconfig in key "value" refers to a file ({named}), which Flux 2.10 and later'
    assert [note.startswith(told) for note in result.notes] == ([True] if named else [])
    assert CANARY not in repr(result)


@pytest.mark.parametrize("host", ["ghcr.io", "quay.io", "docker.io"])
def test_registry_hosts(cluster: Cluster, host: str) -> None:
    """A docker config without the host of the image is a problem, one with it is not."""
    config = f'{{"auths":{{"https://index.docker.io/v1/":{{}},"ghcr.io":{{"auth":"{CANARY}"}}}}}}'
    cluster.put([secret({".dockerconfigjson": config}, DOCKER)])
    (result,) = look(cluster, user(f"oci://{host}/a/b", kind="OCIRepository"))
    missing = [f'key ".dockerconfigjson" does not include {host}'] if host == "quay.io" else []
    assert list(result.problems) == missing


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_a_host_is_found_at_any_place(cluster: Cluster, before: int, after: int) -> None:
    """The host is found at any offset and with any surrounding bytes."""
    hosts = "x" * before + "git.example.com" + "y" * after
    cluster.put([secret({"identity": OPENSSH, "known_hosts": hosts})])
    assert look(cluster, user(SSH))[0].problems == ()


@pytest.mark.parametrize("length", range(1, 8))
def test_a_line_break_is_found_after_any_length(cluster: Cluster, length: int) -> None:
    """A line break at the end is recognized; other endings are not."""
    ends = {f"k{number}": "z" * length + chr(number) for number in range(1, 127)}
    cluster.put([secret(ends)])
    (result,) = look(cluster, user(HTTPS))
    assert [key.name for key in result.keys if "newline" in key.facts] == ["k10"]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_what_only_begins_like_a_key_is_not_called_one(cluster: Cluster, line_break: str) -> None:
    """The words say no more than was seen: the first line, or also how the key itself begins."""
    locked = LOCKED.replace("\n", line_break)
    cluster.put([secret({"identity": OPENSSH, "known_hosts": HOSTS, "password": locked})])
    shown = {key.name: f"{key}" for key in look(cluster, user(SSH))[0].keys}
    assert shown["identity"].startswith("identity (begins like an OpenSSH private key")
    assert shown["password"] == "password (looks like an OpenSSH private key, with a passphrase)"


def test_large_values_are_looked_into_or_not(cluster: Cluster) -> None:
    """A large value is searched to its end; a huge one is not searched."""
    cluster.put([secret({"identity": OPENSSH, "known_hosts": "#" * 40_000 + HOSTS})])
    assert look(cluster, user(SSH))[0].problems == ()
    cluster.put([secret({"identity": OPENSSH, "known_hosts": "#" * 400_000 + HOSTS})])
    assert look(cluster, user(SSH))[0].problems == ()


def test_a_missing_secret_is_reported(cluster: Cluster) -> None:
    """A Secret that does not exist, or an invalid name, is a problem, not an error."""
    assert look(cluster, user(HTTPS))[0].problems == ("it does not exist",)
    strange = user(HTTPS)
    strange["spec"]["secretRef"]["name"] = "-o=yaml"
    assert look(cluster, strange)[0].problems == ("this is not a valid Secret name",)


def test_what_may_be_missing_is_no_trouble(cluster: Cluster) -> None:
    """A missing Secret with an optional reference is a note."""
    for one in (with_values(optional=True), with_variables(optional=True)):
        (result,) = look(cluster, one)
        assert (result.problems, len(result.notes)) == ((), 1)


def test_without_permission_there_are_no_problems(cluster: Cluster) -> None:
    """Without permission to read Secrets, the permission is reported and no problems."""
    cluster.put([secret({"identity": OPENSSH})])
    (result,) = look(cluster, user(SSH), "viewer")
    assert result.unread is not None
    assert (result.unread.why, result.unread.permission) == (Why.FORBIDDEN, "get secrets")
    assert not result.problems
    assert not result.keys


def test_the_secrets_of_the_source_are_asked_for(cluster: Cluster) -> None:
    """For a Kustomization the Secret of its GitRepository is inspected."""
    cluster.put([secret({"username": "git", "password": CANARY})])
    made = kustomization(
        f"{NAMESPACE}/web", "app", spec={"sourceRef": reference("GitRepository", "app")}
    )
    known = state(user(HTTPS), made)
    flags = (f"--kubeconfig={cluster.kubeconfig('admin')}",)
    result = list(
        credentials_of(
            known, known.resources["Kustomization", NAMESPACE, "web"], flags, Deadline(30)
        )
    )
    assert [(one.name, one.user.kind) for one in result] == [("login", "GitRepository")]


def serve(server: ApiServer, document: object) -> None:
    """Let *server* answer as if *document* were the Secret login."""
    resource = {"name": "secrets", "singularName": "secret", "namespaced": True,
                "kind": "Secret", "verbs": ["get"]}  # fmt: skip
    resources = {"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource]}
    answers = {
        "api": {"kind": "APIVersions", "versions": ["v1"]},
        "apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
        "v1": resources,
        "login": document,
    }
    for name, answer in answers.items():
        server.ill[name] = lambda request, answer=answer: request.send(answer)  # type: ignore[misc]


_MANGLED: list[object] = [
    {"a": "!CANARY!", "b": "C", "c": 5, "d": None, "e": {"x": "CANARY"}, "f": ["CANARY"]},
    "CANARY",
    ["CANARY"],
    7,
    None,
]


@pytest.mark.parametrize("data", _MANGLED, ids=lambda data: type(data).__name__)
@pytest.mark.parametrize("kind", ["Opaque", None, {"x": "CANARY"}])
def test_kubectl_never_prints_a_secret_whole(
    kubectl: Path, tmp_path: Path, data: object, kind: object
) -> None:
    """The template cannot fail on any Secret: kubectl would then print the whole object."""
    from subprocess import run  # noqa: PLC0415 - the only test that looks behind the product

    with api_server() as server:
        metadata = {"name": "login", "namespace": NAMESPACE}
        serve(server, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind,
                       "data": data})  # fmt: skip
        done = run(
            [kubectl, f"--server={server.url}", f"--cache-dir={tmp_path}", "get", "secret",
             f"--namespace={NAMESPACE}", f"--output=go-template={template('a.b', NOW)}",
             "--", "login"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "CANARY" not in done.stdout + done.stderr
