"""Several causes that are one: something missing, or a controller that fails them all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from fluxstatus.causes.cause import Attribution, Cause
from fluxstatus.causes.faults import (
    Fault,
    fault_of_absence,
    fault_of_hanging,
    fault_of_unread,
    fault_of_working,
)
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.causes.waits import Upstream
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.resource import Resource, Verdict, unhandled_since
from fluxstatus.state.revisions import Lag, has_news, overdue
from fluxstatus.state.state import State

_SEVERAL = 2  # one alone may be an accident of its own
_UNTOUCHED = frozenset({"never-reconciled", "outdated", "stuck"})
_OF_ITS_CONTROLLER = {
    "storage-full": "controller-storage-full",
    "storage-read-only": "controller-storage-fails",
    "source-storage": "controller-storage-fails",
    "flux-forbidden": "controller-forbidden",
}
_OF_ITS_STORAGE = {
    "artifact-gone": "controller-artifacts-gone",
    "artifact-host-unreachable": "controller-unreachable",
}
"""Codes of faults that several objects share when a controller that runs is at fault.

Disk and rights are those of the object's controller, artifacts are where its source is stored.
"""


class Merging:
    """Makes one cause of several in the *attribution* for what is wrong in a State."""

    def __init__(
        self,
        state: State,
        controllers: Controllers,
        attribution: Attribution,
        upstream: Upstream,
        lags: Callable[[], Mapping[Key, Lag]],
    ) -> None:
        self._state = state
        self._lags = lags
        self._controllers = controllers
        self._attribution = attribution
        self._upstream = upstream

    def targets(self) -> None:
        """Fold what does not exist, or could not be read, and several objects wait for."""
        for pick, say in (
            (_missing_of, fault_of_absence),
            (_unread_of, fault_of_unread),
        ):
            waiting: dict[Key, dict[int, Cause]] = defaultdict(dict)
            for cause in self._attribution.causes.values():
                if target := pick(cause):
                    waiting[target][id(cause)] = cause
            for target, alone in waiting.items():
                if len(alone) >= _SEVERAL:
                    refs = [cause.ref.key for cause in alone.values()]
                    fault = say(self._state, target, refs)
                    self._fold(alone.values(), Ref("", *target), fault)

    def controllers(self) -> None:
        """Fold what only looks like many faults, and is one of a controller that runs."""
        for codes, component_of in (
            (_OF_ITS_CONTROLLER, self._controllers.component_of),
            (_OF_ITS_STORAGE, self._controllers.storage_of),
        ):
            self._shared(codes, component_of)

    def hanging(self) -> Iterator[tuple[Cause, Resource]]:
        """Fold what a running controller does not look at; give what is Ready, and left alone.

        A reconcile request that is not handled, or a revision that is not taken up, is a sign as
        good as an object that has no status.
        """
        alone: dict[Ref, list[Cause]] = defaultdict(list)
        found: dict[Ref, Component] = {}
        for resource, cause in self._attribution.own_causes():
            component = self._controllers.component_of(resource)
            if cause.fault.diagnosis.code in _UNTOUCHED and component and not component.down:
                found[component.ref] = component
                alone[component.ref].append(cause)
        asked: dict[Ref, list[tuple[Resource, datetime]]] = defaultdict(list)
        lags = self._lags() if has_news(self._state) else {}
        for resource in self._state.resources.values():
            at = self._left_alone_since(resource, lags)
            component = self._controllers.component_of(resource) if at else None
            if at and component and not component.down:
                found[component.ref] = component
                asked[component.ref].append((resource, at))
        for ref, component in found.items():
            resources = [cause.resource for cause in alone[ref] if cause.resource]
            times = [r.since for r in resources if r.since] + [at for _, at in asked[ref]]
            began, count = min(times, default=None), len(resources) + len(asked[ref])
            if count < _SEVERAL or self._has_worked_since(began, component, resources):
                continue
            fault = fault_of_hanging(self._state, component, count)
            cause = self._fold(alone[ref], ref, fault, began)
            yield from ((cause, resource) for resource, _ in asked[ref])

    def _left_alone_since(self, resource: Resource, lags: Mapping[Key, Lag]) -> datetime | None:
        """Return since when *resource*, which is Ready, waits for its controller, None if not."""
        if resource.verdict is not Verdict.READY:
            return None
        if at := unhandled_since(resource, self._state.now):
            return at
        lag = lags.get(resource.ref.key) if lags else None
        return lag.since if lag and overdue(self._state, resource, lag) else None

    def _shared(
        self, codes: dict[str, str], component_of: Callable[[Resource], Component | None]
    ) -> None:
        alike: dict[tuple[Ref, str], list[Cause]] = defaultdict(list)
        found: dict[Ref, Component] = {}
        for resource, cause in self._attribution.own_causes():
            component = component_of(resource)
            code = codes.get(self._code_of(resource, cause))
            if code and component and not component.down:
                found[component.ref] = component
                alike[component.ref, code].append(cause)
        for (ref, code), causes in alike.items():
            if len(causes) >= _SEVERAL:
                fault = fault_of_working(
                    self._state, found[ref], code, causes[0].fault, len(causes)
                )
                self._fold(causes, ref, fault)

    def _code_of(self, resource: Resource, cause: Cause) -> str:
        """Return the code of *cause*; who hangs in a download has not said yet that it fails."""
        fetching = self._upstream.hangs_fetching(resource)
        return "artifact-host-unreachable" if fetching else cause.fault.diagnosis.code

    def _fold(
        self, alone: Iterable[Cause], ref: Ref, fault: Fault, since: datetime | None = None
    ) -> Cause:
        """Put one cause in the place of those *alone*; it began when the first of them did."""
        old = list(alone)
        first = min((cause.since for cause in old if cause.since), default=None)
        cause = Cause(ref, fault, since=since or first)
        self._attribution.put_in_place_of(old, cause)
        return cause

    def _has_worked_since(
        self, began: datetime | None, component: Component, alone: list[Resource]
    ) -> bool:
        """Whether *component* has said anything of others since it left these *alone*."""
        if began is None:
            return True
        ids = {id(resource) for resource in alone}
        return any(
            other.since is not None
            and other.since > began
            and other.kind.controller == component.name
            and id(other) not in ids
            and other.verdict is not Verdict.SUSPENDED
            for other in self._state.resources.values()
        )


def _missing_of(cause: Cause) -> Key | None:
    return cause.fault.missing


def _unread_of(cause: Cause) -> Key | None:
    return cause.fault.unread
