"""The events about Flux objects and about Flux itself as a list, repeated events merged."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import listed_age, stamp
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.masking import mask
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands.listing import ListEntry
from fluxstatus.lookup.events import merged, selector
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import FLUX_GROUPS
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import Event, events_in

_FOREIGN = ("Pod", "ReplicaSet", "Job", "CronJob", "Node", "StatefulSet", "DaemonSet", "Endpoints",
            "PersistentVolumeClaim", "HorizontalPodAutoscaler", "Ingress", "Lease")  # fmt: skip
"""The kinds with the most events in a busy cluster; they are listed only in the Flux namespaces."""


_DURATION = late_pattern(r"\b(?:\d+(?:\.\d+)?(?:[mµun]?s|[hm]))+\b")
"""A duration as Go writes it: how long an attempt took makes no other event."""

_Found: TypeAlias = tuple[Hashable, tuple[Event, Object]]
"""An event, with its key in the list and as the API server has it."""


class EventQuery(NamedTuple):
    """The events to list: about one object, of one type, not older than *since*.

    Of all these, only the newest, as many as *tail*, or all with -1 and without it.
    """

    about: Ref | None = None
    type: str = ""
    since: timedelta | None = None
    tail: int | None = None


class Events:
    """The *wanted* events, the newest last; *merged* makes repeated events one entry.

    Those that differ only in durations are repeated; the entry has the newest message.

    *error* is reported when there is no event: the object does not exist, and it may have existed.
    """

    columns: tuple[str, ...] = ("NAMESPACE", "LAST", "TIMES", "TYPE", "REASON", "OBJECT", "MESSAGE")
    wide: tuple[str, ...] = (*columns[:-1], "TIME", "FIRST", "FROM", "MESSAGE")
    has_verdicts = False

    def __init__(
        self, wanted: EventQuery, *, merged: bool, error: ArgumentError | None = None
    ) -> None:
        self._wanted, self._merged, self._error = wanted, merged, error
        self._left_out: Mapping[Hashable, Event] | None = None

    def entries(self, cluster: Cluster) -> Iterator[list[ListEntry]]:
        """Yield the entries in one batch."""
        found = merged(self._keyed(cluster))
        if found:
            self._error = None
        newest_last = self._newest(sorted(found.items(), key=_place))
        yield [_entry(key, event, raw, cluster.now) for key, (event, raw) in newest_last]

    def _newest(self, found: Sequence[_Found]) -> Sequence[_Found]:
        """Return the events that `tail` leaves; later, also each that is new or repeated."""
        if self._left_out is None:
            tail = self._wanted.tail
            count = len(found) if tail is None or tail < 0 else tail
            older = found[: max(len(found) - count, 0)]
            self._left_out = {key: event for key, (event, _) in older}
        return [one for one in found if self._left_out.get(one[0]) != one[1][0]]

    def is_unread(self, cluster: Cluster) -> bool:
        """Return whether the events were not read."""
        return "events" in cluster.unread

    def requires(self, _: str) -> bool:
        """Return True: anything unread makes this list incomplete."""
        return True

    def not_found(self) -> ArgumentError | None:
        """Return the error for an object that does not exist and has no events."""
        return self._error

    def are_optional(self, _: Sequence[str]) -> bool:
        """Return False: all kinds that are read are needed."""
        return False

    def none_found(self, where: str) -> str:
        """Return the sentence that no entry was found; *where* is empty or the namespaces."""
        about = f" about {self._wanted.about}" if self._wanted.about else ""
        kind = f"{self._wanted.type} " if self._wanted.type else ""
        return f"no {kind}event{about or ' about Flux'} was found{where}"

    def _keyed(self, cluster: Cluster) -> Iterator[tuple[Hashable, Event, Object]]:
        """Yield the events that are new enough, each with its key in the list."""
        since = self._wanted.since
        for raw in self._read(cluster):
            for _, event in events_in([raw]):
                if since is None or cluster.now - event.last <= since:
                    yield self._key(raw, event), event, raw

    def _key(self, raw: Object, event: Event) -> Hashable:
        if not self._merged:
            metadata = map_of(raw.get("metadata"))
            return text_of(metadata.get("namespace")), text_of(metadata.get("name"))
        return *_object_of(raw), event.type, event.reason, _DURATION.sub("0s", event.message)

    def _read(self, cluster: Cluster) -> Iterator[Object]:
        """Yield each event once, as the API server has it."""
        of_type = [f"type={self._wanted.type}"] if self._wanted.type else []
        if about := self._wanted.about:
            # Events about objects without a namespace are in "default".
            namespace = about.namespace or "default"
            yield from cluster.events(",".join([selector(about), *of_type]), namespace)
            return
        flux_namespaces = cluster.flux_namespaces()
        for namespace in cluster.namespaces:
            for event in cluster.events(",".join(of_type), namespace):
                if namespace in flux_namespaces or _is_flux(event):
                    yield event
        if cluster.namespaces:
            return
        for namespace in flux_namespaces:
            yield from cluster.events(",".join(of_type), namespace)
        others = [f"involvedObject.kind!={kind}" for kind in _FOREIGN]
        for event in cluster.events(",".join([*others, *of_type])):
            if (
                _is_flux(event)
                and map_of(event.get("metadata")).get("namespace") not in flux_namespaces
            ):
                yield event


def _place(entry: _Found) -> tuple[object, ...]:
    """Return the sort key of an entry: its time, in seconds, then what decides between equals."""
    key, (event, raw) = entry
    return event.last, _object_of(raw), event, str(key)


def _object_of(event: Object) -> Ref:
    involved = map_of(event.get("involvedObject"))
    names = ("apiVersion", "kind", "namespace", "name")
    return Ref(*(text_of(involved.get(name)) for name in names))


def _is_flux(event: Object) -> bool:
    return _object_of(event).api_version.partition("/")[0] in FLUX_GROUPS


def _entry(key: Hashable, event: Event, raw: Object, now: datetime) -> ListEntry:
    source = map_of(raw.get("source")).get("component")
    about = _object_of(raw)
    cells: Mapping[str, str] = {
        "NAMESPACE": about.namespace,
        "LAST": listed_age(event.last, now),
        "TIME": stamp(event.last),
        "TIMES": str(event.times),
        "TYPE": event.type,
        "REASON": event.reason,
        "OBJECT": f"{about.kind.lower()}/{about.name}",
        "MESSAGE": mask(event.message),
        "FIRST": listed_age(event.first, now),
        "FROM": text_of(raw.get("reportingComponent")) or text_of(source),
    }
    times = {"LAST": event.last, "FIRST": event.first}
    return ListEntry(key, raw, lambda column: cells[column], times)
