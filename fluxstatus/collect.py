"""What is asked of a cluster: each thing once, as much at a time as is polite, nothing but lists.

Answers go by the names in QUESTIONS and, for the kinds of Flux, by plural.group: the API server
says which of them it serves, and in which version.
"""

import gc
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import quote

from fluxstatus import discovery, programs
from fluxstatus.cluster import Access, Door
from fluxstatus.evidence import Answer, Evidence, Object, Unread, Why
from fluxstatus.kinds import OPERATOR, RESOURCES
from fluxstatus.programs import Process, ProgramError
from fluxstatus.prune import prune

Answers: TypeAlias = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Question:
    """A list to ask for: everywhere, or in some `namespaces`; at most so many `pages`, 0: all."""

    base: str
    plural: str
    selector: str = ""
    namespaces: tuple[str, ...] = ()
    pages: int = 0

    @property
    def api_version(self) -> str:
        """The group and version of what it asks for."""
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def rule(self) -> str:
        """The RBAC permission that it takes."""
        group, slash, _ = self.api_version.partition("/")
        return f"list {self.plural}.{group}" if slash else f"list {self.plural}"

    def path(self, namespace: str, token: str) -> str:
        """Give the path of a page in one namespace, or everywhere if that is empty."""
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        wanted = (f"limit={_PAGE}", self.selector, token and f"continue={quote(token, safe='')}")
        return f"{self.base}{inside}/{self.plural}?{'&'.join(filter(None, wanted))}"


_APPS, _CORE = "/apis/apps/v1", "/api/v1"
_DEPLOYMENTS = ("deployments.apps/controllers", "deployments.apps/operator")
_WORKLOADS = "workload-pods"

QUESTIONS: Mapping[str, Question] = {
    # The controllers of Flux, and the Flux Operator, wherever they are.
    _DEPLOYMENTS[0]: Question(_APPS, "deployments", "labelSelector=app.kubernetes.io/part-of=flux"),
    _DEPLOYMENTS[1]: Question(
        _APPS, "deployments", f"labelSelector=app.kubernetes.io/name={OPERATOR}"
    ),
    # What went wrong lately: a cluster in trouble has any number of them.
    "events": Question(_CORE, "events", "fieldSelector=type=Warning", pages=4),
    # In the namespaces of those Deployments.
    "pods": Question(_CORE, "pods"),
    "services": Question(_CORE, "services"),
    # In the one namespace whose workloads keep something waiting; of several, what does not run.
    _WORKLOADS: Question(_CORE, "pods", pages=4),
}
"""What is asked beyond the kinds of Flux, by the name of its answer."""

_ABSENT = Unread(Why.ABSENT, "the API server does not serve it")
_NOT_RUNNING = "fieldSelector=status.phase!=Running,status.phase!=Succeeded"
_THREADS = 4  # requests at a time; more are not faster
_PAGE = 500  # objects, as kubectl has it; 10,000 objects are not read faster in larger pages
_CLIENT = "flux-operator"
_CLIENT_SECONDS = 5.0


def nowhere(_: Answers) -> set[str]:
    """Name no namespace."""
    return set()


def collect(
    access: Access,
    progress: Callable[[str], None] = lambda _: None,
    workload_namespaces: Callable[[Answers], set[str]] = nowhere,
) -> Evidence:
    """Ask the cluster, and give what it said; whatever the cluster does, this does not raise.

    *progress* is told of each answer when it is there. *workload_namespaces* says, from the
    answers, in which namespaces Pods keep something waiting. It takes `access.timeout` seconds at
    most, and SIGTERM and SIGHUP end it with SystemExit.
    """
    with (
        programs.unwinding(),
        _without_gc(),
        Door(access) as door,
        ThreadPoolExecutor(_THREADS) as pool,
    ):
        try:
            return _Run(access, door, pool, progress).evidence(workload_namespaces)
        except BaseException:
            door.shut()  # else the threads would go on, and be waited for
            raise


