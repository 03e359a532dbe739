"""The sources that the objects of a list refer to."""

from collections.abc import Iterable

from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Key
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource


class Sources:
    """The sources of a cluster; each kind is read at most once, when it is needed."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._known: dict[Key, Resource] = {}
        self._read: set[tuple[str, str]] = set()

    def add(self, resources: Iterable[Resource]) -> None:
        """Add sources that were read for the list."""
        self._known |= {resource.ref.key: resource for resource in resources}

    def mark_complete(self, kind: Kind) -> None:
        """Record that every object of *kind* was added."""
        self._read.add((kind.name, ""))

    def get(self, key: Key) -> Resource | None:
        """Return the source *key* if it was read."""
        return self._known.get(key)

    def of(self, resource: Resource) -> Resource | None:
        """Return the source of *resource*, None if it has none or it was not read."""
        key = source_of(resource)
        return self._look_up(key) if key and key[0] in KINDS else None

    def is_missing(self, key: Key) -> bool:
        """Return whether the source *key* does not exist: all of its kind were read."""
        kind = KINDS.get(key[0])
        if kind is None or kind.step != "sources":
            return False
        return self._look_up(key) is None and kind.resource not in self.cluster.unread

    def _look_up(self, key: Key) -> Resource | None:
        where = key[1] if self.cluster.namespaces else ""
        if key not in self._known and (key[0], where) not in self._read:
            self._read.add((key[0], where))
            kind = KINDS[key[0]]
            items = self.cluster.all_of(kind, where)
            self.add(Resource(kind, prune(kind.resource, i), self.cluster.now) for i in items)
        return self._known.get(key)
