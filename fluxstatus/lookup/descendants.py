"""From an object of Flux down: what it has made, and who waits for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.lookup.health import health_of, of_resource
from fluxstatus.lookup.live import ref_of
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import labels_of, makers_of
from fluxstatus.state.references import dependencies_of, provider_of, source_of
from fluxstatus.state.resource import Resource

MAKES, FEEDS, NEEDED = "makes", "feeds", "needed by"
_THREADS = 4
_LABELLED = (
    *(("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")),
    *(("batch/v1", kind) for kind in ("Job", "CronJob")),
    *(("v1", kind) for kind in ("Service", "PersistentVolumeClaim")),
    ("networking.k8s.io/v1", "Ingress"),
)
"""Where to look for what a release has made, by its labels, when it has no inventory."""


class Getter(Protocol):
    """What gives objects that are not Flux's own, and the whole of those that are."""

    def some(
        self, api_version: str, kind: str, namespace: str, names: Collection[str], labels: str = ""
    ) -> list[Object] | Unread:
        """Return the objects with these *names*, or all with these *labels*, or why not."""


class Entry(NamedTuple):
    """What an inventory says that was made: only the group of `api_version` matters."""

    api_version: str
    kind: str
    namespace: str
    name: str


def inventory_of(item: Object) -> list[Entry] | None:
    """Return what the inventory of *item* has, None when it has none.

    An id is namespace_name_group_kind, a colon in a name is two underscores (cli-utils
    pkg/object/objmetadata.go); an ArtifactGenerator names its ExternalArtifacts.
    """
    inventory = map_of(item.get("status")).get("inventory")
    if isinstance(inventory, list):
        api = text_of(KINDS["ExternalArtifact"].group) + "/v1"
        return [
            Entry(api, "ExternalArtifact", text_of(one.get("namespace")), text_of(one.get("name")))
            for one in maps_of(inventory)
        ]
    entries = map_of(inventory).get("entries")
    if not isinstance(entries, list):
        return None
    return [entry for one in maps_of(entries) if (entry := _entry(one))]


def _entry(one: Object) -> Entry | None:
    namespace, _, rest = text_of(one.get("id")).partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, group = rest.rpartition("_")
    version = text_of(one.get("v"))
    if not (name and kind):
        return None
    api_version = f"{group}/{version}" if group else version
    return Entry(api_version, kind, namespace, name.replace("__", ":"))


class Tree:
    """What hangs on objects of Flux, of which *resources* are all that are known.

    *whole* gives objects that are not Flux's own, and inventories; without it, as of a saved
    cluster, what is made is told by labels, as far as it is Flux's own.
    """

    def __init__(
        self, resources: Mapping[Key, Resource], whole: Getter | None, now: datetime
    ) -> None:
        self._resources, self._now = resources, now
        self._waiting: dict[Key, list[tuple[str, Key]]] = defaultdict(list)
        self._made: dict[Key, list[Key]] = defaultdict(list)
        for key, resource in resources.items():
            for relation, other in _waits_for(resource):
                self._waiting[other].append((relation, key))
            for maker in makers_of(resource.labels):
                self._made[maker].append(key)
        self._look = _Look(resources, whole) if whole else None

    def of(self, resource: Resource) -> Node:
        """Return *resource* with all that it makes, and all that waits for it."""
        if self._look:
            self._look.at(resource)
        seen = {resource.ref.key}
        # What is made first: whatever waits for it as well is told there.
        children = (*self._makes(resource, seen), *self._waits(resource.ref.key, seen))
        return Node(resource.ref, "", of_resource(resource), (), children)

    def _waits(self, key: Key, seen: set[Key]) -> tuple[Node, ...]:
        new = {other: relation for relation, other in self._waiting[key] if other not in seen}
        seen.update(new)
        return tuple(
            Node(
                self._resources[other].ref, relation, of_resource(self._resources[other]), (),
                self._waits(other, seen),
            )
            for other, relation in sorted(new.items())
        )  # fmt: skip

    def _makes(self, resource: Resource, seen: set[Key]) -> tuple[Node, ...]:
        key = resource.ref.key
        entries = self._look.inventories.get(key) if self._look else None
        if entries is None:
            entries = [Entry(*self._resources[other].ref) for other in sorted(self._made[key])]
        new = [entry for entry in dict.fromkeys(entries) if entry[1:] not in seen]
        seen.update(entry[1:] for entry in new)
        return tuple(self._entry(entry, seen) for entry in new)

    def _entry(self, entry: Entry, seen: set[Key]) -> Node:
        known = own(self._resources, entry)
        if known is not None:
            return Node(known.ref, MAKES, of_resource(known), (), self._makes(known, seen))
        item = self._look.found(entry) if self._look else None
        return Node(Ref(*entry), MAKES, health_of(item, self._now))


