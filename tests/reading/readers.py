"""The three readers of a cluster, each as a function that reads every kind of Flux served."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeAlias

from fluxstatus.cluster import Access
from fluxstatus.collect import collect
from fluxstatus.evidence import Answer, Object
from fluxstatus.kinds import KINDS, RESOURCES
from fluxstatus.listing.reading import Live, opened
from fluxstatus.options import Connection
from fluxstatus.reading import reading

TIMEOUT = 20.0  # seconds
REQUEST_TIMEOUT = 0.5  # seconds
WAY = Connection(request_timeout=f"{REQUEST_TIMEOUT}s")

Read: TypeAlias = Mapping[str, Answer]
Reader: TypeAlias = Callable[[tuple[str, ...]], Read]
"""Returns an answer for each kind, by plural.group; some namespaces may be chosen."""


def by_check(namespaces: tuple[str, ...] = ()) -> Read:
    """Read as the check does."""
    access = Access(namespaces=namespaces, timeout=TIMEOUT, request_timeout=REQUEST_TIMEOUT)
    return collect(access).answers


def by_command(namespaces: tuple[str, ...] = ()) -> Read:
    """Read as the commands do that need a part of a cluster, such as `versions`."""
    with reading(WAY, timeout=TIMEOUT, namespaces=namespaces) as ours:
        ours.discover()
        ours.ask([ours.of_kind(RESOURCES[name]) for name in ours.served or {}])
        return ours.evidence().answers


def by_list(namespaces: tuple[str, ...] = ()) -> Read:
    """Read as the commands do that list, such as `get`."""
    found: dict[str, list[Object]] = defaultdict(list)
    with opened(WAY, TIMEOUT, verbose=False) as door:
        live = Live(door, namespaces)
        for kind, batch in live.read(KINDS.values()):
            found[kind.resource] += batch
        return {name: Answer(tuple(found[name]), live.unread.get(name)) for name in RESOURCES}


READERS: Mapping[str, Reader] = {"check": by_check, "command": by_command, "list": by_list}
