"""The row of a Flux object: its status and revisions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from fluxstatus.base.durations import ago, listed_age, stamp
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.cluster.pruning import prune
from fluxstatus.commands.get.sources import Sources
from fluxstatus.commands.get.statics import HELD, Standing, Statics
from fluxstatus.commands.get.waiting import Waiting, sentence
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import Kind
from fluxstatus.state.failures import failing_since
from fluxstatus.state.intervals import written_interval
from fluxstatus.state.overdue import Overdue, overdue
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import source_of
from fluxstatus.state.requests import pending_request
from fluxstatus.state.resource import IN_PROGRESS, Resource, Verdict, suspender_of
from fluxstatus.state.revisions import (
    CONSUMERS,
    Lag,
    abbreviated,
    chart_version,
    lag_behind,
    missing_result,
    short,
)

if TYPE_CHECKING:
    from fluxstatus.causes.cause import Cause

COLUMNS = ("NAMESPACE", "NAME", "READY", "SUSPENDED", "SINCE", "WANTED", "APPLIED", "MESSAGE")
WIDE = (*COLUMNS[:-1], "TIME", "AGE", "REASON", "INTERVAL", "SOURCE", "OWNER", "MESSAGE")

_READY: Mapping[Verdict, str] = {
    Verdict.READY: "True",
    Verdict.STATIC: "-",
    Verdict.FAILED: "False",
    Verdict.STALLED: "False",
}
_IN_MESSAGE = frozenset({*_READY, Verdict.RECONCILING, Verdict.SUSPENDED} - {Verdict.STALLED})
"""Verdicts that the message of the controller already expresses."""


@dataclass(frozen=True)
class Row:
    """An object in a list, with the data for its columns and filters."""

    item: Object
    resource: Resource
    sources: Sources
    waiting: Waiting
    statics: Statics

    @cached_property
    def standing(self) -> Standing | None:
        """How it stands, if its status does not show that."""
        return self.statics.of(self.resource)

    @cached_property
    def source(self) -> Resource | None:
        """The source of its artifact, None if unknown."""
        return self.sources.of(self.resource)

    @cached_property
    def ready(self) -> str:
        """The verdict as True, False or Unknown; - for an address that has no status."""
        if self.standing:
            return self.standing.ready
        if self.failing:
            return "False"
        verdict = self.resource.verdict
        if verdict is Verdict.SUSPENDED:  # its status is no longer updated
            return text_of(self.resource.condition("Ready").get("status")) or "Unknown"
        return "Unknown" if missing_result(self.resource) else _READY.get(verdict, "Unknown")

    @cached_property
    def failing(self) -> "Cause | None":
        """Its own fault where Ready does not show it.

        That is the failure of its last attempt while the next one runs, or a source that does not
        exist and that its controller does not report.
        """
        verdict = self.resource.verdict
        if verdict not in (Verdict.RECONCILING, Verdict.NEVER):
            return None
        cause = self.waiting.own_cause(self.resource)
        return cause if cause and (verdict is Verdict.RECONCILING or cause.fault.missing) else None

    @cached_property
    def lag(self) -> Lag | None:
        """The wanted and the applied revision, None if unknown."""
        consumes = self.source is not None and self.resource.ref.kind in CONSUMERS
        return lag_behind(self.source, self.resource) if consumes and self.source else None

    @cached_property
    def overdue(self) -> Overdue | None:
        """Since when it should have been reconciled again, None if it is in time."""
        return overdue(self.resource, self.sources.cluster.now)

    @cached_property
    def since(self) -> datetime | None:
        """Since when it has been so, as the check knows it, from its status and its events."""
        fails = self.failing or self.resource.verdict in (Verdict.FAILED, Verdict.STALLED)
        cause = self.waiting.own_cause(self.resource) if fails else None
        return (cause and cause.since) or failing_since(self.resource)

    @property
    def is_stale(self) -> bool:
        """Whether it is behind its wanted revision, its spec or a reconcile request."""
        behind = self.lag is not None and self.lag.wanted != self.lag.applied
        outdated = self.resource.verdict is Verdict.OUTDATED
        return behind or outdated or bool(pending_request(self.resource))

    @cached_property
    def waits_for(self) -> "tuple[Cause, ...]":
        """The faults of other objects that it waits for, as far as these were read."""
        return self.waiting.causes_of(self.resource)

    def message(self) -> str:
        """Return its status, in the words of the controller where these are current.

        Of an object that waits for another it is what it waits for. Of a suspended object it
        begins with who suspended it, if that is known.
        """
        resource = self.resource
        if self.standing:
            return self.standing.message
        if path := missing_result(resource):
            return f"{path} is not set: {resource.message}"
        message = "" if resource.verdict is Verdict.STATIC else resource.message
        message = sentence(self.waits_for, resource.ref) or self._failure() or message
        verdict = "" if resource.verdict in _IN_MESSAGE else resource.verdict.value
        if resource.verdict is Verdict.SUSPENDED and (suspender := suspender_of(resource)):
            verdict = f"{resource.verdict.value} by {suspender}"
        if late := self.overdue:
            since = ago(late.last, self.sources.cluster.now)
            verdict = f"overdue, last reconciled {since} ago"
        parts = (verdict, message)
        return ": ".join(part for part in parts if part)

    def _failure(self) -> str:
        """Return what fails, where the message of its controller does not say it; else nothing."""
        if self.failing is None:
            return ""
        diagnosis = self.failing.fault.diagnosis
        failed = diagnosis.fields().get("failures")
        return f"{failed}; the next attempt is running" if failed else diagnosis.headline

    def is_suspended(self, longer: timedelta) -> bool:
        """Return whether it is suspended for *longer* than that, as far as is known."""
        resource = self.resource
        since = resource.since if resource.verdict is Verdict.SUSPENDED else None
        return resource.suspended and (since is None or self.sources.cluster.now - since > longer)


FILTERS: Mapping[str, Callable[[Row], bool]] = {
    "not_ready": lambda row: row.ready not in ("True", "-"),
    "suspended": lambda row: row.resource.suspended,
    "stale": lambda row: row.is_stale,
    "reconciling": lambda row: row.resource.verdict in {*IN_PROGRESS, Verdict.STUCK},
}
"""The filters applied to the list, keyed by option name."""


_REVISIONS = frozenset({"WANTED", "APPLIED"})


def cell(row: Row, column: str, *, with_kind: bool, whole: bool = False) -> str:
    """Return the text in *column*, with the hashes of revisions abbreviated unless *whole*.

    *with_kind* adds the kind to the name, as kubectl does.
    """
    if with_kind and column == "NAME":
        return f"{row.resource.ref.kind.lower()}/{row.resource.ref.name}"
    text = _CELL[column](row, row.sources.cluster)
    return abbreviated(short(text)) if column in _REVISIONS and not whole else text


def _wanted(row: Row) -> str:
    """Return the wanted revision, reference or version."""
    resource = row.resource
    if resource.ref.kind == "FluxInstance":
        return text_of(resource.get("spec", "distribution", "version"))
    reference = map_of(resource.spec.get("ref"))
    if resource.kind.step == "sources":
        # The precedence of source-controller.
        for name in ("digest", "commit", "name", "semver", "tag", "branch"):
            if reference.get(name):
                return text_of(reference[name])
        return text_of(resource.spec.get("version"))
    return row.lag.wanted if row.lag else _artifact(row.source)


def _artifact(source: Resource | None) -> str:
    """Return the revision of the artifact of *source*."""
    return text_of(source.get("status", "artifact", "revision")) if source else ""


def _applied(row: Row) -> str:
    resource = row.resource
    if row.lag:
        return row.lag.applied
    if resource.ref.kind == "HelmRelease":
        return chart_version(resource)
    return _artifact(resource) or text_of(resource.status.get("lastAppliedRevision"))


def _source(row: Row) -> str:
    """Return the source of the artifact, or the URL of a source."""
    resource, key = row.resource, source_of(row.resource)
    if key is None:
        spec = map_of(resource.get("spec"))
        return next((text_of(spec[n]) for n in ("url", "endpoint", "image") if spec.get(n)), "")
    kind, namespace, name = key
    return f"{kind}/{name}" if namespace == resource.ref.namespace else f"{kind}/{namespace}/{name}"


def _owner(row: Row) -> str:
    return ",".join("/".join(creator) for creator in creators_of(row.resource.labels))


_CELL: Mapping[str, Callable[[Row, Cluster], str]] = {
    "NAMESPACE": lambda row, _: row.resource.ref.namespace,
    "NAME": lambda row, _: row.resource.ref.name,
    "READY": lambda row, _: row.ready,
    "SUSPENDED": lambda row, _: str(row.resource.suspended),
    "SINCE": lambda row, at: listed_age(row.since, at.now),
    "TIME": lambda row, _: stamp(row.since) if row.since else "",
    "WANTED": lambda row, _: _wanted(row),
    "APPLIED": lambda row, _: _applied(row),
    "AGE": lambda row, at: listed_age(row.resource.created, at.now),
    "REASON": lambda row, _: row.resource.reason,
    "INTERVAL": lambda row, _: written_interval(row.resource),
    "SOURCE": lambda row, _: _source(row),
    "OWNER": lambda row, _: _owner(row),
    "MESSAGE": lambda row, _: row.message(),
}


def rows(cluster: Cluster, kinds: Iterable[Kind]) -> Iterator[list[Row]]:
    """Yield the rows of all objects of *kinds* as they are read, in batches of one kind.

    Those of HELD come once all of them were read. Errors are in `cluster.unread`.
    """
    kinds, sources, held = list(kinds), Sources(cluster), list[list[Row]]()
    waiting = Waiting(sources)
    statics = Statics(cluster, lambda: waiting.warnings)
    unfiltered = not (cluster.namespaces or cluster.selector)
    last: Kind | None = None
    for kind, items in cluster.read(kinds):
        if last and last is not kind and unfiltered:
            sources.mark_complete(last)
        last = kind
        if held and kind not in HELD:
            statics.are_complete(kinds[: kinds.index(kind)])
            yield from held
            held = []
        batch = [
            Row(item, _resource_of(cluster, kind, item), sources, waiting, statics)
            for item in items
        ]
        waiting.add(row.resource for row in batch)
        if kind.step == "sources":
            sources.add(row.resource for row in batch)
        statics.add(row.resource for row in batch)
        if kind in HELD:
            held.append(batch)
        else:
            yield batch
    statics.are_complete(kinds)
    yield from held


def _resource_of(cluster: Cluster, kind: Kind, item: Object) -> Resource:
    return Resource(kind, prune(kind.resource, item) if cluster.unpruned else item, cluster.now)
