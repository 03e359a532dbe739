"""Times, durations and ages: read from text, and formatted as kubectl and Flux format them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_PART = r"(\d+(?:\.\d+)?)(ms|s|m|h)"
_PARTS = re.compile(_PART)
_DURATION = re.compile(f"(?:{_PART})+")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DAYS_ALONE = 8  # days, from which on the hours don't matter
_LONGEST = 86400.0 * 3650  # seconds: a longer duration means "never"


def when(text: Any) -> datetime | None:
    """Parse an RFC 3339 time, or seconds since the epoch as `kubectl annotate` users write them.

    Returns None when *text* is neither.
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is UTC:  # as Kubernetes writes it: "Z"
            return parsed
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def stamp(at: datetime) -> str:
    """Format *at* as RFC 3339 in UTC, to the second, as Kubernetes writes times."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_duration(text: str) -> float | None:
    """Return the seconds in a Go duration such as "1m30s", or None when *text* is not one."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text))


def seconds(value: Any, default: float) -> float:
    """Return the seconds in the Go duration *value* of an object, or *default* without one."""
    duration = parse_duration(value) if isinstance(value, str) else None
    return default if duration is None else min(duration, _LONGEST)


def duration(length: float) -> str:
    """Format a number of seconds as Flux writes intervals: "90s", "10m", "1h"."""
    for size, unit in ((3600, "h"), (60, "m")):
        if length >= size and not length % size:
            return f"{length / size:.0f}{unit}"
    return f"{length:g}s"


def age(length: timedelta) -> str:
    """Format *length* as kubectl prints ages ("3m", "41d"), never negative."""
    seconds = max(int(length.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def ago(then: datetime | None, now: datetime) -> str:
    """Return the age of *then* as kubectl prints ages; "some time" when *then* is unknown."""
    return "some time" if then is None else age(now - then)


def listed_age(then: datetime | None, now: datetime) -> str:
    """Return the age of *then* for a column: with the hours below 8 days, as in kubectl ("4d21h").

    It is empty when *then* is unknown.
    """
    if then is None:
        return ""
    hours = int((now - then).total_seconds()) // 3600
    days, rest = divmod(hours, 24)
    return f"{days}d{rest}h" if _DAYS_ALONE > days >= 2 and rest else age(now - then)  # noqa: PLR2004
