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

    `others` are further objects with the same fault. `waiting` objects are blocked by it. `stale`
    objects are Ready, with what they got before it began. The spec of `not_updated` objects no
    longer changes, because their owner is suspended. `effects` are clauses about objects that it
    blocks in a way that no reference shows. Two causes are never equal, so a cause is its own key
    in a set or dict. Only the last stage of tracing knows which objects a cause affects (see
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
        """All objects that it affects, sorted by name."""
        return tuple(sorted({*self.waiting, *self.stale, *self.not_updated}))


ByObject: TypeAlias = Mapping[Key, tuple[Cause, ...]]
"""The causes of each object, by its key."""


def distinct(by_object: ByObject) -> tuple[Cause, ...]:
    """Return the causes in *by_object*, each once, in the order of the objects."""
    return tuple(dict.fromkeys(cause for causes in by_object.values() for cause in causes))


def replaced(by_object: ByObject, replacements: Mapping[Cause, Cause]) -> ByObject:
    """Return *by_object* with other causes in place of those in *replacements*."""
    if not replacements:
        return by_object
    return {
        key: tuple(dict.fromkeys(replacements.get(cause, cause) for cause in causes))
        for key, causes in by_object.items()
    }


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    """Return the first of the *times* that are known, None without any."""
    return min(filter(None, times), default=None)
