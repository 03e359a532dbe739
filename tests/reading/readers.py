"""The three readers of a cluster, each as a function that reads every kind of Flux served."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from fluxstatus.cluster import Access
from fluxstatus.collect import collect
from fluxstatus.evidence import Answer, Object
from fluxstatus.kinds import KINDS, RESOURCES
from fluxstatus.listing.reading import Live, opened
from fluxstatus.options import Connection
from fluxstatus.reading import reading

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
    return collect(Access((), namespaces, TIMEOUT, patience)).answers


def by_command(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
    """Read as the commands do that need a part of a cluster, such as `versions`."""
    with reading(way(patience), timeout=TIMEOUT, namespaces=namespaces) as ours:
        ours.discover()
        ours.ask([ours.of_kind(RESOURCES[name]) for name in ours.served or {}])
        return ours.evidence().answers


def by_list(namespaces: tuple[str, ...] = (), patience: float | None = None) -> Read:
    """Read as the commands do that list, such as `get`."""
    found: dict[str, list[Object]] = defaultdict(list)
    with opened(way(patience), TIMEOUT, verbose=False) as door:
        live = Live(door, namespaces)
        for kind, batch in live.read(KINDS.values()):
            found[kind.resource] += batch
        return {name: Answer(tuple(found[name]), live.unread.get(name)) for name in RESOURCES}


def way(patience: float | None = None) -> Connection:
    """Return the options of a command that lead to the scripted API server."""
    return Connection(request_timeout=f"{patience}s" if patience else "")


READERS: Mapping[str, Reader] = {"check": by_check, "command": by_command, "list": by_list}
