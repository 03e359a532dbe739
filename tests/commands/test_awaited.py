"""What a reconciliation waits for is looked at itself: its status outlives its events."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from fluxstatus.model.kinds import KINDS
from tests.commands.matrix import FAULTS, Fault
from tests.conftest import Program
from tests.fakes.scripted import RESOURCES, Api, Resource, forbidden
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make, stamp

NOW = datetime.now(UTC)  # the program looks at the clock
BROKEN = 1
GIT = git_repository("flux-system", "git", NOW, url="https://git.example.com/app.git")
CERTIFICATE = Resource("Certificate", "certificates", "cert-manager.io")
DEPLOYMENTS, PODS = RESOURCES["Deployment"], RESOURCES["Pod"]
WEB = f"{DEPLOYMENTS.inside('apps')}?limit=500&fieldSelector=metadata.name=web"
QUOTA = (
    'pods "web-57949dd564-rbfpj" is forbidden: exceeded quota: compute, requested: '
    "requests.cpu=500m, used: requests.cpu=2, limited: requests.cpu=2"
)
"""As a Deployment has it from its ReplicaSet (kubernetes resourcequota admission)."""


def waiting_for(*targets: str, name: str = "apps") -> Any:
    """Return a Kustomization that waited in vain for these Kind/namespace/name."""
    listed = ", ".join(f"{target} status: 'InProgress'" for target in targets)
    message = f"health check failed after 30.01s: timeout waiting for: [{listed}]"
    failure = ("HealthCheckFailed", message)
    return kustomization("flux-system", name, NOW, source=GIT, path="./", failure=failure)


def deployment(name: str = "web", **reason: str) -> Any:
    """Return a Deployment in apps without pods; *reason* is that of ReplicaFailure."""
    conditions = [
        condition("Available", "False", "MinimumReplicasUnavailable", "none", NOW),
        *(condition("ReplicaFailure", "True", why, text, NOW) for why, text in reason.items()),
    ]
    status = {"observedGeneration": 1, "unavailableReplicas": 1, "conditions": conditions}
    spec = {"replicas": 1}
    return make("apps/v1", "Deployment", name, NOW, namespace="apps", spec=spec, status=status)


def warning(name: str, message: str) -> Any:
    """Return a new event about the Deployment *name* in apps."""
    about = {"kind": "Deployment", "namespace": "apps", "name": name}
    return make(
        "v1", "Event", f"{name}.1", NOW, namespace="apps", type="Warning", reason="FailedCreate",
        message=message, involvedObject=about, lastTimestamp=stamp(NOW),
    )  # fmt: skip


_SERVED = len(KINDS) + 1
"""The kinds of Flux, and Certificate: whether its CRD has the label of Flux is one request."""


@pytest.fixture(autouse=True)
def _healthy(api: Api) -> None:
    api.resources = {**RESOURCES, "Certificate": CERTIFICATE}
    api.put(*flux_system(NOW), GIT)


def titles(done: CompletedProcess[str]) -> Mapping[str, str]:
    """Return the titles of the failures, keyed by the name of their object."""
    findings = json.loads(done.stdout)["findings"]
    return {one["object"]["name"]: one["title"] for one in findings if one["level"] == "fail"}


def test_the_cause_is_named_within_the_requests(api: Api, flux_status: Program) -> None:
    """Without events, the Deployment says why it has no pods; these are not asked for then."""
    api.put(waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA))
    done = flux_status("-o", "json")
    assert done.returncode == BROKEN
    assert (
        'Deployment apps/web: a pod of web exceeds ResourceQuota "compute"' in titles(done)["apps"]
    )
    assert api.asked().count(WEB) == 1
    assert len(api.asked()) <= _SERVED + 9


def test_healthy_clusters_do_not_pay(api: Api, flux_status: Program) -> None:
    """Where nothing is waited for, no Deployment but those of Flux is read."""
    api.put(deployment(FailedCreate=QUOTA))
    assert flux_status().returncode == 0
    assert all("labelSelector" in asked for asked in api.asked("*/deployments"))


def test_an_event_is_enough(api: Api, flux_status: Program) -> None:
    """If an event says why, the Deployment is not read."""
    api.put(waiting_for("Deployment/apps/web"), deployment(), warning("web", QUOTA))
    assert "ResourceQuota" in titles(flux_status("-o", "json"))["apps"]
    assert WEB not in api.asked()
    assert len(api.asked()) <= _SERVED + 9


def test_what_pods_and_events_leave_open_is_read(api: Api, flux_status: Program) -> None:
    """One list answers for several: of those that neither a pod nor an event explains."""
    names = ("web", "db", "api")
    api.put(
        *(waiting_for(f"Deployment/apps/{name}", name=name) for name in names),
        deployment("web", FailedCreate=QUOTA),
        deployment("db", FailedCreate=QUOTA.replace("compute", "memory")),
        deployment("api"),
        warning("api", QUOTA.replace("compute", "of-the-event")),
    )
    found = titles(flux_status("-o", "json"))
    assert 'ResourceQuota "compute"' in found["web"]
    assert 'ResourceQuota "memory"' in found["db"]
    assert 'ResourceQuota "of-the-event"' in found["api"]
    asked = [one for one in api.asked("*/deployments") if "labelSelector" not in one]
    assert asked == [f"{DEPLOYMENTS.inside('apps')}?limit=500"]
    assert len(api.asked()) <= _SERVED + 10


def test_pods_are_still_asked_for(api: Api, flux_status: Program) -> None:
    """A Deployment that does not say why has pods that do."""
    api.put(waiting_for("Deployment/apps/web"), deployment())
    flux_status()
    assert f"{PODS.inside('apps')}?limit=500" in api.asked()
    assert len(api.asked()) <= _SERVED + 10


def test_an_object_of_any_kind_says_why(api: Api, flux_status: Program) -> None:
    """The Ready condition of a custom resource is the cause; its kind was discovered anyway."""
    message = "the key usages are not allowed"
    ready = condition("Ready", "False", "Refused", message, NOW)
    status = {"conditions": [ready]}
    made = make("cert-manager.io/v1", "Certificate", "web", NOW, namespace="apps", status=status)
    api.put(waiting_for("Certificate/apps/web"), made)
    title = titles(flux_status("-o", "json"))["apps"]
    assert title.endswith(f"Certificate apps/web: Refused: {message}")
    assert len(api.asked()) <= _SERVED + 9


def test_an_object_of_the_whole_cluster_says_why(api: Api, flux_status: Program) -> None:
    """An object without a namespace is read as well."""
    issuer = Resource("ClusterIssuer", "clusterissuers", "cert-manager.io", namespaced=False)
    api.resources = {**RESOURCES, "ClusterIssuer": issuer}
    ready = condition("Ready", "False", "ErrInitIssuer", "no secret for the CA", NOW)
    api.put(
        waiting_for("ClusterIssuer/ca"),
        make("cert-manager.io/v1", "ClusterIssuer", "ca", NOW, status={"conditions": [ready]}),
    )
    title = titles(flux_status("-o", "json"))["apps"]
    assert title.endswith("ErrInitIssuer: no secret for the CA")
    assert api.asked("*/clusterissuers") == [
        f"{issuer.path}?limit=500&fieldSelector=metadata.name=ca"
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_cannot_be_read_is_no_cause(api: Api, flux_status: Program, fault: Fault) -> None:
    """A fault of this request says so in the finding, claims nothing, and spoils nothing else."""
    api.put(waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA))
    api[f"{DEPLOYMENTS.inside('apps')}?fieldSelector=metadata.name=web"] = fault.answer
    done = flux_status("-o", "json", "--request-timeout", "1")
    document = json.loads(done.stdout)
    assert done.returncode == BROKEN
    (failure,) = [one for one in document["findings"] if one["level"] == "fail"]
    assert "quota" not in failure["title"].lower()
    assert "the status of Deployment web was not read: " in failure["why"]
    assert not [one for one in document["findings"] if one["level"] == "unknown"]


def test_a_missing_permission_is_named(api: Api, flux_status: Program) -> None:
    """The finding names the permission that would show the cause."""
    api.put(waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA))
    api[f"{DEPLOYMENTS.inside('apps')}?fieldSelector=metadata.name=web"] = forbidden
    assert "missing permission: list deployments.apps" in flux_status("-o", "json").stdout


def test_explain_always_reads_it(api: Api, flux_status: Program) -> None:
    """`explain` shows the status of the object in the chain, also where an event says why."""
    api.put(
        waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA), warning("web", QUOTA)
    )
    done = flux_status("explain", "ks/apps", "-n", "flux-system", "-o", "json")
    assert done.returncode == BROKEN
    needs = json.loads(done.stdout)["chain"]["needs"]
    (web,) = [one for one in needs if one["object"]["name"] == "web"]
    assert web["stands"] == f"0 of 1 ready: {QUOTA}"
    assert f"{DEPLOYMENTS.inside('apps')}/web" in api.asked()


def test_explain_says_that_it_does_not_exist(api: Api, flux_status: Program) -> None:
    """What was asked for by its name and is gone is not called unread."""
    api.put(waiting_for("Deployment/apps/web", "Deployment/apps/db"), deployment("db"))
    done = flux_status("explain", "ks/apps", "-n", "flux-system", "-o", "json")
    needs = {
        one["object"]["name"]: one["stands"] for one in json.loads(done.stdout)["chain"]["needs"]
    }
    assert needs["web"] == "does not exist"
    assert needs["db"].startswith("0 of 1 ready")
    assert f"{DEPLOYMENTS.inside('apps')}/web" in api.asked()


def test_a_snapshot_explains_the_same(api: Api, flux_status: Program, tmp_path: Path) -> None:
    """What the check has read of a workload is in the snapshot."""
    api.put(waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA))
    file, words = f"{tmp_path / 'saved'}", ("explain", "ks/apps", "-n", "flux-system")
    flux_status("--save", file)
    assert f"0 of 1 ready: {QUOTA}" in flux_status(
        *words, "--from", file, "-o", "json"
    ).stdout.replace('\\"', '"')


def test_explain_says_what_it_could_not_read(api: Api, flux_status: Program) -> None:
    """Without the permission, the chain says that the object was not read, and why."""
    api.put(waiting_for("Deployment/apps/web"), deployment(FailedCreate=QUOTA))
    api[f"{DEPLOYMENTS.inside('apps')}*"] = forbidden
    done = flux_status("explain", "ks/apps", "-n", "flux-system")
    text = " ".join(done.stdout.split())
    assert done.returncode == BROKEN
    assert "Deployment apps/web: was not read: " in text
    assert "get deployments.apps" in text


def test_a_rolled_back_release_is_not_judged_by_what_runs_now(
    api: Api, flux_status: Program
) -> None:
    """After a rollback, the Deployment is that of the revision before."""
    message = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
    rolled = "Helm rollback to previous release apps/web.v1 with chart web@1.0.0 succeeded"
    conditions = [
        condition("Ready", "False", "RollbackSucceeded", rolled, NOW),
        condition("Released", "False", "UpgradeFailed", f"Helm upgrade failed: {message}", NOW),
        condition("Remediated", "True", "RollbackSucceeded", rolled, NOW),
    ]
    status = {"observedGeneration": 1, "conditions": conditions}
    release = make("helm.toolkit.fluxcd.io/v2", "HelmRelease", "web", NOW, namespace="apps",
                   spec={"interval": "10m", "chartRef": {"kind": "OCIRepository", "name": "x"}},
                   status=status)  # fmt: skip
    api.put(release, deployment(FailedCreate=QUOTA))
    assert "ResourceQuota" not in flux_status("-o", "json").stdout
    assert WEB not in api.asked()
