"""Whether controllers are alive and at work: two facts, of which neither proves the other.

Alive: the leader renews its Lease every few seconds (leases.py). At work: what is due is done
(overdue.py). The workers of a process that renews its Lease may hang, and a process without a Lease
may work.

Only some kinds show that they were reconciled although nothing has changed (PERIODIC). Of the
others, a controller only shows that it ignores new work (causes/merging.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.leases import RENEWED_WITHIN, Lease, is_without_leases, lease_of, leases_of
from fluxstatus.state.overdue import (
    PATIENCE,
    PERIODIC,
    Attempt,
    Overdue,
    can_run,
    has_history,
    is_past_build,
    last_attempt,
    late_attempts,
)
from fluxstatus.state.pods import started_at
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

ACQUIRED_FOR, READY_FOR = timedelta(seconds=60), timedelta(seconds=90)
"""How long a controller may take to start work after it became the leader or, if its Lease is
unknown, after it became ready."""

_FIRST_ROUND = timedelta(minutes=2)
"""How long the first attempt may take to start after that, since all objects are due at a start."""

_LONGEST_SLEEP = timedelta(days=3)
"""The longest pause of all reconciliations that is attributed to a suspended cluster, such as on a
laptop."""


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
    leases = leases_of(state)
    own = _periodic(state)
    found = {
        one.ref: _judged(state, one, lease_of(one, leases, state.now), own.get(one.ref, ()))
        for one in (*state.components, *state.operators)
        if not one.unavailable
    }
    if _contradicts_itself(state, found.values()):
        return {ref: one._replace(overdue=(), idle=False) for ref, one in found.items()}
    idle = [one for one in found.values() if one.idle and not one.hangs]
    asleep = [one for one in idle if _sleeps(state, one, found.values())]
    return found | {one.component.ref: one._replace(idle=False, asleep=True) for one in asleep}


def is_untouched(resource: Resource) -> bool:
    """Return whether nothing has picked up the spec of *resource*, which has just changed."""
    ready = resource.condition("Ready")
    of_older = bool(ready) and not resource.is_current("Ready") and ready.get("status") != "Unknown"
    return resource.verdict is Verdict.STARTING or (
        resource.verdict is Verdict.RECONCILING and of_older
    )


def is_ignored(found: Liveness, activity: Activity, resource: Resource, now: datetime) -> bool:
    """Return whether the controller *found* should have picked up the changed *resource* by now.

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
    """Return whether the controller *found* has written the status of an object since it started.

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
        return known._replace(resuming=any(late_attempts(state, attempts, PATIENCE)))
    # What was due before a start is due again at once, until the controller has begun.
    patience, after = (1, None) if restarted else (PATIENCE, started)
    late = tuple(late_attempts(state, attempts, patience, after))
    if not late:
        return known
    newest = max(filter(None, (last, activity_of(state, component).newest)))
    if restarted and started and newest >= started:
        late = tuple(late_attempts(state, attempts, PATIENCE, started))
    runnable = [one for one, _ in attempts if is_past_build(one)]
    known = known._replace(behind=2 * len(late) >= len(runnable))
    if late and _is_idle(state, attempts, late, newest):
        return known._replace(overdue=late, idle=True, last=newest)
    awake = (one for one in late if was_awake(state, one.since, now - one.due))
    return known._replace(overdue=tuple(awake))


def _is_idle(
    state: State, attempts: Iterable[Attempt], late: Sequence[Overdue], newest: datetime
) -> bool:
    """Return whether a controller that wrote its *newest* status then has left all work undone.

    It has done nothing since the first of the *late* objects became due, or all that can run is
    late.
    """
    if newest <= min(one.since for one in late):
        return True
    if state.now - newest <= PATIENCE * min(one.due for one in late):
        return False
    due = (one for one, _ in attempts if is_past_build(one) and has_history(one))
    return {one.ref for one in due if can_run(state, one)} == {one.resource.ref for one in late}


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
    """Return whether all is overdue in a snapshot without Leases, although something has happened.

    All controllers that show their attempts are behind at once, and yet there are newer times: the
    cluster was asleep, or its objects were restored. Without Leases nothing tells.
    """
    shown = [one for one in found if one.last]
    if not is_without_leases(state) or not all(one.behind for one in shown):
        return False
    if not all(one.idle for one in shown):
        return True
    last = max((one.last for one in shown if one.last), default=state.now)
    longest = max((late.due for one in shown for late in one.overdue), default=timedelta())
    return was_awake(state, last + longest, state.now)


def _sleeps(state: State, one: Liveness, found: Collection[Liveness]) -> bool:
    """Return whether *one*, which is idle, is alive, and nothing has happened in the meantime.

    This is how a cluster looks that was asleep with its machine and has just come back: timers
    go on where they were. Of a single controller it is no evidence, but for the operator: its
    objects are due so rarely that others may already work again.
    """
    alive = not one.lease.is_stale(state.now) if one.lease else is_without_leases(state)
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
