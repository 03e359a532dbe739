"""What is asked of a cluster: each thing once, as much at a time as is polite, nothing but lists.

Answers go by the names in QUESTIONS and, for the kinds of Flux, by plural.group: the API server
says which of them it serves, and in which version.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.base.versions import version_in
from fluxstatus.cluster import discovery, paging, processes
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.paging import ListQuery
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.cluster.queries import FURTHER, Further
from fluxstatus.model.evidence import Answer, Evidence, Unread, Why
from fluxstatus.model.kinds import KINDS, OPERATOR, RESOURCES

Answers: TypeAlias = Mapping[str, Answer]


_APPS, _CORE = "/apis/apps/v1", "/api/v1"
_DEPLOYMENTS = ("deployments.apps/controllers", "deployments.apps/operator")
_WORKLOADS = "workload-pods"

QUERIES: Mapping[str, ListQuery] = {
    # The controllers of Flux, and the Flux Operator, wherever they are.
    _DEPLOYMENTS[0]: ListQuery(
        _APPS, "deployments", "labelSelector=app.kubernetes.io/part-of=flux"
    ),
    _DEPLOYMENTS[1]: ListQuery(
        _APPS, "deployments", f"labelSelector=app.kubernetes.io/name={OPERATOR}"
    ),
    # What went wrong lately: a cluster in trouble has any number of them.
    "events": ListQuery(_CORE, "events", "fieldSelector=type=Warning", pages=4),
    # In the namespaces of those Deployments.
    "pods": ListQuery(_CORE, "pods"),
    "services": ListQuery(_CORE, "services"),
    # In the one namespace whose workloads keep something waiting; of several, all that there are,
    # or where these are more than a page, what does not run.
    _WORKLOADS: ListQuery(_CORE, "pods", pages=4),
}
"""What is asked beyond the kinds of Flux, by the name of its answer."""

_ABSENT = Unread(Why.ABSENT, "the API server does not serve it")
_NOT_RUNNING = "fieldSelector=status.phase!=Running,status.phase!=Succeeded"
_THREADS = 4  # requests at a time; more are not faster
_LONG = tuple(KINDS[name].resource for name in ("Kustomization", "HelmRelease", "HelmChart"))
_CLIENT = "flux-operator"
_CLIENT_SECONDS = 5.0


def nowhere(_: Answers) -> set[str]:
    """Name no namespace."""
    return set()


def idle() -> None:
    """Do nothing."""


class Told(NamedTuple):
    """A question of the run that has its answer.

    `text` is the answer in a word or two, `requests` what it took, `seconds` when it was there,
    counted from when the way to the cluster was open.
    """

    query: str
    text: str
    requests: int
    seconds: float


def collect(
    access: Access,
    progress: Callable[[Told], None] = lambda _: None,
    workload_namespaces: Callable[[Answers], set[str]] = nowhere,
    while_starting: Callable[[], None] = idle,
    *,
    further: bool = False,
) -> Evidence:
    """Ask the cluster, and give what it said; whatever the cluster does, this does not raise.

    *progress* is told of each answer when it is there, by whatever thread has it.
    *workload_namespaces* says, from the answers, in which namespaces Pods keep something waiting.
    *while_starting* is called when all is asked and little is answered. *further* asks for what
    only advice needs, too; not where `access.namespaces` are chosen, as it is about the whole
    cluster. It takes `access.timeout` seconds at most; SIGTERM and SIGHUP end it with SystemExit.
    """
    with (
        processes.signals_raise(),
        _without_gc(),
        ApiClient(access) as api,
        ThreadPoolExecutor(_THREADS) as pool,
    ):
        try:
            api.start_config_view()
            more = FURTHER if further and not access.namespaces else {}
            run = _Run(access, api, pool, progress, more)
            return run.evidence(workload_namespaces, while_starting)
        except BaseException:
            api.abort()  # else the threads would go on, and be waited for
            raise


class _Run:
    """One run: what is being asked, and what is answered so far."""

    def __init__(
        self,
        access: Access,
        api: ApiClient,
        pool: ThreadPoolExecutor,
        progress: Callable[[Told], None],
        further: Mapping[str, Further],
    ) -> None:
        self._chosen, self._further = access.namespaces, further
        self._api, self._pool, self._progress = api, pool, progress
        self._asked: dict[Future[Answer], str] = {}
        self._answers: dict[str, Answer] = {}
        self._began = time.monotonic()

    def evidence(
        self, workload_namespaces: Callable[[Answers], set[str]], while_starting: Callable[[], None]
    ) -> Evidence:
        found: dict[str, str] = {}
        served, missing = None, _ABSENT
        try:
            found = discovery.served(self._api, self._further)  # the first answer decides
            served = {name: v for name, v in found.items() if name not in self._further}
        except ProgramError as error:
            missing = error.unread
            if missing.why is not Why.FORBIDDEN:
                return self._seal(unreachable=missing)
        self._tell(discovery.APIS, f"{len(served or ())} Flux kinds")
        self._answers.update(dict.fromkeys((*RESOURCES, *self._further), Answer(unread=missing)))
        with ExitStack() as stack:
            client = _start_client(stack)
            for name in (*_DEPLOYMENTS, "events"):
                self._ask(name, QUERIES[name])
            version = self._pool.submit(self._version)
            for name, preferred in sorted((served or {}).items(), key=_is_short):
                plural, _, group = name.partition(".")
                self._ask(
                    name, ListQuery(f"/apis/{group}/{preferred}", plural, page=paging.AT_ONCE)
                )
            for name, query in self._further_of(found, in_flux_namespaces=False):
                self._ask(name, query)
            while_starting()
            self._listen(_DEPLOYMENTS)
            self._ask_in_homes(dict(self._further_of(found, in_flux_namespaces=True)))
            self._listen()
            self._ask_workloads(workload_namespaces(self._answers))
            self._listen()
            kubernetes, cli = version.result(), _version_of(client)
            self._tell(_CLIENT, cli if isinstance(cli, str) else cli.text)
            return self._seal(kubernetes=kubernetes, served=served, programs={_CLIENT: cli})

    def _version(self) -> str:
        text = discovery.version(self._api)
        self._tell(discovery.VERSION, text or "unknown")
        return text

    def _ask(self, name: str, query: ListQuery) -> None:
        future = self._pool.submit(paging.read, self._api, name, query, self._per_namespace)
        self._asked[future] = name

    def _per_namespace(self) -> tuple[str, ...]:
        """Return the namespaces to ask where all at once is forbidden; kubectl's own if none."""
        return self._chosen or tuple(filter(None, [self._api.kubeconfig.namespace]))

    def _listen(self, names: Collection[str] = ()) -> None:
        """Wait for the answers to these questions, or to all that were asked."""
        awaited = [future for future, name in self._asked.items() if not names or name in names]
        for future in as_completed(awaited):
            name = self._asked.pop(future)
            answer = self._answers[name] = future.result()
            self._tell(name, _summary(answer))

    def _tell(self, query: str, text: str) -> None:
        seconds = time.monotonic() - self._began
        self._progress(Told(query, text, self._api.requests(query), seconds))

    def _further_of(
        self, found: Mapping[str, str], *, in_flux_namespaces: bool
    ) -> Iterator[tuple[str, ListQuery]]:
        """Return what is asked for advice, where Flux is or everywhere, as far as it is served."""
        for name, (selector, near, pages) in self._further.items():
            if name in found and near is in_flux_namespaces:
                plural, _, group = name.partition(".")
                base = f"/apis/{group}/{found[name]}"
                yield name, ListQuery(base, plural, selector, pages=pages)

    def _ask_in_homes(self, further: Mapping[str, ListQuery]) -> None:
        """Ask for what is beside the Deployments; what is unknown of these is so of that, too."""
        deployments = [self._answers[name] for name in _DEPLOYMENTS]
        unread = next((each.unread for each in deployments if each.unread), None)
        items = (item for each in deployments for item in each.items)
        flux_namespaces = {home for item in items if (home := item["metadata"].get("namespace"))}
        beside = {name: QUERIES[name] for name in ("pods", "services")}
        for name, query in (*beside.items(), *further.items()):
            if flux_namespaces:
                self._ask(name, query._replace(namespaces=tuple(sorted(flux_namespaces))))
            else:
                self._answers[name] = Answer(unread=unread)

    def _ask_workloads(self, namespaces: Collection[str]) -> None:
        query = QUERIES[_WORKLOADS]
        if len(namespaces) == 1:
            self._ask(_WORKLOADS, query._replace(namespaces=tuple(namespaces)))
        elif namespaces:
            self._ask(_WORKLOADS, query._replace(pages=1))
            self._listen()
            unread = self._answers[_WORKLOADS].unread
            if unread and unread.why is Why.NOT_ASKED:  # too many: those that crash are left out
                self._ask(_WORKLOADS, query._replace(selector=_NOT_RUNNING))
        else:
            self._answers[_WORKLOADS] = Answer()

    def _seal(self, kubernetes: str = "", **known: Any) -> Evidence:
        return Evidence(
            taken_at=datetime.now(UTC),
            target=self._api.kubeconfig.target._replace(kubernetes=kubernetes),
            answers=self._answers,
            clock_skew=self._api.clock_skew,
            cost=self._api.cost,
            **known,
        )


def _is_short(served: tuple[str, str]) -> bool:
    """Sort key: what takes the longest is asked for first."""
    return served[0] not in _LONG


def _start_client(stack: ExitStack) -> Process | Unread:
    """Start what tells which Flux Operator command line is here, if any is."""
    try:
        return stack.enter_context(Process([processes.find(_CLIENT), "version", "--client"]))
    except ProgramError as error:
        return error.unread


def _version_of(client: Process | Unread) -> str | Unread:
    if isinstance(client, Unread):
        return client
    try:
        client.wait(_CLIENT_SECONDS)
    except ProgramError as error:
        return error.unread
    said = client.output().stdout.decode(errors="replace")
    version = version_in(said).removeprefix("v")
    return version or Unread(Why.GARBLED, f"{_CLIENT} does not tell its version")


def _summary(answer: Answer) -> str:
    number = f"{len(answer.items)} objects"
    return number if answer.unread is None else f"{number}; {answer.unread.text}"


@contextmanager
def _without_gc() -> Iterator[None]:
    """Let the garbage collector rest: of what is read nothing is garbage, and it looks at all."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
