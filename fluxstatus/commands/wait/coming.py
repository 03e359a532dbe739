"""When a source fetches again on its own, and the command that makes it fetch now."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fluxstatus.base.durations import duration, when
from fluxstatus.base.fields import map_of
from fluxstatus.model.evidence import Unread
from fluxstatus.model.hints import Hint, hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.receivers import Receivers
from fluxstatus.state.requests import request_command
from fluxstatus.state.resource import Resource

_SOON = 60.0  # seconds: a source that fetches within them needs no hint


def last_fetch(source: Resource) -> datetime | None:
    """Return when *source* certainly fetched last; a later one may leave no trace."""
    stored = map_of(source.status.get("artifact")).get("lastUpdateTime")
    times = (stored, source.condition("Ready").get("lastTransitionTime"),
             source.status.get("lastHandledReconcileAt"))  # fmt: skip
    return max(filter(None, map(when, times)), default=None)


def next_fetch(source: Resource, now: datetime) -> datetime | None:
    """Return about when *source* fetches next on its own, None if that is unknown.

    It fetches each interval, counted from a fetch that left a trace.
    """
    last, every = last_fetch(source), interval_of(source)
    if last is None or not every:
        return None
    rounds = max((now - last) // timedelta(seconds=every), 0) + 1
    return last + rounds * timedelta(seconds=every)


def hint_for(
    source: Resource, now: datetime, receivers: Iterable[Resource] | Unread
) -> Hint | None:
    """Return when *source* fetches again, and how to make it; None if that is in a moment."""
    command, every, at = request_command(source, now), interval_of(source), next_fetch(source, now)
    if not every or (at and (at - now).total_seconds() <= _SOON):
        return None
    called, who = _triggered(source, receivers)
    if called:
        text = f"{called} triggers {source.ref} on a push, if its webhook is called"
    elif at is None:
        text = f"{source.ref} fetches every {duration(every)}{who}"
    else:
        clock = _clock(at, now)
        interval = f"interval {duration(every)}"
        text = f"{source.ref} is not fetched until about {clock} ({interval}){who}"
    return hint(f"{text}; to fetch it now:", command)


def _triggered(source: Resource, receivers: Iterable[Resource] | Unread) -> tuple[str, str]:
    """Return the Receiver that triggers *source*, and without one a clause that says so."""
    if isinstance(receivers, Unread):
        return "", f"; whether a Receiver triggers it is unknown ({receivers.text})"
    triggers = Receivers(receivers).of(source)
    for one in triggers:
        if one.ready and not one.suspended:
            return f"{one.ref}", ""
    if triggers:
        return "", f", and {triggers[0].ref}, which would trigger it, is not ready"
    return "", ", and no Receiver triggers it"


def _clock(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"


RECEIVER = KINDS["Receiver"]
