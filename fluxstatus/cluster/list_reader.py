"""Reading lists of objects as they come: from the API server page by page, or from a snapshot.

Unlike reader.py, which keeps a pruned answer to each query, this streams unpruned objects.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias

from fluxstatus.base.fields import map_of
from fluxstatus.cluster import discovery, paging, queries
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.namespaces import absent
from fluxstatus.cluster.pruning import prune
from fluxstatus.cluster.queries import DEPLOYMENTS, ListQuery, by_labels, named
from fluxstatus.cluster.reader import (
    ABSENT,
    THREADS,
    Reader,
    namespaces_allowed,
    namespaces_of,
    place,
)
from fluxstatus.model.errors import UnreadError
from fluxstatus.model.evidence import Evidence, Incomplete, Object, Unread, UnreadObject
from fluxstatus.model.inventory import unpacked
from fluxstatus.model.kinds import KINDS, Kind

Batch: TypeAlias = tuple[Kind, Sequence[Object]]
"""Some objects of a kind."""


class Cluster(Protocol):
    """The objects of a cluster, live or saved.

    `now` is the time of the reading. `unpruned` is whether objects are as the API server returns
    them, not pruned. `unread` is, by plural.group, why a list or a part of it is missing.
    """

    now: datetime
    unpruned: bool
    namespaces: Sequence[str]
    selector: str
    unread: dict[str, Unread]

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Return the objects of *kinds*, kind by kind, in batches, as they come."""

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Return the objects of *kind* in *namespace*, or in all if that is empty."""

    def controllers(self, *kinds: Kind) -> Evidence:
        """Return the Deployments of Flux and their pods, and all objects of *kinds*."""

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of the Deployments of Flux, as far as they may be read."""

    def warnings(self) -> Iterator[Object]:
        """Return the Warning events that the check reads, pruned."""

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Return the events that a field selector chooses, in *namespace*, or in all."""

    def absent_namespaces(self) -> Sequence[str]:
        """Return those of `namespaces` that do not exist, as far as that can be read."""


def saved(file: Path, namespaces: Sequence[str] = (), selector: str = "") -> "Saved":
    """Load a snapshot. Raises SnapshotError, and UnreadError as `Saved` does."""
    from fluxstatus.model import snapshot  # noqa: PLC0415 - a live cluster does not need it

    return Saved(snapshot.load(file), namespaces, selector)


class Live:
    """The cluster that *api* is connected to; *namespaces* (none: all) and labels limit `read`."""

    unpruned = True

    def __init__(self, api: ApiClient, namespaces: Sequence[str] = (), selector: str = "") -> None:
        """Read what is served. Raises ProgramError."""
        self._api, self.namespaces, self.selector = api, namespaces, selector
        self._served: Mapping[str, str] = discovery.served(api)
        self.now = api.now
        self.unread: dict[str, Unread] = {}

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Yield the objects of *kinds*, kind by kind, in batches, as they come."""
        with ThreadPoolExecutor(THREADS) as pool, self._api.abort_on_error():
            # Of each kind under way one page is requested ahead, and no more than that.
            todo = iter(kinds)
            ahead = deque(
                (kind, pages, pool.submit(next, pages, None))
                for kind in islice(todo, THREADS)
                for pages in [self._pages(kind, self.namespaces, self.selector)]
            )
            while ahead:
                kind, pages, coming = ahead.popleft()
                while (page := coming.result()) is not None:
                    coming = pool.submit(next, pages, None)
                    yield kind, page
                for following in islice(todo, 1):
                    more = self._pages(following, self.namespaces, self.selector)
                    ahead.append((following, more, pool.submit(next, more, None)))

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Yield the objects of *kind* in *namespace*, or in all if that is empty."""
        for page in self._pages(kind, [namespace] if namespace else [], ""):
            yield from page

    def controllers(self, *kinds: Kind) -> Evidence:
        """Return the Deployments of Flux and their pods, and all objects of *kinds*."""
        with self._reading() as reader:
            reader.query([*named(*DEPLOYMENTS), *map(reader.of_kind, kinds)])
            reader.query(reader.in_flux_namespaces("pods"))
        return Evidence(self.now, answers=reader.answers, served=self._served)

    def flux(self, kinds: Iterable[Kind] = tuple(KINDS.values())) -> Evidence:
        """Return all objects of *kinds*, pruned."""
        with self._reading() as reader:
            reader.query(map(reader.of_kind, kinds))
        return Evidence(self.now, answers=reader.answers, served=self._served)

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of the Deployments of Flux, as far as they may be read."""
        with self._reading() as reader:
            reader.query(named(*DEPLOYMENTS))
        for answer in reader.answers.values():
            if answer.unread:
                self.unread.setdefault("deployments.apps", answer.unread)
        return namespaces_of(reader.answers.values())

    def warnings(self) -> Iterator[Object]:
        """Yield the Warning events that the check reads, pruned."""
        for page in self._walk("events", queries.QUERIES["events"], self.namespaces):
            yield from (prune("events", item) for item in page)

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Yield the events that a field selector chooses, in *namespace*, or in all."""
        for page in self._walk("events", queries.events(fields), [namespace] if namespace else []):
            yield from page

    def absent_namespaces(self) -> Sequence[str]:
        """Return those of `namespaces` that do not exist, with one request for each."""
        return absent(self._api, self.namespaces)

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        with ThreadPoolExecutor(THREADS) as pool, self._api.abort_on_error():
            access = Access(namespaces=tuple(self.namespaces))
            yield Reader(self._api, pool, access, served=self._served)

    def _pages(
        self, kind: Kind, namespaces: Sequence[str], selector: str
    ) -> Iterator[Sequence[Object]]:
        version = self._served.get(kind.resource)
        if version is None:
            self.unread[kind.resource] = ABSENT
            return
        query = ListQuery.of(kind.resource, version, by_labels(selector))
        yield from self._walk(kind.resource, query, namespaces)

    def _walk(
        self, name: str, query: ListQuery, namespaces: Sequence[str]
    ) -> Iterator[Sequence[Object]]:
        """Yield page by page; the first reason for a missing part is kept under *name*."""
        query, objects = query._replace(namespaces=tuple(namespaces)), list[UnreadObject]()
        for part in paging.walk(self._api, name, query, lambda: namespaces_allowed(self._api, ())):
            objects += part.objects
            if part.unread:
                self.unread.setdefault(name, part.unread)
            else:
                yield part.items
        if objects:
            self.unread.setdefault(name, Incomplete.without(objects).unread)


class Saved:
    """A snapshot with the methods of `Live`; its objects are pruned."""

    unpruned = False

    def __init__(
        self, evidence: Evidence, namespaces: Sequence[str] = (), selector: str = ""
    ) -> None:
        """Take the objects of *evidence*. Raises UnreadError if the cluster was unreachable."""
        if evidence.unreachable is not None:
            raise UnreadError(evidence.unreachable)
        self._evidence, self.namespaces, self.selector = evidence, namespaces, selector
        self.now = evidence.taken_at
        self.unread: dict[str, Unread] = {}

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Yield the objects of *kinds*, kind by kind, in the order of an API server."""
        for kind in kinds:
            found = [item for item in self.all_of(kind, "") if self._is_chosen(item)]
            yield kind, sorted(found, key=place)

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Return the objects of *kind* in *namespace*, or in all if that is empty."""
        answer = self._evidence.answer(kind.resource)
        if answer.unread is not None:
            self.unread[kind.resource] = answer.unread
        return (unpacked(item) for item in answer.known if namespace in ("", place(item)[0]))

    def controllers(self, *_: Kind) -> Evidence:
        """Return all of the snapshot."""
        return self._evidence

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of the Deployments of Flux."""
        return namespaces_of(self._evidence.answer(name) for name in DEPLOYMENTS)

    def warnings(self) -> Iterator[Object]:
        """Return the Warning events of the snapshot."""
        return iter(self._evidence.answer("events").known)

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Yield the events that a field selector chooses; its terms with != are ignored."""
        answer = self._evidence.answer("events")
        if answer.unread is not None:
            self.unread["events"] = answer.unread
        wanted = [term.split("=", 1) for term in fields.split(",") if term and "!=" not in term]
        for item in answer.known:
            involved = map_of(item.get("involvedObject"))
            has = {f"involvedObject.{name}": value for name, value in involved.items()}
            has["type"] = item.get("type")
            here = namespace in ("", place(item)[0])
            if here and all(has.get(name) == value for name, value in wanted):
                yield item

    def absent_namespaces(self) -> Sequence[str]:
        """Return those of `namespaces` that did not exist, if they were chosen for it."""
        absent = self._evidence.absent_namespaces
        return [name for name in self.namespaces if name in absent]

    def _is_chosen(self, item: Object) -> bool:
        from fluxstatus.state.deployments import (  # noqa: PLC0415 - a live list does not need it
            selects,
        )

        here = not self.namespaces or place(item)[0] in self.namespaces
        return here and selects(self.selector, map_of(item["metadata"].get("labels")))
