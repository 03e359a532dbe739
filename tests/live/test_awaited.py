"""A Deployment without pods, on a real API server: its words, its requests, and who may read it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fluxstatus.model.findings import Exit
from tests.kubernetes.cluster import Cluster, ClusterError
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make
from tests.live.program import flux_status

pytestmark = pytest.mark.cluster

NOW = datetime.now(UTC)
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-1-x", "namespace": "team-a"},
    "spec": {"containers": [{"name": "web", "image": "web:v1"}]},
}


def refusal(cluster: Cluster) -> str:
    """Return the words with which the API server refuses a pod in a restricted namespace."""
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    cluster.kubectl("label", "--overwrite", "namespace", "team-a", enforce)
    cluster.kubectl("create", "serviceaccount", "default", "-n", "team-a")  # no controller runs
    try:
        cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(POD))
    except ClusterError as error:
        return str(error).partition('STDIN": ')[2].strip()
    raise AssertionError("the pod was admitted")


@pytest.fixture(name="waiting")
def _waiting(cluster: Cluster) -> Cluster:
    """Return a cluster with a Kustomization that waits for a Deployment without pods and events."""
    git = git_repository("team-a", "git", NOW, url="https://git.example.com/app.git")
    listed = "[Deployment/team-a/web status: 'InProgress']"
    message = f"health check failed after 30.01s: timeout waiting for: {listed}"
    failure = ("HealthCheckFailed", message)
    app = kustomization("team-a", "apps", NOW, source=git, path="./", failure=failure)
    refused = condition("ReplicaFailure", "True", "FailedCreate", refusal(cluster), NOW)
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD["spec"]},
    }
    status = {"observedGeneration": 1, "unavailableReplicas": 1, "conditions": [refused]}
    web = make("apps/v1", "Deployment", "web", NOW, namespace="team-a", spec=spec, status=status)
    cluster.put([*flux_system(NOW), git, app, web])
    cluster.forget_audit()
    return cluster


def title(report: dict[str, Any]) -> str:
    """Return the title of the only failure."""
    (found,) = [one for one in report["findings"] if one["level"] == "fail"]
    assert found["object"]["name"] == "apps"
    return str(found["title"])


def test_its_status_names_the_cause_within_the_requests(waiting: Cluster) -> None:
    """The words of the API server lead to the cause, in no more requests than before."""
    result = flux_status(waiting.kubeconfig("admin"), "-o", "json")
    crds = len(waiting.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"])
    assert result.code == Exit.UNHEALTHY
    assert "Deployment web: the pods violate the Pod Security level restricted:latest" in title(
        result.report
    )
    requests = waiting.audit("admin")
    assert len(requests) <= crds + 9
    asked = [one.uri for one in requests if "metadata.name%3Dweb" in one.uri.replace("=", "%3D")]
    assert len(asked) == 1


def test_who_may_view_the_cluster_may_read_it(waiting: Cluster) -> None:
    """The role view includes Deployments; the report lacks only what it lacked before."""
    result = flux_status(waiting.kubeconfig("viewer"), "-o", "json")
    assert "the pods violate the Pod Security level restricted:latest" in title(result.report)


def test_who_may_view_the_namespace_may_read_it(waiting: Cluster) -> None:
    """With -n, the Deployment in this namespace is read."""
    result = flux_status(waiting.kubeconfig("namespaced"), "-n", "team-a", "-o", "json")
    assert "the pods violate the Pod Security level restricted:latest" in title(result.report)
