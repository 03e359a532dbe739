"""Receivers whose webhook nobody calls, part of step 6: they are Ready all the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, read_whole
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import hint
from fluxstatus.model.ref import Key
from fluxstatus.state.receivers import Receivers
from fluxstatus.state.references import source_of
from fluxstatus.state.requests import REQUESTED_AT
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

STEP_ID = "reconcilers"
_NEVER_CALLED = Code(
    "receiver-never-called",
    "The webhook of a Receiver has never been called, although its sources have changed.",
)
CODES = (_NEVER_CALLED,)

_SOURCES = ("GitRepository", "OCIRepository", "Bucket")
_PUSHES = ("push", "refs_changed")
"""A part of each event that a Git server sends for commits.

Upstream: notification-controller docs/spec/v1/receivers.md.
"""

_SETUP = timedelta(hours=1)
"""How long after a Receiver was created its webhook may not be registered yet."""


def webhooks(analysis: Analysis) -> Iterator[Finding]:
    """Yield the Receivers that have never requested anything of a source with new revisions.

    A call writes an annotation to each object of the Receiver, and the source keeps it in its
    status. Other requests for a reconciliation do the same, so that only its absence shows
    something. Upstream: notification-controller internal/server/receiver_handlers.go annotate.
    """
    state = analysis.state
    receivers = state.of_kind("Receiver")
    appliers = _appliers(state) if receivers else {}
    for receiver in receivers:
        is_ready = receiver.verdict is Verdict.READY and state.covers(receiver.ref)
        if is_ready and not receiver.spec.get("resourceFilter"):
            targets = _targets(state, receiver)
            if any(map(_was_requested, targets)):
                continue
            numbers = [(one, _changes(receiver, one, appliers.get(one.key, ()))) for one in targets]
            if changed := [(one, number) for one, number in numbers if number]:
                yield _never_called(receiver, changed)


def _appliers(state: State) -> dict[Key, list[Resource]]:
    """Return the Kustomizations by their source."""
    found: dict[Key, list[Resource]] = defaultdict(list)
    for one in state.of_kind("Kustomization"):
        if key := source_of(one):
            found[key].append(one)
    return found


def _targets(state: State, receiver: Resource) -> list[Resource]:
    """Return the objects of *receiver*, of every kind of Flux."""
    known = Receivers([receiver])
    kinds = {text_of(entry.get("kind")) for entry in maps_of(receiver.spec.get("resources"))}
    return [one for one in state.of_kind(*sorted(kinds)) if known.of(one)]


def _was_requested(target: Resource) -> bool:
    """Return whether anybody has ever requested a reconciliation of *target*."""
    handled = text_of(target.status.get("lastHandledReconcileAt"))
    return REQUESTED_AT in target.annotations or bool(handled)


def _changes(receiver: Resource, source: Resource, appliers: Iterable[Resource]) -> int:
    """Return how many new revisions of *source* have certainly come since *receiver* is as it is.

    They are in the history of the *appliers*, the Kustomizations with this source; a controller
    that restarts stores the same revision again, so that the time of an artifact shows nothing.
    What was requested of a source that was deleted and created again is lost.
    """
    if source.ref.kind == "GitRepository" and not _takes_pushes(receiver):
        return 0
    created = receiver.created
    since = _unchanged_since(receiver)
    if source.ref.kind not in _SOURCES or not (since and created and source.created):
        return 0
    since = max(since + _SETUP, source.created)
    return max(
        (len(_revisions(one, since)) for one in appliers if one.created and one.created < created),
        default=0,
    )


def _takes_pushes(receiver: Resource) -> bool:
    """Return whether *receiver* is for pushed commits, not only for releases, for example.

    It takes all events without spec.events; a snapshot of an older release does not have the field.
    """
    events = receiver.spec.get("events")
    if not isinstance(events, list):
        return False
    names = [text_of(one).lower() for one in events]
    return not names or any(part in name for name in names for part in _PUSHES)


def _unchanged_since(receiver: Resource) -> datetime | None:
    """Return since when *receiver* has its spec and its URL, None if unknown.

    Before, it may have been suspended, or have been for other objects.
    """
    changed = receiver.created if receiver.generation == 1 else receiver.changed
    known = [receiver.created, changed, receiver.since]
    times = [one for one in known if one]
    return max(times) if len(times) == len(known) else None


def _revisions(kustomization: Resource, since: datetime) -> set[str]:
    """Return the revisions that *kustomization* first applied after *since*.

    The first of them is left out if it may be older: the history has a few entries only, and a
    Kustomization that was suspended or blocked applies late. Upstream: kustomize-controller api/v1
    History.
    """
    entries = maps_of(kustomization.status.get("history"))
    first: dict[str, datetime] = {}
    for entry in entries:
        revision = text_of(map_of(entry.get("metadata")).get("revision"))
        at = when(entry.get("firstReconciled"))
        if revision and at:
            first[revision] = min(at, first.get(revision, at))
    later = sorted((at, revision) for revision, at in first.items() if at > since)
    return {revision for _, revision in later[1:]}


def _never_called(receiver: Resource, changed: Sequence[tuple[Resource, int]]) -> Finding:
    ref, (first, number) = receiver.ref, changed[0]
    return Finding(
        step=STEP_ID,
        code=_NEVER_CALLED,
        level=Level.WARN,
        title=f"{ref}: its webhook has never been called for {first.ref}",
        object=ref,
        others=tuple(one.ref for one, _ in changed),
        why=f"{counted(number, 'new revision')} came since the Receiver was created or last "
        "changed, and none of its objects has ever had a request; changes are found only when the "
        "interval has passed",
        hints=(
            hint(
                "register the webhook with the service that hosts the source: the URL is "
                "https://HOSTNAME followed by status.webhookPath, where HOSTNAME routes to Service "
                "webhook-receiver in the namespace of Flux",
                read_whole(*ref.key),
            ),
            hint("then check the webhook's delivery log in the service"),
        ),
        docs=docs_of("Receiver"),
    )
