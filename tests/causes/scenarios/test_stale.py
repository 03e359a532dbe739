"""States that were never recorded, each with its expected finding: suspended owners and sources.

Texts and reasons are those of the controllers (KC, HC, SC, IRC, IAC, SW internal/controller and
the Flux Operator); pods, events and conditions are as the kubelet and the scheduler write them.
"""

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from tests.builders import (
    BUILD_FAILED,
    HEALTHY,
    kustomization,
    source,
    waiting_for,
)
from tests.causes.scenarios.reports import only, problem


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
    assert "it has applied main@sha1:000, but its source has main@sha1:abc (since" in found.why


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
    assert "dependents stay blocked until it is resumed" in found.why


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
