"""Merging causes that share a fault, such as a missing object, a controller or a host.

    missing or unread objects → running controllers → shared faults → ignored objects

Each step takes the merged causes of the step before and returns its own merges.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from fluxstatus.base.plurals import counted
from fluxstatus.causes.cause import ByObject, Cause, distinct, earliest, replaced
from fluxstatus.causes.context import Context
from fluxstatus.causes.controller_faults import (
    fault_of_running_controller,
    fault_of_unresponsive_controller,
)
from fluxstatus.causes.reference_faults import fault_of_absence, fault_of_unread
from fluxstatus.causes.sharing import Shared, shared_by
from fluxstatus.causes.waits import is_stuck_downloading
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.requests import REQUESTED_AT, unhandled_since
from fluxstatus.state.resource import IN_PROGRESS, Resource, Verdict
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
"""Codes of faults that a running controller causes in several objects."""

_STORAGE_FAULTS = {
    "artifact-gone": "controller-artifacts-gone",
    "artifact-corrupt": "controller-artifacts-corrupt",
    "artifact-host-unreachable": "controller-unreachable",
}
"""Codes of faults that the controller that stores artifacts causes in several objects."""


class Merge(NamedTuple):
    """A `cause` that replaces several others.

    `ignored` are the Ready objects that the controller ignores, so that they are stale.
    """

    cause: Cause
    instead_of: tuple[Cause, ...]
    ignored: tuple[Key, ...] = ()


def merge(context: Context, by_object: ByObject) -> tuple[ByObject, Mapping[Key, Cause]]:
    """Return *by_object* with one cause for each shared fault, and the cause of ignored objects."""
    ignored: dict[Key, Cause] = {}
    for step in _STEPS:
        merges = list(step(context, by_object))
        by_object = replaced(by_object, {old: m.cause for m in merges for old in m.instead_of})
        ignored |= {key: one.cause for one in merges for key in one.ignored}
    return by_object, ignored


def _of_targets(context: Context, by_object: ByObject) -> Iterator[Merge]:
    """Merge the causes of objects that wait for the same missing or unreadable object."""
    missing: dict[Key, list[Cause]] = defaultdict(list)
    unread: dict[Key, list[Cause]] = defaultdict(list)
    for cause in distinct(by_object):
        if cause.fault.missing and cause.fault.diagnosis.code == "target-missing":
            missing[cause.fault.missing].append(cause)
        if cause.fault.unread:
            unread[cause.fault.unread].append(cause)
    for target, causes in missing.items():
        if len(causes) >= _SEVERAL:
            keys = [cause.ref.key for cause in causes]
            fault = fault_of_absence(context.state, context.suggestions, target, keys)
            yield Merge(Cause(Ref("", *target), fault, since=_began(causes)), tuple(causes))
    for target, causes in unread.items():
        if len(causes) >= _SEVERAL:
            fault = fault_of_unread(context.state, target, len(causes))
            yield Merge(Cause(Ref("", *target), fault, since=_began(causes)), tuple(causes))


def _of_running_controllers(context: Context, by_object: ByObject) -> Iterator[Merge]:
    """Merge the causes of objects that fail because of a running controller."""
    tables = (
        (_CONTROLLER_FAULTS, context.controllers.component_of),
        (_STORAGE_FAULTS, context.controllers.storage_of),
    )
    alike: dict[tuple[str, Ref], list[Cause]] = defaultdict(list)
    found: dict[Ref, Component] = {}
    for resource, cause in _direct_causes(by_object):
        own = _code_of(resource, cause)
        for codes, component_of in tables:
            component = component_of(resource) if own in codes else None
            if component and context.controllers.is_at_work(component):
                found[component.ref] = component
                alike[codes[own], component.ref].append(cause)
    for (code, ref), causes in alike.items():
        if len(causes) >= _SEVERAL:
            one = causes[0].fault
            fault = fault_of_running_controller(context.state, found[ref], code, one, len(causes))
            yield Merge(Cause(ref, fault, since=_began(causes)), tuple(causes))


def _of_shared_faults(_: Context, by_object: ByObject) -> Iterator[Merge]:
    """Merge the causes of objects that share a failing host, webhook or the like.

    The first object in alphabetical order stands for all. Two objects in different namespaces may
    both have a fault of their own, such as a mistyped host; three hardly do.
    """
    alike: dict[Shared, list[Cause]] = defaultdict(list)
    for cause in distinct(by_object):
        if cause.resource is not None and (shared := shared_by(cause)):
            alike[shared].append(cause)
    for causes in alike.values():
        places = {cause.ref.namespace for cause in causes}
        if len(causes) >= (_SEVERAL if len(places) == 1 else _MANY):
            first, *others = sorted(causes, key=lambda cause: cause.ref)
            refs = tuple(dict.fromkeys(o.ref for o in others if o.ref != first.ref))
            diagnosis = first.fault.diagnosis.adding(
                _same_error(refs), also=f"and {counted(len(refs), 'more object')}" if refs else ""
            )
            fault = first.fault._replace(diagnosis=diagnosis)
            one = replace(first, fault=fault, since=_began(causes), others=refs)
            yield Merge(one, tuple(causes))


def _of_ignored_objects(context: Context, by_object: ByObject) -> Iterator[Merge]:
    """Merge the causes of objects that a running controller ignores.

    An unhandled reconcile request or an unapplied revision counts like an object without a status.
    """
    untouched: dict[Ref, list[Cause]] = defaultdict(list)
    waiting: dict[Ref, list[tuple[Key, datetime]]] = defaultdict(list)
    found: dict[Ref, Component] = {}
    for resource, cause in _direct_causes(by_object):
        if cause.fault.diagnosis.code in _UNTOUCHED:
            component = context.controllers.component_of(resource)
            if component and context.controllers.is_at_work(component):
                found[component.ref] = component
                untouched[component.ref].append(cause)
    for resource, at in _ignored(context):
        component = context.controllers.component_of(resource)
        if component and context.controllers.is_at_work(component):
            found[component.ref] = component
            waiting[component.ref].append((resource.ref.key, at))
    for ref, component in found.items():
        causes, ready = untouched[ref], waiting[ref]
        resources = [cause.resource for cause in causes if cause.resource]
        began = earliest([*(one.since for one in resources), *(at for _, at in ready)])
        count = len(resources) + len(ready)
        # A young object is only a cause if its controller has done nothing since.
        enough = 1 if any(one.verdict in IN_PROGRESS for one in resources) else _SEVERAL
        if count < enough or _has_worked_since(context.state, began, component, resources):
            continue
        fault = fault_of_unresponsive_controller(context.state, component, count)
        yield Merge(Cause(ref, fault, since=began), tuple(causes), tuple(key for key, _ in ready))


_STEPS: Sequence[Callable[[Context, ByObject], Iterator[Merge]]] = (
    _of_targets, _of_running_controllers, _of_shared_faults, _of_ignored_objects,
)  # fmt: skip
"""The steps in order: a fault of a controller explains more than a host in its message."""


def _direct_causes(by_object: ByObject) -> Iterator[tuple[Resource, Cause]]:
    """Yield each object that has its own cause, with that cause."""
    for cause in distinct(by_object):
        resource = cause.resource
        if resource is not None and cause in by_object.get(resource.ref.key, ()):
            yield resource, cause


def _code_of(resource: Resource, cause: Cause) -> str:
    """Return the code of *cause*. A stuck download counts as an unreachable host."""
    stuck = is_stuck_downloading(resource)
    return "artifact-host-unreachable" if stuck else cause.fault.diagnosis.code


def _ignored(context: Context) -> Iterator[tuple[Resource, datetime]]:
    """Yield each Ready object that waits for its controller, and the time since it waits."""
    state, behind = context.state, dict[Key, Lag]()
    if has_new_artifacts(state):
        behind = {key: lag for key, lag in context.lags.items() if lag.wanted != lag.applied}
    for key, resource in state.resources.items():
        waits = key in behind or REQUESTED_AT in resource.annotations
        if not waits or resource.verdict is not Verdict.READY:
            continue
        lag = behind.get(key)
        if at := unhandled_since(resource, state.now):
            yield resource, at
        elif lag and lag.since and overdue(state, resource, lag):
            yield resource, lag.since


def _began(causes: Sequence[Cause]) -> datetime | None:
    return earliest(cause.since for cause in causes)


def _has_worked_since(
    state: State, began: datetime | None, component: Component, ignored: Sequence[Resource]
) -> bool:
    """Whether *component* has updated other objects since it *began* to ignore these."""
    if began is None:
        return True
    keys = {resource.ref.key for resource in ignored}
    return any(
        other.since is not None
        and other.since > began
        and other.kind.controller == component.name
        and other.ref.key not in keys
        and other.verdict is not Verdict.SUSPENDED
        for other in state.resources.values()
    )


def _same_error(refs: Sequence[Ref]) -> str:
    """Return the clause of a cause about the objects *refs*, which have the same error."""
    names = ", ".join(map(str, refs[:_NAMED]))
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    number = "1 other object fails" if len(refs) == 1 else f"{len(refs)} other objects fail"
    return f"{number} with the same error: {names}{more}" if refs else ""
