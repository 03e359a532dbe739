"""Retries: Ready is reset although the fault is still there."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.state.last_attempt import Failure, failed_before, is_failed_retry
from tests.builders import (
    HEALTHY,
    NOW,
    RECONCILING,
    bad,
    event,
    flux,
    kustomization,
    minutes,
    report,
    source,
    stamp,
    state,
)

BROKEN = "failed to decode Kubernetes YAML from /tmp/kustomization-1/app.yaml: yaml: line 4: bad"


def at(stage: str) -> dict[str, str]:
    """Return the conditions of a Kustomization at *stage* of its attempt."""
    revision = "for revision main@sha1:abc with a timeout of 5m0s"
    return RECONCILING | {"Reconciling": f"True Progressing: {stage} {revision}"}


def reconciled(status: str, ago: timedelta) -> Object:
    """Return an entry of a history: the result of an attempt that ended *ago* before now."""
    return {"lastReconciled": stamp(ago), "lastReconciledStatus": status}


def failed(of: str, reason: str, ago: float = 3, message: str = BROKEN) -> Object:
    """Return the Warning event of an attempt that failed, that many minutes *ago*."""
    return event(f"{of} apps/web", reason, message, ago=minutes(ago))


def again(one: Object, *others: Object) -> bool:
    """Whether *one*, called web, is retried after a failure."""
    known = state(one, *others)
    return is_failed_retry(known, known.resources[one["kind"], "apps", "web"])


def test_a_fault_is_reported_during_a_retry() -> None:
    """A failed build leaves only an event: no history, no other condition."""
    web = kustomization("web", "git", at("Building manifests"), age=minutes(0.1))
    found = bad(report(*HEALTHY, source("git"), web, failed("Kustomization", "BuildFailed")).faults)
    assert [f.code for f in found] == ["yaml-invalid"]
    assert "app.yaml" in found[0].why


@pytest.mark.parametrize(
    ("stage", "reason", "reported"),
    [
        ("Fetching manifests", "ArtifactFailed", True),
        ("Fetching manifests", "BuildFailed", True),
        ("Building manifests", "BuildFailed", True),
        ("Building manifests", "ArtifactFailed", False),
        ("Detecting drift", "BuildFailed", False),
        ("Running health checks", "ReconciliationFailed", False),
        ("Running health checks", "HealthCheckFailed", True),
    ],
)
def test_who_has_come_further_than_before_may_be_mended(
    stage: str, reason: str, reported: bool
) -> None:
    """An attempt that has come further may be the fix, so the old fault is not reported."""
    web = kustomization("web", "git", at(stage), age=minutes(0.1))
    web["status"]["history"] = [reconciled("ReconciliationFailed", minutes(3))]
    assert again(web, failed("Kustomization", reason)) is reported


@pytest.mark.parametrize(
    ("history", "reported"),
    [
        ([], True),
        ([reconciled("ReconciliationSucceeded", minutes(1))], False),
        ([reconciled("ReconciliationSucceeded", minutes(9))], True),
    ],
)
def test_a_success_ends_what_was_before(history: list[Object], reported: bool) -> None:
    """A Warning event from before the last success does not count."""
    web = kustomization("web", "git", RECONCILING, age=minutes(0.1))
    web["status"]["history"] = history
    assert again(web, failed("Kustomization", "BuildFailed")) is reported


@pytest.mark.parametrize(
    ("kind", "reason", "ago", "reported"),
    [
        ("ResourceSetInputProvider", "ReconciliationFailed", 5, True),
        ("ResourceSetInputProvider", "ReconciliationFailed", 40, False),
        ("Kustomization", "Progressing", 5, False),
        ("HelmRelease", "UpgradeFailed", 5, False),
    ],
)
def test_an_event_alone_is_not_always_enough(
    kind: str, reason: str, ago: float, reported: bool
) -> None:
    """Without a history an old event proves nothing; a release has conditions."""
    more: dict[str, Any] = {"age": minutes(0.1)}
    assert again(flux(kind, "web", RECONCILING, **more), failed(kind, reason, ago, "x")) is reported


def test_a_controller_that_was_stopped_is_no_words_of_a_fault() -> None:
    """Of the two newest events the one about a failure counts."""
    stopped = event("Kustomization apps/web", "Progressing",
                    "failed to update status: context canceled", ago=minutes(1))  # fmt: skip
    web = kustomization("web", "git", RECONCILING, age=minutes(0.1))
    broken = failed("Kustomization", "BuildFailed")
    found = bad(report(*HEALTHY, source("git"), web, stopped, broken).faults)
    assert [f.message for f in found] == [BROKEN]


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("GitRepository", "FetchFailed: True GitOperationFailed"),
        ("GitRepository", "IncludeUnavailable: True NotFound"),
        ("OCIRepository", "SourceVerified: False VerificationError"),
        ("HelmRepository", "FetchFailed: True Failed"),
        ("HelmChart", "BuildFailed: True ValuesFilesError"),
        ("Bucket", "StorageOperationFailed: True ArchiveOperationFailed"),
    ],
)
def test_a_retry_without_artifact_shows_in_other_conditions(kind: str, part: str) -> None:
    """Without an artifact each attempt looks like the first, except for its other conditions."""
    name, _, says = part.partition(": ")
    wiped = {"Ready": "Unknown Progressing: building artifact"}
    assert not again(flux(kind, "web", wiped, age=minutes(0.1)))
    assert again(flux(kind, "web", wiped | {name: f"{says}: connection refused"}, age=minutes(0.1)))


def test_failures_of_an_older_spec_are_ignored() -> None:
    """The URL was corrected a moment ago, so the old failure does not count."""
    parts = {"FetchFailed": "True GitOperationFailed: no such host"}
    web = flux("GitRepository", "web", RECONCILING | parts, age=minutes(0.1))
    web["metadata"]["generation"] += 1
    assert not again(web)


def test_events_of_an_older_spec_are_ignored() -> None:
    """During the first attempt at a new spec, a failure of the old one does not count."""
    written = {"time": stamp(minutes(2)), "fieldsV1": {"f:spec": {"f:path": {}}}}
    for ago, result in ((1, True), (3, False)):
        web = kustomization("web", "git", RECONCILING, age=minutes(0.1), managedFields=[written])
        assert again(web, failed("Kustomization", "BuildFailed", ago)) is result


def test_a_failed_release_of_an_older_spec_is_not_retried() -> None:
    """The newest release in the history counts only if it is about the current spec."""
    written = {"time": stamp(minutes(2)), "fieldsV1": {"f:spec": {"f:values": {}}}}
    for ago, result in ((1, True), (3, False)):
        history = [{"status": "failed", "lastDeployed": stamp(minutes(ago))}]
        web = flux("HelmRelease", "web", RECONCILING, age=minutes(0.1), managedFields=[written],
                   status={"history": history})  # fmt: skip
        assert again(web) is result


WAITS_FOR_WEB = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
CHECK_FAILED = {"Ready": f"False HealthCheckFailed: {WAITS_FOR_WEB}"}
CANCELED = {"Ready": "False HealthCheckCanceled: New reconciliation triggered by X/apps/y"}


def before(one: Object, *others: Object) -> Failure | None:
    """Return how *one*, called web, failed before."""
    known = state(one, *others)
    return failed_before(known, known.resources[one["kind"], "apps", "web"])


def test_a_failure_that_is_still_there_is_the_one_before() -> None:
    """It lasts since its first event, although each retry moves the time of Ready."""
    warned = failed("Kustomization", "HealthCheckFailed", 1, WAITS_FOR_WEB)
    warned["firstTimestamp"] = stamp(minutes(45))
    web = kustomization("web", "git", CHECK_FAILED, age=minutes(1))
    since = NOW - minutes(45)
    assert before(web, warned) == Failure("HealthCheckFailed", WAITS_FOR_WEB, since)
    changed = {"time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": 1}}}
    web["metadata"] |= {"generation": 2, "managedFields": [changed]}
    assert before(web, warned) == Failure("HealthCheckFailed", WAITS_FOR_WEB, since)


def test_an_attempt_that_was_replaced_ended_no_failure() -> None:
    """A newer commit has canceled the health check: the failure before it is what counts."""
    warned = failed("Kustomization", "HealthCheckFailed", 30, WAITS_FOR_WEB)
    web = kustomization("web", "git", CANCELED, age=minutes(1))
    assert before(web) is None
    assert before(web, warned) == Failure("HealthCheckFailed", WAITS_FOR_WEB, NOW - minutes(30))
    web["status"]["history"] = [
        reconciled("HealthCheckCanceled", minutes(1)),
        reconciled("HealthCheckFailed", minutes(90)),
    ]
    assert before(web) == Failure("HealthCheckFailed", "", None)


def test_a_success_ended_the_failure() -> None:
    """What failed before the last success, or is Ready, has no failure to tell."""
    warned = failed("Kustomization", "BuildFailed", 9)
    web = kustomization("web", "git", at("Building manifests"), age=minutes(0.1))
    assert before(web, warned) == Failure("BuildFailed", BROKEN, NOW - minutes(9))
    web["status"]["history"] = [reconciled("ReconciliationSucceeded", minutes(3))]
    assert before(web, warned) is None
    assert before(kustomization("web", "git"), warned) is None
    assert before(kustomization("web", "git", {})) is None


def test_a_release_keeps_its_failure_in_a_condition() -> None:
    """During an upgrade to a new version, Released is still about the one before."""
    released = {"Released": "False UpgradeFailed: cannot patch"}
    web = flux("HelmRelease", "web", RECONCILING | released, age=minutes(1))
    assert before(web) == Failure("UpgradeFailed", "cannot patch", NOW - minutes(1))


def test_a_deletion_retries_nothing() -> None:
    """An object that is being deleted does not retry what failed before."""
    assert (
        before(kustomization("web", "git", CHECK_FAILED, deletionTimestamp=stamp(minutes(1))))
        is None
    )
