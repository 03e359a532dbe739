"""The attempts at an object: what the last one said, whether it failed, and since when they fail.

A controller wipes Ready when it begins anew; the other conditions, the history and the Warning
events still tell what happened.
"""

from datetime import datetime, timedelta

from fluxstatus.base.durations import when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import Event, State

_OUTCOMES = (("Released", "False"), ("TestSuccess", "False"), ("Remediated", "False"))
"""Conditions of a HelmRelease, and the status that is bad: they say more than its Ready."""

_SOURCE_PARTS = (
    ("FetchFailed", "True"),
    ("StorageOperationFailed", "True"),
    ("IncludeUnavailable", "True"),
    ("BuildFailed", "True"),
    ("SourceVerified", "False"),
)
"""Conditions of a source that only a success takes away (SC internal/controller, each kind)."""

_PARTS = (*_OUTCOMES, *_SOURCE_PARTS, ("Healthy", "False"))
"""Conditions that keep what went wrong while the next attempt runs."""

_SUMMED_UP = frozenset(
    {"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded", "RollbackFailed",
     "UninstallSucceeded", "UninstallFailed", "RetryAfterInterval"}
)  # fmt: skip
"""Reasons of a HelmRelease's Ready that sum up its outcomes (HC internal/reconcile/release.go).

With any other reason the release did not get so far, and its outcomes are those of before.
"""

_WIPED = frozenset({"Kustomization", "ResourceSet", "ResourceSetInputProvider", "FluxInstance"})
"""Kinds whose attempts wipe the Ready of before, and send a Warning event when they fail."""

_LONGEST_BACKOFF = timedelta(seconds=1000)
"""How long controller-runtime waits at most before it tries again (client-go workqueue)."""

_STAGES = (
    ("Fetching manifests", "ArtifactFailed"),
    ("Building manifests", "BuildFailed"),
    ("Detecting drift", "ReconciliationFailed"),
    ("Running health checks", "HealthCheckFailed"),
)
"""The stages of a Kustomization's attempt, in order, and how it fails in each (KC reconcile)."""

_NO_FAILURE = frozenset({"ReconciliationDisabled", "Progressing"})
"""Reasons of Warning events that tell of no attempt that has failed: a controller that stops."""


def is_failed_retry(state: State, resource: Resource) -> bool:
    """Whether the attempt before the one that *resource* is at has failed, and no less is known.

    One that has come further than the last is news: it may well be the fix.
    """
    newest = _newest(state, resource)
    if newest and _has_come_further(resource, newest.reason):
        return False
    if resource.retrying or _has_failed_part(resource):
        return True
    return newest is not None and _failed_last(state, resource, newest)


def _has_failed_part(resource: Resource) -> bool:
    """Whether a part of *resource*, a source, failed last, and with the spec that it has now."""
    parts = ((resource.condition(name), bad) for name, bad in _SOURCE_PARTS)
    return any(
        part.get("status") == bad and part.get("observedGeneration") == resource.generation
        for part, bad in parts
    )


def _failed_last(state: State, resource: Resource, newest: Event) -> bool:
    """Whether the *newest* event is of a failure that no success has followed."""
    if resource.ref.kind not in _WIPED or not newest.reason.endswith("Failed"):
        return False
    history = maps_of(resource.status.get("history"))
    if not history and resource.ref.kind != "Kustomization":  # it has none, or an older operator
        return state.now - newest.last < _LONGEST_BACKOFF
    succeeded = (when(e.get("lastReconciled")) for e in history
                 if text_of(e.get("lastReconciledStatus")).endswith("Succeeded"))  # fmt: skip
    return all(at is None or at < newest.last for at in succeeded)


def _has_come_further(resource: Resource, failure: str) -> bool:
    """Whether *resource* is at a later stage than the one that fails with the reason *failure*."""
    at_work = text_of(resource.condition("Reconciling").get("message"))
    stage = next((n for n, (says, _) in enumerate(_STAGES) if at_work.startswith(says)), 0)
    return failure in [reason for _, reason in _STAGES[:stage]]


def _newest(state: State, resource: Resource) -> Event | None:
    """Return the newest Warning event about *resource* that tells of a failure."""
    told = state.warnings.get(resource.ref.key, ())
    return next((event for event in told if event.reason not in _NO_FAILURE), None)


def reason_and_message_of(state: State, resource: Resource) -> tuple[str, str]:
    """Return the reason and message that tell what failed.

    Each retry wipes Ready ("Reconciliation in progress"). Then the conditions of the parts still
    tell, or the newest Warning event; for a HelmRelease they always tell more than Ready.
    """
    wiped = resource.condition("Ready").get("status") == "Unknown"
    parts = _PARTS if wiped else _OUTCOMES if resource.reason in _SUMMED_UP else ()
    for name, bad in parts:
        part = resource.condition(name)
        if part.get("status") == bad:
            reason = resource.reason if resource.reason.startswith("Rollback") else ""
            return reason or text_of(part.get("reason")), text_of(part.get("message")).strip()
    ends = wiped or resource.verdict is Verdict.TERMINATING
    if newest := _newest(state, resource) if ends else None:
        return newest.reason, newest.message
    return resource.reason, resource.message


def since_of(state: State, resource: Resource, reason: str) -> datetime | None:
    """Return since when *resource* fails for *reason*, as far back as anything tells.

    Ready moves whenever the text of its message does, with each retry; the conditions of the
    parts and the first of the Warning events reach further back.
    """
    if resource.verdict not in (Verdict.FAILED, Verdict.STALLED):
        return resource.since
    times = [when(resource.condition(n).get("lastTransitionTime")) for n, bad in _PARTS
             if resource.condition(n).get("status") == bad]  # fmt: skip
    times += [w.first for w in state.warnings.get(resource.ref.key, ()) if w.reason == reason]
    return min(filter(None, [resource.since, *times]), default=None)
