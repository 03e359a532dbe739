"""The objects to list: from the API server page by page, or from a saved cluster."""

# ruff: noqa: PLC0415 - a list of one kind must not wait for what others need

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias
from urllib.parse import quote

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster import discovery, paging
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.paging import ListQuery
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Answer, Evidence, Object, Unread, Why
from fluxstatus.model.kinds import KINDS, Kind

Batch: TypeAlias = tuple[Kind, Sequence[Object]]
"""Some objects of a kind."""

_DEPLOYMENTS = ("deployments.apps/controllers", "deployments.apps/operator")
_AT_A_TIME = 4  # lists under way
_ABSENT = Unread(Why.ABSENT, "the API server does not serve it")


class Cluster(Protocol):
    """Where objects are read from.

    `unread` tells, by plural.group, why a kind or a part of it is missing.
    """

    now: datetime
    whole: bool  # whether objects are as the API server gives them
    namespaces: Sequence[str]
    selector: str
    unread: dict[str, Unread]

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Return the objects of *kinds*, kind by kind, some at a time, as they come."""

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Return the objects of *kind* in *namespace*, or everywhere if that is empty."""

    def controllers(self) -> Evidence:
        """Return what is known of Flux's own Deployments, their pods, and the FluxInstance."""

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of Flux's own Deployments, as far as they may be read."""

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Return the events with these *fields*, a field selector, in *namespace* or everywhere."""


@contextmanager
def opened(access: Access, tell: Callable[[str], None] = lambda _: None) -> Iterator[ApiClient]:
    """Open the door to a cluster; *tell* gets a line about the cost at its end."""
    with ApiClient(access) as api:
        try:
            yield api
        except BaseException:
            api.abort()  # a request that is under way would be waited for
            raise
        cost = api.cost
        tell(f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s")


def saved(file: Path, namespaces: Sequence[str] = (), selector: str = "") -> "Saved":
    """Look into a saved cluster. Raises SnapshotError, and as `Saved`."""
    from fluxstatus.model import snapshot

    return Saved(snapshot.load(file), namespaces, selector)


class Live:
    """The cluster behind a *api*; *namespaces* (none: all) and labels choose what is read."""

    whole = True

    def __init__(self, api: ApiClient, namespaces: Sequence[str] = (), selector: str = "") -> None:
        """Ask what is served. Raises ProgramError."""
        self._api, self.namespaces, self.selector = api, namespaces, selector
        self._served: Mapping[str, str] = discovery.served(api)
        self.now = datetime.now(UTC)
        self.unread: dict[str, Unread] = {}

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Return the objects of *kinds*, kind by kind, some at a time, as they come."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            # The next page of each is on its way while one is looked at, and no more than that.
            todo = iter(kinds)
            ahead = deque(
                (kind, pages, pool.submit(next, pages, None))
                for kind in islice(todo, _AT_A_TIME)
                for pages in [self._pages(kind, self.namespaces, self.selector)]
            )
            try:
                while ahead:
                    kind, pages, coming = ahead.popleft()
                    while (page := coming.result()) is not None:
                        coming = pool.submit(next, pages, None)
                        yield kind, page
                    for following in islice(todo, 1):
                        more = self._pages(following, self.namespaces, self.selector)
                        ahead.append((following, more, pool.submit(next, more, None)))
            except BaseException:
                self._api.abort()  # else the threads would go on, and be waited for
                raise

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Return the objects of *kind* in *namespace*, or everywhere if that is empty."""
        for page in self._pages(kind, [namespace] if namespace else [], ""):
            yield from page

    def controllers(self) -> Evidence:
        """Return what is known of Flux's own Deployments, their pods, and the FluxInstance."""
        from fluxstatus.cluster.collector import QUERIES

        asked = {name: QUERIES[name] for name in _DEPLOYMENTS}
        instances = KINDS["FluxInstance"]
        if version := self._served.get(instances.resource):
            query = ListQuery(f"/apis/{instances.group}/{version}", instances.plural)
            asked[instances.resource] = query
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            answers = pool.map(self._answer, asked.keys(), asked.values())
            known = dict(zip(asked, answers, strict=True))
        flux_namespaces = tuple(namespaces_of(known[name] for name in _DEPLOYMENTS))
        if flux_namespaces:
            known["pods"] = self._answer(
                "pods", QUERIES["pods"]._replace(namespaces=flux_namespaces)
            )
        known.setdefault(instances.resource, Answer(unread=_ABSENT))
        return Evidence(self.now, answers=known, served=self._served)

    def flux(self) -> Evidence:
        """Return all objects of Flux, of each what is judged."""
        found: dict[str, list[Object]] = {kind.resource: [] for kind in KINDS.values()}
        for kind, items in self.read(KINDS.values()):
            found[kind.resource] += (prune(kind.resource, item) for item in items)
        answers = {name: Answer(tuple(i), self.unread.get(name)) for name, i in found.items()}
        return Evidence(self.now, answers=answers, served=self._served)

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of Flux's own Deployments, as far as they may be read."""
        from fluxstatus.cluster.collector import QUERIES

        names = _DEPLOYMENTS
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            answers = list(pool.map(self._answer, names, map(QUERIES.__getitem__, names)))
        for unread in filter(None, (answer.unread for answer in answers)):
            self.unread.setdefault("deployments.apps", unread)
        return namespaces_of(answers)

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Return the events with these *fields*, a field selector, in *namespace* or everywhere."""
        selector = f"fieldSelector={quote(fields, safe='')}" if fields else ""
        query = ListQuery("/api/v1", "events", selector)
        for page in self._walk("events", query, [namespace] if namespace else []):
            yield from page

    def _answer(self, name: str, query: ListQuery) -> Answer:
        return paging.read(self._api, name, query, self._per_namespace)

    def _per_namespace(self) -> tuple[str, ...]:
        """Return where to look for what may not be listed everywhere."""
        return tuple(self.namespaces) or tuple(filter(None, [self._api.kubeconfig.namespace]))

    def _pages(
        self, kind: Kind, namespaces: Sequence[str], selector: str
    ) -> Iterator[Sequence[Object]]:
        version = self._served.get(kind.resource)
        if version is None:
            self.unread[kind.resource] = _ABSENT
            return
        labels = f"labelSelector={quote(selector, safe='')}" if selector else ""
        query = ListQuery(f"/apis/{kind.group}/{version}", kind.plural, labels)
        yield from self._walk(kind.resource, query, namespaces)

    def _walk(
        self, name: str, query: ListQuery, namespaces: Sequence[str]
    ) -> Iterator[Sequence[Object]]:
        """Return page by page; what goes wrong ends it, and is noted under *name*."""
        for namespace in namespaces or ("",):
            try:
                for page in paging.pages(self._api, name, query, namespace):
                    yield list(paging.items_of(page))
            except ProgramError as error:
                self.unread.setdefault(name, error.unread)
                own = self._api.kubeconfig.namespace
                if not namespace and own and error.unread.why is Why.FORBIDDEN:
                    yield from self._walk(name, query, [own])


class Saved:
    """A saved cluster, as `Live`: of its objects only what is judged is kept."""

    whole = False

    def __init__(
        self, evidence: Evidence, namespaces: Sequence[str] = (), selector: str = ""
    ) -> None:
        """Look into *evidence*. Raises ProgramError when nothing could be read then."""
        if evidence.unreachable is not None:
            raise ProgramError(evidence.unreachable)
        self._evidence, self.namespaces, self.selector = evidence, namespaces, selector
        self.now = evidence.taken_at
        self.unread: dict[str, Unread] = {}

    def read(self, kinds: Iterable[Kind]) -> Iterator[Batch]:
        """Return the objects of *kinds*, kind by kind, sorted as an API server has them."""
        for kind in kinds:
            found = [item for item in self.all_of(kind, "") if self._is_chosen(item)]
            yield kind, sorted(found, key=_place)

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Return the objects of *kind* in *namespace*, or everywhere if that is empty."""
        answer = self._evidence.answer(kind.resource)
        if answer.unread is not None:
            self.unread[kind.resource] = answer.unread
        return (item for item in answer.items if namespace in ("", _place(item)[0]))

    def controllers(self) -> Evidence:
        """Return what is known of Flux's own Deployments, their pods, and the FluxInstance."""
        return self._evidence

    def flux_namespaces(self) -> list[str]:
        """Return the namespaces of Flux's own Deployments."""
        return namespaces_of(self._evidence.answer(name) for name in _DEPLOYMENTS)

    def events(self, fields: str, namespace: str = "") -> Iterator[Object]:
        """Return the events with these *fields*, of which `=` is understood."""
        answer = self._evidence.answer("events")
        if answer.unread is not None:
            self.unread["events"] = answer.unread
        wanted = [term.split("=", 1) for term in fields.split(",") if term and "!=" not in term]
        for item in answer.items:
            involved = map_of(item.get("involvedObject"))
            has = {"type": item.get("type")} | {
                f"involvedObject.{k}": involved[k] for k in involved
            }
            here = namespace in ("", _place(item)[0])
            if here and all(has.get(name) == value for name, value in wanted):
                yield item

    def _is_chosen(self, item: Object) -> bool:
        from fluxstatus.state.deployments import selects

        here = not self.namespaces or _place(item)[0] in self.namespaces
        return here and selects(self.selector, map_of(item["metadata"].get("labels")))


def namespaces_of(answers: Iterable[Answer]) -> list[str]:
    """Return the namespaces of the objects in *answers*."""
    return sorted({_place(item)[0] for answer in answers for item in answer.items} - {""})


def _place(item: Object) -> tuple[str, str]:
    metadata = map_of(item.get("metadata"))
    return text_of(metadata.get("namespace")), text_of(metadata.get("name"))
