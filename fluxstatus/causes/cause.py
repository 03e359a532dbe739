"""A cause, and the causes that each object is attributed to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from fluxstatus.causes.faults import Fault
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State


@dataclass(slots=True, eq=False)
class Cause:
    """A fault of one object, controller or CRD, and the objects that it affects.

    `waiting` objects are blocked by it. `stale` objects are Ready, with what they got before it
    began. The spec of `not_updated` objects no longer changes, because their owner is suspended.
    `effects` are clauses about objects that it blocks in a way that no reference shows.
    Two causes are never equal, so a cause is its own key in a set or dict.
    """

    ref: Ref
    fault: Fault
    resource: Resource | None = None
    since: datetime | None = None
    waiting: list[Ref] = field(default_factory=list)
    stale: list[Ref] = field(default_factory=list)
    not_updated: list[Ref] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)

    @property
    def blocks(self) -> tuple[Ref, ...]:
        """All objects that it affects, sorted by name."""
        return tuple(sorted({*self.waiting, *self.stale, *self.not_updated}))


class Attribution:
    """The causes of each object that is not healthy, by the key of the object.

    `causes` are all causes with an object attributed to them, in the order of their discovery.
    """

    def __init__(self, state: State, unavailable: Iterable[tuple[Ref, Cause]]) -> None:
        """Begin with the *unavailable* controllers, each with its cause."""
        self._refs = {key: resource.ref for key, resource in state.resources.items()}
        self._pairs: set[tuple[Key, Cause]] = set()
        self.by_object: dict[Key, list[Cause]] = {ref.key: [cause] for ref, cause in unavailable}
        self.causes: dict[Cause, None] = {}  # a set in the order of insertion
        for causes in self.by_object.values():
            self.causes.update(dict.fromkeys(causes))

    def add(self, key: Key, causes: Iterable[Cause]) -> None:
        """Attribute the object *key* to *causes*."""
        known, ref = self.by_object.setdefault(key, []), self._refs[key]
        for cause in causes:
            if (key, cause) not in self._pairs:
                self._pairs.add((key, cause))
                known.append(cause)
                self.causes[cause] = None
                if ref != cause.ref:
                    cause.waiting.append(ref)

    def replace(self, old: Iterable[Cause], cause: Cause) -> None:
        """Attribute every object of the *old* causes to *cause* instead."""
        replaced = dict.fromkeys(old)
        for one in replaced:
            self.causes.pop(one, None)
            for key in (ref.key for ref in (one.ref, *one.waiting)):
                known = self.by_object.get(key, [])
                if any(other in replaced for other in known):
                    self.by_object[key] = [other for other in known if other not in replaced]
                    self.add(key, [cause])

    def direct_causes(self) -> list[tuple[Resource, Cause]]:
        """Return each object that has a cause of its own, with that cause."""
        return [
            (cause.resource, cause)
            for cause in self.causes
            if cause.resource is not None
            and cause in self.by_object.get(cause.resource.ref.key, ())
        ]
