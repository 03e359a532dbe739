"""Advice on how objects are written and handled."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from tests.advice.looking import habits, seen
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOW,
    flux,
    kustomization,
    minutes,
    pod,
    report,
    source,
    stamp,
    without,
)

REQUESTED = "reconcile.fluxcd.io/requestedAt"
ALERTS = "alerts.notification.toolkit.fluxcd.io"


def asked(name: str, text: str, kind: str = "GitRepository") -> Object:
    """Return a source that was asked to reconcile, and has done so."""
    one = flux(kind, name, annotations={REQUESTED: text})
    one["status"]["lastHandledReconcileAt"] = text
    return one


def hours(count: float) -> timedelta:
    """Return *count* hours."""
    return timedelta(hours=count)


def test_requests_on_three_occasions_are_reported() -> None:
    """Manual requests at three different times of a week are reported, newest first."""
    times = (stamp(hours(1)), str(int((NOW - hours(30)).timestamp())), stamp(hours(50)))
    found = habits(*(asked(f"s{i}", text) for i, text in enumerate(times)))["manual-requests"]
    assert found.title.startswith("reconciliations of 3 objects were requested")
    assert seen(found)[0] == "GitRepository apps/s0: 2026-11-23 11:00 UTC"


@pytest.mark.parametrize(
    "times",
    [
        [stamp(hours(1)), stamp(hours(50))],
        [stamp(hours(1)), stamp(hours(1.1)), stamp(hours(1.2)), stamp(hours(50))],
        [stamp(hours(1)), stamp(hours(50)), stamp(hours(24 * 8))],
        # as notification-controller writes what a webhook asked for
        ["2026-11-23 11:00:00.123 +0000 UTC m=+12.5", "2026-11-22 11:00:00 +0000 UTC m=+12.5",
         "2026-11-21 11:00:00 +0000 UTC m=+12.5"],
    ],
    ids=["twice", "in one go", "long ago", "by a Receiver"],
)  # fmt: skip
def test_occasional_requests_are_not_reported(times: list[str]) -> None:
    """Two occasions, one outage, old requests, and requests of a webhook give no advice."""
    assert "manual-requests" not in habits(*(asked(f"s{i}", t) for i, t in enumerate(times)))


def test_the_operator_asks_itself() -> None:
    """Requests of the Flux Operator for its own FluxInstance give no advice."""
    others = [asked("a", stamp(hours(1))), asked("b", stamp(hours(30)))]
    assert "manual-requests" not in habits(
        *others, asked("flux-system/flux", stamp(hours(60)), "FluxInstance"),
        system=without(HEALTHY, "FluxInstance/flux"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "reported"),
    [
        ({}, True),
        ({"driftDetection": {"mode": "disabled"}}, True),
        ({"driftDetection": {"mode": "warn"}}, False),
        ({"driftDetection": {"mode": "enabled"}}, False),
    ],
)
def test_releases_that_notice_no_drift(spec: Object, reported: bool) -> None:
    """A HelmRelease that neither detects nor corrects drift is reported."""
    found = habits(flux("HelmRelease", "web", spec=spec))
    assert ("no-drift-detection" in found) is reported
    if reported:
        assert "spec.driftDetection.mode" in found["no-drift-detection"].hints[0].text


@pytest.mark.parametrize(("prune", "reported"), [(False, True), (True, False), (None, False)])
def test_kustomizations_that_never_prune(prune: bool | None, reported: bool) -> None:
    """Disabled pruning is reported only where prune is known to be false."""
    spec = {} if prune is None else {"prune": prune}
    assert ("no-prune" in habits(source("a"), kustomization("k", "a", spec=spec))) is reported


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (flux("HelmRelease", "default/web"), "HelmRelease default/web"),
        (kustomization("default/web", "a"), "Kustomization default/web"),
        (flux("HelmRelease", "web", spec={"targetNamespace": "default"}),
         "HelmRelease apps/web spec.targetNamespace: default"),
        (kustomization("web", "a", spec={"targetNamespace": "default"}),
         "Kustomization apps/web spec.targetNamespace: default"),
        (flux("HelmRelease", "web"), ""),
        (kustomization("web", "a", spec={"targetNamespace": "defaults"}), ""),
        (source("default/a"), ""),
    ],
)  # fmt: skip
def test_what_is_in_the_namespace_default(one: Object, place: str) -> None:
    """What is applied from there, or to there, is reported; a source is not."""
    found = habits(source("a"), source("default/a"), one).get("default-namespace")
    assert (seen(found) if found else []) == ([place] if place else [])


@pytest.mark.parametrize(
    ("kind", "spec", "reported"),
    [
        ("GitRepository", {"url": "http://git.example.com/a"}, True),
        ("GitRepository", {"url": "https://git.example.com/a"}, False),
        ("GitRepository", {"url": "ssh://git@git.example.com/a"}, False),
        ("GitRepository", {"url": "http://gitea.git.svc.cluster.local:3000/a"}, False),
        ("GitRepository", {"url": "http://gitea.git.svc:3000/a"}, False),
        ("HelmRepository", {"url": "http://charts.example.com"}, True),
        ("OCIRepository", {"url": "oci://r.example.com/a", "insecure": True}, True),
        ("OCIRepository", {"url": "oci://r.example.com/a"}, False),
        ("OCIRepository", {"url": "oci://zot.zot.svc:5000/a", "insecure": True}, False),
        ("HelmRepository", {"url": "oci://r.example.com", "type": "oci", "insecure": True}, True),
        ("Bucket", {"endpoint": "minio.example.com", "insecure": True}, False),
        ("GitRepository", {"url": "http://[::1"}, True),
    ],
)
def test_credentials_that_travel_in_clear(kind: str, spec: Object, reported: bool) -> None:
    """A Secret that is sent over plain HTTP out of the cluster is reported."""
    found = habits(flux(kind, "a", spec={**spec, "secretRef": {"name": "auth"}}))
    assert ("credentials-in-clear" in found) is reported


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("http://git:hunter2@git.example.com/a", True),
        ("http://git:hunter2@gitea.git.svc/a", False),
        ("https://git:hunter2@git.example.com/a", False),
        ("ssh://git@git.example.com/a", False),
    ],
)
def test_a_login_in_the_url_travels_in_clear(url: str, reported: bool) -> None:
    """A login in a plain HTTP URL is reported without its value."""
    found = habits(flux("GitRepository", "a", spec={"url": url}))
    assert ("credentials-in-clear" in found) is reported
    assert "hunter2" not in f"{found}"


def test_no_plain_http_advice_without_a_secret() -> None:
    """Plain HTTP without a Secret gives nothing away."""
    spec = {"url": "http://git.example.com/a"}
    assert "credentials-in-clear" not in habits(flux("GitRepository", "a", spec=spec))


def test_missing_alerts_are_reported() -> None:
    """A cluster that deploys with Flux and has no Alert gets that advice once."""
    found = habits()["no-alert"]
    assert (found.level, found.object, found.evidence) == (Level.WARN, None, ())
    assert "eventSeverity: error" in found.hints[0].text


@pytest.mark.parametrize(
    "more",
    [
        {"unread": {ALERTS: FORBIDDEN}},
        {"system": without(HEALTHY, "Deployment/notification-controller")},
        {"system": without(HEALTHY, "Kustomization/flux-system")},
    ],
    ids=["forbidden", "no controller", "nothing is deployed"],
)
def test_no_alert_takes_evidence(more: dict[str, Any]) -> None:
    """Missing Alerts are not reported if Alerts cannot be read or would not work."""
    assert "no-alert" not in habits(**more)


def test_one_alert_is_enough() -> None:
    """A cluster with an Alert gets no advice."""
    alert = flux("Alert", "a", {}, spec={"providerRef": {"name": "p"}})
    assert "no-alert" not in habits(alert, flux("Provider", "p", {}))


def test_an_alert_to_a_suspended_provider() -> None:
    """An Alert with a suspended Provider gives advice; one without a Provider is a fault."""
    alert = flux("Alert", "a", {}, spec={"providerRef": {"name": "p"}})
    paused = flux("Provider", "p", {}, spec={"suspend": True})
    assert habits(alert, paused)["alert-muted"].title.startswith(
        "Alert apps/a sends no notifications"
    )
    assert "alert-muted" not in habits(alert, flux("Provider", "p", {}))
    result = report(*HEALTHY, alert)
    assert [f.code for f in result.findings if f.object and f.object.kind == "Alert"] == [
        "provider-missing"
    ]
    assert "alert-muted" not in {f.code for f in result.advice}


def test_a_long_suspension_is_reported_once() -> None:
    """An object suspended for weeks is a warning with its age, and gives no advice as well."""
    managed = [{"time": stamp(timedelta(days=41)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}]
    paused = kustomization("k", "a", spec={"suspend": True}, managedFields=managed)
    result = report(*HEALTHY, source("a"), paused)
    [finding] = [f for f in result.findings if f.object and f.object.name == "k"]
    assert (finding.code, finding.level) == ("suspended", Level.WARN)
    assert finding.since == NOW - timedelta(days=41)
    assert not [f for f in result.advice if "apps/k" in f"{f.title} {f.evidence}"]


@pytest.mark.parametrize(("ago", "reported"), [(11, True), (9, False)])
def test_what_is_deleted_and_stays(ago: float, reported: bool) -> None:
    """An object that has been terminating for ten minutes is reported with its start time."""
    stuck = pod("flux-system/stuck")
    stuck["metadata"]["deletionTimestamp"] = stamp(minutes(ago))
    found = habits(stuck).get("deleted-stuck")
    assert (found is not None) is reported
    if found:
        assert seen(found) == ["Pod flux-system/stuck: deleted 2026-11-23 11:49 UTC"]


def test_deleted_objects_of_flux_are_faults() -> None:
    """A Flux object that cannot be deleted is reported by its step, not again as advice."""
    stuck = kustomization("k", "a", deletionTimestamp=stamp(minutes(60)))
    result = report(*HEALTHY, source("a"), stuck)
    assert [f.level for f in result.findings if f.object and f.object.name == "k"] == [Level.FAIL]
    assert "deleted-stuck" not in {f.code for f in result.advice}
