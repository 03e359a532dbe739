"""The chain an object stands in: up to what it needs, down to what needs it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import makers_of
from fluxstatus.state.references import dependencies_of, provider_of, source_of
from fluxstatus.state.resource import Resource, Verdict

_SOURCE, _NEEDS, _MADE_BY, _CONTROLLER = "source", "needs", "made by", "controller"
_DOWNWARDS = {_SOURCE: "feeds", _NEEDS: "needed by", _MADE_BY: "made"}
"""What the other end of a relation calls it."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object in a chain: what it is to the one above it in the tree, and how it stands.

    `cause` marks what it all comes down to. `well` is False as well for what is missing, or is
    not looked at.
    """

    ref: Ref
    relation: str
    stands: str
    well: bool
    suspended: bool = False
    cause: bool = False
    children: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """Return it and everything below it."""
        yield self
        for child in self.children:
            yield from child.all()


class Chains:
    """The chains of a state. An object that is well ends a chain: the trouble is not behind it."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._state = analysis.state
        self._controllers = analysis.controllers

    def up(self, resource: Resource) -> tuple[Node, ...]:
        """Return what *resource* needs, with all of it that is not well up to the causes."""
        causes = {cause.ref.key for cause in self._causes(resource.ref.key)}
        return self._up(resource, causes, {resource.ref.key})

    def down(self, resource: Resource) -> tuple[Node, ...]:
        """Return what needs *resource*, those first that are not well, and what needs these."""
        seen = {resource.ref.key, *(key for _, key in _needs(resource))}
        return self._down(resource.ref.key, seen)

    def stands(self, resource: Resource) -> str:
        """Say how *resource* stands, in a word or two."""
        key = resource.ref.key
        if resource.suspended or resource.verdict is Verdict.TERMINATING:
            return resource.verdict.value
        if key in self._analysis.causes.stale_causes:
            return "ready, on what it got before"
        causes = self._causes(key)
        if causes and all(cause.ref.key != key for cause in causes):
            return "waits"
        if resource.verdict is Verdict.STATIC:
            return "has no status"
        return resource.verdict.value

    def is_well(self, key: Key) -> bool:
        """Whether *key* exists and nothing is wrong with it, or with what it gets."""
        known = self._state.resources.get(key)
        return known is not None and not self._causes(key) and not known.suspended

    def controller_of(self, resource: Resource) -> Ref | None:
        """Return the Deployment that reconciles *resource*, or should; None if there is none."""
        component = self._controllers.component_of(resource)
        return component.ref if component else self._controllers.unavailable_for(resource)

    def _causes(self, key: Key) -> Sequence[Cause]:
        causes = self._analysis.causes
        return (*causes.by_object.get(key, ()), *causes.stale_causes.get(key, ()))

    def _up(self, resource: Resource, causes: set[Key], seen: set[Key]) -> tuple[Node, ...]:
        nodes = []
        for relation, key in _needs(resource):
            if key not in seen:
                seen.add(key)
                known = self._state.resources.get(key)
                more = () if known is None or self.is_well(key) else self._up(known, causes, seen)
                nodes.append(self._node(relation, key, key in causes, more))
        controller = self._controller(resource, causes, seen)
        return (*nodes, controller) if controller else tuple(nodes)

    def _controller(self, resource: Resource, causes: set[Key], seen: set[Key]) -> Node | None:
        ref = self.controller_of(resource)
        if ref is None or ref.key in seen:
            return None
        seen.add(ref.key)
        broken = {**self._controllers.unavailable, **self._controllers.missing}.get(ref)
        stands = broken.diagnosis.why if broken else "runs"
        return Node(ref, _CONTROLLER, stands, well=not broken, cause=ref.key in causes)

    def _node(self, relation: str, key: Key, cause: bool, children: tuple[Node, ...]) -> Node:
        known = self._state.resources.get(key)
        if known is None:
            missing = self._state.known_missing(key)
            stands = "does not exist" if missing else "is not looked at"
            return Node(Ref("", *key), relation, stands, well=False, cause=cause)
        return Node(
            known.ref,
            relation,
            self.stands(known),
            well=self.is_well(key),
            suspended=known.suspended,
            cause=cause,
            children=children,
        )

    def _down(self, key: Key, seen: set[Key]) -> tuple[Node, ...]:
        found = {other: relation for relation, other in self._needed_by[key] if other not in seen}
        seen.update(found)
        return tuple(
            self._node(
                _DOWNWARDS[relation], other, False,
                () if self.is_well(other) else self._down(other, seen),
            )
            for other, relation in sorted(found.items(), key=lambda e: (self.is_well(e[0]), e[0]))
        )  # fmt: skip

    @cached_property
    def _needed_by(self) -> Mapping[Key, list[tuple[str, Key]]]:
        found: dict[Key, list[tuple[str, Key]]] = defaultdict(list)
        for key, resource in self._state.resources.items():
            for relation, other in dict.fromkeys(_needs(resource)):
                found[other].append((relation, key))
        return found


def _needs(resource: Resource) -> Iterator[tuple[str, Key]]:
    """Return what *resource* needs, each with what it is to it."""
    source = source_of(resource)
    if source:
        yield _SOURCE, source
    for key in dependencies_of(resource, resource.message):
        yield _NEEDS, key
    if resource.ref.kind == "Alert":
        yield _NEEDS, provider_of(resource)
    for maker in makers_of(resource.labels):
        yield _MADE_BY, maker
