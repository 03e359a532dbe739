"""Steps 5 and 6: sources and what is made from them."""

import json
from datetime import timedelta

import pytest

from fluxstatus.model.evidence import CONTROLLERS, Object
from fluxstatus.model.findings import Level
from fluxstatus.model.kinds import KINDS, RESOURCES
from tests.builders import (
    FETCHED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    NOW,
    RESULTS,
    SERVED,
    alter,
    bad,
    container,
    crashing,
    event,
    evidence,
    flux,
    found,
    kustomization,
    minutes,
    only,
    outcomes,
    pod,
    reference,
    source,
    stamp,
)

STATUS_KINDS = [
    k.name for k in KINDS.values() if not k.static and k.step in ("sources", "reconcilers")
]
FAILS = {"Ready": "False Odd: something new"}


def of(kind: str, conditions: dict[str, str] | None = None, **more: object) -> list[Object]:
    """Return a healthy Flux with an object of *kind*, all controllers there."""
    images = [one for one in HEALTHY if one["metadata"]["name"] == "helm-controller"]
    controllers = [
        changed
        for name in ("image-reflector-controller", "image-automation-controller")
        for changed in alter(images, "Deployment/helm-controller", {"metadata.name": name})
        if changed["metadata"]["name"] == name
    ]
    return [*HEALTHY, *controllers, flux(kind, "one", conditions, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_a_ready_object_of_each_kind_passes(kind: str) -> None:
    """A Ready object of any kind passes without other findings."""
    findings = found(KINDS[kind].step, evidence(*of(kind)))
    assert bad(findings) == []
    assert [f.level for f in findings if f.object and f.object.name == "one"] == [Level.PASS]


@pytest.mark.parametrize("kind", RESULTS)
def test_ready_without_its_result_is_unknown(kind: str) -> None:
    """An object that is Ready without its artifact or revision is not counted as healthy."""
    path = "artifact" if "artifact" in RESULTS[kind] else "lastAppliedRevision"
    others = [one for one in HEALTHY if one["kind"] != kind]
    name = "flux-system/flux" if kind == "FluxInstance" else "one"
    odd = flux(kind, name, status={path: None})
    step = KINDS[kind].step
    known = evidence(*others, odd, kustomization("web", "git"), source("git"))
    (finding,) = [f for f in found(step, known) if f.code == "ready-without-result"]
    assert finding.level is Level.UNKNOWN
    assert f"Ready, but status.{path} is not set" in finding.title


def test_the_number_of_all_includes_those_without_a_result() -> None:
    """Neither a step nor the comparison of revisions leaves them out of its numbers."""
    empty = kustomization("empty", "git")
    del empty["status"]["lastAppliedRevision"]
    known = evidence(*HEALTHY, source("git"), kustomization("web", "git"), empty)
    titles = [finding.title for step in ("reconcilers", "drift") for finding in found(step, known)]
    assert "2 of 3 healthy" in titles
    assert "2 of 3 objects have applied the latest revision of their source" in titles


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_a_failing_object_of_each_kind_fails(kind: str) -> None:
    """A failing object of any kind is a fail in the step of its kind, and only there."""
    known = evidence(*of(kind, FAILS))
    (finding,) = bad(found(KINDS[kind].step, known))
    assert (finding.level, finding.object and finding.object.kind) == (Level.FAIL, kind)
    other = "sources" if KINDS[kind].step == "reconcilers" else "reconcilers"
    assert bad(found(other, known)) == []


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_a_kind_that_may_not_be_read_is_unknown(kind: str) -> None:
    """A 403 on one kind is unknown with the missing permission; other kinds are reported."""
    findings = found(KINDS[kind].step, evidence(*HEALTHY, unread={KINDS[kind].resource: FORBIDDEN}))
    finding = only(findings, "forbidden")
    assert finding.level is Level.UNKNOWN
    assert finding.evidence == (("missing RBAC rule", "list things.example.com"),)


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_a_kind_that_is_not_served_is_no_fault(kind: str) -> None:
    """A kind whose CRD is not installed is not reported."""
    served = {n: v for n, v in SERVED.items() if n != KINDS[kind].resource}
    assert bad(found(KINDS[kind].step, evidence(*HEALTHY, served=served))) == []


@pytest.mark.parametrize("step", ["sources", "reconcilers"])
def test_an_empty_cluster_is_skipped(step: str) -> None:
    """Where there are no objects the step is skipped."""
    assert outcomes(step) == {("skip", "none")}


@pytest.mark.parametrize("step", ["sources", "reconcilers"])
def test_what_could_not_be_read_is_not_called_absent(step: str) -> None:
    """If nothing could be read, no object is reported as missing."""
    assert outcomes(step, unread=dict.fromkeys(RESOURCES, FORBIDDEN)) == {("unknown", "forbidden")}


@pytest.mark.parametrize("kind", ["GitRepository", "OCIRepository", "Bucket"])
def test_the_root_source_may_be_of_any_kind_and_name(kind: str) -> None:
    """The source that spec.sync names is what the FluxInstance waits for, whatever its kind."""
    waits = f"timeout waiting for: [{kind}/flux-system/root status: 'InProgress']"
    failing = {"Ready": f"False ReconciliationFailed: {waits}"}
    objects = alter(HEALTHY, "FluxInstance/flux", {
        "spec.sync": {"kind": kind, "name": "root", "url": "x"},
        "status.conditions": flux("FluxInstance", "x", failing)["status"]["conditions"],
    })  # fmt: skip
    root = flux(kind, "flux-system/root", FAILS)
    known = evidence(*objects, root)
    finding = only(bad(found("sources", known)), "not-ready")
    assert [ref.kind for ref in finding.blocks] == ["FluxInstance"]
    assert bad(found("instance", known)) == []


def test_a_cause_is_reported_in_full() -> None:
    """A fail has the controller's words, since when, what it blocks, and where to read more."""
    broken = flux("GitRepository", "git", NOT_THERE, age=minutes(14), spec={"url": "https://x/y"})
    known = evidence(*HEALTHY, broken, kustomization("web", "git", NO_ARTIFACT))
    finding = only(found("sources", known), "git-repository-missing")
    assert finding.message == "unable to clone: repository not found"
    assert (finding.reason, finding.since) == ("GitOperationFailed", NOW - minutes(14))
    assert [ref.name for ref in finding.blocks] == ["web"]
    assert finding.docs == "https://fluxcd.io/flux/components/source/gitrepositories/"
    assert ("status.conditions[Ready]", "False") in finding.evidence


def test_a_fault_began_with_the_first_of_its_events() -> None:
    """Ready moves with each retry; the first Warning event of the same reason came before."""
    broken = flux("GitRepository", "git", NOT_THERE, age=minutes(1))
    warned = event("GitRepository apps/git", "GitOperationFailed", "no", ago=minutes(1), count=30)
    warned["firstTimestamp"] = stamp(minutes(50))
    finding = only(found("sources", evidence(*HEALTHY, broken, warned)), "git-repository-missing")
    assert finding.since == NOW - minutes(50)
    assert any("30 times" in value for _, value in finding.evidence)


def test_a_consequence_is_in_no_finding_of_its_own() -> None:
    """What a broken source drags down is in its blocks, and neither passes nor fails."""
    known = evidence(*HEALTHY, source("git", NOT_THERE), kustomization("stale", "git"),
                     kustomization("new", "git", NO_ARTIFACT))  # fmt: skip
    about = [f.object.name for f in found("reconcilers", known) if f.object]
    assert about == ["flux-system"]


def test_objects_in_progress_are_one_line() -> None:
    """What reconciles for less than its timeout is one line that names some, and no pass."""
    moving = {"Ready": "Unknown Progressing: Reconciliation in progress"}
    many = [kustomization(f"app-{n}", "git", moving, age=minutes(1)) for n in range(7)]
    finding = only(found("reconcilers", evidence(*HEALTHY, source("git"), *many)), "reconciling")
    assert finding.level is Level.WAIT
    assert finding.title.startswith(
        "1 of 8 ready, 7 in progress: Kustomization apps/app-0 (reconciling for 60s), "
    )
    assert finding.title.endswith("and 2 more")
    assert len(finding.evidence) == 7


def test_a_suspended_object_warns_with_since_when() -> None:
    """Something suspended that blocks nothing is a warning with the time of it."""
    written = {"time": stamp(timedelta(days=41)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    paused = kustomization("web", "git", spec={"suspend": True}, managedFields=[written])
    finding = only(found("reconcilers", evidence(*HEALTHY, source("git"), paused)), "suspended")
    assert (finding.level, finding.since) == (Level.WARN, NOW - timedelta(days=41))
    assert finding.hints[0].commands[0].changes


def test_a_suspended_object_names_who_suspended_it() -> None:
    """The finding names the field manager that set spec.suspend."""
    suspends = {"time": stamp(minutes(9)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    managed = [{"manager": "kubectl-patch", **suspends}]
    paused = kustomization("web", "git", spec={"suspend": True}, managedFields=managed)
    finding = only(found("reconcilers", evidence(*HEALTHY, source("git"), paused)), "suspended")
    assert "suspended by field manager kubectl-patch" in finding.why


def test_a_suspended_object_that_blocks_fails() -> None:
    """Something suspended that keeps others from starting is a fail."""
    objects = [
        flux("GitRepository", "git", {}, spec={"suspend": True}),
        kustomization("web", "git", NO_ARTIFACT),
    ]
    assert ("fail", "suspended") in outcomes("sources", *HEALTHY, *objects)


def test_a_stalled_object_is_final() -> None:
    """What Flux does not try again is marked so."""
    stalled = {"Stalled": "True URLInvalid: x", "Ready": "False URLInvalid: x"}
    known = evidence(*HEALTHY, flux("GitRepository", "git", stalled))
    assert only(found("sources", known), "url-invalid").final


def test_a_failed_health_check_is_explained_by_pods() -> None:
    """A failed health check is explained by the workload's pod."""
    waits = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
    objects = [
        source("git"),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {waits}"}),
        pod("apps/web-5d-x", container(waiting={"reason": "ImagePullBackOff"}), phase="Pending"),
        pod("apps/webhook-5d-x", container(waiting={"reason": "InvalidImageName"})),
    ]
    finding = only(found("reconcilers", evidence(*HEALTHY, *objects)), "health-check-failed")
    assert "web-5d-x cannot pull the image" in finding.why
    assert "webhook" not in finding.why


def test_a_failed_health_check_is_explained_by_events() -> None:
    """If no pod could be created, the ReplicaSet's event explains the failure."""
    waits = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
    objects = [
        source("git"),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {waits}"}),
        event("ReplicaSet apps/web-5d", "FailedCreate", "exceeded quota: small"),
    ]
    finding = only(found("reconcilers", evidence(*HEALTHY, *objects)), "health-check-failed")
    assert "exceeded quota: small" in finding.why


WAITS = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
LATE = "the status was still InProgress when the timeout expired"


@pytest.mark.parametrize(
    ("namespace", "others", "summary", "certainty"),
    [
        ("apps", [pod("apps/web-5d-x", crashing("OOMKilled", 137, 5))],
         "Deployment web: container manager OOMKilled (exit 137), 5 restarts", "one-of"),
        ("flux-system", [pod("apps/web-5d-x", crashing(restarts=5))],
         "Deployment apps/web: container manager exited with code 1, 5 restarts", "one-of"),
        ("apps", [event("ReplicaSet apps/web-5d", "FailedCreate",
                        'pods "web-x" is forbidden: exceeded quota: small, requested: cpu=2')],
         'Deployment web: a pod of web exceeds ResourceQuota "small": requested: cpu=2', "certain"),
        ("apps", [event("ReplicaSet apps/web-5d", "Odd", "nobody: knows; this")],
         "Deployment web: Odd: nobody: knows; this", "one-of"),
        ("apps", [], f"Deployment apps/web did not become healthy: {LATE}", "one-of"),
    ],
)  # fmt: skip
def test_the_title_of_a_failed_health_check_has_the_cause(
    namespace: str, others: list[Object], summary: str, certainty: str
) -> None:
    """What the pods or events of the workload say is in the title, with its own certainty."""
    failed = {"Ready": f"False HealthCheckFailed: {WAITS}"}
    owner = kustomization("web", "git", failed, namespace=namespace)
    known = evidence(*HEALTHY, source("git", namespace=namespace), owner, *others)
    finding = only(found("reconcilers", known), "health-check-failed")
    assert (finding.summary, finding.certainty) == (summary, certainty)
    assert finding.title == f"Kustomization {namespace}/web: {summary}"
    assert "Deployment apps/web did not become healthy" in finding.why


def test_a_title_counts_the_other_workloads() -> None:
    """The first workload gives the cause, and the others are not forgotten."""
    waits = WAITS.replace("]", ", Deployment/apps/api status: 'InProgress']")
    objects = [
        source("git"),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {waits}"}),
        pod("apps/web-5d-x", crashing()),
        pod("apps/api-5d-x", crashing()),
    ]
    finding = only(found("reconcilers", evidence(*HEALTHY, *objects)), "health-check-failed")
    assert finding.summary.endswith("exited with code 1, 7 restarts (and 1 more workload)")


def alerting(name: str = "slack", **more: object) -> Object:
    """Return an Alert that sends to the Provider *name*."""
    spec = {"providerRef": reference("", name), **more}
    return flux("Alert", "ops", {}, spec=spec)


SLACK = flux("Provider", "slack", {}, spec={"type": "slack", "secretRef": {"name": "url"}})


def test_an_alert_with_its_provider_passes() -> None:
    """Alert and Provider have no status: that they are there for each other must do."""
    findings = found("reconcilers", evidence(*HEALTHY, alerting(), SLACK))
    about = {f.object.kind: f.level for f in findings if f.object}
    assert (about["Alert"], about["Provider"]) == (Level.PASS, Level.PASS)
    assert bad(findings) == []


def test_an_alert_without_its_provider_warns_and_does_not_pass() -> None:
    """An Alert whose Provider does not exist warns and does not pass."""
    findings = found("reconcilers", evidence(*HEALTHY, alerting("slakc"), SLACK))
    assert only(findings, "provider-missing").level is Level.WARN
    assert "Alert" not in {f.object.kind for f in findings if f.object and f.level is Level.PASS}


def test_a_provider_that_cannot_be_read_is_not_called_missing() -> None:
    """Where Providers may not be listed an Alert is neither accused nor passed."""
    unread = {"providers.notification.toolkit.fluxcd.io": FORBIDDEN}
    result = outcomes("reconcilers", *HEALTHY, alerting(), unread=unread)
    assert ("warn", "provider-missing") not in result
    assert ("unknown", "forbidden") in result


def test_an_unused_provider_does_not_pass() -> None:
    """Nothing shows that a Provider works which no Alert sends to."""
    about = {f.object.kind for f in found("reconcilers", evidence(*HEALTHY, SLACK)) if f.object}
    assert "Provider" not in about


def test_lost_notifications_are_reported_at_the_provider() -> None:
    """A failed dispatch, visible only in an event of the Alert, is a warning at its Provider."""
    lost = event("Alert apps/ops", "NotificationDispatchFailed", "postMessage failed: 404", count=9)
    finding = only(found("reconcilers", evidence(*HEALTHY, alerting(), SLACK, lost)),
                   "notification-failed")  # fmt: skip
    assert (finding.level, finding.object and finding.object.name) == (Level.WARN, "slack")
    assert "url" in finding.hints[0].text
    assert [ref.kind for ref in finding.blocks] == ["Alert"]


@pytest.mark.parametrize("suspended", [True, False])
def test_an_alert_that_sends_nothing_does_not_pass(*, suspended: bool) -> None:
    """Neither an Alert whose Provider is suspended passes, nor one whose events are lost."""
    lost = event("Alert apps/ops", "NotificationDispatchFailed", "postMessage failed: 404")
    paused = flux("Provider", "slack", {}, spec={"type": "slack", "suspend": True})
    objects = [paused] if suspended else [SLACK, lost]
    findings = found("reconcilers", evidence(*HEALTHY, alerting(), *objects))
    passes = {f.object.kind for f in findings if f.object and f.level is Level.PASS}
    assert not passes & {"Alert", "Provider"}


def test_a_suspended_alert_warns_once() -> None:
    """A suspended Alert is reported as suspended, not because of its Provider."""
    findings = bad(found("reconcilers", evidence(*HEALTHY, alerting("none", suspend=True))))
    assert [f.code for f in findings] == ["suspended"]


THREE = ["source-controller", "kustomize-controller", "helm-controller", "source-watcher"]
CHOSEN = alter(HEALTHY, "FluxInstance/flux", {"spec.components": THREE})
"""A Flux whose instance does not ask for the notification-controller."""


def _without_notifications(objects: list[Object]) -> list[Object]:
    """Return *objects* without the notification-controller."""
    name = "notification-controller"
    return [one for one in objects if not one["metadata"]["name"].startswith(name)]


def test_all_alerts_without_a_controller_are_one_finding() -> None:
    """The Alerts that nothing sends are named, once for all of them."""
    second = alerting() | {"metadata": alerting()["metadata"] | {"name": "second"}}
    installed = _without_notifications(CHOSEN)
    known = found("reconcilers", evidence(*installed, SLACK, alerting(), second))
    finding = only(known, "alert-not-sent")
    assert finding.level is Level.WARN
    assert [ref.name for ref in finding.objects] == ["ops", "second"]


@pytest.mark.parametrize(
    ("installed", "codes"),
    [
        (_without_notifications(CHOSEN), ["alert-not-sent"]),
        (_without_notifications(HEALTHY), []),  # the FluxInstance has it: that is the fault
        (CHOSEN, []),
    ],
)
def test_alerts_without_a_controller(installed: list[Object], codes: list[str]) -> None:
    """Where no notification-controller is installed or expected, nobody sends what Alerts ask."""
    findings = bad(found("reconcilers", evidence(*installed, SLACK, alerting())))
    assert [one.code for one in findings if one.code == "alert-not-sent"] == codes


@pytest.mark.parametrize("name", ["flux-notification-controller", "notification-controller-eu"])
def test_a_controller_with_another_name_is_there(name: str) -> None:
    """A prefix or suffix of Kustomize, or a shard, is a notification-controller all the same."""
    text = json.dumps([one for one in CHOSEN if one not in _without_notifications(CHOSEN)])
    renamed = json.loads(text.replace("notification-controller", name))
    known = evidence(*_without_notifications(CHOSEN), *renamed, SLACK, alerting())
    assert "alert-not-sent" not in {one.code for one in found("reconcilers", known)}


def test_an_unknown_controller_is_not_called_absent() -> None:
    """Where the Deployments of Flux could not be read, nothing is said about the controller."""
    known = evidence(
        *_without_notifications(CHOSEN),
        SLACK,
        alerting(),
        unread={CONTROLLERS: FORBIDDEN},
    )
    assert "alert-not-sent" not in {one.code for one in found("reconcilers", known)}


def test_an_address_of_charts_passes() -> None:
    """A HelmRepository of type oci is an address without status, and passes as one."""
    oci = flux("HelmRepository", "charts", {}, spec={"type": "oci", "url": "oci://ghcr.io/x"})
    findings = found("sources", evidence(*HEALTHY, oci))
    assert bad(findings) == []
    assert "charts" in {f.object.name for f in findings if f.object and f.level is Level.PASS}


def test_a_fault_of_a_chart_is_reported_with_the_releases() -> None:
    """The HelmChart of a release has no finding among the sources."""
    chart = {"chart": {"spec": {"chart": "web", "sourceRef": reference("HelmRepository", "c")}}}
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    objects = [
        *HEALTHY,
        flux("HelmRepository", "c", FETCHED),
        flux("HelmChart", "apps-web", {"Ready": "False InvalidChartReference: bad"}, labels=labels,
             spec={"sourceRef": reference("HelmRepository", "c")}),
        flux("HelmRelease", "web", {"Ready": "False SourceNotReady: HelmChart 'apps/apps-web' is "
                                             "not ready: bad"}, spec=chart),
    ]  # fmt: skip
    known = evidence(*objects)
    assert bad(found("sources", known)) == []
    assert only(bad(found("reconcilers", known)), "chart-invalid").level is Level.FAIL


def test_a_stuck_provider_fails_nothing() -> None:
    """No object waits for an Alert or a Provider, so a fault of one is a warning."""
    for kind, level in (("Provider", Level.WARN), ("Receiver", Level.FAIL)):
        gone = flux(kind, "x", deletionTimestamp=stamp(minutes(60)))
        findings = bad(found("reconcilers", evidence(*HEALTHY, gone)))
        assert [(f.code, f.level) for f in findings] == [("terminating", level)]


NOT_DONE = """Helm install failed for release apps/web with chart web@1.0.0: resource not ready, \
name: web, kind: Deployment, status: InProgress
context deadline exceeded"""
HOOK = """Helm upgrade failed for release apps/web with chart web@1.0.0: pre-upgrade hooks failed: \
1 error occurred:
\t* job web-init failed: BackoffLimitExceeded"""
OF_HOOK = "Job web-init of the chart's pre-upgrade hook failed (BackoffLimitExceeded)"


@pytest.mark.parametrize(
    ("ready", "name", "title", "certainty"),
    [
        (f"False InstallFailed: {NOT_DONE}", "web-1",
         "spec.timeout expired before Helm finished: Deployment web", "one-of"),
        (f"False UpgradeFailed: {HOOK}", "web-init-bcdfg", OF_HOOK, "certain"),
    ],
)  # fmt: skip
def test_a_title_has_what_is_known_of_the_workload(
    ready: str, name: str, title: str, certainty: str
) -> None:
    """Helm only says that something did not finish or has failed; the pod says why."""
    crashed = crashing("OOMKilled", 137) | {"name": "app"}
    labels = {"app.kubernetes.io/instance": "web"}
    of_it = pod(f"apps/{name}", crashed, labels=labels)
    known = evidence(*HEALTHY, flux("HelmRelease", "web", {"Ready": ready}), of_it)
    (finding,) = bad(found("reconcilers", known))
    assert finding.summary == f"{title}: container app OOMKilled (exit 137), 7 restarts"
    assert finding.certainty == certainty
    assert finding.explanation
    assert "is in CrashLoopBackOff" in finding.explanation
    assert "deadline" not in finding.explanation


def test_what_a_pod_lacks_is_likely_what_took_helm_too_long() -> None:
    """A certain problem of a pod is not certain to be what Helm waited for."""
    lacks = {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    labels = {"app.kubernetes.io/instance": "web"}
    of_it = pod("apps/web-1", container(waiting=lacks), labels=labels, phase="Pending")
    release = flux("HelmRelease", "web", {"Ready": f"False InstallFailed: {NOT_DONE}"})
    (finding,) = bad(found("reconcilers", evidence(*HEALTHY, release, of_it)))
    assert 'Deployment web: the container refers to secret "db"' in finding.summary
    assert finding.certainty == "likely"
