"""Whether controllers are alive and at work: two facts, of which neither proves the other.

Alive: the leader renews its Lease every few seconds. At work: what is due is done. The workers of
a process that renews its Lease may hang, and a process without a Lease may work.

Only some kinds show that they were reconciled although nothing has changed (PERIODIC). Of the
others, a controller only shows that it ignores new work (causes/merging.py).

Upstream: client-go tools/leaderelection (a holder is HOSTNAME_UUID), fluxcd/pkg
runtime/leaderelection (the name of a Lease may end in a hash), kustomize-controller and
flux-operator status.history.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import seconds, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import LEASES, Object, Why
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.model.ref import Ref
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.deployments import Component
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.pods import started_at
from fluxstatus.state.references import dependencies_of, source_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.state import State

PERIODIC = frozenset({"Kustomization", "ResourceSet", "FluxInstance"})
"""Kinds whose status has the time of each attempt, and that are reconciled on a schedule of their
own."""

PATIENCE = 3
"""How many due reconciliations may be missed, because intervals have jitter and queues are long."""

RENEWED_WITHIN = timedelta(seconds=70)
"""The minimum age of a Lease that counts as abandoned: twice the duration that Flux sets."""

ACQUIRED_FOR, READY_FOR = timedelta(seconds=60), timedelta(seconds=90)
"""How long a controller may take to start work after it became the leader or, if its Lease is
unknown, after it became ready."""

_MOST_SECONDS = 86_400  # of a Lease's duration: a longer one is no sign of life

_FIRST_ROUND = timedelta(minutes=2)
"""How long the first attempt may take to start after that, since all objects are due at a start."""

_LONGEST_SLEEP = timedelta(days=3)
"""The longest pause of all reconciliations that is attributed to a suspended cluster, such as on a
laptop."""

_HOSTNAME = 63  # characters: the kubelet cuts the name of a pod

_PAST_BUILD = frozenset({"ReconciliationFailed", "HealthCheckFailed", "PruneFailed"})
"""Reasons of a failure after the build, so that the attempt is in the history."""


class Lease(NamedTuple):
    """The Lease of a controller: when it was renewed and acquired, and until when that holds."""

    name: str
    renewed: datetime
    acquired: datetime | None
    limit: timedelta

    def is_stale(self, now: datetime) -> bool:
        """Whether nobody has renewed it for too long at *now*."""
        return now - self.renewed > self.limit


Attempt: TypeAlias = tuple[Resource, datetime]
"""An object, and when it was last reconciled."""


class Overdue(NamedTuple):
    """An object that should have been reconciled again: its last attempt, and what is due after."""

    resource: Resource
    last: datetime
    due: timedelta

    @property
    def since(self) -> datetime:
        """When it became overdue."""
        return self.last + self.due


class Activity(NamedTuple):
    """The newest time at which a controller wrote a status; whether an attempt is `busy` now."""

    newest: datetime | None
    busy: bool


class Liveness(NamedTuple):
    """What a ready controller shows of itself.

    `lease` is None without a claim: no Lease has one of its pods as the holder, or Leases were not
    read. `settled` is when it must have begun to work, `last` its newest attempt that is known.
    `overdue` are the objects that it should have reconciled again: it is `behind` if these are
    half of its objects, and `idle` if it has done nothing since they became overdue. It is
    `resuming` if it has just started and much was due, and `asleep` if nothing at all has happened,
    although it is alive.
    """

    component: Component
    lease: Lease | None = None
    settled: datetime | None = None
    last: datetime | None = None
    overdue: tuple[Overdue, ...] = ()
    hangs: bool = False
    idle: bool = False
    behind: bool = False
    resuming: bool = False
    asleep: bool = False

    @property
    def works(self) -> bool:
        """Whether nothing shows that it is not alive, or not at work."""
        return not (self.hangs or self.idle)


def liveness_of(state: State) -> Mapping[Ref, Liveness]:
    """Return the Liveness of each controller with a ready pod."""
    leases = _leases(state)
    own = _periodic(state)
    found = {
        one.ref: _judged(state, one, _lease_of(one, leases, state.now), own.get(one.ref, ()))
        for one in (*state.components, *state.operators)
        if not one.unavailable
    }
    if _contradicts_itself(state, found.values()):
        return {ref: one._replace(overdue=(), idle=False) for ref, one in found.items()}
    idle = [one for one in found.values() if one.idle and not one.hangs]
    asleep = [one for one in idle if _sleeps(state, one, found.values())]
    return found | {one.component.ref: one._replace(idle=False, asleep=True) for one in asleep}


def holder_of(lease: Object) -> str:
    """Return the host name of the holder of *lease*, usually a pod's name; empty without one."""
    holder = text_of(map_of(lease.get("spec")).get("holderIdentity"))
    return holder.rpartition("_")[0] or holder


