"""How long things may take: the last moment that counts, and the first that does not."""

from datetime import timedelta

import pytest

from fluxstatus.state.last_attempt import is_failed_retry
from fluxstatus.state.requests import REQUESTED_AT, unhandled_since
from fluxstatus.state.resource import Verdict
from fluxstatus.state.revisions import has_new_artifacts, lag_of, overdue
from tests.builders import (
    HEALTHY,
    NOW,
    RECONCILING,
    alter,
    bad,
    container,
    event,
    evidence,
    flux,
    found,
    judged,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
    state,
)

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(minutes(2) - SECOND, Verdict.STARTING), (minutes(2), Verdict.NEVER)],
)
def test_an_object_is_young_for_two_minutes(age: timedelta, verdict: Verdict) -> None:
    """An object without a status is starting in its first two minutes."""
    assert judged(flux("Kustomization", "x", {}, born=age)).verdict is verdict


@pytest.mark.parametrize(("age", "overdue"), [(minutes(5), False), (minutes(5) + SECOND, True)])
def test_a_request_is_handled_within_five_minutes(age: timedelta, overdue: bool) -> None:
    """A reconcile request is overdue when it is older than five minutes."""
    asked = judged(flux("GitRepository", "x", annotations={REQUESTED_AT: stamp(age)}))
    assert unhandled_since(asked, NOW) == (NOW - age if overdue else None)


@pytest.mark.parametrize(
    ("timeout", "age", "late"),
    [
        ("5m", minutes(5), False),
        ("5m", minutes(5) + SECOND, True),
        ("30s", minutes(1), False),
        ("30s", minutes(1) + SECOND, True),
    ],
)
def test_a_revision_is_applied_within_the_timeout(timeout: str, age: timedelta, late: bool) -> None:
    """A new revision has the timeout of its consumer to arrive, and at least a minute."""
    artifact = {"revision": "2@sha256:b", "lastUpdateTime": stamp(age)}
    spec = {"chartRef": reference("OCIRepository", "chart"), "timeout": timeout}
    old = {"lastAttemptedRevisionDigest": "sha256:a"}
    chart = flux("OCIRepository", "chart", status={"artifact": artifact})
    known = state(chart, flux("HelmRelease", "web", spec=spec, status=old))
    web = known.resources["HelmRelease", "apps", "web"]
    lag = lag_of(known, web)
    assert lag is not None
    assert overdue(known, web, lag) is late


@pytest.mark.parametrize(("age", "count"), [(minutes(60), 1), (minutes(60) + SECOND, 0)])
def test_events_count_for_an_hour(age: timedelta, count: int) -> None:
    """A Warning event that is older than an hour does not count."""
    assert len(state(event("Kustomization apps/web", "A", "x", ago=age)).warnings) == count


@pytest.mark.parametrize(
    ("age", "failed"), [(timedelta(seconds=999), True), (timedelta(seconds=1000), False)]
)
def test_a_failure_without_a_history_counts_until_the_next_attempt(
    age: timedelta, failed: bool
) -> None:
    """controller-runtime tries again after at most 1000 seconds (client-go workqueue)."""
    kind = "ResourceSetInputProvider"
    known = state(
        flux(kind, "web", RECONCILING, age=minutes(0.1)),
        event(f"{kind} apps/web", "ReconciliationFailed", "no", ago=age),
    )
    assert is_failed_retry(known, known.resources[kind, "apps", "web"]) is failed


@pytest.mark.parametrize(
    ("age", "codes"), [(minutes(60) - SECOND, ["restarted"]), (minutes(60), [])]
)
def test_a_restart_is_reported_for_an_hour(age: timedelta, codes: list[str]) -> None:
    """A container that restarted less than an hour ago is a warning."""
    last = {"reason": "Error", "exitCode": 1, "finishedAt": stamp(age)}
    status = container(ready=True, restarts=1, running={}, last=last)
    objects = alter(HEALTHY, "Pod/helm-controller", {"status.containerStatuses": [status]})
    assert [finding.code for finding in bad(found("components", evidence(*objects)))] == codes


@pytest.mark.parametrize(
    ("born", "age", "codes"),
    [
        (minutes(10) - SECOND, None, []),
        (minutes(10), None, ["report-missing"]),
        (timedelta(days=1), minutes(15), []),
        (timedelta(days=1), minutes(15) + SECOND, ["report-old"]),
    ],
)
def test_a_report_is_due_after_some_intervals(
    born: timedelta, age: timedelta | None, codes: list[str]
) -> None:
    """A report is missing after two intervals, and old after three."""
    created = {"metadata.creationTimestamp": stamp(born)}
    objects = alter(HEALTHY, "Deployment/flux-operator", created)
    condition = {"Ready": "True Succeeded: Reporting finished in 57ms"}
    report = flux("FluxReport", "flux-system/flux", condition, age=age or minutes(0))
    others = [one for one in objects if one["kind"] != "FluxReport"]
    known = evidence(*others, *([] if age is None else [report]))
    assert [finding.code for finding in bad(found("operator", known))] == codes


def test_a_suspension_is_no_sign_of_new_artifacts() -> None:
    """When somebody suspends an object, its controller has not worked."""
    suspends = {"time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    git = source("git")
    git["status"]["artifact"]["lastUpdateTime"] = stamp(minutes(30))
    web = kustomization("web", "git", age=minutes(40))
    paused = kustomization("p", "git", spec={"suspend": True}, managedFields=[suspends])
    assert has_new_artifacts(state(git, web, paused))
    assert has_new_artifacts(state(git, web))
    assert not has_new_artifacts(state(git, kustomization("web", "git", age=minutes(20))))
