"""A controller that is ready is not yet alive, and one that is alive is not yet at work."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.lookup.related import PartialState
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import LEASES, Object
from fluxstatus.model.findings import Exit, Finding, Level, Report, Verdict
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOW,
    PROGRESSING,
    alter,
    bad,
    event,
    evidence,
    flux,
    found,
    judge,
    kustomization,
    lease,
    minutes,
    only,
    pod_of,
    report,
    running_since,
    source,
    stamp,
    waiting_for,
    without,
)
from tests.kubernetes.flux_system import CONTROLLERS
from tests.lab.score import STATES
from tests.recorded.score import HERE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("flux-operator", *CONTROLLERS)
KUSTOMIZE = "kustomize-controller"
SECONDS = timedelta(seconds=1)


OLD = without(running_since(HEALTHY, 30 * DAY), "Kustomization/flux-system")
"""A healthy Flux that has been running for long, of which only the operator has worked lately."""


def at(ago: timedelta, name: str = "web", **more: Any) -> Object:
    """Return a Kustomization due every 10m, with a timeout of 5m, last reconciled *ago*."""
    one = kustomization(name, "git", age=ago, **more)
    one["status"]["history"] = [{"lastReconciled": stamp(ago), "digest": "sha256:1"}]
    return one


def leases(*names: str, **more: Any) -> list[Object]:
    """Return the Leases of the controllers, of all or *names*."""
    return [lease(pod_of(HEALTHY, name), **more) for name in names or NAMES]


def components(*objects: Object, **more: Any) -> list[Finding]:
    """Return the faults that the controllers' step reports."""
    return bad(found("components", evidence(*objects, **more)))


def summary(*objects: Object) -> str:
    """Return the line about all controllers."""
    return found("components", evidence(*objects))[0].title


# What a healthy Flux shows.


def test_what_was_seen_is_said() -> None:
    """The pass names the oldest renewal of a Lease, and the newest reconciliation."""
    some = [*OLD, source("git"), at(40 * SECONDS), at(HOUR / 10, "db")]
    names = "helm, kustomize, notification, source, source-watcher"
    assert summary(*some, *leases(), *leases("flux-operator", renewed=9 * SECONDS)) == (
        f"{names}: 5/5 ready, leases renewed 3s ago, last reconciliation 40s ago"
    )
    late = leases("source-controller", renewed=8 * SECONDS)
    others = leases(*(name for name in CONTROLLERS if name != "source-controller"))
    assert "leases renewed 8s ago" in summary(*some, *late, *others)


def test_leases_are_only_said_where_all_were_seen() -> None:
    """One controller without a Lease, and none is mentioned."""
    others = leases(*(name for name in CONTROLLERS if name != "source-controller"))
    assert "lease" not in summary(*OLD, source("git"), at(40 * SECONDS), *others)


def test_the_operator_shows_its_lease() -> None:
    """The operator's line has its own Lease and its own last reconciliation."""
    (finding,) = found("operator", evidence(*OLD, *leases("flux-operator")))
    assert finding.title.endswith("1/1 ready, lease renewed 3s ago, last reconciliation 3m ago")


# At work: what was due and was not done.


@pytest.mark.parametrize("alive", [[], leases()], ids=["no Lease", "Lease renewed"])
@pytest.mark.parametrize(("ago", "fails"), [(minutes(45), False), (minutes(45) + SECONDS, True)])
def test_nothing_done_for_three_times_what_is_due_fails(
    ago: timedelta, fails: bool, alive: list[Object]
) -> None:
    """A fresh Lease never excuses overdue work: wedged workers keep renewing it."""
    objects = [*OLD, source("git"), at(ago), at(ago + HOUR, "db"), *alive]
    findings = components(*objects)
    assert [f.code for f in findings] == ["controller-overdue"] * fails
    assert report(*objects).exit_code() is (Exit.UNHEALTHY if fails else Exit.HEALTHY)
    for finding in findings:
        assert finding.level is Level.FAIL
        assert finding.title == (
            "Deployment flux-system/kustomize-controller: the controller is running and ready, "
            "but has not reconciled anything for 45m"
        )
        assert "2 Kustomizations are overdue, such as Kustomization apps/db" in finding.why
        assert ("Lease was renewed 3s ago" in finding.why) is bool(alive)
        assert {ref.name for ref in finding.blocks} == {"db", "web"}
        assert finding.since == NOW - ago


