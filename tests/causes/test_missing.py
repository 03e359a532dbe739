"""References to objects that do not exist, and what may have been meant."""

import pytest

from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    FORBIDDEN,
    NO_ARTIFACT,
    flux,
    kustomization,
    source,
    waiting_for,
)
from tests.causes.tracing import causes, only_cause


@pytest.mark.parametrize(
    ("wanted", "suggestion"),
    [
        ("gti", "did you mean GitRepository apps/git?"),
        ("shared", "did you mean GitRepository flux-system/shared?"),
        ("charts", "but HelmRepository apps/charts does"),
        ("other", ""),
    ],
)
def test_a_missing_target_is_named_with_what_may_be_meant(wanted: str, suggestion: str) -> None:
    """A reference to a missing object is the cause, and a similar object is suggested."""
    message = {"Ready": f'False ArtifactFailed: GitRepository "{wanted}" not found'}
    objects = [
        source("git"),
        source("flux-system/shared"),
        flux("HelmRepository", "charts", FETCHED),
        kustomization("web", wanted, message),
        kustomization("next", "git", waiting_for("web"), after=["web"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("web", "target-missing")
    expected = f"GitRepository apps/{wanted} does not exist"
    assert cause.fault.diagnosis.why.startswith(f"{expected} ({suggestion})" if suggestion else (
        f"{expected}; "))  # fmt: skip
    assert {ref.name for ref in cause.waiting} == {"next"}


def test_a_dependency_of_another_kind_is_a_fault_of_each_dependent() -> None:
    """A HelmRelease never waits for a Kustomization: nothing is missing that could be created."""
    condition = {
        "Ready": "False DependencyNotReady: unable to get 'apps/infra' dependency: not found"
    }
    spec = {"dependsOn": [{"name": "infra"}]}
    objects = [kustomization("infra", "git"), source("git")]
    releases = [flux("HelmRelease", name, condition, spec=spec) for name in ("web", "api")]
    found = sorted(causes(*objects, *releases).all, key=lambda cause: cause.ref)
    assert [(c.ref.kind, c.ref.name, c.fault.diagnosis.code) for c in found] == [
        ("HelmRelease", "api", "dependency-wrong-kind"),
        ("HelmRelease", "web", "dependency-wrong-kind"),
    ]
    assert "a Kustomization of that name exists" in found[0].fault.diagnosis.why


def test_an_object_is_not_suggested_for_itself() -> None:
    """A release with a missing dependency does not get itself as a suggestion."""
    spec = {"dependsOn": [{"name": "webb"}]}
    missing = {"Ready": "False DependencyNotReady: unable to get 'apps/webb' dependency: not found"}
    found = only_cause(causes(flux("HelmRelease", "web", missing, spec=spec)))
    assert found.fault.diagnosis.why.startswith("HelmRelease apps/webb does not exist; ")


def test_what_could_not_be_read_is_not_called_missing() -> None:
    """If sources may not be listed, no source is missing."""
    unread = {"gitrepositories.source.toolkit.fluxcd.io": FORBIDDEN}
    found = only_cause(causes(kustomization("web", "git", NO_ARTIFACT), unread=unread))
    assert found.fault.diagnosis.code != "target-missing"


def test_a_kind_of_another_group_is_not_called_missing() -> None:
    """A Crossplane Provider that a ResourceSet depends on is not a Provider of Flux."""
    depends = {"apiVersion": "pkg.crossplane.io/v1", "kind": "Provider", "name": "aws"}
    broken = flux("ResourceSet", "infra", BUILD_FAILED, spec={"dependsOn": [depends]})
    assert only_cause(causes(broken)).fault.diagnosis.code == "resourceset-build-failed"


def test_a_workload_that_shares_a_kinds_name_is_not_called_missing() -> None:
    """A health check that waits for a Bucket of another group does not miss a Bucket of Flux."""
    waits = {"Ready": "False HealthCheckFailed: timeout waiting for: [Bucket/logs status: "
                      "'InProgress']"}  # fmt: skip
    found = only_cause(causes(source("git"), kustomization("web", "git", waits)))
    assert found.fault.diagnosis.code == "health-check-failed"