def last_attempt(resource: Resource) -> datetime | None:
    """Return when *resource* was last reconciled, None if its status does not show it.

    Neither a source nor a HelmRelease updates its status if nothing has changed.
    """
    history = next(iter(maps_of(resource.status.get("history"))), {})
    scanned = map_of(resource.status.get("lastScanResult")).get("scanTime")
    times = [when(history.get("lastReconciled")), when(scanned)]
    if resource.kind.resets_ready:
        times.append(when(resource.condition("Ready").get("lastTransitionTime")))
    return max(filter(None, times), default=None)


def overdue(resource: Resource, now: datetime) -> Overdue | None:
    """Return since when *resource* should have been reconciled again, None if it is in time.

    What it waits for is not considered: see `can_run`.
    """
    last = last_attempt(resource)
    known = last and resource.kind.name in PERIODIC and _is_past_build(resource)
    return _overdue(resource, last, now) if last and known else None


def _overdue(
    resource: Resource,
    last: datetime,
    now: datetime,
    patience: int = PATIENCE,
    started: datetime | None = None,
) -> Overdue | None:
    """Return since when *resource* should have been reconciled again after its *last* attempt.

    It is late after *patience* times what is due. What was due before its controller *started* is
    due again from then.
    """
    waited = now - (max(last, started) if started else last)
    every = interval_of(resource)
    if not every or waited.total_seconds() < patience * every:  # hardly any gets further
        return None
    if not _has_history(resource):
        return None
    longer = max(every, seconds(resource.spec.get("retryInterval"), 0))
    due = timedelta(seconds=longer) + timeout_of(resource)
    return Overdue(resource, last, due) if waited > patience * due else None


def _has_history(resource: Resource) -> bool:
    """Whether the status of *resource* has the time of an attempt (Flux 2.7, operator 0.30).

    The time of Ready alone is no evidence: it shows an attempt, but not that there was none since.
    """
    history = next(iter(maps_of(resource.status.get("history"))), {})
    return when(history.get("lastReconciled")) is not None


def is_untouched(resource: Resource) -> bool:
    """Whether nothing has picked up the current spec of *resource*, which has just changed."""
    ready = resource.condition("Ready")
    of_older = bool(ready) and not resource.is_current("Ready") and ready.get("status") != "Unknown"
    return resource.verdict is Verdict.STARTING or (
        resource.verdict is Verdict.RECONCILING and of_older
    )


def is_ignored(found: Liveness, activity: Activity, resource: Resource, now: datetime) -> bool:
    """Whether the controller *found* should have picked up *resource*, which has just changed.

    A controller that works takes moments. It may be slow if it has just started, while it is busy,
    or if it has picked up anything else since.
    """
    since = resource.changed or resource.created
    if not is_untouched(resource) or since is None or now - since <= ACQUIRED_FOR:
        return False
    if found.settled is None or now < found.settled or activity.busy:
        return False
    return activity.newest is None or activity.newest <= since


def has_worked_since_start(found: Liveness, activity: Activity) -> bool:
    """Whether the controller *found* has written the status of an object since it started.

    Also true if its start is not known.
    """
    began = found.lease.acquired if found.lease else None
    began = began or _started(found.component)
    return began is None or (activity.newest is not None and activity.newest >= began)


def activity_of(state: State, component: Component) -> Activity:
    """Return what the objects that *component* reconciles show of it."""
    kinds = {name for name, kind in KINDS.items() if kind.controller == component.name}
    newest: datetime | None = None
    busy = False
    for one in state.resources.values():
        if one.kind.name in kinds and component.watches(one):
            busy = busy or one.condition("Ready").get("status") == "Unknown"
            newest = max(filter(None, (newest, *_written(one))), default=None)
    return Activity(newest, busy)


def _is_past_build(resource: Resource) -> bool:
    """Whether the last attempt at *resource* came far enough to be recorded."""
    failed = resource.verdict is Verdict.FAILED and resource.reason in _PAST_BUILD
    return resource.verdict is Verdict.READY or failed


def can_run(state: State, resource: Resource) -> bool:
    """Whether the source of *resource* has an artifact, and its dependencies are ready."""
    if resource.ref.kind == "FluxInstance":  # it checks what it syncs, and does not wait for it
        return True
    key = source_of(resource)
    source = state.resources.get(key) if key else None
    if source and not source.get("status", "artifact", "revision"):
        return False
    if key and source is None and state.known_missing(key):
        return False
    needed = (state.resources.get(key) for key in dependencies_of(resource, ""))
    return all(one is None or one.verdict in HEALTHY for one in needed)


