"""The three readers of a cluster, each as a function that reads every kind of Flux served."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.list_reader import Live
from fluxstatus.cluster.reader import opened, reading
from fluxstatus.model.evidence import Answer, Object
from fluxstatus.model.kinds import KINDS, RESOURCES

TIMEOUT = 20.0  # seconds
PATIENCE = 1.0  # seconds for a request that stalls; also a busy machine answers others in it

Read: TypeAlias = Mapping[str, Answer]


class Reader(Protocol):
    """Returns an answer for each kind, by plural.group.

    Some namespaces may be chosen. With *patience*, a request may take so many seconds.
    """

    def __call__(self, namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
        """Read."""


def by_check(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
    """Read as the check does."""
    return collect(way(namespaces, patience)).answers


def by_command(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
    """Read as the commands do that need a part of a cluster, such as `versions`."""
    with reading(way(namespaces, patience)) as ours:
        ours.discover()
        ours.ask([ours.of_kind(RESOURCES[name]) for name in ours.served or {}])
        return ours.evidence().answers


def by_list(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
    """Read as the commands do that list, such as `get`."""
    found: dict[str, list[Object]] = defaultdict(list)
    with opened(way((), patience), tell=idle) as client:
        live = Live(client, namespaces)
        for kind, batch in live.read(KINDS.values()):
            found[kind.resource] += batch
        return {name: Answer(tuple(found[name]), live.unread.get(name)) for name in RESOURCES}


def way(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Access:
    """Return the way to the scripted API server."""
    return Access((), namespaces, TIMEOUT, patience)


def idle(_: str) -> None:
    """Leave what is told."""


READERS: Mapping[str, Reader] = {"check": by_check, "command": by_command, "list": by_list}
