"""Events as a list: those about objects of Flux and about Flux itself, the same told once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands.listing import Entry
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import FLUX_GROUPS
from fluxstatus.model.ref import Ref

_FOREIGN = ("Pod", "ReplicaSet", "Job", "CronJob", "Node", "StatefulSet", "DaemonSet", "Endpoints",
            "PersistentVolumeClaim", "HorizontalPodAutoscaler", "Ingress", "Lease")  # fmt: skip
"""Kinds that a busy cluster has most events about; of Flux's own namespaces they are told."""


class Wanted(NamedTuple):
    """Which events are asked for: about one object, of one type, not older than *since*."""

    about: Ref | None = None
    type: str = ""
    since: timedelta | None = None


@dataclass(slots=True)
class _Folded:
    """An event, and all that say the same."""

    event: Object
    about: Ref
    times: int
    first: datetime | None
    last: datetime | None


class Events:
    """The events that are *wanted*, the newest last; *folded* when the same is told once.

    With a *doubt* whether the object that they are about exists, this is the mistake if there is
    no event: one that is gone may still have some.
    """

    columns: tuple[str, ...] = ("NAMESPACE", "LAST", "TIMES", "TYPE", "REASON", "OBJECT", "MESSAGE")
    wide: tuple[str, ...] = (*columns[:-1], "FIRST", "FROM", "MESSAGE")

    def __init__(self, wanted: Wanted, *, folded: bool, doubt: NotFoundError | None = None) -> None:
        self._wanted, self._folded, self._doubt = wanted, folded, doubt

    def entries(self, cluster: Cluster) -> Iterator[list[Entry]]:
        """Return the entries, all at once."""
        found: dict[Hashable, _Folded] = {}
        for event in self._read(cluster):
            one = _looked_at(event)
            if self._is_old(one, cluster.now):
                continue
            key = self._key(one)
            if key in found:
                one = _fold(found[key], one)
            found[key] = one
        if found:
            self._doubt = None
        newest_last = sorted(found.items(), key=lambda pair: str(pair[1].last or ""))
        yield [_entry(key, one, cluster.now) for key, one in newest_last]

    def is_unread(self, cluster: Cluster) -> bool:
        """Whether events could not be read."""
        return "events" in cluster.unread

    def matters(self, _: str) -> bool:
        """Whether the list is not whole without something: it never is."""
        return True

    def mistake(self) -> NotFoundError | None:
        """Return the doubt, unless there was an event."""
        return self._doubt

    def none(self) -> str:
        """Say what there is none of."""
        about = f" about {self._wanted.about}" if self._wanted.about else ""
        kind = f"{self._wanted.type} " if self._wanted.type else ""
        return f"{kind}event{about or ' about Flux'}"

    def _key(self, one: _Folded) -> Hashable:
        if not self._folded:
            metadata = map_of(one.event.get("metadata"))
            return text_of(metadata.get("namespace")), text_of(metadata.get("name"))
        event = one.event
        return (*one.about, event.get("type"), event.get("reason"), event.get("message"))

    def _is_old(self, one: _Folded, now: datetime) -> bool:
        since = self._wanted.since
        return since is not None and one.last is not None and now - one.last > since

    def _read(self, cluster: Cluster) -> Iterator[Object]:
        """Return each event once."""
        type_ = f"type={self._wanted.type}" if self._wanted.type else ""
        if about := self._wanted.about:
            named = f"involvedObject.kind={about.kind},involvedObject.name={about.name}"
            # An event about what is in no namespace is in "default".
            where = about.namespace or "default"
            yield from cluster.events(",".join(filter(None, (named, type_))), where)
            return
        flux_namespaces = cluster.flux_namespaces()
        for namespace in cluster.namespaces:
            for event in cluster.events(type_, namespace):
                if namespace in flux_namespaces or _is_flux(event):
                    yield event
        if cluster.namespaces:
            return
        for home in flux_namespaces:
            yield from cluster.events(type_, home)
        others = ",".join(f"involvedObject.kind!={kind}" for kind in _FOREIGN)
        for event in cluster.events(",".join(filter(None, (others, type_)))):
            if (
                _is_flux(event)
                and map_of(event.get("metadata")).get("namespace") not in flux_namespaces
            ):
                yield event


def _is_flux(event: Object) -> bool:
    version = text_of(map_of(event.get("involvedObject")).get("apiVersion"))
    return version.partition("/")[0] in FLUX_GROUPS


def _looked_at(event: Object) -> _Folded:
    involved, series = map_of(event.get("involvedObject")), map_of(event.get("series"))
    names = ("apiVersion", "kind", "namespace", "name")
    times = series.get("count") or event.get("count") or 1
    created = map_of(event.get("metadata")).get("creationTimestamp")
    moments = ("lastTimestamp", "eventTime", "firstTimestamp")
    said = [when(event.get(name)) for name in moments]
    last = when(series.get("lastObservedTime")) or next(filter(None, said), None) or when(created)
    return _Folded(
        event,
        Ref(*(text_of(involved.get(name)) for name in names)),
        times if isinstance(times, int) else 1,
        when(event.get("firstTimestamp")) or when(event.get("eventTime")) or last,
        last,
    )


def _fold(one: _Folded, other: _Folded) -> _Folded:
    newest = max(one, other, key=lambda folded: str(folded.last or ""))
    first = min(filter(None, (one.first, other.first)), default=None)
    return _Folded(newest.event, one.about, one.times + other.times, first, newest.last)


def _entry(key: Hashable, one: _Folded, now: datetime) -> Entry:
    event = one.event
    by = text_of(event.get("reportingComponent")) or map_of(event.get("source")).get("component")
    cells: Mapping[str, str] = {
        "NAMESPACE": one.about.namespace,
        "LAST": ago(one.last, now) if one.last else "",
        "TIMES": str(one.times),
        "TYPE": text_of(event.get("type")),
        "REASON": text_of(event.get("reason")),
        "OBJECT": f"{one.about.kind.lower()}/{one.about.name}",
        "MESSAGE": mask(text_of(event.get("message")).strip()),
        "FIRST": ago(one.first, now) if one.first else "",
        "FROM": text_of(by),
    }
    times = {"LAST": one.last, "FIRST": one.first}
    return Entry(key, event, lambda column: cells[column], times)


TYPES: Sequence[str] = ("Normal", "Warning")
"""The types of events that there are."""
