"""Reading a part of a cluster: what one command needs and no more, by the door of the check."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import TypeVar
from urllib.parse import quote

from fluxstatus.cluster import discovery, paging
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.collector import QUERIES
from fluxstatus.cluster.paging import ListQuery
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Answer, Evidence, Object, Unread, Why
from fluxstatus.model.kinds import RESOURCES, Kind
from fluxstatus.state.deployments import CONTROLLERS, OPERATORS

_THREADS = 4  # requests at a time, as the check has it
_ABSENT = Unread(Why.ABSENT, "the API server does not serve it")
_NO_WAY = frozenset({Why.NO_PROGRAM, Why.NO_CONFIG, Why.LOGIN, Why.UNREACHABLE, Why.TIMEOUT})
"""Reasons that are no matter of one question."""

T = TypeVar("T")


class Reading:
    """What was read so far: `answers` by the names of collect.py, `served` as in an Evidence.

    `unreachable` is set as soon as it turns out that nothing can be asked.
    """

    def __init__(
        self, api: ApiClient, pool: ThreadPoolExecutor, access: Access,
        tell: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.answers: dict[str, Answer] = {}
        self.served: Mapping[str, str] | None = None
        self.unreachable: Unread | None = None
        self._missing = _ABSENT
        self._api, self._pool, self._tell = api, pool, tell
        self._namespaces, self._flags = access.namespaces, access.repeated

    def discover(self) -> bool:
        """Ask which kinds of Flux are served; False when the cluster cannot be asked at all."""
        try:
            self.served = discovery.served(self._api)
        except ProgramError as error:
            self._missing = error.unread
            if error.unread.why is not Why.FORBIDDEN:
                self.unreachable = error.unread
        return self.unreachable is None

    def of_kind(self, kind: Kind, name: str = "", namespace: str = "") -> tuple[str, ListQuery]:
        """Return the question for all objects of a Flux *kind*, or for those called *name*."""
        version = (self.served or {}).get(kind.resource, "")
        selector = f"fieldSelector=metadata.name={quote(name, safe='')}" if name else ""
        spaces = (namespace,) if namespace else ()
        return kind.resource, ListQuery(
            f"/apis/{kind.group}/{version}", kind.plural, selector, spaces
        )

    def in_flux_namespaces(self, *names: str) -> list[tuple[str, ListQuery]]:
        """Return the questions of collect.py with these *names*, for the namespaces of Flux."""
        items = (one for name in (CONTROLLERS, OPERATORS) for one in self.items(name))
        flux_namespaces = tuple(
            sorted({one["metadata"].get("namespace") or "" for one in items} - {""})
        )
        for name in () if flux_namespaces else names:
            unread = (self.answers[each].unread for each in (CONTROLLERS, OPERATORS)
                      if each in self.answers)  # fmt: skip
            self.answers[name] = Answer(unread=next(filter(None, unread), None))
        return [
            (name, QUERIES[name]._replace(namespaces=flux_namespaces))
            for name in names
            if flux_namespaces
        ]

    def items(self, name: str) -> tuple[Object, ...]:
        """Return the objects that the question *name* has brought so far."""
        return self.answers[name].items if name in self.answers else ()

    def ask(self, queries: Iterable[tuple[str, ListQuery]]) -> None:
        """Ask all *queries* at once; what several with one name bring is put together."""
        asked = []
        for name, query in queries:
            if name in RESOURCES and name not in (self.served or {}):
                self._keep(name, Answer(unread=self._missing))
            else:
                read = partial(paging.read, self._api, name, query, self._per_namespace)
                asked.append((name, self._pool.submit(read)))
        for name, future in asked:
            answer = future.result()
            self._tell(f"{name}: {len(answer.items)} objects")
            self._keep(name, answer)
            if answer.unread and answer.unread.why in _NO_WAY:
                self.unreachable = self.unreachable or answer.unread

    def while_starting(self, call: Callable[[ApiClient], T]) -> Future[T]:
        """Let *call* ask something of the door while other questions are put."""
        return self._pool.submit(call, self._api)

    def evidence(self, *, kubernetes: str = "", programs: Mapping[str, str | Unread] | None = None
                 ) -> Evidence:  # fmt: skip
        """Return all that was read as an Evidence; what was not asked for is unread in it."""
        target = self._api.kubeconfig.target._replace(kubernetes=kubernetes, flags=self._flags)
        return Evidence(
            taken_at=datetime.now(UTC),
            target=target,
            answers=dict(self.answers),
            served=self.served,
            programs=programs or {},
            clock_skew=self._api.clock_skew,
            unreachable=self.unreachable,
            cost=self._api.cost,
        )

    def _per_namespace(self) -> tuple[str, ...]:
        """Return the namespaces to ask for what may not be listed everywhere."""
        return self._namespaces or tuple(filter(None, [self._api.kubeconfig.namespace]))

    def _keep(self, name: str, answer: Answer) -> None:
        before = self.answers.get(name)
        if before is not None:
            known = [id_of(item) for item in before.items]
            new = (item for item in answer.items if id_of(item) not in known)
            answer = Answer((*before.items, *new), before.unread or answer.unread)
        self.answers[name] = answer


def id_of(item: Mapping[str, object]) -> tuple[object, object]:
    """Return the namespace and name of an object as it was read."""
    metadata = item.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return known.get("namespace"), known.get("name")


def _import(modules: Iterable[str]) -> None:
    for module in modules:
        import_module(f"fluxstatus.{module}")


@contextmanager
def reading(
    access: Access,
    *,
    tell: Callable[[str], None] = lambda _: None,
    while_starting: Iterable[str] = (),
) -> Iterator[Reading]:
    """Open the door to a cluster for a `with` block; *tell* gets a line for each answer.

    The modules *while_starting* are imported while kubectl starts, which takes as long. Raises
    nothing of its own: what is wrong with the way is told by what could not be read.
    """
    get_ready = partial(_import, while_starting)
    with ApiClient(access, get_ready) as api, ThreadPoolExecutor(_THREADS) as pool:
        try:
            yield Reading(api, pool, access, tell)
        except BaseException:
            api.abort()  # else the threads would go on, and be waited for
            raise
        cost = api.cost
        tell(f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s")