def test_objects_of_an_idle_controller_are_not_healthy() -> None:
    """Neither the controllers nor the objects pass while one controller does nothing."""
    known = evidence(*OLD, source("git"), at(4 * DAY))
    assert not any("ready" in f.title for f in found("components", known) if not f.object)
    ready = {f.title.partition(" ")[0] for f in found("components", known) if f.level is Level.PASS}
    assert ready == {name for name in CONTROLLERS if name != KUSTOMIZE}
    assert not [f for f in found("reconcilers", known) if f.level is Level.PASS]


IDLE = [*OLD, source("git")]


@pytest.mark.parametrize(
    "objects",
    [
        [*IDLE, at(DAY, spec={"suspend": True})],
        [*IDLE, at(DAY, spec={"interval": "24h"})],
        [*IDLE, at(DAY, spec={"retryInterval": "12h"})],
        [*IDLE, at(DAY, spec={"timeout": "12h"})],
        [*IDLE, at(DAY, conditions={"Ready": "False BuildFailed: bad"})],
        [*IDLE, at(DAY, conditions={"Ready": "True Ok: ok", "Stalled": "True X: y"})],
        [*OLD, flux("GitRepository", "git", {}, age=DAY), at(DAY)],
        [*IDLE, at(DAY, after=["db"]), at(DAY, "db", conditions={"Ready": NO_ARTIFACT["Ready"]})],
        [*IDLE, at(DAY, conditions=waiting_for("db"))],
        [*IDLE, at(DAY, deletionTimestamp=stamp(DAY))],
        [*OLD, source("git", spec={"suspend": True}), at(minutes(3))],
    ],
    ids=[
        "suspended", "long interval", "long retries", "long timeout", "does not build", "stalled",
        "no artifact", "dependency not ready", "waits", "deleted", "source suspended",
    ],
)  # fmt: skip
def test_what_cannot_run_is_not_due(objects: list[Object]) -> None:
    """Only objects that can run count; what is wrong with the others is reported with them."""
    codes = {f.code for f in report(*objects).findings}
    assert not codes & {"controller-overdue", "reconciliation-overdue", "all-overdue"}


@pytest.mark.parametrize("kind", ["ResourceSet", "FluxInstance"])
def test_a_pause_by_annotation_is_no_idleness(kind: str) -> None:
    """An object of the operator that is paused by its annotation is not due."""
    paused = {"fluxcd.controlplane.io/reconcile": "Disabled"}
    objects = without(OLD, "FluxInstance/flux")
    one = flux(kind, "flux-system/flux", age=9 * DAY, annotations=paused)
    codes = [f.code for f in report(*objects, one).findings]
    assert "suspended-by-annotation" in codes
    assert not any("overdue" in code for code in codes)


def test_an_operator_that_does_nothing_fails_in_its_own_step() -> None:
    """Its FluxInstance is due every hour; the report that it does not write adds no finding."""
    conditions = flux("FluxInstance", "flux", age=DAY)["status"]["conditions"]
    history = [{"lastReconciled": stamp(DAY)}]
    objects = alter(OLD, "FluxInstance/flux", {
        "status.conditions": conditions, "status.history": history})  # fmt: skip
    objects = alter(objects, "FluxReport/flux", {"status.conditions": conditions})
    objects = [*objects, source("git"), at(minutes(1))]
    (finding,) = bad(found("operator", evidence(*objects)))
    assert (finding.code, finding.level) == ("controller-overdue", Level.FAIL)
    assert "FluxInstance flux-system/flux, which has an interval of 1h" in finding.why
    assert components(*objects) == []


def idle_cluster(ago: timedelta) -> list[Object]:
    """Return a Flux in which nothing was written since *ago*."""
    conditions = flux("FluxInstance", "flux", age=ago)["status"]["conditions"]
    history = [{"lastReconciled": stamp(ago)}]
    objects = alter(OLD, "FluxInstance/flux", {
        "status.conditions": conditions, "status.history": history})  # fmt: skip
    objects = without(objects, "GitRepository/flux-system")
    git = source("git", age=ago)
    git["status"]["artifact"]["lastUpdateTime"] = stamp(ago)
    return [*objects, git, at(ago)]


