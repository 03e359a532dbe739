"""Whether an object has a fault of its own, waits or is in progress."""

from typing import Any

import pytest

from tests.builders import (
    FETCHED,
    FORBIDDEN,
    NO_ARTIFACT,
    NOW,
    RECONCILING,
    event,
    flux,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
)
from tests.causes.tracing import blocks_of, causes, chart_of, only_cause, release

RETRYING = RECONCILING | {"Reconciling": "True ProgressingWithRetry: Building manifests"}


NO_VERSION = "no 'web' chart with version matching '9.x' found"


def test_a_chart_is_folded_into_its_release() -> None:
    """The fault of a HelmChart is reported at the HelmRelease, where it can be fixed."""
    objects = [
        flux("HelmRepository", "charts", FETCHED),
        chart_of("web", {"Ready": f"False InvalidChartReference: {NO_VERSION}"}),
        release("web", {"Ready": f"False SourceNotReady: HelmChart 'apps/apps-web' is not ready: "
                                 f"{NO_VERSION}"}),
    ]  # fmt: skip
    cause = only_cause(causes(*objects))
    assert (cause.ref.kind, cause.fault.diagnosis.code) == ("HelmRelease", "chart-version-missing")
    assert [ref.kind for ref in cause.blocks] == ["HelmChart"]


def test_a_chart_without_labels_is_folded_into_the_release_that_uses_it() -> None:
    """The status of a release names its chart; releases of the first versions set no labels."""
    chart = chart_of("web", {"Ready": f"False InvalidChartReference: {NO_VERSION}"})
    del chart["metadata"]["labels"]
    message = f"False SourceNotReady: HelmChart 'apps/apps-web' is not ready: {NO_VERSION}"
    objects = [flux("HelmRepository", "charts", FETCHED), chart, release("web", {"Ready": message})]
    assert blocks_of(causes(*objects)) == {"web": {"apps-web"}}


def test_a_chart_that_cannot_be_read_is_reported_by_its_release() -> None:
    """The release repeats the chart's message, which is enough when charts may not be listed."""
    message = f"False SourceNotReady: HelmChart 'apps/apps-web' is not ready: {NO_VERSION}"
    unread = {"helmcharts.source.toolkit.fluxcd.io": FORBIDDEN}
    cause = only_cause(causes(release("web", {"Ready": message}), unread=unread))
    assert cause.fault.diagnosis.code == "chart-version-missing"


def test_a_failed_install_is_not_reported_of_a_release_without_its_chart() -> None:
    """The failure of an earlier attempt does not count once the chart is gone."""
    objects = [
        flux("HelmRepository", "charts", {"Ready": "False Failed: 404 Not Found"}),
        release("web", {"Ready": "False SourceNotReady: HelmChart 'apps/apps-web' is not ready",
                        "Released": "False InstallFailed: it did not start"}),
        chart_of("web", {"Ready": "False NoSourceArtifact: no artifact available"}),
    ]  # fmt: skip
    assert blocks_of(causes(*objects)) == {"charts": {"apps-web", "web"}}


def test_values_that_are_missing_now_outweigh_an_old_failure() -> None:
    """A ValuesError is reported, not the upgrade that failed before it."""
    condition = {
        "Ready": "False ValuesError: could not resolve Secret chart values reference 'apps/x' "
        "with key 'values.yaml': not found",
        "Released": "False UpgradeFailed: timeout",
    }
    cause = only_cause(causes(release("web", condition)))
    assert cause.fault.diagnosis.code == "values-missing"


@pytest.mark.parametrize("conditions", [NO_ARTIFACT, RECONCILING, {}], ids=["waits", "runs", "new"])
def test_a_young_object_that_finds_its_way_is_no_news(conditions: dict[str, str]) -> None:
    """In its first minutes an object may wait, be in progress or have no status yet."""
    young: dict[str, Any] = {"born": minutes(1), "age": minutes(0.5)}
    found = causes(
        source("git", RECONCILING, **young), kustomization("web", "git", conditions, **young)
    )
    assert found.all == ()
    assert ("Kustomization", "apps", "web") in found.in_progress


def test_a_young_object_with_a_passing_fault_is_no_news() -> None:
    """A timeout of a one-minute-old object is not a fault yet."""
    slow = {"Ready": "False GitOperationFailed: Get https://git.example.com: i/o timeout"}
    young = flux("GitRepository", "git", slow, born=minutes(1))
    old = flux("GitRepository", "git", slow)
    assert (blocks_of(causes(young)), blocks_of(causes(old))) == ({}, {"git": set()})
    tomorrow = flux("GitRepository", "git", slow, born=-minutes(999))
    assert blocks_of(causes(tomorrow)) == {"git": set()}


def test_a_young_object_with_a_lasting_fault_is_reported() -> None:
    """A Secret that is missing does not come by waiting, however young the object is."""
    wrong = {"Ready": 'False AuthenticationFailed: failed to get secret: secrets "x" not found'}
    assert blocks_of(causes(flux("GitRepository", "git", wrong, born=minutes(1)))) == {"git": set()}


