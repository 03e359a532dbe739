"""The deprecated keys of a Secret, by the object that reads it."""

from collections.abc import Iterable
from typing import Any

import pytest

from fluxstatus.advice.secrets import OLD_KEYS
from fluxstatus.lookup.credentials.advice import advice_on
from fluxstatus.lookup.credentials.queries import SecretContent, SecretKey
from fluxstatus.lookup.credentials.references import named_by
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from tests.builders import flux, state

LOGIN, HTTPS = {"name": "login"}, "https://git.example.com/a"
LEGACY = ("caFile", "certFile", "keyFile")
MODERN = ("ca.crt", "tls.crt", "tls.key")


def advice(one: Object, keys: Iterable[str]) -> list[Finding]:
    """Return the advice on the one Secret of *one*, which has *keys*."""
    known = state(one)
    (named,) = named_by(known, next(iter(known.resources.values())))
    answer = SecretContent("Opaque", {key: SecretKey(key, frozenset()) for key in keys})
    return list(advice_on(known, named, answer))


def titles(one: Object, keys: Iterable[str]) -> list[str]:
    """Return the suggested replacement of each key."""
    return [
        f"{path.partition(' ')[0]}: {value}"
        for finding in advice(one, keys)
        for path, value in finding.evidence
    ]


def user(kind: str, field: str = "secretRef", **spec: Any) -> Object:
    """Return an object of *kind* that names the Secret login in *field*."""
    return flux(kind, "team-a/app", spec={"url": HTTPS, **spec, field: LOGIN})


RENAMED = ["caFile: use ca.crt", "certFile: use tls.crt", "keyFile: use tls.key"]
TAKES_TLS = ("OCIRepository", "HelmRepository", "Bucket", "Provider", "ImageRepository",
             "ResourceSetInputProvider")  # fmt: skip


@pytest.mark.parametrize("kind", TAKES_TLS)
def test_the_names_of_before(kind: str) -> None:
    """Old keys in a certSecretRef are reported with their new names; new ones are not."""
    assert titles(user(kind, "certSecretRef"), LEGACY) == RENAMED
    assert titles(user(kind, "certSecretRef"), MODERN) == []


def test_what_is_not_read_is_left_alone() -> None:
    """An old key next to its new name is not read; over ssh none of them is."""
    both = ("caFile", "ca.crt", "certFile", "keyFile")
    assert titles(user("OCIRepository", "certSecretRef"), both) == RENAMED[1:]
    assert titles(user("GitRepository"), ("username", "password", "caFile")) == RENAMED[:1]
    assert titles(user("GitRepository", url="ssh://git@git.example.com/a"), LEGACY) == []


def test_a_helm_repository_has_a_place_of_its_own_for_tls() -> None:
    """TLS keys next to a login belong in another Secret, unless that Secret exists already."""
    keys = ("username", "password", "ca.crt", "certFile")
    assert titles(user("HelmRepository"), keys) == [
        "ca.crt: use ca.crt in the Secret of spec.certSecretRef",
        "certFile: use tls.crt in the Secret of spec.certSecretRef",
    ]
    (finding,) = advice(user("HelmRepository"), ("ca.crt",))
    (command,) = finding.hints[0].commands  # nothing is to be renamed
    assert "helmrepositories.source.toolkit.fluxcd.io" in command.argv
    elsewhere = flux("HelmRepository", "team-a/app", spec={
        "url": HTTPS, "secretRef": LOGIN, "certSecretRef": LOGIN})  # fmt: skip
    known = state(elsewhere)
    for named in named_by(known, next(iter(known.resources.values()))):
        answer = SecretContent("Opaque", {"ca.crt": SecretKey("ca.crt", frozenset())})
        assert not list(advice_on(known, named, answer))


def test_keys_that_a_provider_no_longer_reads() -> None:
    """The proxy has a field of its own, and an Event Hub no token; others keep theirs."""
    assert titles(user("Provider", type="slack"), ("address", "proxy")) == [
        "proxy: use address in the Secret of spec.proxySecretRef"
    ]
    moved = flux("Provider", "team-a/app", spec={
        "type": "slack", "secretRef": LOGIN, "proxySecretRef": {"name": "proxy"}})  # fmt: skip
    known = state(moved)
    first = next(named_by(known, next(iter(known.resources.values()))))
    answer = SecretContent("Opaque", {"proxy": SecretKey("proxy", frozenset())})
    assert not list(advice_on(known, first, answer))
    assert titles(user("Provider", type="gitlab"), ("token", "caFile")) == RENAMED[:1]
    assert titles(user("Provider", type="slack"), ("caFile",)) == []
    assert titles(user("Provider", type="azureeventhub"), ("token", "address")) == [
        "token: use workload identity, or a SAS in address"
    ]


SSH_KEYS = ("identity", "identity.pub", "known_hosts")


def test_an_unused_login() -> None:
    """A key for ssh with an https URL is advice while the source is ready without it."""
    (finding,) = advice(user("GitRepository"), SSH_KEYS)
    assert (finding.code, finding.category, finding.level) == ("secret-unused", "habit", Level.WARN)
    assert finding.title == (
        "Secret team-a/login is for Git over SSH, but the URL is https: the Secret is not used"
    )
    assert any(command.changes for hint in finding.hints for command in hint.commands)
    failing = user("GitRepository")
    failing["status"]["conditions"][0]["status"] = "False"
    for one, keys in (
        (failing, SSH_KEYS),
        (user("GitRepository"), (*SSH_KEYS, "username", "password")),
        (user("GitRepository"), ("known_hosts",)),
        (user("GitRepository", url="ssh://git@git.example.com/a"), SSH_KEYS),
        (user("GitRepository", provider="azure"), SSH_KEYS),
        (user("HelmRepository"), SSH_KEYS),
    ):
        assert not advice(one, keys)


@pytest.mark.parametrize("kind", ["Receiver", "Kustomization", "HelmRelease"])
def test_what_has_no_deprecated_keys(kind: str) -> None:
    """Keys of tokens, decryption and kubeconfigs have not been renamed."""
    reference: dict[str, Any] = {"secretRef": LOGIN}
    specs: dict[str, dict[str, Any]] = {
        "Receiver": reference,
        "Kustomization": {"decryption": {"provider": "sops", **reference}},
        "HelmRelease": {"kubeConfig": reference},
    }
    keys = (*LEGACY, "token", "proxy", "value", "sops.vault-token")
    assert titles(flux(kind, "team-a/app", spec=specs[kind]), keys) == []


def test_it_is_advice_with_a_reason_and_a_fix() -> None:
    """A Secret has one finding for any number of keys; its commands are marked as changes."""
    (finding,) = advice(user("Bucket", "certSecretRef"), LEGACY)
    assert (finding.code, finding.level, finding.category) == (
        "deprecated-secret-key", Level.WARN, "habit",
    )  # fmt: skip
    assert (finding.step, f"{finding.object}") == ("sources", "Secret team-a/login")
    assert finding.title == "3 keys of a Secret are deprecated"
    (hint,) = finding.hints
    (command,) = hint.commands
    assert command.changes
    assert command.argv[-1].count('"op":"move"') == 3
    (one,) = advice(user("Provider", "certSecretRef"), ["caFile"])
    assert (one.step, one.title) == (
        "reconcilers", "caFile of Secret team-a/login is deprecated: use ca.crt",
    )  # fmt: skip


def test_every_row_has_its_upstream_source() -> None:
    """Each row has its source upstream, and something to do."""
    for row in OLD_KEYS:
        assert row.upstream
        assert row.step.text
        assert row.keys
