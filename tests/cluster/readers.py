"""The three readers of a cluster, as functions that read all served kinds of Flux."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.list_reader import Live
from fluxstatus.cluster.reader import opened, reading
from fluxstatus.model.evidence import Answer, Incomplete, Object, Read, Unread
from fluxstatus.model.kinds import KINDS, RESOURCES

TIMEOUT = 20.0  # seconds
PATIENCE = 1.0  # seconds for a request; even a busy machine answers in that time

Answers: TypeAlias = Mapping[str, Answer]


class Reader(Protocol):
    """A function that returns an answer for each kind, by plural.group.

    *namespaces* is as for `-n`; *patience* is the timeout of a request in seconds.
    """

    def __call__(self, namespaces: tuple[str, ...] = (), patience: float | None = None) -> Answers:
        """Return the answers."""


def by_check(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Answers:
    """Return what the check reads."""
    return collect(way(namespaces, patience)).answers


def by_command(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Answers:
    """Return what a command reads that needs a part of the cluster, such as `versions`."""
    with reading(way(namespaces, patience)) as ours:
        ours.discover()
        ours.query([ours.of_kind(RESOURCES[name]) for name in ours.served or {}])
        return ours.evidence().answers


def by_list(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Answers:
    """Return what a command reads that lists objects, such as `get`."""
    found: dict[str, list[Object]] = defaultdict(list)
    with opened(way((), patience), report=idle) as client:
        live = Live(client, namespaces)
        for kind, batch in live.read(KINDS.values()):
            found[kind.resource] += batch
        return {name: _answer(found[name], live.unread.get(name)) for name in RESOURCES}


def _answer(items: Iterable[Object], unread: Unread | None) -> Answer:
    return Incomplete(unread, tuple(items)) if unread else Read(tuple(items))


def way(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Access:
    """Return the access to the scripted API server."""
    return Access((), namespaces, Deadline(TIMEOUT), patience)


def idle(_: str) -> None:
    """Ignore progress."""


READERS: Mapping[str, Reader] = {"check": by_check, "command": by_command, "list": by_list}
