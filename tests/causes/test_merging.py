"""One cause for what several objects share: a missing object or a controller."""

from datetime import timedelta
from typing import Any

from tests.builders import (
    HEALTHY,
    NO_ARTIFACT,
    alter,
    analysis,
    kustomization,
    minutes,
    source,
    stamp,
    waiting_for,
)
from tests.causes.tracing import blocks_of, causes, only_cause

WRITTEN = {
    "manager": "kubectl",
    "time": stamp(timedelta(hours=2)),
    "fieldsV1": {"f:spec": {"x": 1}},
}


LEFT_ALONE: dict[str, Any] = {
    "generation": 2, "age": timedelta(hours=3), "managedFields": [WRITTEN],
}  # fmt: skip


def test_something_missing_that_many_refer_to_is_one_cause() -> None:
    """Forty references to a missing source are one cause."""
    many = [kustomization(f"app-{n}", "gone", NO_ARTIFACT) for n in range(40)]
    waits = kustomization("next", "git", waiting_for("app-1"), after=["app-1"])
    cause = only_cause(causes(source("git"), *many, waits))
    assert cause.ref == ("", "GitRepository", "apps", "gone")
    assert cause.fault.diagnosis.why == "does not exist; 40 objects refer to it"
    assert len(cause.waiting) == 41


def test_a_controller_that_looks_at_nothing_is_the_cause() -> None:
    """Several objects that a ready controller leaves alone are one cause: it hangs."""
    objects = [
        source("git", age=timedelta(hours=5)),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        kustomization("c", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
    ]
    old = alter(HEALTHY, "Kustomization/flux-system", {
        "status.conditions.0.lastTransitionTime": stamp(timedelta(hours=4))})  # fmt: skip
    cause = only_cause(analysis(*old, *objects).causes)
    assert (cause.ref.name, cause.fault.diagnosis.code) == (
        "kustomize-controller", "controller-hangs")  # fmt: skip
    assert {ref.name for ref in cause.waiting} == {"a", "b", "c"}


def test_a_busy_controller_is_not_said_to_hang() -> None:
    """Two objects left alone are told each when the controller has worked on others since."""
    objects = [
        source("git"),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        kustomization("c", "git", age=minutes(1)),
    ]
    assert blocks_of(causes(*objects)) == {"a": set(), "b": set()}
