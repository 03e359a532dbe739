"""The causes of what an object waits for are its causes."""

from datetime import timedelta

from tests.builders import (
    BUILD_FAILED,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    RECONCILING,
    alter,
    analysis,
    flux,
    kustomization,
    minutes,
    source,
    stamp,
    waiting_for,
)
from tests.causes.tracing import blocks_of, causes, only_cause, release


def test_a_chain_is_followed_to_its_end() -> None:
    """A source blocks a Kustomization, its dependents, and their dependents."""
    chain = [
        flux("GitRepository", "git", NOT_THERE),
        kustomization("infra", "git", NO_ARTIFACT),
        kustomization("apps", "git", waiting_for("infra"), after=["infra"]),
        kustomization("tests", "git", waiting_for("apps"), after=["apps"]),
    ]
    assert blocks_of(causes(*chain)) == {"git": {"infra", "apps", "tests"}}


def test_a_chain_starts_where_the_fault_is() -> None:
    """With a healthy source the first Kustomization that fails is the cause."""
    chain = [
        source("git"),
        kustomization("infra", "git", BUILD_FAILED),
        kustomization("apps", "git", waiting_for("infra"), after=["infra"]),
    ]
    assert blocks_of(causes(*chain)) == {"infra": {"apps"}}


def test_a_dependency_in_another_namespace_is_followed() -> None:
    """References carry their own namespace."""
    chain = [
        flux("GitRepository", "shared/git", NOT_THERE),
        kustomization("shared/infra", "git", NO_ARTIFACT),
        kustomization("web", "shared/git", waiting_for("infra", "shared"), after=["shared/infra"]),
    ]
    assert blocks_of(causes(*chain)) == {"shared/git": {"shared/infra", "web"}}


def test_a_dependency_cycle_is_one_cause() -> None:
    """Flux does not detect cycles: one member is the cause, and the finding has the whole cycle."""
    objects = [
        source("git"),
        kustomization("a", "git", waiting_for("b"), after=["b"]),
        kustomization("b", "git", waiting_for("c"), after=["c"]),
        kustomization("c", "git", waiting_for("a"), after=["a"]),
        kustomization("d", "git", waiting_for("a"), after=["a"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("a", "dependency-cycle")
    assert "apps/a → Kustomization apps/b → Kustomization apps/c" in cause.fault.diagnosis.why
    assert {ref.name for ref in cause.waiting} == {"b", "c", "d"}


def test_what_blocks_a_member_of_a_cycle_blocks_all() -> None:
    """A fault beside a dependency cycle blocks its members, too: both must be fixed."""
    objects = [
        source("git"),
        kustomization("a", "git", waiting_for("b"), after=["b"]),
        kustomization("b", "git", waiting_for("a"), after=["a", "broken"]),
        kustomization("broken", "git", BUILD_FAILED),
    ]
    assert blocks_of(causes(*objects)) == {"a": {"b"}, "broken": {"a", "b"}}


def test_an_object_that_waits_for_itself_is_a_cycle() -> None:
    """The smallest cycle is one object."""
    alone = kustomization("a", "git", waiting_for("a"), after=["a"])
    cause = only_cause(causes(source("git"), alone))
    assert cause.fault.diagnosis.code == "dependency-cycle"


def test_a_suspended_object_that_blocks_is_the_cause() -> None:
    """A suspended object that was never ready blocks its dependents."""
    objects = [
        source("git"),
        kustomization("infra", "git", {}, spec={"suspend": True}),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    cause = only_cause(causes(*objects))
    assert cause.fault.diagnosis.code == "suspended"
    assert [ref.name for ref in cause.waiting] == ["web"]


def test_a_dependency_that_has_just_become_ready_is_no_news() -> None:
    """A dependent looks again every half minute; until then it still says that it waits."""
    objects = [
        source("git"),
        kustomization("infra", "git", age=minutes(0.5)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    found = causes(*objects)
    assert found.all == ()
    assert ("Kustomization", "apps", "web") in found.in_progress


def test_a_dependency_that_is_ready_for_long_is_not_waited_for() -> None:
    """What still waits for something that has been healthy for long is reported, and for what."""
    objects = [
        source("git"),
        kustomization("infra", "git", age=minutes(30)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("web", "waits")
    assert "Kustomization apps/infra" in cause.fault.diagnosis.why


def test_what_waits_for_something_on_its_way_is_on_its_way() -> None:
    """A dependent of an object that reconciles has no fault yet."""
    objects = [
        source("git"),
        kustomization("infra", "git", RECONCILING, age=minutes(1)),
        kustomization("web", "git", waiting_for("infra"), after=["infra"]),
    ]
    found = causes(*objects)
    assert found.all == ()
    assert len(found.in_progress) == 2
    infra = ("Kustomization", "apps", "infra")
    assert found.awaited == {("Kustomization", "apps", "web"): {infra}}


def test_a_parent_waits_for_a_child_that_fails() -> None:
    """A Kustomization whose health check names a failing HelmRelease is dragged down by it."""
    message = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    objects = [
        source("git"),
        release("db", {"Ready": "False InstallFailed: no"}),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {message}"}),
    ]
    assert blocks_of(causes(*objects)) == {"db": {"web"}}


def test_what_a_remote_cluster_waits_for_is_not_looked_for_here() -> None:
    """A health check in another cluster does not drag in an object of this one's name."""
    message = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    remote = kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {message}"},
                           spec={"kubeConfig": {"secretRef": {"name": "remote"}}})  # fmt: skip
    objects = [source("git"), release("db", {"Ready": "False InstallFailed: no"}), remote]
    assert blocks_of(causes(*objects)) == {"db": set(), "web": set()}


def test_an_instance_waits_for_its_sync_source() -> None:
    """A broken root source is the cause; the FluxInstance that checks it only waits."""
    waits = "timeout waiting for: [GitRepository/flux-system/flux-system status: 'InProgress']"
    failing = flux("FluxInstance", "flux", {"Ready": f"False ReconciliationFailed: {waits}"})
    objects = alter(HEALTHY, "FluxInstance/flux",
                    {"status.conditions": failing["status"]["conditions"]})  # fmt: skip
    broken = flux("GitRepository", "x", NOT_THERE)["status"]["conditions"]
    objects = alter(objects, "GitRepository/flux-system", {"status.conditions": broken})
    cause = only_cause(analysis(*objects).causes)
    assert cause.ref.kind == "GitRepository"
    assert {ref.kind for ref in cause.blocks} == {"FluxInstance", "Kustomization"}


def test_what_waits_for_one_stuck_object_is_not_left_alone() -> None:
    """Dependents of a stuck object wait for it, so the controller is not unresponsive."""
    old = alter(HEALTHY, "Kustomization/flux-system", {
        "status.conditions.0.lastTransitionTime": stamp(timedelta(hours=4))})  # fmt: skip
    objects = [
        source("git"),
        kustomization("a", "git", RECONCILING, age=timedelta(hours=3)),
        kustomization("b", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
        kustomization("c", "git", waiting_for("a"), after=["a"], age=timedelta(hours=3)),
    ]
    assert blocks_of(analysis(*old, *objects).causes) == {"a": {"b", "c"}}
