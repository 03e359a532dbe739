"""The tree below a Flux object: what it created, and what depends on it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.lookup.health import health_of, of_resource
from fluxstatus.lookup.node import DEEPEST, INVERSE, Node, Relation, cut, needs
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.inventory import entry_of, ids_in
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import creators_of, labels_of
from fluxstatus.state.resource import Resource

_THREADS = 4
_LABELLED = (
    *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")),
    *(("batch/v1", kind) for kind in ("Job", "CronJob")),
    *(("v1", kind) for kind in ("Service", "PersistentVolumeClaim")),
    ("networking.k8s.io/v1", "Ingress"),
)
"""The kinds that are listed by label to find the objects that a HelmRelease without an inventory
created."""


class ListGetter(Protocol):
    """A reader of objects of any kind."""

    def some(
        self, api_version: str, kind: str, namespace: str, names: Collection[str], labels: str = ""
    ) -> list[Object] | Unread:
        """Return the objects with these *names* or *labels*, or why they were not read."""


class InventoryEntry(NamedTuple):
    """An entry of an inventory; only the group of `api_version` matters."""

    api_version: str
    kind: str
    namespace: str
    name: str


def inventory_of(item: Object) -> list[InventoryEntry] | None:
    """Return the entries of the inventory of *item*, None without an inventory.

    That of an ArtifactGenerator has no versions.
    """
    inventory = map_of(item.get("status")).get("inventory")
    if isinstance(inventory, list):
        generated = filter(None, map(entry_of, ids_in(inventory) or ()))
        return [InventoryEntry(f"{group}/v1" if group else "v1", *key) for group, *key in generated]
    entries = map_of(inventory).get("entries")
    if not isinstance(entries, list):
        return None
    return [entry for one in maps_of(entries) if (entry := _entry(one))]


def _entry(one: Object) -> InventoryEntry | None:
    known, version = entry_of(text_of(one.get("id"))), text_of(one.get("v"))
    if known is None:
        return None
    group, *names = known
    return InventoryEntry(f"{group}/{version}" if group else version, *names)


class Tree:
    """The trees below Flux objects; *resources* are all Flux objects.

    *objects* reads other objects and inventories. Without it, as with a saved cluster, only Flux
    objects are found, by their labels. `unread` is, by kind, why objects may be missing.
    """

    def __init__(
        self, resources: Mapping[Key, Resource], objects: ListGetter | None, now: datetime
    ) -> None:
        self._resources, self._now = resources, now
        self._dependents: dict[Key, list[tuple[Relation, Key]]] = defaultdict(list)
        self._created: dict[Key, list[Key]] = defaultdict(list)
        for key, resource in resources.items():
            for relation, other in _needs(resource):
                self._dependents[other].append((INVERSE[relation], key))
            for creator in creators_of(resource.labels):
                self._created[creator].append(key)
        self.unread: dict[str, Unread] = {}
        self._contents = _Contents(resources, objects, self.unread) if objects else None

    def of(self, resource: Resource) -> Node:
        """Return *resource* with all that it created, and all that depends on it."""
        if self._contents:
            self._contents.read(resource)
        seen = {resource.ref.key}
        # Each object is shown once: below its creator rather than as a dependent.
        creations = self._creations(resource, seen, 1)
        children = (*creations, *self._dependents_of(resource.ref.key, seen, 1))
        return Node(resource.ref, Relation.ROOT, of_resource(resource), (), children)

    def _dependents_of(self, key: Key, seen: set[Key], level: int) -> tuple[Node, ...]:
        new = {other: relation for relation, other in self._dependents[key] if other not in seen}
        seen.update(new)
        nodes = []
        for other, relation in sorted(new.items()):
            known = self._resources[other]
            health, below = of_resource(known), tuple[Node, ...]()
            if level < DEEPEST:
                below = self._dependents_of(other, seen, level + 1)
            elif self._dependents[other]:
                health = cut(health)
            nodes.append(Node(known.ref, relation, health, (), below))
        return tuple(nodes)

    def _creations(self, resource: Resource, seen: set[Key], level: int) -> tuple[Node, ...]:
        key = resource.ref.key
        entries = self._contents.inventories.get(key) if self._contents else None
        if entries is None:
            entries = [
                InventoryEntry(*self._resources[other].ref) for other in sorted(self._created[key])
            ]
        new = [entry for entry in dict.fromkeys(entries) if entry[1:] not in seen]
        seen.update(entry[1:] for entry in new)
        return tuple(self._entry(entry, seen, level) for entry in new)

    def _entry(self, entry: InventoryEntry, seen: set[Key], level: int) -> Node:
        known = own(self._resources, entry)
        if known is not None:
            health, below = of_resource(known), tuple[Node, ...]()
            if level < DEEPEST:
                below = self._creations(known, seen, level + 1)
            elif self._created[known.ref.key]:
                health = cut(health)
            return Node(known.ref, Relation.CREATES, health, (), below)
        item = self._contents.found(entry) if self._contents else None
        return Node(Ref(*entry), Relation.CREATES, health_of(item, self._now))


class _Contents:
    """The inventories below an object, and the objects in them, read with few requests."""

    def __init__(
        self, resources: Mapping[Key, Resource], objects: ListGetter, unread: dict[str, Unread]
    ) -> None:
        self._resources, self._objects, self._unread = resources, objects, unread
        self.inventories: dict[Key, list[InventoryEntry]] = {}
        self._answers: dict[_Group, dict[str, Object] | Unread] = {}

    def read(self, resource: Resource) -> None:
        """Read the inventory of *resource*, those of its creations, and all objects in them."""
        creators, level = {resource.ref.key}, [resource]
        while level:
            self._read_inventories(level)
            made = [
                known
                for one in level
                for entry in self.inventories.get(one.ref.key, ())
                if (known := own(self._resources, entry)) is not None
            ]
            level = [one for one in made if one.ref.key not in creators]
            creators.update(one.ref.key for one in level)
        others = (entry for entries in self.inventories.values() for entry in entries)
        self._answers = self._read(e for e in others if own(self._resources, e) is None)

    def found(self, entry: InventoryEntry) -> Object | Unread | None:
        """Return the object of *entry*, None if it does not exist, or why it was not read."""
        answer = self._answers[entry[:3]]
        return answer if isinstance(answer, Unread) else answer.get(entry.name)

    def _read_inventories(self, creators: Iterable[Resource]) -> None:
        entries = [InventoryEntry(*one.ref) for one in creators if one.ref.kind in _CREATORS]
        answers = self._read(entries)
        for entry in entries:
            answer = answers[entry[:3]]
            self._note(entry.kind, answer)
            item = answer.get(entry.name) if isinstance(answer, dict) else None
            inventory = inventory_of(item) if item else None
            if inventory is not None:
                self.inventories[entry[1:]] = inventory
            elif entry.kind == "HelmRelease":
                self.inventories[entry[1:]] = self._labelled[entry[1:]]

    def _read(
        self, entries: Iterable[InventoryEntry]
    ) -> "dict[_Group, dict[str, Object] | Unread]":
        groups: dict[_Group, dict[str, None]] = defaultdict(dict)
        for entry in entries:
            groups[entry[:3]][entry.name] = None
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = pool.map(self._some, groups, groups.values())
            return dict(zip(groups, answers, strict=True))

    def _some(self, group: "_Group", names: Collection[str]) -> dict[str, Object] | Unread:
        api_version, kind, namespace = group
        answer = self._objects.some(api_version, kind, namespace, names)
        if isinstance(answer, Unread):
            return answer
        return {Ref.of(item).name: item for item in answer}

    def _note(self, kind: str, answer: object) -> None:
        """Keep why objects of *kind* were not read; one that is not served does not exist."""
        if isinstance(answer, Unread) and answer.why is not Why.ABSENT:
            self._unread.setdefault(kind, answer)

    @cached_property
    def _labelled(self) -> dict[Key, list[InventoryEntry]]:
        """The objects that HelmReleases created, by the labels that helm-controller sets."""
        label = next(iter(labels_of(("HelmRelease", "", ""))))
        made: dict[Key, list[InventoryEntry]] = defaultdict(list)
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = pool.map(
                lambda one: self._objects.some(one[0], one[1], "", (), label), _LABELLED
            )
            for (_, kind), answer in zip(_LABELLED, answers, strict=True):
                self._note(kind, answer)
                for item in answer if isinstance(answer, list) else ():
                    for creator in creators_of(map_of(map_of(item.get("metadata")).get("labels"))):
                        made[creator].append(InventoryEntry(*Ref.of(item)))
        return made


_Group: TypeAlias = tuple[str, str, str]
"""The objects that one request can read: apiVersion, kind and namespace."""


def own(resources: Mapping[Key, Resource], entry: InventoryEntry) -> Resource | None:
    """Return the Flux object that *entry* names, None for other kinds and unknown objects."""
    kind = KINDS.get(entry.kind)
    if kind is None or not entry.api_version.startswith(f"{kind.group}/"):
        return None
    return resources.get(entry[1:])


_CREATORS = frozenset(
    {"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance", "ArtifactGenerator"}
)
"""Kinds that have an inventory."""


def _needs(resource: Resource) -> Iterator[tuple[Relation, Key]]:
    """Yield what *resource* depends on, each with its relation to it."""
    if resource.ref.kind != "FluxInstance":  # it depends on what it creates itself
        yield from needs(resource, "")