def test_a_retry_takes_its_text_from_the_event() -> None:
    """While the next attempt runs Ready says nothing; the Warning event still does."""
    objects = [
        source("git"),
        kustomization("web", "git", RETRYING, age=minutes(1)),
        event("Kustomization apps/web", "BuildFailed", "kustomization path not found: stat /x"),
    ]
    cause = only_cause(causes(*objects))
    assert (cause.fault.diagnosis.code, cause.fault.reason) == ("path-missing", "BuildFailed")


def test_a_retry_takes_its_text_from_the_release() -> None:
    """While the next attempt runs the Released condition of a release still tells."""
    failed = {"Released": "False UpgradeFailed: cannot patch: field is immutable"}
    cause = only_cause(causes(release("web", RECONCILING | failed, age=minutes(1))))
    assert cause.fault.diagnosis.code == "immutable-field"


def test_a_retry_without_any_text_is_reported_as_such() -> None:
    """When the event has expired, that the last attempt failed is all there is to say."""
    cause = only_cause(causes(source("git"), kustomization("web", "git", RETRYING, age=minutes(1))))
    assert cause.fault.diagnosis.code == "attempt-failed"


def test_a_rolled_back_release_tells_what_failed() -> None:
    """After a rollback Ready says that it succeeded; the fault is that of the upgrade."""
    conditions = {
        "Ready": "False RollbackSucceeded: Helm rollback succeeded",
        "Stalled": "True RetriesExceeded: Failed to upgrade after 1 attempt(s)",
        "Released": "False UpgradeFailed: Helm upgrade failed: timeout waiting for: "
        "[Deployment/apps/web status: 'InProgress']",
    }
    cause = only_cause(causes(release("web", conditions)))
    assert cause.fault.diagnosis.code == "upgrade-rolled-back"
    assert "Deployment apps/web" in cause.fault.diagnosis.why
    assert cause.fault.message.startswith("Helm upgrade failed")


def test_a_shard_without_controller_is_named() -> None:
    """An object whose label gives it to a shard that nobody runs is a cause of its own."""
    lost = kustomization("web", "git", {}, labels={"sharding.fluxcd.io/key": "shard9"})
    cause = only_cause(causes(source("git"), lost))
    assert cause.fault.diagnosis.code == "shard-without-controller"
    assert "shard9" in cause.fault.diagnosis.why


def test_a_deleted_object_is_given_a_moment() -> None:
    """A deletion of a minute ago is in progress; one of an hour ago is stuck."""
    gone = kustomization("web", "git", deletionTimestamp=stamp(minutes(1)))
    stuck = kustomization("web", "git", deletionTimestamp=stamp(minutes(60)))
    assert blocks_of(causes(source("git"), gone)) == {}
    cause = only_cause(causes(source("git"), stuck))
    assert (cause.fault.diagnosis.code, cause.since) == ("terminating", NOW - minutes(60))


def test_a_canceled_health_check_is_given_a_moment() -> None:
    """A health check that a newer attempt has canceled is not a fault while that attempt starts."""
    canceled = {"Ready": "False HealthCheckCanceled: New reconciliation triggered by X/apps/y"}
    now = kustomization("now", "git", canceled, age=minutes(1))
    old = kustomization("old", "git", canceled, age=minutes(20))
    assert blocks_of(causes(source("git"), now, old)) == {"old": set()}


def test_a_deletion_that_has_failed_is_given_no_more_time() -> None:
    """Within its timeout a deletion is in progress, unless an attempt at it has failed."""
    gone = kustomization("web", "git", deletionTimestamp=stamp(minutes(4)))
    assert blocks_of(causes(source("git"), gone)) == {}
    failed = event("Kustomization apps/web", "ReconciliationFailed", "no", ago=minutes(1))
    assert blocks_of(causes(source("git"), gone, failed)) == {"web": set()}


def test_an_unknown_failure_is_not_a_wait() -> None:
    """A ResourceSet that retries after an unknown failure is reported with its message."""
    odd = event("ResourceSet apps/set", "OddFailed", "nobody knows this", ago=minutes(3))
    cause = only_cause(causes(flux("ResourceSet", "set", RECONCILING, age=minutes(0.1)), odd))
    assert (cause.fault.diagnosis.code, cause.fault.message) == ("not-ready", "nobody knows this")


def test_a_release_whose_chart_exists_does_not_miss_its_source() -> None:
    """helm-controller creates the HelmChart beside the source, so that namespace exists."""
    away = {
        "chart": {"spec": {"chart": "web", "sourceRef": reference("HelmRepository", "x/charts")}}
    }
    new = flux("HelmRelease", "web", {}, spec=away)
    assert only_cause(causes(new)).fault.diagnosis.code == "target-missing"
    chart = flux("HelmChart", "x/apps-web", spec=away["chart"]["spec"])
    assert {cause.fault.diagnosis.code for cause in causes(new, chart).all} >= {"never-reconciled"}
