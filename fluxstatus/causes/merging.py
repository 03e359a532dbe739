"""Merging several causes into the fault that they share: a missing object or a controller."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from fluxstatus.causes.cause import Attribution, Cause
from fluxstatus.causes.faults import (
    Fault,
    fault_of_absence,
    fault_of_running_controller,
    fault_of_unread,
    fault_of_unresponsive_controller,
)
from fluxstatus.causes.missing import Suggestions
from fluxstatus.causes.sharing import Shared, shared_by
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.causes.waits import Waits
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.requests import unhandled_since
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.revisions import Lag, has_new_artifacts, overdue
from fluxstatus.state.state import State

_SEVERAL = 2  # a single object may have a fault of its own
_MANY = 3
_NAMED = 3  # objects that a sentence names
_UNTOUCHED = frozenset({"never-reconciled", "outdated", "stuck"})
_CONTROLLER_FAULTS = {
    "storage-full": "controller-storage-full",
    "disk-full": "controller-disk-full",
    "temporary-storage-full": "controller-temporary-storage-full",
    "storage-read-only": "controller-storage-fails",
    "source-storage": "controller-storage-fails",
    "flux-forbidden": "controller-forbidden",
}
"""Codes of faults that several objects share because of their running controller."""

_STORAGE_FAULTS = {
    "artifact-gone": "controller-artifacts-gone",
    "artifact-corrupt": "controller-artifacts-corrupt",
    "artifact-host-unreachable": "controller-unreachable",
}
"""Codes of faults that several objects share because of the controller that stores artifacts."""


class Merging:
    """Merges causes in the *attribution* of a State."""

    def __init__(
        self,
        state: State,
        controllers: Controllers,
        attribution: Attribution,
        *,
        waits: Waits,
        suggestions: Suggestions,
        lags: Callable[[], Mapping[Key, Lag]],
    ) -> None:
        self._state = state
        self._lags = lags
        self._controllers = controllers
        self._attribution = attribution
        self._waits = waits
        self._suggestions = suggestions

    def merge_targets(self) -> None:
        """Merge the causes of objects that wait for the same missing or unreadable object."""
        missing: dict[Key, list[Cause]] = defaultdict(list)
        unread: dict[Key, list[Cause]] = defaultdict(list)
        for cause in self._attribution.causes:
            if cause.fault.missing:
                missing[cause.fault.missing].append(cause)
            if cause.fault.unread:
                unread[cause.fault.unread].append(cause)
        for target, causes in missing.items():
            if len(causes) >= _SEVERAL:
                keys = [cause.ref.key for cause in causes]
                fault = fault_of_absence(self._state, self._suggestions, target, keys)
                self._merge(causes, Ref("", *target), fault)
        for target, causes in unread.items():
            if len(causes) >= _SEVERAL:
                fault = fault_of_unread(self._state, target, len(causes))
                self._merge(causes, Ref("", *target), fault)

    def merge_shared(self) -> None:
        """Merge the causes of objects that fail for what they share, such as a host or a webhook.

        The first of them by name stands for all. Two objects of different namespaces may each have
        a fault of their own, such as a mistyped host; three hardly do.
        """
        alike: dict[Shared, list[Cause]] = defaultdict(list)
        for cause in self._attribution.causes:
            if cause.resource is not None and (shared := shared_by(cause)):
                alike[shared].append(cause)
        for causes in alike.values():
            places = {cause.ref.namespace for cause in causes}
            if len(causes) >= (_SEVERAL if len(places) == 1 else _MANY):
                first, *others = sorted(causes, key=lambda cause: cause.ref)
                times = [cause.since for cause in causes if cause.since]
                first.since = min(times, default=None)
                first.fault = first.fault._replace(
                    diagnosis=first.fault.diagnosis.adding(_same_error(others, first))
                )
                self._attribution.replace(others, first)

    def merge_running_controllers(self) -> None:
        """Merge the causes of objects that fail because of a running controller."""
        self._merge_by_component(_CONTROLLER_FAULTS, self._controllers.component_of)
        self._merge_by_component(_STORAGE_FAULTS, self._controllers.storage_of)

    def merge_unresponsive_controllers(self) -> Iterator[tuple[Cause, Resource]]:
        """Merge the causes of objects that a running controller ignores.

        Returns the objects that are Ready and ignored, each with the cause. A reconcile request
        that is not handled, or a revision that is not applied, counts like an object without a
        status.
        """
        ignored: dict[Ref, list[Cause]] = defaultdict(list)
        found: dict[Ref, Component] = {}
        for resource, cause in self._attribution.direct_causes():
            component = self._controllers.component_of(resource)
            untouched = cause.fault.diagnosis.code in _UNTOUCHED
            if untouched and component and not component.unavailable:
                found[component.ref] = component
                ignored[component.ref].append(cause)
        requested: dict[Ref, list[tuple[Resource, datetime]]] = defaultdict(list)
        lags = self._lags() if has_new_artifacts(self._state) else {}
        for resource in self._state.resources.values():
            at = self._ignored_since(resource, lags)
            component = self._controllers.component_of(resource) if at else None
            if at and component and not component.unavailable:
                found[component.ref] = component
                requested[component.ref].append((resource, at))
        for ref, component in found.items():
            resources = [cause.resource for cause in ignored[ref] if cause.resource]
            times = [r.since for r in resources if r.since] + [at for _, at in requested[ref]]
            began, count = min(times, default=None), len(resources) + len(requested[ref])
            if count < _SEVERAL or self._has_worked_since(began, component, resources):
                continue
            fault = fault_of_unresponsive_controller(self._state, component, count)
            cause = self._merge(ignored[ref], ref, fault, began)
            yield from ((cause, resource) for resource, _ in requested[ref])

    def _ignored_since(self, resource: Resource, lags: Mapping[Key, Lag]) -> datetime | None:
        """Return since when *resource*, which is Ready, waits for its controller, or None."""
        if resource.verdict is not Verdict.READY:
            return None
        if at := unhandled_since(resource, self._state.now):
            return at
        lag = lags.get(resource.ref.key) if lags else None
        return lag.since if lag and overdue(self._state, resource, lag) else None

    def _merge_by_component(
        self, codes: Mapping[str, str], component_of: Callable[[Resource], Component | None]
    ) -> None:
        alike: dict[tuple[Ref, str], list[Cause]] = defaultdict(list)
        found: dict[Ref, Component] = {}
        for resource, cause in self._attribution.direct_causes():
            component = component_of(resource)
            code = codes.get(self._code_of(resource, cause))
            if code and component and not component.unavailable:
                found[component.ref] = component
                alike[component.ref, code].append(cause)
        for (ref, code), causes in alike.items():
            if len(causes) >= _SEVERAL:
                fault = fault_of_running_controller(
                    self._state, found[ref], code, causes[0].fault, len(causes)
                )
                self._merge(causes, ref, fault)

    def _code_of(self, resource: Resource, cause: Cause) -> str:
        """Return the code of *cause*. An object that is stuck in a download has none of its own."""
        stuck = self._waits.is_stuck_downloading(resource)
        return "artifact-host-unreachable" if stuck else cause.fault.diagnosis.code

    def _merge(
        self, causes: Iterable[Cause], ref: Ref, fault: Fault, since: datetime | None = None
    ) -> Cause:
        """Replace *causes* by one, which began when the first of them did, or at *since*."""
        old = list(causes)
        first = min((cause.since for cause in old if cause.since), default=None)
        cause = Cause(ref, fault, since=since or first)
        self._attribution.replace(old, cause)
        return cause

    def _has_worked_since(
        self, began: datetime | None, component: Component, ignored: list[Resource]
    ) -> bool:
        """Whether *component* has reported on other objects since it *began* to ignore these."""
        if began is None:
            return True
        keys = {resource.ref.key for resource in ignored}
        return any(
            other.since is not None
            and other.since > began
            and other.kind.controller == component.name
            and other.ref.key not in keys
            and other.verdict is not Verdict.SUSPENDED
            for other in self._state.resources.values()
        )


def _same_error(others: Sequence[Cause], first: Cause) -> str:
    """Return what to add to the sentence of *first*: the *others* that fail with the same error."""
    refs = [ref for ref in dict.fromkeys(cause.ref for cause in others) if ref != first.ref]
    names = ", ".join(map(str, refs[:_NAMED]))
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    number = "1 other object fails" if len(refs) == 1 else f"{len(refs)} other objects fail"
    return f"{number} with the same error: {names}{more}" if refs else ""
