"""Reading a cluster over one connection: what the check and all commands share."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeVar

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.plurals import counted
from fluxstatus.cluster import discovery, paging
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.queries import (
    AWAITED_KINDS,
    DEPLOYMENTS,
    OF_FLUX,
    ListQuery,
    awaited,
    by_fields,
    named,
)
from fluxstatus.model.evidence import (
    AWAITED,
    CRDS,
    RELATED,
    VERSION,
    Answer,
    Evidence,
    Incomplete,
    Object,
    Read,
    Unread,
    Why,
)
from fluxstatus.model.kinds import RESOURCES, Kind, is_related, may_be_related
from fluxstatus.model.ref import Key

THREADS = 4  # requests at a time; more are not faster
ABSENT = Unread(Why.ABSENT, "the API server does not serve it")
_NO_CONNECTION = frozenset({Why.NO_PROGRAM, Why.NO_CONFIG, Why.LOGIN, Why.UNREACHABLE})
"""Reasons that concern all queries, unlike a single list that takes too long."""

T = TypeVar("T")


def idle() -> None:
    """Do nothing."""


def silent(_: str) -> None:
    """Print nothing."""


@contextmanager
def opened(
    access: Access,
    report: Callable[[str], None] = silent,
    while_starting: Callable[[], None] = idle,
) -> Iterator[ApiClient]:
    """Open a connection to a cluster for a `with` block.

    *report* prints a line, here the cost at the end. *while_starting* is called while kubectl
    starts: importing the modules that a command needs takes as long. Raises nothing of its own:
    the requests report what is wrong with the connection.
    """
    with ApiClient(access, while_starting) as api, api.abort_on_error():
        yield api
        cost = api.cost
        report(f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s")


@contextmanager
def reading(
    access: Access,
    *,
    report: Callable[[str], None] = silent,
    while_starting: Callable[[], None] = idle,
) -> Iterator["Reader"]:
    """Open a connection as `opened` does; *report* also prints a line for each response."""
    with (
        opened(access, report, while_starting) as api,
        ThreadPoolExecutor(THREADS) as pool,
        api.abort_on_error(),
    ):
        yield Reader(api, pool, access, report)


class Reader:
    """Reads lists, several at a time, and keeps the answers.

    `answers` are by the names of queries.py, `served` and `also_served` are as in an Evidence;
    `versions` has the other resources that discovery was to find, too. `missing` is the reason why
    the kinds that are not in `served` are unread. `unreachable` is set once it turns out that
    nothing can be read. `namespaces` are the chosen ones, none for all.
    """

    def __init__(
        self,
        api: ApiClient,
        pool: ThreadPoolExecutor,
        access: Access,
        report: Callable[[str], None] = silent,
        served: Mapping[str, str] | None = None,
    ) -> None:
        self.answers: dict[str, Answer] = {}
        self._failed: dict[str, set[str]] = defaultdict(set)
        self.served = served
        self.also_served: Mapping[str, tuple[str, ...]] | None = None
        self.versions: Mapping[str, str] = {}
        self.missing = ABSENT
        self._others: Mapping[str, ListQuery] = {}
        self._by_name: Mapping[str, ListQuery] = {}
        self.unreachable: Unread | None = None
        self.api, self._pool, self._report = api, pool, report
        self.namespaces, self._flags = access.namespaces, access.repeated

    def discover(self, more: Collection[str] = ()) -> bool:
        """Read which kinds of Flux, and which of the resources *more*, are served.

        Returns False if nothing can be read at all.
        """
        try:
            found = discovery.served_versions(self.api, more)
        except ProgramError as error:
            self.missing = error.unread
            if error.unread.why is not Why.FORBIDDEN:
                self.unreachable = error.unread
        else:
            self.versions = {name: preferred for name, (preferred, *_) in found.versions.items()}
            of_flux = [name for name in found.versions if name not in more]
            self.served = {name: self.versions[name] for name in of_flux}
            further = {name: found.versions[name][1:] for name in of_flux}
            self.also_served = {name: versions for name, versions in further.items() if versions}
            self._others, self._by_name = found.others, found.by_name
        return self.unreachable is None

    def of_kind(self, kind: Kind, name: str = "", namespace: str = "") -> tuple[str, ListQuery]:
        """Return the query for all objects of a Flux *kind*, or for those called *name*."""
        version = (self.served or {}).get(kind.resource, "")
        selector = by_fields(name and f"metadata.name={name}")
        query = ListQuery.of(kind.resource, version, selector)
        return kind.resource, query._replace(namespaces=(namespace,) if namespace else ())

    def awaited(self, keys: Collection[Key]) -> Iterator[tuple[str, ListQuery]]:
        """Yield the query for the objects *keys*, all of one kind; none for an unknown kind."""
        for kind in {kind for kind, _, _ in keys}:
            query = AWAITED_KINDS.get(kind) or self._others.get(kind)
            if query:
                yield f"{AWAITED}/{kind}", awaited(query, keys)

    def related(self, labelled: Iterable[str] = ()) -> Iterator[tuple[str, ListQuery]]:
        """Yield the queries for the kinds of projects around Flux that are served.

        They are known by their groups, or *labelled*: CRDs by name that say that they are a part of
        Flux. Those that were read are left out.
        """
        for name in {*filter(is_related, self._by_name), *labelled}:
            query, answer = self._by_name.get(name), f"{RELATED}/{name}"
            if query and name not in RESOURCES and answer not in self.answers:
                yield answer, query

    def start_labelled(self) -> Future[Answer] | None:
        """Start to read which CRDs are labelled as a part of Flux; None if none can be unknown."""
        if not any(map(may_be_related, self._by_name)):
            return None
        return self.start(CRDS, OF_FLUX)

    def in_flux_namespaces(
        self, *names: str, more: Mapping[str, ListQuery] = MappingProxyType({})
    ) -> list[tuple[str, ListQuery]]:
        """Return the queries with these *names*, and *more*, for the namespaces of Flux.

        Where the Deployments of Flux could not be read, neither can these.
        """
        deployments = [self.answers[name] for name in DEPLOYMENTS if name in self.answers]
        namespaces = tuple(namespaces_of(deployments))
        queries = {**dict(named(*names)), **more}
        beyond = next((answer.unread for answer in deployments if answer.unread), None)
        if namespaces:
            return [
                (name, query._replace(namespaces=namespaces, beyond=beyond))
                for name, query in queries.items()
            ]
        self.answers |= dict.fromkeys(queries, Incomplete(beyond) if beyond else Read())
        return []

    def query(self, queries: Iterable[tuple[str, ListQuery]]) -> list[Answer]:
        """Read all *queries* at the same time, and return their answers.

        Those to one name are merged in `answers`.
        """
        answers: list[Answer] = []
        started = [(name, query, self._start_if_served(name, query)) for name, query in queries]
        for name, query, future in started:
            answer = future.result() if future else Incomplete(self.missing)
            self._report(f"{name}: {counted(len(answer.known), 'object')}")
            self._keep(name, query.namespaces, answer)
            if answer.unread and answer.unread.why in _NO_CONNECTION:
                self.unreachable = self.unreachable or answer.unread
            answers.append(answer)
        return answers

    def start(self, name: str, query: ListQuery) -> Future[Answer]:
        """Start to read a list; its answer is not kept."""
        return self._pool.submit(paging.read, self.api, name, query, self._per_namespace)

    def submit(self, call: Callable[[ApiClient], T]) -> Future[T]:
        """Start *call*, which makes other requests."""
        return self._pool.submit(call, self.api)

    def evidence(
        self, *, kubernetes: str | Unread = "", programs: Mapping[str, str | Unread] | None = None
    ) -> Evidence:
        """Return all that was read; everything else is unread in it."""
        answers = dict(self.answers)
        if isinstance(kubernetes, Unread):
            answers[VERSION] = Incomplete(kubernetes)
            kubernetes = ""
        target = self.api.kubeconfig.target._replace(kubernetes=kubernetes, flags=self._flags)
        return Evidence(
            taken_at=self.api.now,
            target=target,
            answers=answers,
            served=self.served,
            also_served=self.also_served,
            programs=programs or {},
            clock_skew=self.api.clock_skew,
            unreachable=self.unreachable,
            cost=self.api.cost,
        )

    def _per_namespace(self) -> tuple[str, ...]:
        return namespaces_allowed(self.api, self.namespaces)

    def _start_if_served(self, name: str, query: ListQuery) -> Future[Answer] | None:
        not_served = name in RESOURCES and name not in (self.served or {})
        return None if not_served else self.start(name, query)

    def _keep(self, name: str, asked: tuple[str, ...], answer: Answer) -> None:
        """Add *answer*, about the namespaces *asked*, to the one with this *name*.

        A namespace is complete if everything that was asked about it was read.
        """
        before = self.answers.get(name, answer)
        failed = self._failed[name]
        if answer.unread and not answer.objects:
            failed |= {*(asked or before.namespaces)} - {*answer.namespaces}
        items = tuple({place(item): item for item in (*before.known, *answer.known)}.values())
        parts = (before.namespaces, answer.namespaces)
        objects = (*before.objects, *answer.objects)
        whole = [one.unread for one in (before, answer) if one.unread and not one.objects]
        if whole:
            failed |= {one.namespace for one in objects}
        complete = tuple(dict.fromkeys(n for part in parts for n in part if n not in failed))
        if whole:
            self.answers[name] = Incomplete(whole[0], items, complete)
        elif objects:
            everywhere = complete if all(parts) else ()
            self.answers[name] = Incomplete.without(objects, items, everywhere)
        else:
            self.answers[name] = Read(items, complete if all(parts) else ())


def namespaces_allowed(api: ApiClient, chosen: Collection[str]) -> tuple[str, ...]:
    """Return the namespaces to read where reading all is forbidden: *chosen*, or kubectl's own."""
    return tuple(chosen) or tuple(filter(None, [api.kubeconfig.namespace]))


def namespaces_of(answers: Iterable[Answer]) -> list[str]:
    """Return the namespaces of the known objects in *answers*, sorted."""
    return sorted({place(item)[0] for answer in answers for item in answer.known} - {""})


def place(item: Object) -> tuple[str, str]:
    """Return the namespace and name of an object."""
    metadata = map_of(item.get("metadata"))
    return text_of(metadata.get("namespace")), text_of(metadata.get("name"))