def test_one_outage_is_one_finding() -> None:
    """Two controllers that have stopped at once are one cause, which names both."""
    known = evidence(*idle_cluster(4 * DAY))
    (finding,) = bad(found("components", known))
    assert finding.code == "controller-overdue"
    assert "also affected: flux-operator" in finding.why
    assert bad(found("operator", known)) == bad(found("instance", known)) == []
    assert {f.level for f in found("operator", known)} == {Level.WAIT}


def test_one_object_alone_warns() -> None:
    """An object that is overdue alone is its own warning, and no longer counted as healthy."""
    known = evidence(*OLD, source("git"), at(minutes(3)), at(DAY, "stuck"))
    (finding,) = bad(found("reconcilers", known))
    assert (finding.code, finding.level) == ("reconciliation-overdue", Level.WARN)
    assert finding.title == "Kustomization apps/stuck: has not been reconciled for 24h"
    assert found("components", known)[0].level is Level.PASS
    assert "1 of 2 healthy" in [f.title for f in found("reconcilers", known)]
    assert judge(known).exit_code() is Exit.HEALTHY


def test_alone_is_no_fault_where_the_cluster_may_have_slept() -> None:
    """After a sleep, each object is reconciled within its interval, and none was while asleep."""
    known = evidence(*idle_cluster(DAY), at(minutes(3), "done"), *leases())
    late = [f for f in judge(known).findings if "overdue" in f.code]
    assert [(f.step, f.code) for f in late] == [("operator", "all-overdue")]


# A cluster that was asleep.


def asleep(objects: list[Object]) -> list[Finding]:
    """Return what a cluster with *objects* and renewed Leases reports of the controllers."""
    return components(*objects, *leases())


def test_a_cluster_that_has_just_come_back_says_so() -> None:
    """If all is alive, and nothing at all has happened, the cluster was asleep: a warning."""
    (finding,) = asleep(idle_cluster(9 * HOUR))
    assert (finding.code, finding.level) == ("all-overdue", Level.WARN)
    assert "9h: the cluster was probably suspended" in finding.title
    known = report(*idle_cluster(9 * HOUR), *leases())
    assert known.exit_code() is Exit.HEALTHY
    assert known.count(Level.WARN) == 1


@pytest.mark.parametrize(
    "objects",
    [
        idle_cluster(4 * DAY),
        [*idle_cluster(9 * HOUR), event("HelmRelease apps/x", "Bad", "no", ago=HOUR / 2)],
        [*idle_cluster(9 * HOUR), flux("HelmRelease", "x", age=2 * HOUR)],
        [*OLD, source("git"), at(9 * HOUR)],
    ],
    ids=["too long", "an event since", "a release since", "the operator works"],
)
def test_a_cluster_that_was_awake_did_not_sleep(objects: list[Object]) -> None:
    """Anything that happened in the meantime refutes it."""
    assert [f.code for f in asleep(objects)] == ["controller-overdue"]


def test_a_single_controller_proves_no_sleep() -> None:
    """Without the operator, only one controller shows when it works: it may hang alone."""
    objects = without(idle_cluster(9 * HOUR), "FluxInstance/flux", "Deployment/flux-operator")
    assert "controller-overdue" in [f.code for f in asleep(objects)]


@pytest.mark.parametrize("alive", [[], leases(acquired=40 * SECONDS)], ids=["pods", "Leases"])
def test_a_start_after_a_sleep_is_no_fault(alive: list[Object]) -> None:
    """A start makes everything due; until it is done there is no verdict, and no alarm."""
    objects = [*running_since(idle_cluster(9 * HOUR), 50 * SECONDS), *alive]
    known = evidence(*objects)
    assert components(*objects) == []
    finding = only(found("components", known), "reconciling")
    assert finding.level is Level.WAIT
    assert finding.title.startswith("reconciling again after a gap of 9h (the cluster")
    assert judge(known).exit_code() is Exit.HEALTHY


def test_a_start_after_which_nothing_is_done_fails() -> None:
    """A controller attempts every object when it starts: one that does not is not at work."""
    objects = [*running_since([*OLD, source("git")], minutes(5)), at(HOUR / 2)]
    assert [f.code for f in components(*objects)] == ["controller-overdue"]
    done = [*objects, at(minutes(4), "db")]
    assert components(*done) == []


# Alive: the Lease.