def _judged(
    state: State, component: Component, lease: Lease | None, own: Sequence[Resource]
) -> Liveness:
    now, running = state.now, _started(component)
    started = lease.acquired if lease and lease.acquired else running
    settled = _settled(component, lease)
    # Each attempt resets Ready, so that of a healthy object its time is that of the attempt.
    attempts = [
        (one, at)
        for one in own
        if (at := one.since if one.verdict is Verdict.READY else last_attempt(one))
    ]
    last = max([at for _, at in attempts], default=None)
    known = Liveness(component, lease, settled, last)
    just_started = running is not None and now - running < READY_FOR
    if lease and lease.is_stale(now) and not just_started:
        known = known._replace(hangs=True)
    if state.partial:  # its other objects are not known
        return known
    restarted = bool(started and last and last < started)
    if restarted and settled and now < settled + _FIRST_ROUND:
        return known._replace(resuming=any(_late(state, attempts, PATIENCE)))
    # What was due before a start is due again at once, until the controller has begun.
    patience, after = (1, None) if restarted else (PATIENCE, started)
    late = tuple(_late(state, attempts, patience, after))
    if not late:
        return known
    newest = max(filter(None, (last, activity_of(state, component).newest)))
    if restarted and started and newest >= started:
        late = tuple(_late(state, attempts, PATIENCE, started))
    runnable = [one for one, _ in attempts if _is_past_build(one)]
    known = known._replace(behind=2 * len(late) >= len(runnable))
    if late and _is_idle(state, attempts, late, newest):
        return known._replace(overdue=late, idle=True, last=newest)
    awake = (one for one in late if was_awake(state, one.since, now - one.due))
    return known._replace(overdue=tuple(awake))


def _is_idle(
    state: State, attempts: Iterable[Attempt], late: Sequence[Overdue], newest: datetime
) -> bool:
    """Whether a controller that wrote its *newest* status then has left all work undone.

    It has done nothing since the first of the *late* objects became due, or all that can run is
    late.
    """
    if newest <= min(one.since for one in late):
        return True
    if state.now - newest <= PATIENCE * min(one.due for one in late):
        return False
    due = (one for one, _ in attempts if _is_past_build(one) and _has_history(one))
    return {one.ref for one in due if can_run(state, one)} == {one.resource.ref for one in late}


def _late(
    state: State, attempts: Iterable[Attempt], patience: int, started: datetime | None = None
) -> Iterator[Overdue]:
    """Yield what is overdue after its last attempt, and can run.

    Thousands of Kustomizations share a few intervals, and hardly any is late.
    """
    now, in_time = state.now, dict[str, timedelta]()
    for resource, last in attempts:
        written = resource.spec.get("interval")
        if resource.kind.name == "Kustomization" and isinstance(written, str):
            if written in in_time and now - last < in_time[written]:
                continue
            in_time[written] = timedelta(seconds=patience * interval_of(resource))
        late = _overdue(resource, last, now, patience, started)
        if late and _is_past_build(resource) and can_run(state, resource):
            yield late


def _periodic(state: State) -> Mapping[Ref, Sequence[Resource]]:
    """Return the objects of PERIODIC kinds that each controller reconciles."""
    by_name: dict[str, list[Component]] = defaultdict(list)
    for component in (*state.components, *state.operators):
        by_name[component.name].append(component)
    found: dict[Ref, list[Resource]] = defaultdict(list)
    for kind in PERIODIC:
        components = by_name[KINDS[kind].controller]
        own = [
            one
            for one in state.resources.values()
            if one.kind.name == kind and one.verdict is not Verdict.SUSPENDED
        ]
        if kind == "Kustomization" and len(components) == 1 and components[0].watches_all:
            found[components[0].ref] += own  # as in most clusters, of which some are large
            continue
        for resource in own:
            watching = (component for component in components if component.watches(resource))
            found_one = next(watching, None)
            if found_one:
                found[found_one.ref].append(resource)
    return found


def _contradicts_itself(state: State, found: Iterable[Liveness]) -> bool:
    """Whether everything is overdue in a snapshot of before Leases were read, but something moved.

    All controllers that show their attempts are behind at once, and yet there are newer times: the
    cluster was asleep, or its objects were restored. Without Leases nothing tells.
    """
    shown = [one for one in found if one.last]
    if not _is_without_leases(state) or not all(one.behind for one in shown):
        return False
    if not all(one.idle for one in shown):
        return True
    last = max((one.last for one in shown if one.last), default=state.now)
    longest = max((late.due for one in shown for late in one.overdue), default=timedelta())
    return was_awake(state, last + longest, state.now)


def _is_without_leases(state: State) -> bool:
    """Whether it is a snapshot of before Leases were read."""
    unread = state.evidence.answer(LEASES).unread
    return unread is not None and unread.why is Why.NOT_REQUESTED


