"""Sources that have an older revision than most others with the same URL and ref.

A source whose revision has not changed shows nothing of its checks. That others fetched a newer
revision shows what it should have fetched as well, whatever its Secret, spec.ignore or spec.verify
is (source-controller internal/controller reconcileSource: these fail the object, or change no
revision).
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.liveness import was_awake
from fluxstatus.state.overdue import PATIENCE
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

KINDS_WITH_TWINS = ("GitRepository", "OCIRepository")

_Origin: TypeAlias = tuple[str, ...]
"""The values that determine the revision of a source: its kind, URL, ref and proxy."""


class Older(NamedTuple):
    """A source with an older revision than its `twins`, the last of which has it `since` then."""

    resource: Resource
    twins: tuple[Resource, ...]
    since: datetime

    @property
    def newest(self) -> str:
        """The revision that the twins have."""
        return revision_of(self.twins[0])


def older_twins(state: State) -> Iterator[Older]:
    """Yield the sources that have an older revision than most others of the same URL and ref.

    As far as their status shows, they were last checked before the others stored that revision. If
    most have the older one, the ref may have been moved back, and the others were not checked.
    """
    by_origin: dict[_Origin, list[tuple[datetime, Resource]]] = defaultdict(list)
    for one in state.of_kind(*KINDS_WITH_TWINS):
        stored, origin = _stored(one), _origin_of(one)
        if stored and origin:
            by_origin[origin].append((stored, one))
    for found in by_origin.values():
        _, newest = max(found, key=lambda pair: pair[0])
        twins = [(at, one) for at, one in found if revision_of(one) == revision_of(newest)]
        if 2 * len(twins) <= len(found):
            continue
        first, since = min(at for at, _ in twins), max(at for at, _ in twins)
        for _, one in found:
            if _checked(one) < first:
                yield Older(one, tuple(twin for _, twin in twins), since)


def is_overdue(state: State, older: Older, settled: datetime | None) -> bool:
    """Return whether nothing has checked the source since its twin has the newer revision.

    It must have been due several times since its controller had *settled*. If the ref has just been
    moved back, its twins must have been due again as well. The cluster must have been awake for
    long enough: of a sleep, nothing is known but that nothing happened.
    """
    due, of_twins = _due(older.resource), [_due(twin) for twin in older.twins]
    began = max(older.since, settled) if settled else older.since
    if not all((due, *of_twins)) or state.now - began <= PATIENCE * due + max(of_twins):
        return False
    return was_awake(state, began + due, state.now - due)


def revision_of(source: Resource) -> str:
    """Return the revision of the artifact of *source*."""
    return text_of(map_of(source.status.get("artifact")).get("revision"))


def _stored(source: Resource) -> datetime | None:
    """Return when the artifact of *source* was stored, None unless it is of its current spec."""
    if source.verdict is not Verdict.READY or not revision_of(source):
        return None
    return when(map_of(source.status.get("artifact")).get("lastUpdateTime"))


def _checked(source: Resource) -> datetime:
    """Return the newest time at which the status of *source* shows a check that succeeded."""
    requested = when(source.status.get("lastHandledReconcileAt"))
    times = (_stored(source), source.since, source.changed, requested)
    return max(filter(None, times))


def _origin_of(source: Resource) -> _Origin | None:
    """Return what decides the revision of *source*, None if something of it was not read.

    That is spec.ref.semverFilter of an OCIRepository.
    """
    kind, spec = source.ref.kind, source.spec
    url, ref = text_of(spec.get("url")), map_of(spec.get("ref"))
    if not url or (kind == "OCIRepository" and ref.get("semver")):
        return None
    proxy = text_of(map_of(spec.get("proxySecretRef")).get("name"))
    place = f"{source.ref.namespace}/{proxy}" if proxy else ""
    return kind, url, json.dumps(ref, sort_keys=True), place


def _due(source: Resource) -> timedelta:
    """Return how long a check of *source* may take to come and to end, 0 if that is unknown."""
    every = interval_of(source)
    return timedelta(seconds=every) + timeout_of(source) if every else timedelta()
