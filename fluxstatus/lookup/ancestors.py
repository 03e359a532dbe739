"""From an object up to where it is from: its owners, who applied it, and their sources."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.lookup.health import health_of, judged
from fluxstatus.lookup.live import ref_of
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import makers_of
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.revisions import chart_version, short

_DEEPEST = 20  # owners of owners; no chain that means something is longer


class Getter(Protocol):
    """What gives objects by their names."""

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object, None if there is none, or why that cannot be told."""


def chain_of(item: Object, objects: Getter, now: datetime) -> Node:
    """Return *item* with all that it is from above it, as children."""
    return _Chain(objects, now).of(item, "", frozenset())


def lines_of(root: Node) -> Iterator[str]:
    """Return the places in Git, or wherever it is from, that the chain of *root* leads to."""
    for node in root.all():
        for source in node.children:
            facts = dict(source.facts)
            if source.relation == "source" and "url" in facts:
                path = dict(node.facts).get("path") or dict(node.facts).get("chart", "")
                at = f" at {facts['revision']}" if "revision" in facts else ""
                yield f"{facts['url']}{at}{f', {path}' if path else ''}"


class _Chain:
    def __init__(self, objects: Getter, now: datetime) -> None:
        self._objects, self._now = objects, now

    def of(self, item: Object, relation: str, seen: frozenset[Key]) -> Node:
        ref = ref_of(item)
        known = KINDS.get(ref.kind)
        own = known is not None and ref.api_version.startswith(known.group)
        resource = judged(item, self._now) if own else None
        above: list[Node] = []
        if len(seen) < _DEEPEST:
            below = seen | {ref.key}
            above = [
                self._get(step, api, key, below)
                for step, api, key in self._steps(item, resource)
                if key not in below
            ]
        facts = tuple(_facts(resource)) if resource else ()
        return Node(ref, relation, health_of(item, self._now), facts, tuple(above))

    def _steps(self, item: Object, resource: Resource | None) -> Iterator[tuple[str, str, Key]]:
        """Return what *item* is from: the relation, an apiVersion, and what it is called."""
        if resource and (source := source_of(resource)):
            yield "source", _version_of(source[0]), source
        metadata = map_of(item.get("metadata"))
        owners = maps_of(metadata.get("ownerReferences"))
        owner = next((o for o in owners if o.get("controller") is True), next(iter(owners), None))
        if owner:
            kind, name = text_of(owner.get("kind")), text_of(owner.get("name"))
            place = text_of(metadata.get("namespace"))
            yield "owned by", text_of(owner.get("apiVersion")), (kind, place, name)
        for maker in makers_of(map_of(metadata.get("labels"))):
            yield "made by", _version_of(maker[0]), maker

    def _get(self, relation: str, api_version: str, key: Key, seen: frozenset[Key]) -> Node:
        item = self._objects.get(api_version, *key)
        if isinstance(item, dict):
            return self.of(item, relation, seen)
        return Node(Ref(api_version, *key), relation, health_of(item, self._now))


def _version_of(kind: str) -> str:
    """Return a group that *kind* is of; any version will do."""
    return f"{KINDS[kind].group}/v1" if kind in KINDS else ""


def _facts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Return what leads on: address and revision of a source, path or chart of what applies it."""
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
        chart = text_of(resource.get("spec", "chart", "spec", "chart"))
        yield from _if_any("chart", f"{chart} {chart_version(resource)}".strip())
    if resource.ref.kind == "HelmChart":
        yield from _if_any("chart", text_of(spec.get("chart")))


def _if_any(name: str, value: str) -> Iterator[tuple[str, str]]:
    if value:
        yield name, value
