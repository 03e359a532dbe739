"""The conditions of an object that keep a failure, and since when it fails."""

from datetime import datetime

from fluxstatus.base.durations import when
from fluxstatus.base.fields import maps_of, text_of
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
"""Conditions of a source that only a success removes (source-controller internal/controller, each
kind)."""

PARTS = (*OUTCOMES, *SOURCE_PARTS, ("Healthy", "False"))
"""Conditions that keep the failure while the next attempt runs."""


def failing_since(resource: Resource) -> datetime | None:
    """Return since when *resource* fails, as its status shows; of others since when they are so.

    The time of Ready changes with its message on each retry. Other conditions may be older, and
    so may the history.
    """
    if resource.verdict not in (Verdict.FAILED, Verdict.STALLED):
        return resource.since
    parts = ((resource.condition(name), bad) for name, bad in PARTS)
    times = [when(one.get("lastTransitionTime")) for one, bad in parts if one.get("status") == bad]
    times += [resource.since, failing_in_history(resource)]
    return min(filter(None, times), default=None)


def failing_in_history(resource: Resource) -> datetime | None:
    """Return since when the attempts in the history of *resource* fail alike; None if unknown.

    Attempts with the same result are one entry, also if there was a success between them
    (kustomize-controller, flux-operator status.history): then it is unknown which was the first
    after that.
    """
    newest, *older = maps_of(resource.status.get("history")) or [{}]
    first = when(newest.get("firstReconciled"))
    if first is None or not text_of(newest.get("lastReconciledStatus")).endswith("Failed"):
        return None
    ends = (when(one.get("lastReconciled")) for one in older)
    return None if any(end is None or end > first for end in ends) else first
