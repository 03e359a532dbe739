"""The check's own reading: every list once, several at a time, in an order that saves time.

Answers are by the names in queries.py and, for the kinds of Flux, by plural.group. The API
server reports which of these it serves, and in which version.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeAlias

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.plurals import counted
from fluxstatus.cluster import discovery, local_tools, namespaces, signals
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.local_tools import Program
from fluxstatus.cluster.queries import (
    ADVICE_QUERIES,
    DEPLOYMENTS,
    LARGE_PAGE,
    NOT_RUNNING,
    QUERIES,
    AdviceQuery,
    ListQuery,
    changes_by,
)
from fluxstatus.cluster.reader import THREADS, Reader, idle, place
from fluxstatus.model.evidence import (
    CHANGES,
    CRDS,
    LABELLED,
    LEASES,
    NAMESPACES,
    VERSION,
    WORKLOAD_PODS,
    Answer,
    Evidence,
    Incomplete,
    Read,
    Unread,
    Why,
)
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Key

Answers: TypeAlias = Mapping[str, Answer]

_SLOW = tuple(KINDS[name].resource for name in ("Kustomization", "HelmRelease", "HelmChart"))
_CLIENT = "flux-operator"


def nothing(_: Answers) -> set[str]:
    """Return no namespace, or no kind."""
    return set()


class Progress(NamedTuple):
    """A query that was answered.

    `text` is the answer in a word or two, `requests` the number of requests it took, `seconds`
    the time of the answer since the connection was opened.
    """

    query: str
    text: str
    requests: int
    seconds: float


def collect(
    access: Access,
    progress: Callable[[Progress], None] = lambda _: None,
    workload_namespaces: Callable[[Answers], set[str]] = nothing,
    while_starting: Callable[[], None] = idle,
    *,
    awaited: Callable[[Evidence], Collection[Key]] = lambda _: (),
    contested_kinds: Callable[[Answers], set[str]] = nothing,
    advice: bool = False,
    also: Callable[[ApiClient], None] | None = None,
) -> Evidence:
    """Return what the cluster answers; this never raises.

    *progress* is called for each answer, in any thread. *workload_namespaces* returns, from the
    answers so far, the namespaces whose pods may explain a failure, *awaited* the objects of one
    kind whose own status may, before these pods are read and after, and *contested_kinds* the Flux
    kinds of objects that apply the same objects. *while_starting* is called when most requests are
    under way. *advice* reads what only advice needs, too, unless
    `access.namespaces` are chosen: advice is about the whole cluster. *also* reads something of its
    own, and keeps it.

    It takes until `access.deadline` at most. SIGTERM and SIGHUP end it with SystemExit.
    """
    with (
        signals.raised(),
        _without_gc(),
        ApiClient(access) as api,
        ThreadPoolExecutor(THREADS) as pool,
        api.abort_on_error(),
    ):
        api.start_config_view()
        more = ADVICE_QUERIES if advice and not access.namespaces else {}
        run = _Run(api, Reader(api, pool, access), progress, more, access.deadline, also=also)
        return run.evidence(workload_namespaces, awaited, contested_kinds, while_starting)


class _Run:
    """One run: the queries under way and the answers so far."""

    def __init__(
        self,
        api: ApiClient,
        reader: Reader,
        progress: Callable[[Progress], None],
        advice: Mapping[str, AdviceQuery],
        deadline: Deadline,
        *,
        also: Callable[[ApiClient], None] | None,
    ) -> None:
        self._api, self._reader, self._progress, self._also = api, reader, progress, also
        self._advice, self._deadline = advice, deadline
        self._pending: dict[Future[Answer], str] = {}
        self._began = time.monotonic()

    def evidence(
        self,
        workload_namespaces: Callable[[Answers], set[str]],
        awaited: Callable[[Evidence], Collection[Key]],
        contested_kinds: Callable[[Answers], set[str]],
        while_starting: Callable[[], None],
    ) -> Evidence:
        reader = self._reader
        if not reader.discover(self._advice):
            return reader.evidence()
        served = reader.served or {}
        self._report(discovery.APIS, f"{len(served)} Flux kinds")
        reader.answers |= dict.fromkeys((*RESOURCES, *self._advice), Incomplete(reader.missing))
        with local_tools.running([_CLIENT], self._deadline) as clients:
            for name in (*DEPLOYMENTS, "events"):
                self._start(name, QUERIES[name])
            version = reader.submit(self._version)
            also = reader.submit(self._also) if self._also else None
            for name in sorted(served, key=_is_fast):
                query = ListQuery.of(name, served[name])
                self._start(name, query._replace(page=LARGE_PAGE))
            self._start_all(reader.related())
            definitions = None if CRDS in self._advice else reader.start_labelled()
            self._start_all(self._advice_queries(in_flux_namespaces=False))
            while_starting()
            self._wait(DEPLOYMENTS)
            near = dict(self._advice_queries(in_flux_namespaces=True))
            self._start_all(reader.in_flux_namespaces("pods", "services", LEASES, more=near))
            self._wait()
            self._start_all(reader.related(self._labelled(definitions)))
            self._read_namespaces()
            self._read_awaited(awaited)
            self._read_workloads(namespaces := workload_namespaces(reader.answers))
            if namespaces:
                self._read_awaited(awaited)
            self._read_changes(contested_kinds(reader.answers))
            kubernetes, client = version.result(), _version_of(clients()[_CLIENT])
            self._report(_CLIENT, client if isinstance(client, str) else client.text)
            if also:
                also.result()
            return reader.evidence(kubernetes=kubernetes, programs={_CLIENT: client})

    def _version(self, api: ApiClient) -> str | Unread:
        version = discovery.version(api)
        text = version.text if isinstance(version, Unread) else version or "unknown"
        self._report(VERSION, text)
        return version

    def _advice_queries(self, *, in_flux_namespaces: bool) -> Iterator[tuple[str, ListQuery]]:
        versions = self._reader.versions
        for name, (selector, near, pages) in self._advice.items():
            if name in versions and near is in_flux_namespaces:
                query = ListQuery.of(name, versions[name], selector)
                yield name, query._replace(pages=pages)

    def _labelled(self, read: Future[Answer] | None) -> Iterator[str]:
        """Yield the names of the CRDs that say that they are a part of Flux, if they were *read*.

        Those that advice is about are among the answers, as is why the others are not known.
        """
        answer = read.result() if read else self._reader.answers.get(CRDS)
        if read and answer and answer.unread:
            self._reader.answers[LABELLED] = Incomplete(answer.unread)
        for crd in answer.known if answer else ():
            yield place(crd)[1]

    def _read_namespaces(self) -> None:
        """Read whether those of the chosen namespaces exist in which there is no Flux object."""
        if empty := namespaces.without_objects(self._reader.answers, self._reader.namespaces):
            self._pending[self._reader.submit(partial(namespaces.read, names=empty))] = NAMESPACES

    def _read_workloads(self, namespaces: Collection[str]) -> None:
        """Read the pods in *namespaces*: of several, if they are too many, those not running."""
        query = QUERIES[WORKLOAD_PODS]
        if not namespaces:
            self._reader.answers[WORKLOAD_PODS] = Read()
            return
        if len(namespaces) == 1:
            self._start(WORKLOAD_PODS, query._replace(namespaces=tuple(namespaces)))
        else:
            self._start(WORKLOAD_PODS, query._replace(pages=1))
            self._wait()
            unread = self._reader.answers[WORKLOAD_PODS].unread
            if unread and unread.why is Why.NOT_REQUESTED:  # this misses pods that crash, but run
                self._start(WORKLOAD_PODS, query._replace(selector=NOT_RUNNING))
        self._wait()

    def _read_awaited(self, awaited: Callable[[Evidence], Collection[Key]]) -> None:
        """Read the objects that *awaited* returns, which reconciliations wait for."""
        self._start_all(self._reader.awaited(awaited(self._reader.evidence())))
        self._wait()

    def _read_changes(self, kinds: Collection[str]) -> None:
        """Read what the objects of *kinds* have changed."""
        if not kinds:
            self._reader.answers[CHANGES] = Read()
            return
        self._reader.query((CHANGES, changes_by(kind)) for kind in sorted(kinds))
        self._report(CHANGES, _summary(self._reader.answers[CHANGES]))

    def _start_all(self, queries: Iterable[tuple[str, ListQuery]]) -> None:
        for name, query in queries:
            self._start(name, query)

    def _start(self, name: str, query: ListQuery) -> None:
        self._pending[self._reader.start(name, query)] = name

    def _wait(self, names: Collection[str] = ()) -> None:
        """Wait for the answers to the queries with these *names*, or to all."""
        awaited = [future for future, name in self._pending.items() if not names or name in names]
        for future in as_completed(awaited):
            name = self._pending.pop(future)
            answer = self._reader.answers[name] = future.result()
            self._report(name, _summary(answer))

    def _report(self, query: str, text: str) -> None:
        seconds = time.monotonic() - self._began
        self._progress(Progress(query, text, self._api.requests(query), seconds))


def _is_fast(resource: str) -> bool:
    """Sort key: the slowest lists are read first."""
    return resource not in _SLOW


def _version_of(client: Program) -> str | Unread:
    return client.unread or client.version.removeprefix("v")


def _summary(answer: Answer) -> str:
    number = counted(len(answer.known), "object")
    return number if answer.unread is None else f"{number}; {answer.unread.text}"


@contextmanager
def _without_gc() -> Iterator[None]:
    """Disable the garbage collector: it would scan all objects that are read, and free none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