def with_lease(*found_leases: Object, objects: list[Object] = OLD) -> list[str]:
    """Return the codes of the controllers' faults with these Leases, while all is at work."""
    return [f.code for f in components(*objects, source("git"), at(minutes(3)), *found_leases)]


POD = pod_of(HEALTHY, KUSTOMIZE)
EXPIRED = ["controller-lease-expired"]


@pytest.mark.parametrize(
    ("renewed", "length", "expected"),
    [
        (70 * SECONDS, 35, []),
        (71 * SECONDS, 35, EXPIRED),
        (71 * SECONDS, 15, EXPIRED),
        (120 * SECONDS, 60, []),
        (121 * SECONDS, 60, EXPIRED),
        (-30 * SECONDS, 35, []),
    ],
)
def test_a_lease_is_renewed_in_time(renewed: timedelta, length: int, expected: list[str]) -> None:
    """Within 70 s, or twice its duration, the leader has renewed its Lease."""
    assert with_lease(lease(POD, renewed, length=length)) == expected


def test_a_ready_pod_that_does_not_renew_its_lease_fails() -> None:
    """The finding names the Lease and what the controller blocks."""
    hung = lease(POD, minutes(3), name="kustomize-controller-leader-election")
    (finding,) = components(*OLD, source("git"), at(minutes(4)), hung)
    assert finding.level is Level.FAIL
    assert "Lease kustomize-controller-leader-election for 3m" in finding.title
    assert [ref.name for ref in finding.blocks] == ["web"]
    assert report(*OLD, source("git"), at(minutes(4)), hung).exit_code() is Exit.UNHEALTHY


HASHED = "kustomize-controller-leader-election-7c9e1f02"


@pytest.mark.parametrize(
    ("found_lease", "expected"),
    [
        (lease("", minutes(9)), []),
        (lease(f"{KUSTOMIZE}-shard1-6d5-x", minutes(9)), []),
        (lease("worker-1", minutes(9)), []),
        (lease(POD, minutes(9), name=HASHED), EXPIRED),
        (lease(POD[:-1], minutes(9)), []),
    ],
    ids=["no holder", "holder gone", "a node", "hash in its name", "part of a name"],
)
def test_a_lease_is_known_by_its_holder(found_lease: Object, expected: list[str]) -> None:
    """Only the name of a pod that is there makes a claim, never the name of the Lease."""
    assert with_lease(found_lease) == expected


def on_host(*names: str) -> list[Object]:
    """Return a Flux in which the pods of *names* are in the network of their node."""
    objects = OLD
    for name in names:
        objects = alter(objects, f"Pod/{name}", {"spec.hostNetwork": True})
    return objects


def test_in_the_network_of_its_node_the_holder_is_the_node() -> None:
    """With hostNetwork, the holder begins with the name of the node."""
    hung, fresh = lease("worker-1", minutes(9)), lease("worker-1")
    assert with_lease(hung, objects=on_host(KUSTOMIZE)) == EXPIRED
    assert with_lease(fresh, objects=on_host(KUSTOMIZE)) == []


def test_several_leases_of_one_node_make_no_claim() -> None:
    """Which of two controllers of a node holds which Lease is not known: both must be renewed."""
    objects = on_host(KUSTOMIZE, "helm-controller")
    two = [lease("worker-1", minutes(9), name="a"), lease("worker-1", name="b")]
    assert with_lease(*two, objects=objects) == []


def test_a_long_name_of_a_pod_is_cut_as_the_kubelet_does() -> None:
    """A host name has at most 63 characters."""
    long = "kustomize-controller-of-a-tenant-with-a-long-name-6d5f7c9b8-x2x4z"
    objects = alter(OLD, f"Pod/{KUSTOMIZE}", {"metadata.name": long})
    assert len(long) > 63
    assert with_lease(lease(long[:63], minutes(9)), objects=objects) == EXPIRED


def test_a_container_that_was_just_started_has_yet_to_acquire_the_lease() -> None:
    """After a crash the old renewal stays for as long as the Lease lasts."""
    hung = lease(POD, minutes(9), acquired=None)
    assert with_lease(hung, objects=running_since(OLD, 80 * SECONDS, KUSTOMIZE)) == []
    assert with_lease(hung, objects=running_since(OLD, 91 * SECONDS, KUSTOMIZE)) == EXPIRED


