"""What each use of a Secret requires, without a cluster."""

import pytest

from fluxstatus.lookup.credentials.needs import notes, problems
from fluxstatus.lookup.credentials.queries import SecretContent, SecretKey
from fluxstatus.lookup.credentials.references import SecretReference, named_by
from fluxstatus.model.evidence import Object
from tests.builders import flux, flux_of, state

INSTALLATION, OWNER = "githubAppInstallationID", "githubAppInstallationOwner"
APP_KEY = "githubAppPrivateKey"


def found(one: Object, keys: str, version: str = "v2.10.0", *facts: str) -> list[str]:
    """Return the problems of the Secret of *one* with these *keys*, with this version of Flux."""
    named, content = asked(one, keys, version, *facts)
    return list(problems(named, content))


def asked(
    one: Object, keys: str, version: str, *facts: str
) -> tuple[SecretReference, SecretContent]:
    """Return the reference of *one* to its Secret, and that Secret with these *keys*."""
    known = state(*flux_of(version), one)
    user = known.resources[one["kind"], "apps", one["metadata"]["name"]]
    (named,) = named_by(known, user)
    there = {name: SecretKey(name, frozenset(facts or ("long",))) for name in keys.split()}
    return named, SecretContent("Opaque", there)


def of(kind: str, **spec: str) -> Object:
    """Return an object of *kind* with a Secret to log in with."""
    return flux(kind, "one", spec={"secretRef": {"name": "login"}, **spec})


GIT = of("GitRepository", url="https://github.com/acme/fleet", provider="github")


@pytest.mark.parametrize("identity", ["githubAppID", "githubAppClientID"])
@pytest.mark.parametrize(
    "one", [GIT, of("ResourceSetInputProvider", type="GitHubPullRequest"),
            of("Provider", type="github")],
)  # fmt: skip
def test_an_app_has_an_id_or_a_client_id(identity: str, one: Object) -> None:
    """A GitHub App is identified by either key (Flux 2.10)."""
    assert found(one, f"{identity} {APP_KEY} {INSTALLATION}") == []
    (problem,) = found(one, f"{identity} {APP_KEY}")
    assert problem == f"it must have exactly one of the keys {INSTALLATION} and {OWNER}"


def test_an_app_is_not_identified_twice() -> None:
    """Flux accepts one of the two identities only."""
    assert found(GIT, f"githubAppID githubAppClientID {APP_KEY} {INSTALLATION}") == [
        "it must have exactly one of the keys githubAppID and githubAppClientID"
    ]


def test_an_app_without_an_identity_lacks_one() -> None:
    """A private key alone is the rest of a GitHub App."""
    (problem,) = found(GIT, f"{APP_KEY} {INSTALLATION}")
    assert problem.startswith('it is missing key "githubAppID"; ')
    assert "githubAppClientID and githubAppPrivateKey" in problem


@pytest.mark.parametrize(
    ("version", "keys", "lacks"),
    [
        ("v2.9.0", "token", "it is missing the keys email and audience"),
        ("v2.11.0", "token email", 'it is missing key "audience"'),
        ("v2.10.0", "token email audience", ""),
        ("v2.8.8", "token", ""),
        ("", "token", ""),
    ],
)
def test_a_gcr_receiver_needs_who_calls(version: str, keys: str, lacks: str) -> None:
    """From Flux 2.9 on, a Receiver of type gcr checks the sender and the audience."""
    assert found(of("Receiver", type="gcr"), keys, version) == ([lacks] if lacks else [])
    assert found(of("Receiver", type="github"), keys, version) == []


@pytest.mark.parametrize("kind", ["zoom", "incident.io", "mastodon"])
def test_the_new_providers_need_a_token(kind: str) -> None:
    """The Providers of Flux 2.10 log in with a token (NC internal/notifier/factory.go)."""
    assert found(of("Provider", type=kind), "token address") == []
    assert found(of("Provider", type=kind), "address") == ['it is missing key "token"']


REMOTE = flux("Kustomization", "one", spec={"kubeConfig": {"secretRef": {"name": "remote"}}})


@pytest.mark.parametrize(
    ("version", "is_problem"), [("v2.10.0", True), ("v2.9.5", False), ("", False)]
)
def test_a_kubeconfig_that_refers_to_a_file(version: str, is_problem: bool) -> None:
    """It is a problem from Flux 2.10 on, and before that worth knowing."""
    named, content = asked(REMOTE, "value", version, "tokenfile", "authorityfile")
    told = (
        'the kubeconfig in key "value" refers to a file (tokenFile, certificate-authority), which '
        "Flux 2.10 and later do not allow"
    )
    assert list(problems(named, content)) == ([told] if is_problem else [])
    assert list(notes(named, content)) == ([] if is_problem else [told])


def test_files_are_no_matter_elsewhere() -> None:
    """Only the key with the kubeconfig counts, and only where it is one."""
    assert found(REMOTE, "value", "v2.10.0", "host") == []
    values = flux("HelmRelease", "one", spec={
        "valuesFrom": [{"kind": "Secret", "name": "x", "valuesKey": "v"}]})  # fmt: skip
    assert found(values, "v", "v2.10.0", "tokenfile") == []
