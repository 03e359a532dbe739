"""The last attempt to reconcile an object: its message, whether it failed, and since when.

A controller resets Ready when an attempt starts; the other conditions, the history and the
Warning events keep the result of the last one.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.state.failures import (
    OUTCOMES,
    PARTS,
    SOURCE_PARTS,
    failing_in_history,
    failing_since,
)
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import Event, State

_SUMMED_UP = frozenset(
    {"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded", "RollbackFailed",
     "UninstallSucceeded", "UninstallFailed", "RetryAfterInterval"}
)  # fmt: skip
"""Reasons of a HelmRelease's Ready condition that summarize the outcomes of the last attempt
(helm-controller internal/reconcile/release.go). With any other reason, that attempt ended without
outcomes, and those in the status are of an earlier attempt.
"""

_LONGEST_BACKOFF = timedelta(seconds=1000)
"""The longest time between two attempts of controller-runtime (client-go workqueue)."""

_STAGES = (
    ("Fetching manifests", "ArtifactFailed"),
    ("Building manifests", "BuildFailed"),
    ("Detecting drift", "ReconciliationFailed"),
    ("Running health checks", "HealthCheckFailed"),
)
"""The stages of an attempt at a Kustomization, in order, with their failures (kustomize-controller
reconcile)."""

_NO_FAILURE = frozenset({"ReconciliationDisabled", "Progressing", "Adopted"})
"""Reasons of Warning events that are not about a failed attempt, such as those of a stopping
controller. An ArtifactGenerator of Flux 2.10 reports the objects that it has adopted
(source-watcher api/v1beta1).
"""


_REPLACED = frozenset({"HealthCheckCanceled"})
"""Reasons of attempts that a newer attempt replaced before they had a result (kustomize-controller,
flux-operator)."""


def is_failed_retry(state: State, resource: Resource) -> bool:
    """Return whether *resource* is being reconciled after a failed attempt, with no progress yet.

    An attempt that has passed the stage of the last failure may succeed.
    """
    newest = _newest(state, resource)
    if newest and _has_come_further(resource, newest.reason):
        return False
    if resource.retrying or _has_failed_part(resource):
        return True
    return newest is not None and _failed_last(state, resource, newest)


def _has_failed_part(resource: Resource) -> bool:
    """Return whether a condition of the source *resource* reports a failure of its current spec."""
    parts = ((resource.condition(name), bad) for name, bad in SOURCE_PARTS)
    return any(
        part.get("status") == bad and part.get("observedGeneration") == resource.generation
        for part, bad in parts
    )


def _failed_last(state: State, resource: Resource, newest: Event) -> bool:
    """Return whether the *newest* event reports a failure without a later success."""
    if not resource.kind.resets_ready or not newest.reason.endswith("Failed"):
        return False
    history = maps_of(resource.status.get("history"))
    if (
        not history and resource.ref.kind != "Kustomization"
    ):  # the kind has none, or the operator is older
        return state.now - newest.last < _LONGEST_BACKOFF
    return not _has_succeeded(resource, newest.last)


def _has_come_further(resource: Resource, failure: str) -> bool:
    """Return whether *resource* has passed the stage that fails with the reason *failure*."""
    progress = text_of(resource.condition("Reconciling").get("message"))
    stage = next((n for n, (text, _) in enumerate(_STAGES) if progress.startswith(text)), 0)
    return failure in [reason for _, reason in _STAGES[:stage]]


def _newest(state: State, resource: Resource) -> Event | None:
    """Return the newest Warning event about a failure of *resource*, or None.

    During the first attempt at a new spec, the failures of the old one no longer count.
    """
    events = state.warnings.get(resource.ref.key, ())
    newest = next((event for event in events if event.reason not in _NO_FAILURE), None)
    old = newest and _is_reset(resource) and resource.is_of_older_spec(newest.last)
    return None if old else newest


class Failure(NamedTuple):
    """A failed attempt: its reason, its message if that is known, and since when it failed."""

    reason: str
    message: str
    since: datetime | None


def failed_before(state: State, resource: Resource) -> Failure | None:
    """Return how *resource* failed before what is under way; None if it had no failure or ended it.

    A change of its spec, which may end the failure, makes no difference. An attempt that a newer
    one has replaced ended nothing.
    """
    ready = resource.condition("Ready")
    if ready.get("status") == "True" or resource.verdict is Verdict.TERMINATING:
        return None
    if ready.get("status") == "False" and resource.reason not in _REPLACED:
        first = _first_event(state, resource, resource.reason)
        since = min(filter(None, (when(ready.get("lastTransitionTime")), first)), default=None)
        return Failure(resource.reason, resource.message, since)
    return _failed_part(resource) or _last_failure(state, resource)


def _first_event(state: State, resource: Resource, reason: str) -> datetime | None:
    events = state.warnings.get(resource.ref.key, ())
    return min((event.first for event in events if event.reason == reason), default=None)


def _failed_part(resource: Resource) -> Failure | None:
    """Return the failure that a condition of *resource* keeps while Ready is reset."""
    for name, bad in PARTS:
        part = resource.condition(name)
        if part.get("status") == bad:
            reason, message = text_of(part.get("reason")), text_of(part.get("message")).strip()
            return Failure(reason, message, when(part.get("lastTransitionTime")))
    return None


def _last_failure(state: State, resource: Resource) -> Failure | None:
    """Return the last failure among the events and in the history, unless a success came later."""
    ignored = _NO_FAILURE | _REPLACED
    events = state.warnings.get(resource.ref.key, ())
    event = next((one for one in events if one.reason not in ignored), None)
    if event and event.reason.endswith("Failed") and not _has_succeeded(resource, event.last):
        return Failure(event.reason, event.message, event.first)
    for entry in maps_of(resource.status.get("history")):
        result = text_of(entry.get("lastReconciledStatus") or entry.get("status"))
        if result.lower().endswith("failed"):
            return Failure(result, "", when(entry.get("firstReconciled")))
        if result not in _REPLACED:
            return None
    return None


def _has_succeeded(resource: Resource, since: datetime) -> bool:
    """Return whether *resource* is known to have been reconciled with success *since* then."""
    times = (when(entry.get("lastReconciled")) for entry in maps_of(resource.status.get("history"))
             if text_of(entry.get("lastReconciledStatus")).endswith("Succeeded"))  # fmt: skip
    return any(at is not None and at >= since for at in times)


def reason_and_message_of(state: State, resource: Resource) -> tuple[str, str]:
    """Return the reason and message of the last failure.

    Each retry resets Ready ("Reconciliation in progress"). Then another condition or the newest
    Warning event has them. For a HelmRelease these always have more details than Ready.
    """
    reset = _is_reset(resource)
    parts = PARTS if reset else OUTCOMES if resource.reason in _SUMMED_UP else ()
    for name, bad in parts:
        part = resource.condition(name)
        if part.get("status") == bad and not (reset and not resource.is_current(name)):
            reason = resource.reason if resource.reason.startswith("Rollback") else ""
            return reason or text_of(part.get("reason")), text_of(part.get("message")).strip()
    use_events = reset or resource.verdict is Verdict.TERMINATING
    if newest := _newest(state, resource) if use_events else None:
        return newest.reason, newest.message
    return resource.reason, resource.message


def deletion_failed(state: State, resource: Resource) -> bool:
    """Return whether an attempt at the deletion of *resource* has failed."""
    began = resource.since
    if began is None or _is_reset(resource):
        return False
    times = [when(resource.condition("Ready").get("lastTransitionTime"))] * (not resource.ready)
    times += [event.last for event in state.warnings.get(resource.ref.key, ())
              if event.reason not in _NO_FAILURE]  # fmt: skip
    return any(at is not None and at > began for at in times)


def _is_reset(resource: Resource) -> bool:
    """Return whether a running attempt has reset Ready."""
    return resource.condition("Ready").get("status") == "Unknown"


def since_of(state: State, resource: Resource, reason: str) -> datetime | None:
    """Return since when *resource* fails for *reason*, as far back as is known.

    The first of the Warning events may be older than its status, which each retry resets.
    """
    since = failing_since(resource)
    retries = resource.verdict is Verdict.RECONCILING and is_failed_retry(state, resource)
    if resource.verdict not in (Verdict.FAILED, Verdict.STALLED) and not retries:
        return since
    first = _first_event(state, resource, reason)
    times = (since, first, failing_in_history(resource) if retries else None)
    return min(filter(None, times), default=None)
