"""A cause, and the objects that it affects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from fluxstatus.causes.faults import Fault
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import Resource


@dataclass(slots=True, eq=False, frozen=True)
class Cause:
    """A fault of one object, controller or CRD, and the objects that it affects.

    `others` are further objects with the same fault. `waiting` objects are blocked by the fault.
    `stale` objects are Ready with a revision from before the fault began. The spec of `not_updated`
    objects no longer changes, because their owner is suspended. `effects` are clauses about objects
    that the fault blocks although no reference shows it. Two causes are never equal, so that a set
    or dict can contain them. Only the last stage of tracing sets the affected objects (see
    trace.py).
    """

    ref: Ref
    fault: Fault
    resource: Resource | None = None
    since: datetime | None = None
    others: tuple[Ref, ...] = ()
    waiting: tuple[Ref, ...] = ()
    stale: tuple[Ref, ...] = ()
    not_updated: tuple[Ref, ...] = ()
    effects: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[Ref, ...]:
        """All objects that the cause affects, sorted by name."""
        return tuple(sorted({*self.waiting, *self.stale, *self.not_updated}))


ByObject: TypeAlias = Mapping[Key, tuple[Cause, ...]]
"""The causes of each object, by its key."""


def distinct(by_object: ByObject) -> tuple[Cause, ...]:
    """Return the causes in *by_object*, each once, in the order of the objects."""
    return tuple(dict.fromkeys(cause for causes in by_object.values() for cause in causes))


def replaced(by_object: ByObject, replacements: Mapping[Cause, Cause]) -> ByObject:
    """Return *by_object* with each cause in *replacements* replaced."""
    if not replacements:
        return by_object
    return {
        key: tuple(dict.fromkeys(replacements.get(cause, cause) for cause in causes))
        for key, causes in by_object.items()
    }


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the earliest of the known *times*, or None if none is known."""
    return min(filter(None, times), default=None)
