"""The generated FluxInstance, and the steps to apply it."""

import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from fluxstatus.commands.preflight.manifest import (
    NAMESPACE,
    ManifestError,
    instance,
    steps,
    sync_of,
)
from fluxstatus.model.hints import Command
from fluxstatus.report.yaml import yaml_of
from tests.kubernetes.cluster import Cluster, ClusterError

HTTPS, SSH = "https://git.example.com/org/fleet.git", "ssh://git@git.example.com/org/fleet.git"
NAMESPACE_OBJECT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
CHOICES = [
    (),
    (HTTPS, "", "", False),
    (HTTPS, "main", "clusters/prod", True),
    (SSH, "refs/tags/v1", "./", False),
    ("git@git.example.com:org/fleet.git", "release/1.x", "true", False),
    (HTTPS, "no", "a b: # c", False),
]


def made(*choice: object) -> str:
    """Return the manifest of a choice: URL, ref, path and whether it is private, or nothing."""
    if not choice:
        return yaml_of(instance(None), is_sorted=False)
    url, ref, path, private = choice
    sync = sync_of(f"{url}", f"{ref}", f"{path}", private=bool(private))
    return yaml_of(instance(sync), is_sorted=False)


@pytest.mark.parametrize("choice", CHOICES)
def test_yaml_is_what_was_meant(choice: tuple[object, ...]) -> None:
    """The YAML parses as the same object, for any options."""
    url, ref, path, private = choice or ("", "", "", False)
    sync = sync_of(f"{url}", f"{ref}", f"{path}", private=bool(private)) if choice else None
    assert yaml.safe_load(made(*choice)) == instance(sync)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("git@github.com:org/fleet.git", "ssh://git@github.com/org/fleet.git"),
        ("me@10.0.0.1:a/b", "ssh://me@10.0.0.1/a/b"),
        (SSH, SSH),
        (HTTPS, HTTPS),
    ],
)
def test_urls(given: str, url: str) -> None:
    """Git's short form for SSH becomes a URL that Flux accepts."""
    assert sync_of(given, "", "", private=False).url == url


@pytest.mark.parametrize(
    "url",
    ["org/fleet", "file:///srv/git", "https://", "https://git.example.com", "oci://ghcr.io/a/b",
     "https://me:token@git.example.com/a/b", "https://token@git.example.com/a/b", "https://[x/a"],
)  # fmt: skip
def test_what_is_no_repository(url: str) -> None:
    """A URL that Flux cannot fetch, or with a login in it, is refused."""
    with pytest.raises(ManifestError):
        sync_of(url, "", "", private=False)


def test_a_login_is_not_repeated() -> None:
    """The error about a URL with a login does not contain the login."""
    with pytest.raises(ManifestError) as refusal:
        sync_of("https://me:hunter2@git.example.com/a/b", "", "", private=False)
    assert "hunter2" not in str(refusal.value)


def test_branch_and_path() -> None:
    """A branch may be given without refs/heads/; the default is main."""
    assert sync_of(HTTPS, "", "", private=False).ref == "refs/heads/main"
    assert sync_of(HTTPS, "release/1.x", "", private=False).ref == "refs/heads/release/1.x"
    assert sync_of(HTTPS, "refs/tags/v1", "", private=False).ref == "refs/tags/v1"


def commands(*choice: object) -> list[Command]:
    """Return all commands that go with a choice."""
    url, ref, path, private = choice
    sync = sync_of(f"{url}", f"{ref}", f"{path}", private=bool(private))
    return [command for hint in steps(sync) for command in hint.commands]


def test_secret_fits_the_url() -> None:
    """SSH always needs a key, HTTPS a login only if the repository is private."""
    kinds = {
        choice: [c.argv[3] for c in commands(*choice, "x", "y", private)
                 if c.argv[:3] == ("flux-operator", "create", "secret")]
        for choice, private in (((SSH,), False), ((HTTPS,), True))
    }  # fmt: skip
    assert kinds == {(SSH,): ["ssh"], (HTTPS,): ["basic-auth"]}
    assert not any("secret" in c.argv for c in commands(HTTPS, "x", "y", False))
    assert "pullSecret" not in made(HTTPS, "x", "y", False)
    assert "pullSecret: flux-system" in made(SSH, "x", "y", False)


@pytest.mark.cluster
@pytest.mark.parametrize("choice", CHOICES)
def test_the_api_server_takes_it(cluster: Cluster, choice: tuple[object, ...]) -> None:
    """The API server accepts the manifest as valid against the CRD."""
    cluster.put([NAMESPACE_OBJECT])
    text = made(*choice)
    assert "flux" in cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)
    broken = text.replace("helm-controller", "helmet-controller")
    with pytest.raises(ClusterError):
        cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=broken)


@pytest.mark.cluster
def test_the_command_line_takes_the_secrets(flux_operator: Path, tmp_path: Path) -> None:
    """The real flux-operator makes the Secret by the very command, with the keys Flux needs."""
    (tmp_path / "known_hosts").write_text("git.example.com ssh-ed25519 AAAA\n")
    key = ed25519.Ed25519PrivateKey.generate()  # as ssh-keygen does
    form = (Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "identity").write_bytes(key.private_bytes(*form))
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (tmp_path / "identity.pub").write_bytes(public)
    for choice, keys in (
        ((SSH, "", "", False), {"identity", "known_hosts"}),
        ((HTTPS, "", "", True), {"username", "password"}),
    ):
        (argv,) = [c.argv for c in commands(*choice) if "secret" in c.argv]
        done = subprocess.run([flux_operator, *argv[1:], "--export"], cwd=tmp_path, text=True,
                              input="token", capture_output=True, check=True)  # fmt: skip
        secret = yaml.safe_load(done.stdout)
        assert secret["metadata"] == {"name": "flux-system", "namespace": NAMESPACE}
        assert keys <= {*secret.get("data", {}), *secret.get("stringData", {})}
