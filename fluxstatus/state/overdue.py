"""Objects that should have been reconciled again: since when, and whether they can run.

Upstream: kustomize-controller and flux-operator status.history.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.base.durations import seconds, when
from fluxstatus.base.fields import map_of, maps_of
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.references import dependencies_of, source_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.state import State

PERIODIC = frozenset({"Kustomization", "ResourceSet", "FluxInstance"})
"""Kinds whose status has the time of each attempt, and that are reconciled on a schedule of their
own."""

PATIENCE = 3
"""How many due reconciliations may be missed, because intervals have jitter and queues are long."""

_PAST_BUILD = frozenset({"ReconciliationFailed", "HealthCheckFailed", "PruneFailed"})
"""Reasons of a failure after the build, so that the attempt is in the history."""

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


def last_attempt(resource: Resource) -> datetime | None:
    """Return when *resource* was last reconciled, None if its status does not show it.

    Neither a source nor a HelmRelease updates its status if nothing has changed.
    """
    history, scanned = _newest(resource), map_of(resource.status.get("lastScanResult"))
    ready = resource.condition("Ready") if resource.kind.resets_ready else {}
    written = (
        history.get("lastReconciled"), scanned.get("scanTime"), ready.get("lastTransitionTime"),
    )  # fmt: skip
    return max(filter(None, [when(each) for each in written if each]), default=None)


def _newest(resource: Resource) -> dict[str, Any]:
    """Return the newest entry of the history of *resource*, empty without one."""
    history = maps_of(resource.status.get("history"))
    return history[0] if history else {}


def overdue(resource: Resource, now: datetime) -> Overdue | None:
    """Return since when *resource* should have been reconciled again, None if it is in time.

    What it waits for is not considered: see `can_run`.
    """
    last = last_attempt(resource)
    known = last and resource.kind.name in PERIODIC and is_past_build(resource)
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
    if not has_history(resource):
        return None
    longer = max(every, seconds(resource.spec.get("retryInterval"), 0))
    due = timedelta(seconds=longer) + timeout_of(resource)
    return Overdue(resource, last, due) if waited > patience * due else None


def has_history(resource: Resource) -> bool:
    """Return whether the status of *resource* has the time of an attempt (Flux 2.7, operator 0.30).

    The time of Ready alone is no evidence: it shows an attempt, but not that there was none since.
    """
    return when(_newest(resource).get("lastReconciled")) is not None


def late_attempts(
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
        if late and is_past_build(resource) and can_run(state, resource):
            yield late


def is_past_build(resource: Resource) -> bool:
    """Return whether the last attempt at *resource* came far enough to be recorded."""
    failed = resource.verdict is Verdict.FAILED and resource.reason in _PAST_BUILD
    return resource.verdict is Verdict.READY or failed


def can_run(state: State, resource: Resource) -> bool:
    """Return whether the source of *resource* has an artifact, and its dependencies are ready."""
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