def _sleeps(state: State, one: Liveness, found: Collection[Liveness]) -> bool:
    """Whether *one*, which is idle, is alive, and nothing at all has happened in the meantime.

    This is how a cluster looks that was asleep with its machine and has just come back: timers
    go on where they were. Of a single controller it is no evidence, but for the operator: its
    objects are due so rarely that others may already work again.
    """
    alive = not one.lease.is_stale(state.now) if one.lease else _is_without_leases(state)
    if not alive or one.last is None:
        return False
    known = [other.idle for other in found if other.last]
    longest = max(late.due for late in one.overdue)
    if all(known) and len(known) > 1:
        before = state.now - RENEWED_WITHIN
    elif one.component.name == OPERATOR:
        before = state.now - longest
    else:
        return False
    # Without Leases, nothing tells a controller that stopped from one that had nothing to do.
    stopped = max([other.last for other in found if other.last and not one.lease] or [one.last])
    after = stopped + longest
    return state.now - one.last < _LONGEST_SLEEP and not was_awake(state, after, before)


def was_awake(state: State, after: datetime, before: datetime) -> bool:
    """Return whether anything that was read happened between these times."""
    times = (at for one in state.resources.values() for at in (*_written(one), one.changed))
    events = (event.last for found in state.warnings.values() for event in found)
    starts = (started_at(pod) for pod in state.evidence.answer("pods").known)
    return any(at and after < at < before for one in (times, events, starts) for at in one)


def _written(resource: Resource) -> Iterator[datetime]:
    """Yield the times at which the status of *resource* was written, as far as they are known."""
    stored = map_of(resource.status.get("artifact")).get("lastUpdateTime")
    conditions = (one.get("lastTransitionTime") for one in resource.conditions.values())
    times = (last_attempt(resource), *map(when, (stored, *conditions)))
    yield from filter(None, times)


def _leases(state: State) -> Mapping[str, Sequence[tuple[str, Lease]]]:
    """Return the Leases by namespace, each with the host name of its holder."""
    found: dict[str, list[tuple[str, Lease]]] = defaultdict(list)
    for item in state.evidence.answer(LEASES).known:
        metadata, spec = map_of(item.get("metadata")), map_of(item.get("spec"))
        # The API server wrote the second time, by its own clock.
        times = map(when, (spec.get("renewTime"), metadata.get("changedAt")))
        renewed = max(filter(None, times), default=None)
        if renewed and (holder := holder_of(item)):
            name, acquired = text_of(metadata.get("name")), when(spec.get("acquireTime"))
            lease = Lease(name, renewed, acquired, _limit(spec.get("leaseDurationSeconds")))
            found[text_of(metadata.get("namespace"))].append((holder, lease))
    return found


def _limit(length: object) -> timedelta:
    """Return how old a renewal may be, for a duration of the Lease of *length* seconds."""
    known = length if isinstance(length, int) and 0 < length < _MOST_SECONDS else 0
    return max(RENEWED_WITHIN, 2 * timedelta(seconds=known))


def _lease_of(
    component: Component, leases: Mapping[str, Sequence[tuple[str, Lease]]], now: datetime
) -> Lease | None:
    """Return the Lease that a pod of *component* holds, None without a claim.

    Of pods in the network of one node, the holders are the same: then all must be renewed.
    """
    hosts = set(map(_host_of, component.pods.known)) - {""}
    found = [lease for host, lease in leases.get(component.ref.namespace, ()) if host in hosts]
    if len(found) < 2:  # noqa: PLR2004 - one Lease is this controller's
        return found[0] if found else None
    oldest = min(found, key=lambda lease: lease.renewed)
    return None if oldest.is_stale(now) else oldest._replace(acquired=None)


def _host_of(pod: Object) -> str:
    """Return the host name of *pod*: in the network of its node, that of the node."""
    spec = map_of(pod.get("spec"))
    if spec.get("hostNetwork") is True:
        return text_of(spec.get("nodeName"))
    return text_of(map_of(pod.get("metadata")).get("name"))[:_HOSTNAME].rstrip("-.")


def _started(component: Component) -> datetime | None:
    """Return when the newest container of *component* was started."""
    return max(filter(None, map(started_at, component.pods.known)), default=None)


def _settled(component: Component, lease: Lease | None) -> datetime | None:
    """Return when *component* must have begun to work, None if its start is not known."""
    if lease and lease.acquired:
        return lease.acquired + ACQUIRED_FOR
    times = (at for pod in component.pods.known for at in (started_at(pod), _ready_since(pod)))
    ready = max(filter(None, times), default=None)
    return ready + READY_FOR if ready else None


def _ready_since(pod: Object) -> datetime | None:
    conditions = maps_of(map_of(pod.get("status")).get("conditions"))
    ready = next((one for one in conditions if one.get("type") == "Ready"), {})
    return when(ready.get("lastTransitionTime"))