def test_the_servers_clock_counts_too() -> None:
    """A node whose clock is behind renews its Lease as the API server has recorded."""
    behind = lease(POD, minutes(9))
    behind["metadata"]["managedFields"] = [
        {
            "manager": KUSTOMIZE,
            "time": stamp(3 * SECONDS),
            "fieldsV1": {"f:spec": {"f:renewTime": {}}},
        }
    ]
    assert with_lease(behind) == []


def test_a_hung_controller_that_has_work_is_one_finding() -> None:
    """Both facts about one controller are one cause."""
    objects = [*OLD, source("git"), at(DAY), lease(POD, DAY)]
    (finding,) = components(*objects)
    assert finding.code == "controller-lease-expired"
    assert "1 Kustomization is overdue" in finding.why


def test_leases_that_may_not_be_read_change_nothing_but_a_note() -> None:
    """The role `view` does not grant them: one note with the rule, the same verdict and code."""
    objects = [*OLD, source("git"), at(minutes(3))]
    allowed, unread = report(*objects), report(*objects, unread={LEASES: FORBIDDEN})
    assert unread.verdict is allowed.verdict is Verdict.PASS
    assert unread.exit_code() is unread.exit_code([Verdict.WARN]) is Exit.HEALTHY
    note = only(unread.findings, "leases-unread")
    assert (note.level, FORBIDDEN.permission in note.title) == (Level.SKIP, True)
    assert levels(unread) == levels(allowed)
    assert [f for f in unread.findings if f is not note] == list(allowed.findings)


def levels(of: Report) -> list[Level]:
    """Return the levels of the steps."""
    return [step.level for step in of.steps]


# The first minutes, and what only shows in new work.


def new_source(age: timedelta, **more: Any) -> list[Object]:
    """Return a GitRepository that nobody has picked up, and a Kustomization that waits for it."""
    waiting = kustomization("web", "app", NO_ARTIFACT, age=age, born=age)
    return [flux("GitRepository", "app", {}, age=age, born=age, **more), waiting]


@pytest.mark.parametrize(
    ("since", "alive", "expected"),
    [
        (99 * SECONDS, [], ["controller-hangs"]),
        (89 * SECONDS, [], []),
        (99 * SECONDS, [lease(pod_of(HEALTHY, "source-controller"), acquired=50 * SECONDS)], []),
        (
            99 * SECONDS,
            [lease(pod_of(HEALTHY, "source-controller"), acquired=61 * SECONDS)],
            ["controller-hangs"],
        ),
    ],
    ids=["ready for 99s", "ready for 89s", "leader for 50s", "leader for 61s"],
)
def test_work_that_waits_after_the_start_fails(
    since: timedelta, alive: list[Object], expected: list[str]
) -> None:
    """A source that is not picked up a minute after its controller leads is a fault."""
    objects = [*running_since(OLD, since, "source-controller"), *new_source(since), *alive]
    findings = components(*objects)
    assert [f.code for f in findings] == expected
    assert all({ref.name for ref in f.blocks} == {"app", "web"} for f in findings)
    assert report(*objects).exit_code() is (Exit.UNHEALTHY if expected else Exit.HEALTHY)


@pytest.mark.parametrize(
    "more",
    [
        [flux("GitRepository", "other", {"Ready": PROGRESSING}, age=minutes(1))],
        [source("other", age=minutes(1))],
    ],
    ids=["busy", "has worked since"],
)
def test_a_busy_controller_may_take_its_time(more: list[Object]) -> None:
    """New work may wait while a controller is busy, or works on other new work."""
    objects = [*running_since(OLD, DAY), *new_source(99 * SECONDS), *more]
    assert components(*objects) == []


def test_objects_that_were_not_read_may_show_that_a_controller_works() -> None:
    """Of a part of a cluster, a source that is not picked up is no evidence against it."""
    known = evidence(*OLD, *new_source(99 * SECONDS))
    assert [hanging(State(known)), hanging(PartialState(known, ()))] == [True, False]


def hanging(state: State) -> bool:
    """Return whether a controller of *state* is said to hang."""
    causes = Analysis(state).causes.all
    return "controller-hangs" in {cause.fault.diagnosis.code for cause in causes}


def test_new_work_is_picked_up_within_a_minute() -> None:
    """A source that is created while its controller runs gets a minute."""
    assert components(*OLD, *new_source(60 * SECONDS)) == []
    assert [f.code for f in components(*OLD, *new_source(61 * SECONDS))] == ["controller-hangs"]


