"""Revisions and ages, told briefly."""

from datetime import datetime

_LONG = 12  # characters: a hash, not a version


def short(revision: str) -> str:
    """Shorten the hash in a *revision* to seven characters, as Git and Flux print them."""
    head, mark, digest = revision.rpartition(":")
    return f"{head}{mark}{digest[:7]}" if mark and len(digest) > _LONG else revision


def ago(then: datetime | None, now: datetime) -> str:
    """Give the age of *then* as kubectl prints ages ("3m", "41d"); "some time" when unknown."""
    if then is None:
        return "some time"
    seconds = max(int((now - then).total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
