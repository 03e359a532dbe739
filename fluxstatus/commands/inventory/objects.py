"""The owners of objects, and the objects that exist: what is read, and with how few requests."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from fluxstatus.cluster.discovery import ApiResource
from fluxstatus.cluster.kept_fields import METADATA
from fluxstatus.cluster.queries import by_labels
from fluxstatus.cluster.reader import Reader, place
from fluxstatus.lookup.live import Objects
from fluxstatus.model.errors import UnreadError
from fluxstatus.model.evidence import Answer, Object, Read, Unread, Why
from fluxstatus.model.inventory import Entry
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.inventories import APPLIERS
from fluxstatus.state.state import State

OWNERS = (*APPLIERS, "ArtifactGenerator")
"""The kinds that have an inventory."""

GroupKind: TypeAlias = tuple[str, str]
"""An API group and a kind in it."""

_NOWHERE = Unread(Why.NOT_REQUESTED, "its namespace is not in the inventory")
_NOT_READ = Unread(Why.NOT_REQUESTED, "it was added to the inventory during this run")
_RENAMED = "extensions"
"""The former API group of kinds that moved to other groups in Kubernetes 1.16."""


def owners(reader: Reader) -> State:
    """Read all objects with an inventory, in all namespaces. Raises UnreadError."""
    kinds = [KINDS[kind] for kind in OWNERS]
    answers = reader.query(map(reader.of_kind, kinds))
    _check(reader)
    found = {kind.resource: answer for kind, answer in zip(kinds, answers, strict=True)}
    return State(replace(reader.evidence(), answers=found))


class Existing:
    """The objects that exist, by kind: their names and metadata."""

    def __init__(self, reader: Reader) -> None:
        """Discover the served kinds. Raises UnreadError."""
        self._reader = reader
        self._served = reader.submit(Objects).result()
        self._resources: dict[GroupKind, ApiResource | Unread] = {}
        self._answers: dict[GroupKind, Answer] = {}
        self._items: dict[GroupKind, Mapping[tuple[str, str], Object]] = {}

    def read(
        self, kinds: Collection[GroupKind], others: Iterable[GroupKind] = (), labels: str = ""
    ) -> None:
        """Read all objects of *kinds*, and of *others* those with *labels*: one list of each kind.

        Raises UnreadError if nothing can be read any more.
        """
        selectors = {**dict.fromkeys(sorted(others), labels), **dict.fromkeys(sorted(kinds), "")}
        lists = {
            kind: resource
            for kind in selectors
            if isinstance(resource := self.of(kind), ApiResource)
        }
        answers = self._reader.query(
            (
                f"{METADATA}/{resource.full_name}",
                resource.query._replace(selector=by_labels(selectors[kind]), metadata_only=True),
            )
            for kind, resource in lists.items()
        )
        _check(self._reader)
        self._answers.update(zip(lists, answers, strict=True))
        for kind, answer in self._answers.items():
            self._items[kind] = {place(item): item for item in answer.known}

    def of(self, kind: GroupKind) -> ApiResource | Unread:
        """Return the resource of the objects of *kind*, or why none is read."""
        if kind not in self._resources:
            self._resources[kind] = self._find(*kind)
        return self._resources[kind]

    def get(self, entry: Entry) -> Object | Unread | None:
        """Return the object that *entry* names, None if it does not exist, or why it is unknown."""
        group, kind, namespace, name = self.placed(entry)
        resource = self.of((group, kind))
        if isinstance(resource, Unread):
            return resource
        if (group, kind) not in self._answers:
            return _NOT_READ
        if resource.namespaced and not namespace:
            return _NOWHERE
        if item := self._items[group, kind].get((namespace, name)):
            return item
        return self._answers[group, kind].unread_in(namespace, name)

    def placed(self, entry: Entry) -> Entry:
        """Return *entry* without a namespace if its kind is cluster-wide: a chart may set one."""
        resource = self.of((entry.group, entry.kind))
        if isinstance(resource, ApiResource) and not resource.namespaced:
            return entry._replace(namespace="")
        return entry

    def all(self) -> Iterator[tuple[Entry, Object]]:
        """Yield all objects that were read."""
        for kind, items in self._items.items():
            for (namespace, name), item in items.items():
                yield Entry(*kind, namespace, name), item

    @property
    def unread(self) -> dict[str, Unread]:
        """Why more objects may exist than were read, by plural.group."""
        reasons = {kind: self._answers.get(kind, Read()).hidden for kind in self._resources}
        found: dict[str, Unread] = {}
        for kind, resource in self._resources.items():
            if isinstance(resource, ApiResource) and (hidden := reasons[kind]):
                found[resource.full_name] = hidden
            elif isinstance(resource, Unread) and resource.why not in (
                Why.ABSENT,
                Why.NOT_REQUESTED,
            ):
                found[kind[1]] = resource
        return found

    def _find(self, group: str, kind: str) -> ApiResource | Unread:
        if group == _RENAMED:
            return Unread(
                Why.NOT_REQUESTED, f"objects of the API group {group} moved to other groups"
            )
        found = (
            self._served.resource(f"{group}/", kind) if group else self._served.resource("v1", kind)
        )
        if isinstance(found, ApiResource) and "list" not in found.verbs:
            return Unread(Why.NOT_REQUESTED, f"{found.full_name} cannot be listed")
        return found


def _check(reader: Reader) -> None:
    if reader.unreachable:
        raise UnreadError(reader.unreachable)
