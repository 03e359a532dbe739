"""Scenarios: suspended owners and sources."""

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from tests.builders import (
    BUILD_FAILED,
    HEALTHY,
    flux,
    kustomization,
    source,
    waiting_for,
)
from tests.causes.scenarios.reports import only, problem
from tests.causes.tracing import CHART, chart_of, release


def child(own: str, conditions: dict[str, str] | None = None) -> Object:
    """Return a Kustomization that the Kustomization root applied."""
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": value
              for key, value in {"name": "root", "namespace": "apps"}.items()}  # fmt: skip
    return kustomization(own, "git", conditions, labels=labels)


def test_a_suspended_parent_freezes_its_children() -> None:
    """The finding is about the parent, with its outdated revision; the children have none."""
    root = kustomization("root", "git", applied="main@sha1:000", spec={"suspend": True})
    found = only(*HEALTHY, source("git"), root, child("a"), child("b"), kustomization("c", "git"),
                 of="Kustomization/root", blocks="Kustomization/a Kustomization/b")  # fmt: skip
    assert found.level is Level.WARN
    assert "the specs of 2 objects that it applied are no longer updated" in found.why
    assert "last applied revision is main@sha1:000" in found.why
    assert "the source is at main@sha1:abc since" in found.why


def test_a_disabled_resource_set_freezes_what_is_in_its_inventory() -> None:
    """All that it applied is counted; what is not of Flux, and so not blocked, is evidence."""
    ids = (
        "apps_a_kustomize.toolkit.fluxcd.io_Kustomization",
        "apps_a_other.io_Kustomization",
        "apps_none_helm.toolkit.fluxcd.io_HelmRelease",
        "apps_web_apps_Deployment",
    )
    disabled = flux(
        "ResourceSet", "tenants", annotations={"fluxcd.controlplane.io/reconcile": "Disabled"},
        status={"inventory": {"entries": [{"id": one, "v": "v1"} for one in ids]}},
    )  # fmt: skip
    found = only(*HEALTHY, source("git"), disabled, kustomization("a", "git"),
                 of="ResourceSet/tenants", blocks="Kustomization/a")  # fmt: skip
    assert found.level is Level.WARN
    assert "4 objects that it applied are no longer updated" in found.why
    assert [value for path, value in found.evidence if path == "no longer updated"] == [
        "Kustomization apps/a", "Deployment apps/web"]  # fmt: skip


def test_what_is_in_another_cluster_is_not_frozen_here() -> None:
    """The inventory of a Kustomization with a kubeconfig names objects of that cluster."""
    remote = {"suspend": True, "kubeConfig": {"secretRef": {"name": "edge"}}}
    root = kustomization("root", "git", spec=remote)
    root["status"]["inventory"] = {
        "entries": [{"id": "apps_a_kustomize.toolkit.fluxcd.io_Kustomization", "v": "v1"}]
    }
    found = only(*HEALTHY, source("git"), root, kustomization("a", "git"),
                 of="Kustomization/root", blocks="")  # fmt: skip
    assert "1 object that it applied is no longer updated" in found.why
    assert ("no longer updated in a remote cluster", "Kustomization apps/a") in found.evidence


def test_a_chart_is_not_frozen_with_its_release() -> None:
    """helm-controller updates the HelmChart of a release from the release, not from Git."""
    conditions = {"Ready": "True ChartPullSucceeded: pulled 'web' chart"}
    objects = [flux("HelmRepository", "charts"), chart_of("web", conditions)]
    paused = release("web") | {"spec": {**CHART, "suspend": True}}
    only(*HEALTHY, *objects, paused, of="HelmRelease/web", blocks="")


def test_a_fault_below_a_suspended_parent_says_so() -> None:
    """A fix in Git does not reach an object with a suspended parent."""
    root = kustomization("root", "git", spec={"suspend": True})
    first = problem(*HEALTHY, source("git"), root, child("a", BUILD_FAILED))[0]
    assert (first.object and first.object.name, first.code) == ("a", "build-failed")
    assert "its owner Kustomization apps/root is suspended" in first.why


def test_a_suspended_object_with_an_old_revision_blocks_for_ever() -> None:
    """It is Ready, but its dependent waits for the new revision."""
    stale = {
        "Ready": "False DependencyNotReady: dependency 'apps/infra' revision is not up to date"
    }
    infra = kustomization("infra", "git", spec={"suspend": True})
    web = kustomization("web", "git", stale, after=["infra"])
    found = only(*HEALTHY, source("git"), infra, web,
                 of="Kustomization/infra", blocks="Kustomization/web")  # fmt: skip
    assert found.level is Level.FAIL
    assert "its dependents stay blocked" in found.why


def test_a_suspended_object_that_is_ready_does_not_block() -> None:
    """If the message names another dependency, the suspended one is not the cause."""
    objects = [
        source("git"),
        kustomization("infra", "git", spec={"suspend": True}),
        kustomization("db", "git", BUILD_FAILED),
        kustomization("web", "git", waiting_for("db"), after=["infra", "db"]),
    ]
    found = {f.object.name: f for f in problem(*HEALTHY, *objects) if f.object}
    assert [ref.name for ref in found["db"].blocks] == ["web"]
    assert (found["infra"].level, found["infra"].blocks) == (Level.WARN, ())


def test_a_suspended_dependency_that_is_named_blocks_beside_another() -> None:
    """If the message names a suspended object, it is a cause beside a dependency that fails."""
    message = "dependency 'apps/infra' revision is not up to date"
    objects = [
        source("git"),
        kustomization("infra", "git", spec={"suspend": True}),
        kustomization("db", "git", BUILD_FAILED),
        kustomization(
            "web", "git", {"Ready": f"False DependencyNotReady: {message}"}, after=["infra", "db"]
        ),
    ]
    found = {f.object.name: f for f in problem(*HEALTHY, *objects) if f.object}
    for name in ("db", "infra"):
        assert [ref.name for ref in found[name].blocks] == ["web"]