# Shards.


def test_a_shard_that_is_scaled_to_zero_is_the_only_cause_of_its_objects() -> None:
    """Its objects are blocked by it, and the controller that works is not blamed for them."""
    path = "spec.template.spec.containers.0.args"
    main = {path: ["--watch-label-selector=!sharding.fluxcd.io/key"]}
    shard = alter(OLD, f"Deployment/{KUSTOMIZE}", {
        "metadata.name": f"{KUSTOMIZE}-shard1", "spec.replicas": 0, "status.readyReplicas": 0,
        path: ["--watch-label-selector=sharding.fluxcd.io/key=shard1"],
        "spec.selector.matchLabels": {"app": "shard1"}})  # fmt: skip
    objects = [
        *alter(OLD, f"Deployment/{KUSTOMIZE}", main),
        *(one for one in shard if one["metadata"]["name"] == f"{KUSTOMIZE}-shard1"),
        source("git"),
        at(minutes(3)),
        at(9 * DAY, "sharded", labels={"sharding.fluxcd.io/key": "shard1"}),
    ]
    (finding,) = components(*objects)
    assert finding.code == "controller-scaled-to-zero"
    assert [ref.name for ref in finding.blocks] == ["sharded"]
    assert not any("overdue" in f.code for f in report(*objects).findings)


# Snapshots of before.


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        (idle_cluster(4 * DAY), ["controller-overdue"]),
        (idle_cluster(DAY), []),
        ([*idle_cluster(DAY), flux("OCIRepository", "x", NO_ARTIFACT, age=HOUR)], []),
        ([*OLD, source("git"), at(DAY)], ["controller-overdue"]),
    ],
    ids=["silent for long", "silent for a day", "something moved", "the operator works"],
)
def test_a_snapshot_without_leases_makes_no_claim_that_it_refutes(
    objects: list[Object], expected: list[str]
) -> None:
    """If everything is overdue at once, and yet something is newer, it was asleep or restored."""
    known = evidence(*objects)
    before = {name: answer for name, answer in known.answers.items() if name != LEASES}
    findings = found("components", replace(known, answers=before))
    assert [f.code for f in bad(findings)] == expected
    note = [f.level for f in findings if f.code == "all-overdue"]
    assert note == [Level.SKIP] * (objects == idle_cluster(DAY))


def test_only_the_history_shows_what_is_overdue() -> None:
    """Before Flux 2.7 there is none; the time of Ready proves an attempt, and no lack of one."""
    assert components(*OLD, source("git"), kustomization("web", "git", age=DAY)) == []


# Recorded clusters.


@pytest.mark.parametrize("file", [*HERE.glob("*.json.gz"), STATES], ids=lambda file: file.name)
def test_recorded_clusters_are_at_work(file: Any) -> None:
    """At their own time, no recorded cluster has a controller that is not alive or at work."""
    codes = {f.code for f in judge(snapshot.load(file)).findings}
    late = {"controller-overdue", "controller-lease-expired", "reconciliation-overdue"}
    assert not codes & late


def test_a_cluster_in_which_nothing_happens_for_four_days_fails() -> None:
    """The healthy cluster, judged four days later, has stopped: step components, exit code 1."""
    known = snapshot.load(HERE / "cluster-healthy.json.gz")
    later = judge(replace(known, taken_at=known.taken_at + 4 * DAY))
    assert later.exit_code() is Exit.UNHEALTHY
    (finding,) = [f for f in later.faults if f.level in (Level.FAIL, Level.WARN)]
    assert (finding.step, finding.code) == ("components", "controller-overdue")
    assert "35 Kustomizations are overdue" in finding.why


def test_leases_are_saved_with_the_cluster() -> None:
    """A snapshot gives the same report, and one of before has no claim and no note."""
    known = evidence(*OLD, source("git"), at(minutes(3)), *leases())
    again = snapshot.loads(snapshot.dumps(known))
    assert [f.title for f in judge(again).findings] == [f.title for f in judge(known).findings]
    answers = {name: answer for name, answer in known.answers.items() if name != LEASES}
    before = judge(replace(known, answers=answers))
    assert before.verdict is Verdict.PASS
    assert "leases-unread" not in {f.code for f in before.findings}
