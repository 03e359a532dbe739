"""The objects that a failed health check or Helm waited for."""

import pytest

from fluxstatus.state.health_checks import health_check_targets, worst_first

LATE = "Helm install failed for release apps/web with chart web@1: context deadline exceeded"
WEB, DB = "Deployment is not ready: apps/web. 0 out of 1", "StatefulSet is not ready: apps/db. 0"
FAILED = "Job is failed: apps/migrate"


def names(message: str) -> list[str]:
    """Return the objects in *message* as KIND/NAMESPACE/NAME STATUS."""
    targets = health_check_targets(message)
    return [f"{one.kind}/{one.namespace}/{one.name} {one.status}" for one in targets]


def logged(*lines: str) -> str:
    """Return a message of Helm with these log lines."""
    listed = "".join(f"\n2026-11-23T11:59:00Z: {line}" for line in lines)
    return f"{LATE}\n\nLast Helm logs:\n{listed}"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        # PKG ssa/manager_wait.go
        ("timeout waiting for: [Pod/apps/web status: 'InProgress', Node/x status: 'Unknown']: late",
         ["Pod/apps/web InProgress", "Node//x Unknown"]),
        ("stalled resources: [Job/apps/db status: 'Failed']", ["Job/apps/db Failed"]),
        # Flux before 0.3x
        ("Health check timed out for [deployments.apps 'apps/web', secrets 'apps/x']",
         ["Deployment/apps/web InProgress", "secrets/apps/x InProgress"]),
        # Helm 4, which says for each object whether it was ready
        (f"{LATE}: resource Deployment/apps/web not ready. status: InProgress, message: x",
         ["Deployment/apps/web InProgress"]),
        # Helm 3, which waits for one object after the other
        (logged(WEB, DB), ["StatefulSet/apps/db InProgress"]),
        (logged(DB, WEB), ["Deployment/apps/web InProgress"]),
        (logged(WEB, FAILED), ["Job/apps/migrate Failed"]),
        # the log of Helm may quote anything, and is no message of Flux
        (f"{LATE}\nLast Helm logs:\ntimeout waiting for: [Pod/apps/x status: 'Failed']", []),
        (logged(WEB).replace("context deadline exceeded", "field is immutable"), []),
    ],
)  # fmt: skip
def test_objects_are_found_in_a_message(message: str, found: list[str]) -> None:
    """The objects in brackets count, and of Helm the last one that it logged, if it was late."""
    assert names(message) == found


def test_an_object_that_helm_names_without_its_namespace_is_in_the_one_of_the_release() -> None:
    """The first releases of Helm 4 wrote no namespace."""
    message = "resource not ready, name: web, kind: Service, status: InProgress\ncontext deadline"
    assert health_check_targets(message, "apps")[0][:3] == ("Service", "apps", "web")
    assert names(message) == ["Service//web InProgress"]


def test_an_object_is_named_once() -> None:
    """A message that repeats the list has each object once."""
    bracket = "[Deployment/apps/web status: 'InProgress']"
    assert len(names(f"timeout waiting for: {bracket}: x\ntimeout waiting for: {bracket}")) == 1


def test_the_worst_object_comes_first() -> None:
    """A failed object comes before one that is missing, is deleted, is unknown or in progress."""
    order = ("Failed", "NotFound", "Terminating", "Unknown", "InProgress", "New")
    listed = ", ".join(f"Pod/apps/{status.lower()} status: '{status}'" for status in order[::-1])
    found = worst_first(f"timeout waiting for: [{listed}]")
    assert [one.status for one in found] == list(order)