class _Look:
    """A look at all that an object makes: lists and few objects, whatever the tree is like."""

    def __init__(self, resources: Mapping[Key, Resource], whole: Getter) -> None:
        self._resources, self._whole = resources, whole
        self.inventories: dict[Key, list[Entry]] = {}
        self._answers: dict[_Group, dict[str, Object] | Unread] = {}

    def at(self, resource: Resource) -> None:
        """Read the inventory of *resource*, those of what it makes, and all that they name."""
        makers, level = {resource.ref.key}, [resource]
        while level:
            self._read_inventories(level)
            made = [
                known
                for one in level
                for entry in self.inventories.get(one.ref.key, ())
                if (known := own(self._resources, entry)) is not None
            ]
            level = [one for one in made if one.ref.key not in makers]
            makers.update(one.ref.key for one in level)
        others = (entry for entries in self.inventories.values() for entry in entries)
        self._answers = self._ask(e for e in others if own(self._resources, e) is None)

    def found(self, entry: Entry) -> Object | Unread | None:
        """Return the object that *entry* names, None if there is none, or why that is unknown."""
        answer = self._answers[entry[:3]]
        return answer if isinstance(answer, Unread) else answer.get(entry.name)

    def _read_inventories(self, makers: Iterable[Resource]) -> None:
        entries = [Entry(*one.ref) for one in makers if one.ref.kind in _MAKERS]
        answers = self._ask(entries)
        for entry in entries:
            answer = answers[entry[:3]]
            item = answer.get(entry.name) if isinstance(answer, dict) else None
            inventory = inventory_of(item) if item else None
            if inventory is not None:
                self.inventories[entry[1:]] = inventory
            elif entry.kind == "HelmRelease":
                self.inventories[entry[1:]] = self._labelled[entry[1:]]

    def _ask(self, entries: Iterable[Entry]) -> "dict[_Group, dict[str, Object] | Unread]":
        groups: dict[_Group, dict[str, None]] = defaultdict(dict)
        for entry in entries:
            groups[entry[:3]][entry.name] = None
        with ThreadPoolExecutor(_THREADS) as pool:
            asked = pool.map(self._some, groups, groups.values())
            return dict(zip(groups, asked, strict=True))

    def _some(self, group: "_Group", names: Collection[str]) -> dict[str, Object] | Unread:
        api_version, kind, namespace = group
        answer = self._whole.some(api_version, kind, namespace, names)
        if isinstance(answer, Unread):
            return answer
        return {ref_of(item).name: item for item in answer}

    @cached_property
    def _labelled(self) -> dict[Key, list[Entry]]:
        """What releases have made, by the labels that helm-controller puts on it."""
        label = next(iter(labels_of(("HelmRelease", "", ""))))
        made: dict[Key, list[Entry]] = defaultdict(list)
        with ThreadPoolExecutor(_THREADS) as pool:
            for answer in pool.map(
                lambda one: self._whole.some(one[0], one[1], "", (), label), _LABELLED
            ):
                for item in answer if isinstance(answer, list) else ():
                    for maker in makers_of(map_of(map_of(item.get("metadata")).get("labels"))):
                        made[maker].append(Entry(*ref_of(item)))
        return made


_Group: TypeAlias = tuple[str, str, str]
"""What can be asked for at once: apiVersion, kind and namespace."""


def own(resources: Mapping[Key, Resource], entry: Entry) -> Resource | None:
    """Return the object of Flux that *entry* names, None when it is none, or is not known."""
    kind = KINDS.get(entry.kind)
    if kind is None or not entry.api_version.startswith(f"{kind.group}/"):
        return None
    return resources.get(entry[1:])


_MAKERS = frozenset(
    {"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance", "ArtifactGenerator"}
)
"""Kinds that have an inventory."""


def _waits_for(resource: Resource) -> Iterator[tuple[str, Key]]:
    """Return what *resource* waits for, each with what *resource* is to it."""
    source = source_of(resource)
    if source:
        yield FEEDS, source
    for key in dependencies_of(resource, ""):
        if resource.ref.kind != "FluxInstance":  # it waits for what it makes
            yield NEEDED, key
    if resource.ref.kind == "Alert":
        yield NEEDED, provider_of(resource)
