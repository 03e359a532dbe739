"""What the objects of a list wait for, judged as in the check from what was read for the list."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from fluxstatus.commands.get.sources import Sources
from fluxstatus.model.evidence import Evidence, Incomplete, Object, Unread, Why
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import needs_of
from fluxstatus.state.resource import HEALTHY, Resource

if TYPE_CHECKING:
    from fluxstatus.causes.cause import Cause

_PART = Unread(Why.NOT_REQUESTED, "only lists were read")


class Waiting:
    """The objects in a list that are not healthy, and what each of them waits for.

    Besides what was added, `sources` are read, each kind at most once.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._unhealthy: dict[Key, Resource] = {}
        self._new: list[Resource] = []
        self._causes: dict[Key, tuple[Cause, ...]] = {}

    def add(self, resources: Iterable[Resource]) -> None:
        """Add the next objects of the list."""
        self._new += [one for one in resources if one.verdict not in HEALTHY]
        self._unhealthy |= {one.ref.key: one for one in self._new}

    def causes_of(self, resource: Resource) -> "tuple[Cause, ...]":
        """Return the causes of *resource* that are faults of other objects."""
        if self._new and resource.verdict not in HEALTHY:
            self._judge(self._new)
            self._new = []
        return self._causes.get(resource.ref.key, ())

    def _judge(self, resources: Sequence[Resource]) -> None:
        """Find the causes of all *resources* at once."""
        from fluxstatus.causes.trace import causes_by_object  # noqa: PLC0415 - not in most lists
        from fluxstatus.causes.unavailable import Controllers  # noqa: PLC0415
        from fluxstatus.lookup.related import PartialState  # noqa: PLC0415

        needed = self._with_needs(resources)
        state = PartialState(_evidence(self._sources.cluster.now, needed.values()), ())
        found = causes_by_object(state, Controllers(state))
        for key in (one.ref.key for one in resources):
            others = tuple(cause for cause in found.get(key, ()) if cause.ref.key != key)
            if others:
                self._causes[key] = others

    def _with_needs(self, resources: Iterable[Resource]) -> dict[Key, Resource]:
        """Return *resources*, and the unhealthy objects that they need, directly or not."""
        todo = [*resources]
        found = {one.ref.key: one for one in todo}
        while todo:
            one = todo.pop()
            self._sources.of(one)
            for key in needs_of(one, one.message):
                need = self._unhealthy.get(key) or self._sources.get(key)
                if need and key not in found and need.verdict not in HEALTHY:
                    found[key] = need
                    todo.append(need)
        return found


def sentence(causes: "Iterable[Cause]", seen_from: Ref) -> str:
    """Return what the object *seen_from* waits for, and why that fails; empty without *causes*."""
    found = [*causes]
    if not found:
        return ""
    first, *others = found
    more = f", and for {len(others)} more" if others else ""
    return f"waits for {name_of(first.ref, seen_from)}: {first.fault.diagnosis.headline}{more}"


def name_of(ref: Ref, seen_from: Ref) -> str:
    """Return *ref*, with its namespace if that is another one."""
    where = "" if ref.namespace == seen_from.namespace else f"{ref.namespace}/"
    return f"{ref.kind}/{where}{ref.name}"


def _evidence(now: datetime, resources: Iterable[Resource]) -> Evidence:
    """Return *resources* as all that is known."""
    by_kind: dict[str, list[Object]] = defaultdict(list)
    for resource in resources:
        by_kind[resource.kind.resource].append(resource.object)
    return Evidence(now, answers={n: Incomplete(_PART, tuple(o)) for n, o in by_kind.items()})
