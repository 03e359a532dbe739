"""A cause, and which objects are blamed on which causes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from fluxstatus.causes.faults import Fault
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State


@dataclass(slots=True, eq=False)
class Cause:
    """Something broken on its own account, and the objects it drags down.

    `waiting` cannot go on because of it; `stale` are Ready, on what they got before it began; the
    spec of what is `frozen` stays as it is, because what made it is suspended.
    """

    ref: Ref
    fault: Fault
    resource: Resource | None = None
    since: datetime | None = None
    waiting: list[Ref] = field(default_factory=list)
    stale: list[Ref] = field(default_factory=list)
    frozen: list[Ref] = field(default_factory=list)

    @property
    def blocks(self) -> tuple[Ref, ...]:
        """Everything it drags down, in the order of names."""
        return tuple(sorted({*self.waiting, *self.stale, *self.frozen}))


class Attribution:
    """Which objects are blamed on which causes, by the key of the object.

    `causes` are those that some object is blamed on, by their ids.
    """

    def __init__(self, state: State, stopped: Iterable[tuple[Ref, Cause]]) -> None:
        """Begin with the controllers that are *stopped*, each with its cause."""
        self._refs = {key: resource.ref for key, resource in state.resources.items()}
        self._pairs: set[tuple[Key, int]] = set()
        self.by_object: dict[Key, list[Cause]] = {ref.key: [cause] for ref, cause in stopped}
        self.causes = {id(cause): cause for found in self.by_object.values() for cause in found}

    def add(self, key: Key, causes: Iterable[Cause]) -> None:
        """Blame the object *key* on *causes*."""
        known, ref = self.by_object.setdefault(key, []), self._refs[key]
        for cause in causes:
            if (key, id(cause)) not in self._pairs:
                self._pairs.add((key, id(cause)))
                known.append(cause)
                self.causes[id(cause)] = cause
                if ref != cause.ref:
                    cause.waiting.append(ref)

    def put_in_place_of(self, old: Iterable[Cause], cause: Cause) -> None:
        """Blame all that the *old* causes were blamed for on *cause* instead."""
        gone = {id(one): one for one in old}
        for one in gone.values():
            self.causes.pop(id(one), None)
            for key in (ref.key for ref in (one.ref, *one.waiting)):
                known = self.by_object.get(key, [])
                if any(id(other) in gone for other in known):
                    self.by_object[key] = [other for other in known if id(other) not in gone]
                    self.add(key, [cause])

    def own_causes(self) -> list[tuple[Resource, Cause]]:
        """Return each object that has a cause of its own, with that cause."""
        return [
            (cause.resource, cause)
            for cause in self.causes.values()
            if cause.resource is not None
            and any(cause is own for own in self.by_object.get(cause.resource.ref.key, ()))
        ]
