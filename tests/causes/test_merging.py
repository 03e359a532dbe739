"""One cause for what several objects share: a missing object or a controller."""

from datetime import timedelta
from typing import Any

from tests.builders import (
    HEALTHY,
    NO_ARTIFACT,
    alter,
    analysis,
    flux,
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


def test_a_suspension_is_no_work_of_the_controller() -> None:
    """That somebody suspended an object since does not show that its controller runs."""
    suspends = {"time": stamp(minutes(5)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    paused = kustomization("p", "git", spec={"suspend": True}, managedFields=[suspends])
    objects = [
        source("git", age=timedelta(hours=5)),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        paused,
    ]
    old = alter(HEALTHY, "Kustomization/flux-system", {
        "status.conditions.0.lastTransitionTime": stamp(timedelta(hours=4))})  # fmt: skip
    found = blocks_of(analysis(*old, *objects).causes)
    assert found == {"flux-system/kustomize-controller": {"a", "b"}, "p": set()}


def test_a_busy_controller_is_not_reported_to_hang() -> None:
    """Two idle objects are each reported if the controller has worked on others since."""
    objects = [
        source("git"),
        kustomization("a", "git", **LEFT_ALONE),
        kustomization("b", "git", **LEFT_ALONE),
        kustomization("c", "git", age=minutes(1)),
    ]
    assert blocks_of(causes(*objects)) == {"a": set(), "b": set()}


def test_two_namespaces_may_each_have_a_mistyped_host() -> None:
    """The same error in two namespaces is two causes, in three it is one outage."""
    gone = {"Ready": "False GitOperationFailed: unable to clone: dial tcp: lookup git.example.com: "
                     "no such host"}  # fmt: skip
    spec = {"url": "https://git.example.com/a"}
    sources = [flux("GitRepository", f"{team}/git", gone, spec=spec) for team in ("a", "b", "c")]
    assert blocks_of(causes(*sources[:2])) == {"a/git": set(), "b/git": set()}
    assert blocks_of(causes(*sources)) == {"a/git": {"b/git", "c/git"}}


def test_an_outage_counts_its_other_objects_in_the_title() -> None:
    """One finding stands for several objects, so its headline says of how many."""
    gone = {"Ready": "False GitOperationFailed: unable to clone: dial tcp: lookup git.example.com: "
                     "no such host"}  # fmt: skip
    spec = {"url": "https://git.example.com/a"}
    sources = [flux("GitRepository", f"{team}/git", gone, spec=spec) for team in ("a", "b", "c")]
    (outage,) = causes(*sources).all
    diagnosis = outage.fault.diagnosis
    assert diagnosis.headline.endswith("(no such host) (and 2 more objects)")
    assert "2 other objects fail with the same error" in diagnosis.explanation