class _Run:
    """One run: what is being asked, and what is answered so far."""

    def __init__(
        self, access: Access, door: Door, pool: ThreadPoolExecutor, progress: Callable[[str], None]
    ) -> None:
        self._chosen = access.namespaces
        self._door, self._pool, self._progress = door, pool, progress
        self._asked: dict[Future[Answer], str] = {}
        self._answers: dict[str, Answer] = {}
        self._began = time.monotonic()

    def evidence(self, workload_namespaces: Callable[[Answers], set[str]]) -> Evidence:
        served, missing = None, _ABSENT
        try:
            served = discovery.served(self._door)  # alone, for the first answer decides
        except ProgramError as error:
            missing = error.unread
            if missing.why is not Why.FORBIDDEN:
                return self._seal(unreachable=missing)
        self._answers.update(dict.fromkeys(RESOURCES, Answer(unread=missing)))
        self._chosen = self._chosen or tuple(filter(None, [self._door.kubeconfig.namespace]))
        with ExitStack() as stack:
            client = _start_client(stack)
            for name in (*_DEPLOYMENTS, "events"):
                self._ask(name, QUESTIONS[name])
            version = self._pool.submit(discovery.version, self._door)
            for name, preferred in (served or {}).items():
                plural, _, group = name.partition(".")
                self._ask(name, Question(f"/apis/{group}/{preferred}", plural))
            self._listen(_DEPLOYMENTS)
            self._ask_in_homes()
            self._listen()
            self._ask_workloads(workload_namespaces(self._answers))
            self._listen()
            return self._seal(
                kubernetes=version.result(), served=served, programs={_CLIENT: _version_of(client)}
            )

    def _ask(self, name: str, question: Question) -> None:
        self._asked[self._pool.submit(_answer, self._door, name, question, self._chosen)] = name

    def _listen(self, names: Collection[str] = ()) -> None:
        """Wait for the answers to these questions, or to all that were asked."""
        awaited = [future for future, name in self._asked.items() if not names or name in names]
        for future in as_completed(awaited):
            name = self._asked.pop(future)
            answer = self._answers[name] = future.result()
            seconds = time.monotonic() - self._began
            self._progress(f"{name}: {_summary(answer)}, after {seconds:.2f} s")

    def _ask_in_homes(self) -> None:
        """Ask for what is beside the Deployments; what is unknown of these is so of that, too."""
        deployments = [self._answers[name] for name in _DEPLOYMENTS]
        unread = next((each.unread for each in deployments if each.unread), None)
        items = (item for each in deployments for item in each.items)
        homes = {home for item in items if (home := item["metadata"].get("namespace"))}
        for name in ("pods", "services"):
            if homes:
                self._ask(name, replace(QUESTIONS[name], namespaces=tuple(sorted(homes))))
            else:
                self._answers[name] = Answer(unread=unread)

    def _ask_workloads(self, namespaces: Collection[str]) -> None:
        question = QUESTIONS[_WORKLOADS]
        if len(namespaces) == 1:
            self._ask(_WORKLOADS, replace(question, namespaces=tuple(namespaces)))
        elif namespaces:
            self._ask(_WORKLOADS, replace(question, selector=_NOT_RUNNING))
        else:
            self._answers[_WORKLOADS] = Answer()

    def _seal(self, kubernetes: str = "", **known: Any) -> Evidence:
        return Evidence(
            taken_at=datetime.now(UTC),
            target=replace(self._door.kubeconfig.target, kubernetes=kubernetes),
            answers=self._answers,
            clock_skew=self._door.clock_skew,
            cost=self._door.cost,
            **known,
        )


def _answer(door: Door, name: str, question: Question, chosen: tuple[str, ...]) -> Answer:
    """Ask everywhere or, where that is forbidden, in the *chosen* namespaces one by one."""
    if question.namespaces:
        return _answer_in(door, name, question, question.namespaces, None)
    items, unread = _list(door, name, question, "")
    if unread is not None and unread.why is Why.FORBIDDEN and chosen:
        return _answer_in(door, name, question, chosen, unread)
    return Answer(tuple(items), unread)


def _answer_in(
    door: Door, name: str, question: Question, namespaces: tuple[str, ...], unread: Unread | None
) -> Answer:
    found: list[Object] = []
    read = []
    for namespace in namespaces:
        items, problem = _list(door, name, question, namespace)
        found += items
        unread = unread or problem
        if problem is None:
            read.append(namespace)
    return Answer(tuple(found), unread, tuple(read))


def _list(
    door: Door, name: str, question: Question, namespace: str
) -> tuple[list[Object], Unread | None]:
    """Read a list page by page; give what was read, and why that is not all if it is not."""
    items: list[Object] = []
    token, pages = "", 0
    try:
        while True:
            page = _page(door, question, namespace, token)
            for item in page["items"]:
                item["apiVersion"] = page["apiVersion"]
                item["kind"] = page["kind"].removesuffix("List")
                items.append(prune(name, item))
            token, pages = _next(page), pages + 1
            if not token:
                return items, None
            if pages == question.pages:
                text = f"only the first {len(items)} were asked for"
                return items, Unread(Why.NOT_ASKED, text)
    except ProgramError as error:
        return items, error.unread


def _page(door: Door, question: Question, namespace: str, token: str) -> Object:
    """Give one page of a list. Raises ProgramError."""
    for _ in range(2):
        reply = door.get(question.path(namespace, token))
        if reply.status != HTTPStatus.GONE or not _next(reply.json()):
            break
        # The list is older than the server keeps; it offers to go on with the present one.
        token = _next(reply.json())
    if reply.status != HTTPStatus.OK:
        where = f" in namespace {namespace}" if namespace else " in all namespaces"
        raise ProgramError(reply.refusal(question.rule, where))
    page = reply.json()
    if not _is_list(page, question):
        raise ProgramError(Unread(Why.GARBLED, "the answer is not the list that was asked for"))
    return page


def _next(page: Object) -> str:
    """Give the token for the page after *page*, empty when there is none."""
    metadata = page.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""


def _is_list(page: Object, question: Question) -> bool:
    items = page.get("items")
    return (
        str(page.get("kind")).endswith("List")
        and page.get("apiVersion") == question.api_version
        and isinstance(page.get("metadata"), dict)
        and isinstance(items, list)
        and all(isinstance(i, dict) and isinstance(i.get("metadata"), dict) for i in items)
    )


def _start_client(stack: ExitStack) -> Process | Unread:
    """Start what tells which Flux Operator command line is here, if any is."""
    try:
        return stack.enter_context(Process([programs.find(_CLIENT), "version", "--client"]))
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
    version = re.search(r"\d+\.\d+\.\d+[\w.+-]*", said)
    return version[0] if version else Unread(Why.GARBLED, f"{_CLIENT} does not tell its version")


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
