"""The chain from an object up to its origin: its owners, what applied it, and their sources."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.lookup.health import Health, health_of, resource_of
from fluxstatus.lookup.node import Node, Relation
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import chart_name, source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.revisions import chart_version, short

_DEEPEST = 20  # owners of owners; real chains are much shorter


class Getter(Protocol):
    """A reader of single objects."""

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object, None if it does not exist, or why it was not read."""


def nobody(_: Ref) -> Iterable[Key]:
    """Return no object."""
    return ()


def chain_of(
    item: Object, objects: Getter, now: datetime, listed_by: Callable[[Ref], Iterable[Key]] = nobody
) -> Node:
    """Return *item* with its owners and sources, level by level, as children.

    *listed_by* returns the objects in whose inventories an object is: its labels name only those
    that applied it last.
    """
    return _Chain(objects, now, listed_by).of(item, Relation.ROOT, frozenset())


def origins_of(root: Node) -> Iterator[str]:
    """Yield the sources at the ends of the chain of *root*: URL, revision and path or chart."""
    for node in root.all():
        consumer = dict(node.facts)
        path = consumer.get("path") or consumer.get("chart", "")
        for source in node.children:
            facts = dict(source.facts)
            if source.relation is Relation.SOURCE and "url" in facts:
                at = f" at {facts['revision']}" if "revision" in facts else ""
                yield f"{facts['url']}{at}{f', {path}' if path else ''}"


def without_origins(root: Node) -> Node:
    """Return the chain of *root* without the facts that `origins_of` yields."""
    facts, names = dict(root.facts), set[str]()
    if root.relation is Relation.SOURCE and "url" in facts:
        names |= {"url", "revision"}
    if any(one.relation is Relation.SOURCE and "url" in dict(one.facts) for one in root.children):
        names |= {"path", "chart"}
    return replace(
        root,
        facts=tuple((name, value) for name, value in root.facts if name not in names),
        children=tuple(map(without_origins, root.children)),
    )


def without_repetition(root: Node) -> Node:
    """Return the chain of *root* without each owner that says no more than its own owner.

    Such is the ReplicaSet between a pod and its Deployment, whose name begins the pod's. The brief
    text of an owner of something that is not healthy does not say why, as that does.
    """
    children = []
    for one in map(_last_alike, root.children):
        above = one
        if one.relation is Relation.OWNED_BY and root.health.healthy is not True:
            above = replace(one, health=_without_why(one.health))
        children.append(without_repetition(above))
    return replace(root, children=tuple(children))


def _without_why(health: Health) -> Health:
    return health._replace(brief=health.text.partition(": ")[0])


def _last_alike(owner: Node) -> Node:
    """Return *owner*, or its own owner if that is the only one and says as much."""
    if owner.relation is not Relation.OWNED_BY or len(owner.children) != 1:
        return owner
    (above,) = owner.children
    own, its = owner.health, above.health
    is_alike = own.healthy == its.healthy and its.text.startswith(own.text)
    return _last_alike(above) if above.relation is Relation.OWNED_BY and is_alike else owner


class _Chain:
    def __init__(
        self, objects: Getter, now: datetime, listed_by: Callable[[Ref], Iterable[Key]]
    ) -> None:
        self._objects, self._now, self._listed_by = objects, now, listed_by

    def of(self, item: Object, relation: Relation, seen: frozenset[Key]) -> Node:
        ref = Ref.of(item)
        known = KINDS.get(ref.kind)
        own = known is not None and ref.api_version.startswith(known.group)
        resource = resource_of(item, self._now) if own else None
        above: list[Node] = []
        if len(seen) < _DEEPEST:
            below = seen | {ref.key}
            above = [
                self._get(step, api_version, key, below)
                for step, api_version, key in self._parents(item, resource)
                if key not in below
            ]
        facts = tuple(_facts(resource)) if resource else ()
        return Node(ref, relation, health_of(item, self._now), facts, tuple(above))

    def _parents(
        self, item: Object, resource: Resource | None
    ) -> Iterator[tuple[Relation, str, Key]]:
        """Yield the source, owner and creators of *item*: relation, apiVersion and key."""
        if resource and (source := source_of(resource)):
            yield Relation.SOURCE, _version_of(source[0]), source
        metadata = map_of(item.get("metadata"))
        owners = maps_of(metadata.get("ownerReferences"))
        controllers = [owner for owner in owners if owner.get("controller") is True]
        for owner in (controllers or owners)[:1]:
            kind, name = text_of(owner.get("kind")), text_of(owner.get("name"))
            place = text_of(metadata.get("namespace"))
            yield Relation.OWNED_BY, text_of(owner.get("apiVersion")), (kind, place, name)
        creators = list(creators_of(map_of(metadata.get("labels"))))
        for creator in creators:
            yield Relation.CREATED_BY, _version_of(creator[0]), creator
        for other in self._listed_by(Ref.of(item)) if creators else ():
            if other not in creators:
                yield Relation.ALSO_BY, _version_of(other[0]), other

    def _get(self, relation: Relation, api_version: str, key: Key, seen: frozenset[Key]) -> Node:
        item = self._objects.get(api_version, *key)
        if isinstance(item, dict):
            return self.of(item, relation, seen)
        return Node(Ref(api_version, *key), relation, health_of(item, self._now))


def _version_of(kind: str) -> str:
    """Return an apiVersion in the group of *kind*; any version will do."""
    return f"{KINDS[kind].group}/v1" if kind in KINDS else ""


def _facts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield the URL and revision of a source, or the path or chart of an object that uses one."""
    spec, status = map_of(resource.get("spec")), map_of(resource.get("status"))
    address = text_of(spec.get("url")) or text_of(spec.get("endpoint"))
    if address and resource.kind.step == "sources":
        bucket = text_of(spec.get("bucketName"))
        yield "url", f"{address}/{bucket}" if bucket else address
    revision = text_of(map_of(status.get("artifact")).get("revision"))
    if resource.kind.step == "sources" and revision:
        yield "revision", short(revision)
    if resource.ref.kind == "Kustomization":
        yield from _if_any("applied", short(text_of(status.get("lastAppliedRevision"))))
        yield from _if_any("origin", short(text_of(status.get("lastAppliedOriginRevision"))))
        yield "path", text_of(spec.get("path")) or "./"
    if resource.ref.kind == "HelmRelease":
        chart = f"{chart_name(resource)} {chart_version(resource)}".strip()
        yield from _if_any("chart", chart)
    if resource.ref.kind == "HelmChart":
        yield from _if_any("chart", text_of(spec.get("chart")))


def _if_any(name: str, value: str) -> Iterator[tuple[str, str]]:
    if value:
        yield name, value
