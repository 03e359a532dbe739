"""Facts about a source, and which Secret and address a rule names."""

from typing import Any

import pytest

from fluxstatus.knowledge.facts import (
    at_host,
    has_artifact,
    has_cloud_provider,
    has_secret,
    has_submodules,
    is_github_app,
    lacks_azure_version,
    uses_ssh,
)
from fluxstatus.knowledge.rule import Fact
from fluxstatus.knowledge.subject import Subject
from tests.builders import HEALTHY, analysis, flux, judged
from tests.knowledge.examples import AROUND, sentences

SECRET = {"secretRef": {"name": "login"}}
TABLE: list[tuple[Fact, str, dict[str, Any], bool]] = [
    (at_host("ghcr.io"), "OCIRepository", {"url": "oci://ghcr.io/acme/app"}, True),
    (at_host("ghcr.io"), "OCIRepository", {"url": "oci://notghcr.io/acme/app"}, False),
    (at_host("azure.com"), "GitRepository", {"url": "https://dev.azure.com/a/b/_git/c"}, True),
    (at_host("docker.io"), "ImageRepository", {"image": "library/redis"}, True),
    (has_secret, "GitRepository", SECRET, True),
    (has_secret, "GitRepository", {}, False),
    (has_cloud_provider, "Bucket", {"provider": "aws"}, True),
    (has_cloud_provider, "Bucket", {"provider": "generic"}, False),
    (is_github_app, "GitRepository", {"provider": "github"}, True),
    (is_github_app, "GitRepository", {"provider": "azure"}, False),
    (has_submodules, "GitRepository", {"recurseSubmodules": True}, True),
    (has_submodules, "GitRepository", {"recurseSubmodules": False}, False),
    (uses_ssh, "GitRepository", {"url": "ssh://git@git.example.com/a"}, True),
    (uses_ssh, "GitRepository", {"url": "https://git.example.com/a"}, False),
    (lacks_azure_version, "GitRepository", {"url": "ssh://git@ssh.dev.azure.com/o/p/r"}, True),
    (lacks_azure_version, "GitRepository", {"url": "ssh://git@ssh.dev.azure.com/v3/o/p/r"}, False),
    (has_artifact, "GitRepository", {}, False),
]


@pytest.mark.parametrize(("fact", "kind", "spec", "known"), TABLE)
def test_a_fact_is_known_from_the_spec(
    fact: Fact, kind: str, spec: dict[str, Any], known: bool
) -> None:
    """A fact is true only if the spec has what it is about."""
    failed = {"Ready": "False Failed: odd"}
    subject = Subject(judged(flux(kind, "x", failed, spec=spec)), "Failed", "odd", AROUND)
    assert fact(subject) is known


def test_the_host_in_the_message_counts_more_than_the_specs() -> None:
    """The host that failed is the last one in the message."""
    spec = {"url": "oci://ghcr.io/acme/app"}
    message = 'Get "https://pkg-containers.githubusercontent.com/x": EOF'
    subject = Subject(judged(flux("OCIRepository", "x", spec=spec)), "Failed", message, AROUND)
    assert at_host("githubusercontent.com")(subject)
    assert not at_host("ghcr.io")(subject)


def chart(repository: dict[str, Any], message: str) -> str:
    """Return the diagnosis of a HelmChart with this *message* and the spec of its *repository*."""
    source = {"kind": "HelmRepository", "name": "charts"}
    spec = {"chart": "web", "version": "1.x", "sourceRef": source}
    found = analysis(
        *HEALTHY,
        flux("HelmRepository", "charts", spec={"type": "oci", **repository}),
        flux("HelmChart", "apps-web", {"Ready": f"False ChartPullError: {message}"}, spec=spec),
    )
    (cause,) = found.causes.all
    return sentences(cause.fault.diagnosis)


LOGIN = (
    'chart pull error: GET "https://r.example.com/v2/web/tags/list": '
    "response status code 401: unauthorized"
)
UNTRUSTED = (
    'chart pull error: Head "https://r.example.com/v2/": '
    "x509: certificate signed by unknown authority"
)


def test_a_charts_login_is_that_of_its_repository() -> None:
    """The Secret of the HelmRepository is named; no other Secret is created."""
    result = chart({"url": "oci://r.example.com", **SECRET}, LOGIN)
    assert 'Secret "login" of HelmRepository "charts"' in result
    assert "apps-web-auth" not in result


def test_a_chart_without_a_login_gets_one_for_its_repository() -> None:
    """The new Secret is for the HelmRepository, which refers to it."""
    result = chart({"url": "oci://r.example.com"}, LOGIN)
    assert 'spec.secretRef of HelmRepository "charts"' in result
    assert "create secret registry charts-auth -n apps" in result


def test_a_login_is_for_the_registry_of_the_spec() -> None:
    """Its port belongs to it, and the host of the message may be one that gives out tokens."""
    spec = {"url": "oci://r.example.com:5000/charts"}
    elsewhere = LOGIN.replace("r.example.com/v2", "auth.example.com/v2")
    for message in (LOGIN, elsewhere):
        assert "--server=r.example.com:5000 " in chart(spec, message)
    assert "--server=https://index.docker.io/v1/ " in chart({"url": "oci://docker.io/a"}, LOGIN)


def test_a_charts_provider_is_that_of_its_repository() -> None:
    """Where the HelmRepository logs in with a cloud identity, no Secret is missing."""
    result = chart({"url": "oci://acme.azurecr.io/helm", "provider": "azure"}, LOGIN)
    assert "cloud identity" in result
    assert "create secret" not in result


def test_a_charts_authority_is_that_of_its_repository() -> None:
    """The Secret in spec.certSecretRef of the HelmRepository has another authority."""
    result = chart({"url": "oci://r.example.com", "certSecretRef": {"name": "ca"}}, UNTRUSTED)
    assert 'not signed by the CA in Secret "ca"' in result
    assert "kubectl describe secret ca -n apps" in result
    assert "create secret tls" not in result
