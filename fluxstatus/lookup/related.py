"""One object of Flux and what it needs, up to the causes, read without all the rest.

In a cluster with thousands of objects this takes a handful of small answers: each is asked for
by its name, and what it refers to is asked for next.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from fluxstatus.lookup.names import Named, find
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.references import dependencies_of, source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.cluster.queries import ListQuery
    from fluxstatus.cluster.reader import Reader


_NAMED = tuple(kind for kind in KINDS.values() if kind.name != "FluxReport")
"""The kinds that a name without a kind may be of."""


class PartialState(State):
    """A State of which only the objects in *looked_for* are known to be there or not."""

    def __init__(self, evidence: Evidence, looked_for: Collection[Key]) -> None:
        super().__init__(evidence)
        self._looked_for = looked_for

    def known_missing(self, key: Key) -> bool:
        """Return whether *key* certainly does not exist: just it was looked for, and is not."""
        return key in self._looked_for and super().known_missing(key)


Neighbours = Callable[[Resource], Iterable[Key]]
"""What of an object is to be read, too."""


def needs_of(resource: Resource) -> Iterator[Key]:
    """Return what *resource* waits for: its source, and what it depends on."""
    if source := source_of(resource):
        yield source
    yield from dependencies_of(resource, resource.message)


def look(
    reading: "Reader",
    asked: Named,
    namespaces: Collection[str],
    neighbours: Neighbours,
    *,
    beside: Iterable[tuple[str, "ListQuery"]] = (),
    after: Callable[[], Iterable[tuple[str, "ListQuery"]]] = tuple,
) -> tuple[PartialState, Resource]:
    """Read the object that is meant by *asked*, its *neighbours*, theirs, and so on.

    *beside* is asked for at the same time, what *after* then gives is next. Raises NotFoundError
    and UnreadError as `find` does.
    """
    kinds = (asked.kind,) if asked.kind else _NAMED
    flux_namespaces = tuple(namespaces) or ("",)
    named = (reading.of_kind(kind, asked.name, home) for kind in kinds for home in flux_namespaces)
    reading.ask([*named, *beside])
    looked_for: set[Key] = set()
    state = PartialState(reading.evidence(), looked_for)
    if reading.unreachable:
        raise UnreadError(reading.unreachable)
    try:
        resource = find(state, asked, namespaces, ())
    except NotFoundError as mistake:
        if mistake.choices:
            raise
        reading.ask(reading.of_kind(kind) for kind in kinds)  # for what may be meant
        resource = find(State(reading.evidence()), asked, namespaces, ())
    looked_for.add(resource.ref.key)
    wanted = set(neighbours(resource))
    others = [*after()]
    while (wanted := {key for key in wanted if key[0] in KINDS} - looked_for) or others:
        named = (reading.of_kind(KINDS[kind], name, home) for kind, home, name in wanted)
        reading.ask([*named, *others])
        looked_for |= wanted
        others = []
        state = PartialState(reading.evidence(), looked_for)
        found = (state.resources[key] for key in wanted if key in state.resources)
        wanted = {key for one in found for key in neighbours(one)}
    state = PartialState(reading.evidence(), looked_for)
    if missing := [key for key in looked_for if state.known_missing(key)]:
        reading.ask(query for key in missing for query in _kin(reading, key))
        state = PartialState(reading.evidence(), looked_for)
    return state, resource


def _kin(reading: "Reader", key: Key) -> "Iterator[tuple[str, ListQuery]]":
    """Return the questions for what may be meant by *key*, which does not exist."""
    kind, home, name = key
    yield reading.of_kind(KINDS[kind])
    for other in KINDS.values():
        if other.step == KINDS[kind].step and other.name != kind:
            yield reading.of_kind(other, name, home)
