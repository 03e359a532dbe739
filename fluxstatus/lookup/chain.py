"""The dependency chain of a Flux object: up to what it needs, down to what needs it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.workloads import by_pods_or_events
from fluxstatus.lookup.health import Health, health_of
from fluxstatus.lookup.node import DEEPEST, INVERSE, Node, Relation, cut, needs
from fluxstatus.model.evidence import AWAITED, WORKLOAD_PODS, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.health_checks import HealthCheckTarget
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.resource import Resource, Verdict


class Chains:
    """The dependency chains of a cluster. A chain ends at a healthy object."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._state = analysis.state
        self._controllers = analysis.controllers

    def up(self, resource: Resource) -> tuple[Node, ...]:
        """Return what *resource* needs, followed up to the causes where it is not healthy."""
        causes = {cause.ref.key for cause in self._causes(resource.ref.key)}
        return self._up(resource, causes, {resource.ref.key}, 1)

    def down(self, resource: Resource) -> tuple[Node, ...]:
        """Return what needs *resource*, unhealthy objects first, and what needs those."""
        seen = {resource.ref.key, *(key for _, key in _needs(resource))}
        return self._down(resource.ref.key, seen, 1)

    def status_of(self, resource: Resource) -> str:
        """Return the status of *resource* in a few words."""
        key = resource.ref.key
        if resource.suspended or resource.verdict is Verdict.TERMINATING:
            return resource.verdict.value
        if key in self._analysis.causes.stale_causes:
            return "ready, but no longer updated"
        if self.waits(resource):
            return "waiting"
        if resource.verdict is Verdict.STATIC:
            return "has no status"
        return resource.verdict.value

    def waits(self, resource: Resource) -> bool:
        """Return whether *resource* is not ready only because of other objects."""
        key = resource.ref.key
        causes = self._causes(key)
        others = bool(causes) and all(cause.ref.key != key for cause in causes)
        return others or key in self._analysis.causes.awaited

    def is_healthy(self, key: Key) -> bool:
        """Return whether *key* exists, and neither it nor what it receives has a problem."""
        known = self._state.resources.get(key)
        return known is not None and not self._causes(key) and not known.suspended

    def controller_of(self, resource: Resource) -> Ref | None:
        """Return the Deployment that should reconcile *resource*, None if it is unknown or none.

        The controllers that run do not reconcile an object of a shard without a controller.
        """
        if not self._controllers.is_watched(resource):
            return None
        component = self._controllers.component_of(resource)
        return component.ref if component else self._controllers.unavailable_for(resource)

    def _causes(self, key: Key) -> Sequence[Cause]:
        causes = self._analysis.causes
        return (*causes.by_object.get(key, ()), *causes.stale_causes.get(key, ()))

    def _up(
        self, resource: Resource, causes: set[Key], seen: set[Key], level: int
    ) -> tuple[Node, ...]:
        if level > DEEPEST:
            return ()
        nodes = []
        for relation, key in _needs(resource):
            if key not in seen:
                seen.add(key)
                known = self._state.resources.get(key)
                goes_on = known is not None and not self.is_healthy(key)
                more = self._up(known, causes, seen, level + 1) if known and goes_on else ()
                node = self._node(relation, key, more, cause=key in causes)
                nodes.append(_cut(node) if goes_on and level == DEEPEST else node)
        controller = self._controller(resource, causes, seen)
        return (*nodes, controller) if controller else tuple(nodes)

    def _controller(self, resource: Resource, causes: set[Key], seen: set[Key]) -> Node | None:
        ref = self.controller_of(resource)
        if ref is None or ref.key in seen:
            return None
        seen.add(ref.key)
        broken = {**self._controllers.unavailable, **self._controllers.missing}.get(ref)
        health = Health(not broken, broken.diagnosis.why if broken else "running")
        return Node(ref, Relation.CONTROLLER, health, cause=ref.key in causes)

    def _node(
        self, relation: Relation, key: Key, children: tuple[Node, ...], *, cause: bool = False
    ) -> Node:
        known = self._state.resources.get(key)
        if known is None:
            health = self._health_of(key)
            is_broken = health.healthy is False and key[0] not in KINDS
            return Node(Ref("", *key), relation, health, cause=cause or is_broken)
        return Node(
            known.ref,
            relation,
            Health(self.is_healthy(key), self.status_of(known)),
            children=children,
            suspended=known.suspended,
            cause=cause and not has_broken(children),
        )

    def _health_of(self, key: Key) -> Health:
        """Return the health of *key*, which is no known object of Flux."""
        if key[0] == "Pod":  # is read with the others of its namespace
            pods = self._state.evidence.answer(WORKLOAD_PODS)
            item = next((one for one in pods.known if Ref.of(one).key == key), None)
            missing, unread = key[1] in pods.namespaces, pods.unread
        else:
            item = self._state.awaited.get(key)
            missing = self._state.known_missing(key) or self._state.awaited_missing(key)
            unread = self._state.evidence.answer(f"{AWAITED}/{key[0]}").unread
        if item or missing:
            return health_of(item, self._state.now)
        target = HealthCheckTarget(*key, status="")
        found = None if key[0] in KINDS else by_pods_or_events(self._state, target)
        if found:
            return Health(healthy=False, text=found.cause)
        why = f": {unread.full_text}" if unread and unread.why is not Why.NOT_REQUESTED else ""
        return Health(healthy=None, text=f"was not read{why}")

    def _down(self, key: Key, seen: set[Key], level: int) -> tuple[Node, ...]:
        found = {other: relation for relation, other in self._needed_by[key] if other not in seen}
        seen.update(found)
        nodes = []
        for other in sorted(found, key=lambda other: (self.is_healthy(other), other)):
            goes_on = not self.is_healthy(other) and bool(self._needed_by[other])
            below = self._down(other, seen, level + 1) if goes_on and level < DEEPEST else ()
            node = self._node(INVERSE[found[other]], other, below)
            nodes.append(_cut(node) if goes_on and level == DEEPEST else node)
        return tuple(nodes)

    @cached_property
    def _needed_by(self) -> Mapping[Key, list[tuple[Relation, Key]]]:
        found: dict[Key, list[tuple[Relation, Key]]] = defaultdict(list)
        for key, resource in self._state.resources.items():
            for relation, other in dict.fromkeys(_needs(resource)):
                found[other].append((relation, key))
        return found


def has_broken(needed: Iterable[Node]) -> bool:
    """Return whether what an object waits for, *needed*, has an object of its own that is broken.

    Such is a Deployment that is not healthy: it, not the Kustomization, is then the cause.
    """
    return any(
        one.cause and one.relation is Relation.NEEDS and one.ref.kind not in KINDS for one in needed
    )


def _cut(node: Node) -> Node:
    return replace(node, health=cut(node.health))


def _needs(resource: Resource) -> Iterator[tuple[Relation, Key]]:
    """Yield what *resource* needs, each with its relation to it."""
    yield from needs(resource, resource.message)
    for creator in creators_of(resource.labels):
        yield Relation.CREATED_BY, creator
