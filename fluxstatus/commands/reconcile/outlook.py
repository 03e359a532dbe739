"""What happens to an object without anybody's doing, and about when.

Intervals have a jitter of 5%, and a controller that is busy comes later: every time is a guess.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import ago, duration, seconds, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.commands.reconcile.context import Case
from fluxstatus.model.evidence import Why
from fluxstatus.state.resource import IN_PROGRESS, Resource, Verdict

_OPERATORS = {"FluxInstance": 3600.0, "ResourceSet": 3600.0, "ResourceSetInputProvider": 600.0}
"""Seconds between two reconciliations without an annotation (FO api/v1, GetInterval)."""

_EVERY = {**_OPERATORS, "ArtifactGenerator": 3600.0, "Receiver": 600.0, "ImagePolicy": 600.0}
_EVERY_ANNOTATION = "fluxcd.controlplane.io/reconcileEvery"
_DEPENDENCY = 30  # seconds, --requeue-dependency of each controller
_BACKOFF = timedelta(minutes=15)
"""The longest that a failing object waits (PKG runtime/controller/rate_limiter.go)."""

_RETRIES = frozenset({"Kustomization"})
"""Kinds that try again after retryInterval, or their interval; others after a growing pause."""


class Outlook(NamedTuple):
    """What will happen by itself, and about when; None when that cannot be told."""

    text: str
    at: datetime | None = None


def outlooks(case: Case) -> Iterator[Outlook]:
    """Return what will happen to the object of *case* if nobody does anything."""
    if case.static or case.foreign:
        return
    blocked = _blocked(case)
    if case.resource.verdict in IN_PROGRESS:
        yield Outlook("it is at work now")
    else:
        yield Outlook(blocked) if blocked else _next_attempt(case)
    if case.fetching and not (blocked and case.fetching is case.resource):
        yield from _noticed(case, case.fetching)


def _blocked(case: Case) -> str:
    """Say why nothing will happen, empty when something will."""
    resource, others = case.resource, ", ".join(f"{cause.ref}" for cause in case.others)
    spec = "its spec changes" + (", or what it takes its artifact from" if case.sources else "")
    reasons = (
        (resource.verdict is Verdict.TERMINATING, "it goes as soon as its finalizers are done"),
        (resource.suspended, "nothing happens until it is resumed; then it is reconciled at once"),
        (
            case.stopped,
            f"nothing happens until {case.stopped} runs; then it is reconciled at once",
        ),
        (
            not case.controllers.is_watched(resource),
            "nothing happens until a controller takes it on",
        ),
        (resource.verdict is Verdict.STALLED, f"nothing happens until {spec}"),
        (
            others,
            f"it looks every {_DEPENDENCY} s or so, and goes on by itself when {others} is well",
        ),
    )
    return next((text for applies, text in reasons if applies), "")


def _next_attempt(case: Case) -> Outlook:
    resource, now = case.resource, case.state.now
    failing = case.own is not None
    last = _last_attempt(case)
    if failing and resource.ref.kind not in _RETRIES:
        text = "it tries again by itself, after pauses that grow to 15m at most"
        if last is None:
            return Outlook(text)
        return Outlook(f"{text}; it last did {ago(last, now)} ago", last + _BACKOFF)
    every, word = interval_of(resource), "tries again" if failing else "is reconciled again"
    if failing:
        every = seconds(resource.spec.get("retryInterval"), every)
    if not every:
        return Outlook(f"it {word} by itself; when, nothing tells")
    text = f"it {word} every {duration(every)}"
    if last is None:
        return Outlook(f"{text}; when it last was leaves no trace, so within that time")
    due = last + timedelta(seconds=every)
    if due < now:
        return Outlook(f"{text}; that was due {ago(due, now)} ago, so at any moment", due)
    return Outlook(f"{text}; next about {due:%H:%M} UTC, in {ago(now, due)}", due)


def interval_of(resource: Resource) -> float:
    """Return the seconds between two reconciliations of *resource*, 0 when nothing tells."""
    default = _EVERY.get(resource.ref.kind, 0.0)
    if resource.ref.kind in _OPERATORS:
        return seconds(resource.annotations.get(_EVERY_ANNOTATION), default)
    return seconds(resource.spec.get("interval"), default)


def _last_attempt(case: Case) -> datetime | None:
    """Return when it was last reconciled, as far as that leaves a trace.

    A source that finds nothing new writes nothing, nor does a HelmRelease.
    """
    resource = case.resource
    history = next(iter(maps_of(resource.status.get("history"))), {})
    scanned = map_of(resource.status.get("lastScanResult")).get("scanTime")
    times = [when(history.get("lastReconciled")), when(scanned)]
    if case.own is not None:
        times += [event.last for event in case.state.warnings.get(resource.ref.key, ())]
    if case.own is not None or resource.ref.kind in (*_OPERATORS, "Kustomization"):
        times.append(when(resource.condition("Ready").get("lastTransitionTime")))
    return max(filter(None, times), default=None)


def _noticed(case: Case, source: Resource) -> Iterator[Outlook]:
    """Say how *source* notices something new outside of the cluster: by a call, or by looking."""
    stopped = case.controllers.unavailable_for(source)
    if source.suspended:
        yield Outlook(f"{source.ref} is suspended: it sees nothing new until it is resumed")
        return
    if stopped:
        yield Outlook(f"{source.ref} sees nothing new until {stopped} runs")
        return
    if source.ref.key in case.analysis.causes.by_object and source is not case.resource:
        return  # that it fails was said, and it tries again at its own pace
    receivers = [r for r in case.state.of_kind("Receiver") if _names(r, source)]
    for receiver in receivers:
        ill = "" if receiver.ready and not receiver.suspended else ", which is not well itself"
        yield Outlook(f"{source.ref} hears of a push at once, through {receiver.ref}{ill}")
    if not receivers:
        every = interval_of(source)
        when_it_looks = f"when it looks, every {duration(every)}" if every else "when it looks"
        yield Outlook(f"{_no_receiver(case, source)} it sees what is new {when_it_looks}")


def _no_receiver(case: Case, source: Resource) -> str:
    unread = case.state.answer_of("Receiver").unread
    if unread is None or unread.why is Why.ABSENT:
        return f"no Receiver names {source.ref}:"
    return f"whether a Receiver names {source.ref} could not be read ({unread.text}); if not,"


def _names(receiver: Resource, source: Resource) -> bool:
    """Whether *receiver* makes *source* look; a name of * may be narrowed by labels."""
    return any(
        entry.get("kind") == source.ref.kind
        and entry.get("name") in (source.ref.name, "*")
        and (text_of(entry.get("namespace")) or receiver.ref.namespace) == source.ref.namespace
        for entry in maps_of(receiver.spec.get("resources"))
    )
