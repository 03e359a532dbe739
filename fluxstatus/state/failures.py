"""The conditions of an object that keep a failure, and since when it fails."""

from datetime import datetime

from fluxstatus.base.durations import when
from fluxstatus.state.resource import Resource, Verdict

OUTCOMES = (("Released", "False"), ("TestSuccess", "False"), ("Remediated", "False"))
"""Conditions of a HelmRelease and their bad status; they have more details than Ready."""

SOURCE_PARTS = (
    ("FetchFailed", "True"),
    ("StorageOperationFailed", "True"),
    ("IncludeUnavailable", "True"),
    ("BuildFailed", "True"),
    ("SourceVerified", "False"),
)
"""Conditions of a source that only a success removes (SC internal/controller, each kind)."""

PARTS = (*OUTCOMES, *SOURCE_PARTS, ("Healthy", "False"))
"""Conditions that keep the failure while the next attempt runs."""


def failing_since(resource: Resource) -> datetime | None:
    """Return since when *resource* fails, as its status shows; of others since when they are so.

    The time of Ready changes with its message on each retry. Other conditions may be older.
    """
    if resource.verdict not in (Verdict.FAILED, Verdict.STALLED):
        return resource.since
    parts = ((resource.condition(name), bad) for name, bad in PARTS)
    times = [when(one.get("lastTransitionTime")) for one, bad in parts if one.get("status") == bad]
    return min(filter(None, (resource.since, *times)), default=None)
