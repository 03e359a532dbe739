"""Workloads whose pods cannot be created: their status says why when their events are gone."""

import pytest

from tests.live.program import flux_status

from .finding import Finding
from .flux import Flux
from .git_server import GitServer
from .objects import Object, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

_TRIES = 10  # the ReplicaSet is retried, less and less often, and each try is an event
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def deployment(cpu: str = "") -> Object:
    """Return a Deployment whose pod requests so much *cpu*."""
    container: Object = {"name": "web", "image": "web:v1"}
    container |= {"resources": {"requests": {"cpu": cpu}}} if cpu else {}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return of("apps/v1", "Deployment", "", "web", spec=spec)


def without_events(flux: Flux, namespace: str) -> Finding:
    """Return the only finding in *namespace* while it has no event about the Deployment's pods."""
    path = f"/api/v1/namespaces/{namespace}/events?fieldSelector=reason=FailedCreate"
    for _ in range(_TRIES):
        flux.cluster.kubectl("delete", "events", "--all", "-n", namespace)
        [found] = flux.findings(namespace)
        if not flux.cluster.get(path)["items"]:
            return found
    raise AssertionError("there always was an event")


def explained(flux: Flux, namespace: str) -> str:
    """Return how the Deployment web stands, as `explain` of the Kustomization says."""
    kubeconfig = flux.cluster.kubeconfig("admin")
    report = flux_status(kubeconfig, "explain", "ks/app", "-n", namespace, "-o", "json").report
    (web,) = [one for one in report["chain"]["needs"] if one["object"]["name"] == "web"]
    stands: str = web["stands"]
    return stands


def test_a_quota_that_is_used_up(flux: Flux, git: GitServer, namespace: str) -> None:
    """The quota is named though no event says it, and a smaller request heals."""
    quota = of("v1", "ResourceQuota", namespace, "compute", spec={"hard": {"requests.cpu": "100m"}})
    flux.apply(quota)
    pod = {"containers": [{"name": "a", "image": "a", "resources": {"requests": {"cpu": "1"}}}]}
    flux.is_refused(of("v1", "Pod", namespace, "too-large", spec=pod))
    repository = git.repository(namespace, {"app/web.yaml": manifest(deployment("500m"))})
    source, app = git_repository(namespace, repository.url), kustomization(namespace, wait=True)
    flux.failure(source, app)
    found = without_events(flux, namespace)
    assert (found.code, found.certainty) == ("health-check-failed", "certain")
    assert 'Deployment web: a pod of web exceeds ResourceQuota "compute"' in found.title
    assert explained(flux, namespace).startswith("0 of 1 ready: pods ")
    repository.commit({"app/web.yaml": manifest(deployment("50m"))})
    flux.heals(source, app)


def test_a_level_of_pod_security(flux: Flux, git: GitServer, namespace: str) -> None:
    """The level is named though no event says it, and relaxing it heals."""
    enforced = of("v1", "Namespace", "", namespace)
    enforced["metadata"]["labels"] = _RESTRICTED
    flux.apply(enforced)
    repository = git.repository(namespace, {"app/web.yaml": manifest(deployment())})
    source, app = git_repository(namespace, repository.url), kustomization(namespace, wait=True)
    flux.failure(source, app)
    found = without_events(flux, namespace)
    assert (found.code, found.certainty) == ("health-check-failed", "certain")
    assert (
        "Deployment web: the pods violate the Pod Security level restricted:latest" in found.title
    )
    assert "violates PodSecurity" in explained(flux, namespace)
    flux.apply(of("v1", "Namespace", "", namespace))
    flux.cluster.kubectl("rollout", "restart", "deployment/web", "-n", namespace)
    flux.heals(source, app)
