"""One Flux object and what it refers to, read without the rest of the cluster.

Each object is requested by name, then the objects it refers to. In a cluster with thousands of
objects this takes a few small requests.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from fluxstatus.lookup.names import ObjectName, find
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Evidence, Incomplete, Object, Unread, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.cluster.queries import ListQuery
    from fluxstatus.cluster.reader import Reader


_PART = Unread(Why.NOT_REQUESTED, "only a part of the cluster was read")
_NAMED = tuple(kind for kind in KINDS.values() if kind.name != "FluxReport")
"""The kinds searched for a name without a kind."""


class PartialState(State):
    """A state in which only the objects in *missing*, which were requested, do not exist."""

    partial = True

    def __init__(self, evidence: Evidence, missing: Collection[Key]) -> None:
        super().__init__(evidence)
        self._missing = missing

    def known_missing(self, key: Key) -> bool:
        """Return whether *key* was requested and does not exist."""
        return key in self._missing and key not in self.resources


def partial_state(
    now: datetime,
    resources: Iterable[Resource],
    *,
    missing: Collection[Key] = (),
    events: Iterable[Object] = (),
) -> PartialState:
    """Return the state in which *resources* and *events* are all that is known."""
    by_kind: dict[str, list[Object]] = defaultdict(list)
    by_kind["events"] += events
    for resource in resources:
        by_kind[resource.kind.resource].append(resource.object)
    answers = {name: Incomplete(_PART, tuple(found)) for name, found in by_kind.items()}
    return PartialState(Evidence(now, answers=answers), missing)


References = Callable[[Resource], Iterable[Key]]
"""Returns the objects that are read along with an object."""


def read_related(
    reading: "Reader",
    named: ObjectName,
    namespaces: Collection[str],
    references: References,
    *,
    queries: Iterable[tuple[str, "ListQuery"]] = (),
    next_queries: Callable[[], Iterable[tuple[str, "ListQuery"]]] = tuple,
) -> tuple[PartialState, Resource]:
    """Read the object that is *named*, its *references*, their references, and so on.

    *queries* are sent along with the first request, those that *next_queries* returns with the
    second. Raises ArgumentError and UnreadError as `find` does.
    """
    kinds = (named.kind,) if named.kind else _NAMED
    places = tuple(namespaces) or ("",)
    by_name = [reading.of_kind(kind, named.name, place) for kind in kinds for place in places]
    reading.query([*by_name, *queries])
    requested: set[Key] = set()
    missing: set[Key] = set()
    state = PartialState(reading.evidence(), missing)
    if reading.unreachable:
        raise UnreadError(reading.unreachable)
    try:
        resource = find(state, named, namespaces, ())
    except NotFoundError as error:
        if error.choices:
            raise
        reading.query(reading.of_kind(kind) for kind in kinds)  # for similar names
        resource = find(State(reading.evidence()), named, namespaces, ())
    requested.add(resource.ref.key)
    wanted = set(references(resource))
    others = [*next_queries()]
    while (wanted := {key for key in wanted if key[0] in KINDS} - requested) or others:
        by_name = [reading.of_kind(KINDS[kind], name, place) for kind, place, name in wanted]
        answers = reading.query([*by_name, *others])
        requested |= wanted
        others = []
        state = PartialState(reading.evidence(), missing)
        found = [state.resources[key] for key in wanted if key in state.resources]
        missing |= {k for k, a in zip(wanted, answers, strict=False) if not (a.known or a.hidden)}
        wanted = {key for one in found for key in references(one)}
    if missing:
        reading.query(query for key in missing for query in _similar(reading, key))
    return PartialState(reading.evidence(), missing), resource


def _similar(reading: "Reader", key: Key) -> "Iterator[tuple[str, ListQuery]]":
    """Yield the queries for objects that *key*, which does not exist, may stand for."""
    kind, place, name = key
    yield reading.of_kind(KINDS[kind])
    for other in KINDS.values():
        if other.step == KINDS[kind].step and other.name != kind:
            yield reading.of_kind(other, name, place)
