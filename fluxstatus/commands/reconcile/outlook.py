"""What happens to an object on its own, and about when.

Intervals have a jitter of 5%, and a busy controller is late: every time is an estimate.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import ago, duration, seconds, when
from fluxstatus.base.plurals import noun_for
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.model.evidence import Why
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.overdue import last_attempt
from fluxstatus.state.receivers import Receivers
from fluxstatus.state.resource import IN_PROGRESS, Resource, Verdict

_AGAIN = re.compile(r"\bretrying in (\d[\dhms.]*[hms])\b")
"""The --requeue-dependency interval in a controller's message (kustomize-controller
internal/controller)."""

_BACKOFF = timedelta(minutes=15)
"""The longest backoff of a failing object (fluxcd/pkg runtime/controller/rate_limiter.go)."""

_RETRIES = frozenset({"Kustomization"})
"""Kinds that retry after retryInterval or their interval; others retry with a backoff."""


class Outlook(NamedTuple):
    """What will happen on its own, and about when; None if unknown."""

    text: str
    at: datetime | None = None


def outlooks(ctx: ReconcileContext) -> Iterator[Outlook]:
    """Yield what will happen to the object of *ctx* on its own."""
    if ctx.static or ctx.foreign:
        return
    blocked = _blocked(ctx)
    if ctx.resource.verdict in IN_PROGRESS:
        yield Outlook("it is being reconciled now")
    else:
        yield Outlook(blocked) if blocked else _next_attempt(ctx)
    if ctx.fetcher and not (blocked and ctx.fetcher is ctx.resource):
        yield from _noticed(ctx, ctx.fetcher)


def _blocked(ctx: ReconcileContext) -> str:
    """Return why nothing will happen, empty if something will."""
    resource = ctx.resource
    spec = "its spec or its source changes" if ctx.sources else "its spec changes"
    blocking = ", ".join(f"{cause.ref}" for cause in ctx.blocking)
    verb = noun_for(len(ctx.blocking), "is", "are")
    reasons = (
        (resource.verdict is Verdict.TERMINATING, "it is removed once its finalizers are removed"),
        (
            resource.suspended,
            "nothing happens until it is resumed; then it is reconciled immediately",
        ),
        (
            ctx.unavailable,
            f"{resource.ref} is not reconciled until {ctx.unavailable} is {ctx.working}",
        ),
        (not ctx.controllers.is_watched(resource), "nothing happens until a controller watches it"),
        (resource.verdict is Verdict.STALLED, f"nothing happens until {spec}"),
        (
            blocking,
            f"it retries {_again(resource)} and continues once {blocking} {verb} healthy",
        ),
    )
    return next((text for applies, text in reasons if applies), "")


def _again(resource: Resource) -> str:
    """Return how often *resource* looks at what it waits for."""
    found = _AGAIN.search(resource.message)
    every = seconds(found[1], 0) if found else 0
    return f"about every {duration(every)}" if every else "on its own, every 30s by default,"


def _next_attempt(ctx: ReconcileContext) -> Outlook:
    resource, now = ctx.resource, ctx.state.now
    failing = ctx.failure is not None
    last = _last_attempt(ctx)
    if failing and resource.ref.kind not in _RETRIES:
        text = "it retries on its own, with a backoff of at most 15m"
        if last is None:
            return Outlook(text)
        return Outlook(f"{text}; the last attempt was {ago(last, now)} ago", last + _BACKOFF)
    every, word = interval_of(resource), "retries" if failing else "is reconciled again"
    if failing:
        every = seconds(resource.spec.get("retryInterval"), every)
    if not every:
        return Outlook(f"it {word} on its own; the interval is unknown")
    text = f"it {word} every {duration(every)}"
    if last is None:
        return Outlook(f"{text}; the time of the last attempt is unknown")
    due = last + timedelta(seconds=every)
    return Outlook(f"{text}; {_next_in_time(ctx, due)}", due)


def _next_in_time(ctx: ReconcileContext, due: datetime) -> str:
    """Return when the attempt starts that is *due* then."""
    now = ctx.state.now
    if ctx.overdue:
        controller = ctx.resource.kind.controller
        return f"the next attempt was due {ago(due, now)} ago, so {controller} might be stuck"
    if due < now:
        return f"the next attempt was due {ago(due, now)} ago and can start at any moment"
    return f"next at about {due:%H:%M} UTC, in {ago(now, due)}"


def _last_attempt(ctx: ReconcileContext) -> datetime | None:
    """Return when it was last reconciled, as far as its status and, if it fails, events show."""
    resource = ctx.resource
    times = [last_attempt(resource)]
    if ctx.failure is not None:
        times += [event.last for event in ctx.state.warnings.get(resource.ref.key, ())]
        times.append(when(resource.condition("Ready").get("lastTransitionTime")))
    return max(filter(None, times), default=None)


def _noticed(ctx: ReconcileContext, source: Resource) -> Iterator[Outlook]:
    """Yield how *source* learns of updates: from a Receiver, or by checking."""
    unavailable = ctx.controllers.unavailable_for(source)
    if source.suspended:
        yield Outlook(
            f"{source.ref} is suspended: it does not fetch new revisions until it is resumed"
        )
        return
    if unavailable:
        yield Outlook(f"{source.ref} does not fetch new revisions until {unavailable} is running")
        return
    if source.ref.key in ctx.analysis.causes.by_object and source is not ctx.resource:
        return  # its failure is reported already, and it retries on its own
    receivers = Receivers(ctx.state.of_kind("Receiver")).of(source)
    for receiver in receivers:
        problem = "" if receiver.ready else ", but this Receiver is not ready"
        problem = ", but this Receiver is suspended" if receiver.suspended else problem
        yield Outlook(f"{receiver.ref} triggers {source.ref} immediately after a push{problem}")
    if not receivers:
        every = interval_of(source)
        pace = f"every {duration(every)}" if every else "on its own"
        yield Outlook(f"{_no_receiver(ctx, source)} it checks for updates {pace}")


def _no_receiver(ctx: ReconcileContext, source: Resource) -> str:
    unread = ctx.state.answer_of("Receiver").unread
    if unread is None or unread.why is Why.ABSENT:
        return f"no Receiver triggers {source.ref};"
    return f"it is unknown whether a Receiver triggers {source.ref} ({unread.text}); if not,"
