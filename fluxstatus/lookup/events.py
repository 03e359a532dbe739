"""The events of one object, including Normal ones, and merging repeated events."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from fluxstatus.cluster import paging, queries
from fluxstatus.cluster.client import ApiClient
from fluxstatus.model.evidence import Unread
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import Event, events_in

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ObjectEvents:
    """The merged events of an object, the newest first, or why they were not read."""

    items: tuple[Event, ...] = ()
    unread: Unread | None = None


def selector(ref: Ref) -> str:
    """Return the field selector for the events about *ref*."""
    return f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}"


def read(api: ApiClient, ref: Ref) -> ObjectEvents:
    """Return the events about *ref*, of any type."""
    query = queries.events(selector(ref), (ref.namespace,))
    answer = paging.read(api, "events", query, tuple)
    found = (event for key, event in events_in(answer.known) if key == ref.key)
    return ObjectEvents(newest_first(found), answer.unread)


def newest_first(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return *events* about one object with repeated ones merged, the newest first."""
    keyed = (((event.type, event.reason, event.message), event, None) for event in events)
    found = [event for event, _ in merged(keyed).values()]
    return tuple(sorted(found, key=lambda event: (event.last, event), reverse=True))


def merged(events: Iterable[tuple[Hashable, Event, T]]) -> dict[Hashable, tuple[Event, T]]:
    """Return the events by key: those with the same key are one, with the sum of their counts.

    The third value of each is any data; that of the newest event is kept, and its message.
    """
    found: dict[Hashable, tuple[Event, T]] = {}
    for key, event, data in events:
        if key not in found:
            found[key] = event, data
            continue
        known, known_data = found[key]
        is_newer = (event.last, event.message) > (known.last, known.message)
        both = (event if is_newer else known)._replace(
            times=known.times + event.times,
            first=min(known.first, event.first),
            last=max(known.last, event.last),
        )
        found[key] = both, (data if is_newer else known_data)
    return found
