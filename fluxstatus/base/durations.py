"""Times and durations, read from text and written as kubectl writes them."""

import re
from datetime import UTC, datetime
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 86400.0 * 3650  # seconds: whatever says more means "never"


def when(text: Any) -> datetime | None:
    """Read an RFC 3339 time, or seconds since the epoch as `kubectl annotate` users write them."""
    if not isinstance(text, str) or not text:
        return None
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def seconds(text: Any, default: float) -> float:
    """Read a Go duration ("1m30s") as seconds; *default* when it is none."""
    parts = _DURATION.findall(text) if isinstance(text, str) else []
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return min(total, _LONGEST) if parts else default


def ago(then: datetime | None, now: datetime) -> str:
    """Return the age of *then* as kubectl prints ages ("3m", "41d"); "some time" when unknown."""
    if then is None:
        return "some time"
    seconds = max(int((now - then).total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
