"""Scenarios: owners and workloads."""

import pytest

from fluxstatus.model.evidence import Object
from tests.builders import (
    HEALTHY,
    NOT_THERE,
    RECONCILING,
    alter,
    container,
    crashing,
    event,
    flux,
    kind_and_name,
    kustomization,
    minutes,
    pod,
    source,
    waiting_for,
)
from tests.causes.scenarios.reports import only, problem

UNHEALTHY = {
    "Ready": "False HealthCheckFailed: health check failed after 30.01s: timeout waiting for: "
    "[Deployment/apps/web status: 'InProgress']"
}


@pytest.mark.parametrize(
    ("target", "reason", "message", "field"),
    [
        ("Kustomization/flux-system", "ArtifactFailed",
         "kustomization path not found: stat /tmp/k-1/pord: no such file", "spec.sync.path"),
        ("GitRepository/flux-system", "GitOperationFailed",
         "couldn't find remote ref \"refs/heads/prod\"", "spec.sync.ref"),
    ],
)  # fmt: skip
def test_what_the_operator_made_is_corrected_at_its_maker(
    target: str, reason: str, message: str, field: str
) -> None:
    """The operator reverts changes to the root sync; the FluxInstance has the field."""
    broken = alter(HEALTHY, target, {"status.conditions.0.status": "False",
        "status.conditions.0.reason": reason, "status.conditions.0.message": message})  # fmt: skip
    first = problem(*broken)[0]
    assert first.object
    assert kind_and_name(first.object) == target
    assert any(field in h.text and "FluxInstance flux-system/flux" in h.text for h in first.hints)


def test_what_a_resource_set_made_is_corrected_at_it() -> None:
    """The template is to be corrected, not the object; a host that is down needs no correction."""
    made = {"resourceset.fluxcd.controlplane.io/name": "tenants",
            "resourceset.fluxcd.controlplane.io/namespace": "apps"}  # fmt: skip
    down = {"Ready": "False GitOperationFailed: HTTP 503 from upstream"}
    objects = [
        flux("ResourceSet", "tenants"),
        flux("GitRepository", "wrong", NOT_THERE, labels=made),
        flux("GitRepository", "down", down, labels=made),
    ]
    found = {f.object.name: str(f.hints) for f in problem(*HEALTHY, *objects) if f.object}
    assert (
        "ResourceSet apps/tenants, which creates this object from spec.resources" in found["wrong"]
    )
    assert "ResourceSet" not in found["down"]


HEALTH = [
    ([pod("apps/web-1-a", crashing("OOMKilled", 137))], ["OOMKilled", "memory limit"]),
    ([pod("apps/web-1-a", crashing("Error", 2))], ["CrashLoopBackOff", "exit code 2"]),
    ([pod("apps/web-1-a", container(running={}))], ["readiness probe"]),
    ([event("ReplicaSet apps/web-56b65466c4", "FailedCreate", "exceeded quota: small")],
     ["exceeded quota: small", "ResourceQuota"]),
    ([pod("apps/web-1-a", phase="Pending", conditions=[
        {"type": "PodScheduled", "status": "False", "message": 'persistentvolumeclaim "data" not '
         "found"}])], ["FailedScheduling", 'persistentvolumeclaim "data"']),
]  # fmt: skip


@pytest.mark.parametrize(("others", "words"), HEALTH)
def test_what_keeps_a_workload_unhealthy_is_reported(
    others: list[Object], words: list[str]
) -> None:
    """The finding of the Kustomization has the reason, also while the next attempt runs."""
    retrying = RECONCILING | {
        "Reconciling": "True ProgressingWithRetry: Running health checks",
        "Healthy": UNHEALTHY["Ready"],
    }
    for conditions in (UNHEALTHY, retrying):
        found = only(
            *HEALTHY,
            source("git"),
            kustomization("apps", "git", conditions, age=minutes(3)),
            kustomization("next", "git", waiting_for("apps"), after=["apps"]),
            *others,
            of="Kustomization/apps",
            blocks="Kustomization/next",
        )
        text = f"{found.why} {[hint.text for hint in found.hints]}"
        assert [word for word in words if word not in text] == []


def test_pods_here_say_nothing_of_another_cluster() -> None:
    """A health check in a remote cluster is not explained by pods of this one."""
    remote = {"kubeConfig": {"secretRef": {"name": "prod"}}}
    found = only(
        *HEALTHY,
        source("git"),
        kustomization("apps", "git", UNHEALTHY, spec=remote),
        pod("apps/web-1-a", crashing()),
        of="Kustomization/apps",
        blocks="",
    )
    assert "CrashLoopBackOff" not in found.why


OCI_RELEASE = flux(
    "HelmRelease",
    "web",
    {"Ready": "False SourceNotReady: OCIRepository 'apps/apps-web' is not ready: no such tag"},
    spec={"chart": {"kind": "OCIRepository", "spec": {"url": "oci://ghcr.io/acme/charts/web"}}},
    status={"helmChart": "OCIRepository/apps/apps-web"},
)
"""A HelmRelease of Flux 2.10 whose chart template is that of an OCIRepository."""

NO_TAG = {
    "Ready": "False OCIArtifactPullFailed: failed to determine artifact digest: GET "
    "https://ghcr.io/v2/acme/charts/web/manifests/1.0.0: MANIFEST_UNKNOWN: manifest unknown"
}


@pytest.mark.parametrize(("name", "is_made"), [("apps-web", True), ("other", False)])
def test_what_a_chart_template_made_is_corrected_in_the_release(name: str, is_made: bool) -> None:
    """helm-controller reverts its OCIRepository; one that is in a chart is not of the template."""
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    spec = {"url": "oci://ghcr.io/acme/charts/web", "ref": {"tag": "1.0.0"}}
    source_of_it = flux("OCIRepository", name, NO_TAG, labels=labels, spec=spec)
    found = problem(*HEALTHY, source_of_it, *([OCI_RELEASE] if is_made else []))
    assert [kind_and_name(f.object) for f in found if f.object] == [f"OCIRepository/{name}"]
    told = any("HelmRelease apps/web" in h.text and "spec.chart.spec" in h.text
               for h in found[0].hints)  # fmt: skip
    assert told is is_made
    if is_made:
        assert [ref.name for ref in found[0].blocks] == ["web"]


def test_an_oci_repository_that_helm_controller_did_not_make_is_not_missing() -> None:
    """The reason why helm-controller could not create the source is the cause; nobody else can."""
    refused = 'admission webhook "kyverno" denied the request: no OCIRepositories here'
    release = alter([OCI_RELEASE], "HelmRelease/web", {
        "status.helmChart": None,
        "status.conditions.0.reason": "HelmChartSyncErr",
        "status.conditions.0.message": f"failed to run server-side apply: {refused}",
    })  # fmt: skip
    (found,) = problem(*HEALTHY, *release)
    assert (found.object and found.object.kind, found.code) == ("HelmRelease", "admission-denied")
    assert "does not exist" not in found.why
