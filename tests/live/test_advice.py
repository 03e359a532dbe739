"""`--advice` on a real API server: its extra requests, and its output by permission."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import HEALTHY as HEALTHY_FLUX
from tests.builders import alter, evidence, flux, judge, kustomization, reference, source
from tests.kubernetes.cluster import Cluster
from tests.live.program import flux_status
from tests.live.replay import namespaces, objects
from tests.recorded.score import HERE

pytestmark = pytest.mark.cluster

HEALTHY = HERE / "cluster-healthy.json.gz"
OTHERS = {
    "PodMonitor": ("monitoring.coreos.com", "podmonitors"),
    "ServiceMonitor": ("monitoring.coreos.com", "servicemonitors"),
    "PrometheusRule": ("monitoring.coreos.com", "prometheusrules"),
    "VMPodScrape": ("operator.victoriametrics.com", "vmpodscrapes"),
    "VMServiceScrape": ("operator.victoriametrics.com", "vmservicescrapes"),
    "VMRule": ("operator.victoriametrics.com", "vmrules"),
    "HTTPRoute": ("gateway.networking.k8s.io", "httproutes"),
}
"""Kinds of other projects that are asked for, where they are installed."""


def definition(kind: str) -> dict[str, Any]:
    """Return a CRD of *kind* that takes anything."""
    group, plural = OTHERS[kind]
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    approved = {"api-approved.kubernetes.io": "unapproved, for a test"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": approved},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [version],
        },
    }


def healthy() -> list[dict[str, Any]]:
    """Return the recorded healthy cluster."""
    evidence = snapshot.load(HEALTHY)
    return [*namespaces(evidence), *objects(evidence)]


def _of_flux_2_8(one: dict[str, Any]) -> dict[str, Any]:
    """Return an object of the healthy cluster as if that had Flux 2.8."""
    labels = one["metadata"].get("labels", {})
    if labels.get("app.kubernetes.io/part-of") == "flux":
        labels["app.kubernetes.io/version"] = "v2.8.8"
    return one


def policy(name: str = "allow-egress") -> dict[str, Any]:
    """Return a NetworkPolicy as Flux comes with."""
    return named("networking.k8s.io/v1", "NetworkPolicy", name, {"podSelector": {}})


def named(api: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return an object in the namespace of Flux."""
    metadata = {"name": name, "namespace": "flux-system"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture(name="crowded")
def _crowded(bare_cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster with Flux 2.8, the Prometheus Operator's kinds and the Gateway API's."""
    bare_cluster.install_crds("v2.8.8")
    bare_cluster.apply(definition(kind) for kind in OTHERS)
    names = {f"{plural}.{group}" for group, plural in OTHERS.values()}
    end = time.monotonic() + 60
    while names - set(bare_cluster.kubectl("api-resources", "--cached=false", "-o=name").split()):
        assert time.monotonic() < end
        time.sleep(0.2)
    yield bare_cluster
    bare_cluster.kubectl("delete", "crd", "--ignore-not-found", *sorted(names))


def test_a_few_more_requests(cluster: Cluster) -> None:
    """Without the kinds of others three lists are asked for beyond the check's, and no Secret."""
    cluster.put([*healthy(), policy()])
    cluster.forget_audit()
    plain = flux_status(cluster.kubeconfig("admin"), "-o", "json")
    usual = {request.uri for request in cluster.audit("admin")}
    cluster.forget_audit()
    result = flux_status(cluster.kubeconfig("admin"), "-o", "json", "--advice")
    requests = cluster.audit("admin")
    more = [r.uri.partition("?")[0].rpartition("/")[2] for r in requests if r.uri not in usual]
    assert sorted(more) == ["customresourcedefinitions", "ingresses", "networkpolicies"]
    assert {request.verb for request in requests} <= {"get", "list"}
    assert (result.code, result.report["verdict"]) == (plain.code, "pass") == (Exit.HEALTHY, "pass")
    assert result.report["cost"]["bytes"] - plain.report["cost"]["bytes"] < 200_000
    assert {f["code"] for f in result.report["findings"]} == {
        "no-alert", "no-drift-detection",
        "no-retries",  # as the API server fills in: no release has spec.install
        "oci-not-verified", "version-unbounded",  # an OCIRepository with the tag latest
    }  # fmt: skip


AUDITED = {
    "oci-helm-repository": "HelmRepository apps/legacy",
    "source-insecure": "Bucket apps/plain",
    "oci-not-verified": "OCIRepository apps/charts",
    "no-cloud-provider": "OCIRepository apps/charts",
    "version-unbounded": "OCIRepository apps/charts",
    "no-retries": "HelmRelease apps/web",
    "storage-elsewhere": "HelmRelease apps/web",
    "dependency-not-awaited": "Kustomization apps/infra",
    "paths-overlap": "Kustomization apps/all",
    "no-service-account": "Kustomization red/free",
    "cross-namespace-source": "Kustomization red/bound",
    "no-cluster-size": "FluxInstance flux-system/flux",
    "sync-with-token": "FluxInstance flux-system/flux",
}
"""The practices of the official audit, with an object that has each."""


def audited() -> Iterator[Object]:
    """Yield a healthy Flux that lacks the practices of AUDITED."""
    yield from alter(HEALTHY_FLUX, "FluxInstance/flux", {
        "spec.cluster.size": None, "spec.sync.url": "https://github.com/o/r",
        "spec.sync.pullSecret": "git",
    })  # fmt: skip
    registry = "oci://1.dkr.ecr.eu-west-1.amazonaws.com"
    yield flux("HelmRepository", "legacy", {}, spec={"url": registry, "type": "oci"})
    yield flux("Bucket", "plain", spec={"endpoint": "s3.example.com", "bucketName": "b",
                                        "interval": "10m", "insecure": True})  # fmt: skip
    spec: Object = {"url": f"{registry}/web", "interval": "10m", "ref": {"semver": "*"}}
    yield flux("OCIRepository", "charts", spec=spec)
    spec = {"chartRef": reference("OCIRepository", "charts"), "interval": "10m",
            "targetNamespace": "web", "install": {"crds": "Create"}}  # fmt: skip
    yield flux("HelmRelease", "web", spec=spec)
    yield source("repo", spec={"url": "https://git.example.com/a", "interval": "10m"})
    infra = kustomization("infra", "repo", spec={"path": "./infra/a", "prune": True})
    infra["status"]["inventory"] = {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}
    yield infra
    yield kustomization("all", "repo", after=["infra"], spec={"path": "./infra", "prune": True})
    yield kustomization("red/free", "apps/repo", spec={"prune": True, "path": "./free"})
    spec = {"prune": True, "path": "./bound", "serviceAccountName": "red"}
    yield kustomization("red/bound", "apps/repo", spec=spec)


def test_the_practices_of_the_audit(cluster: Cluster) -> None:
    """Each is found in objects as a real API server has them; the exit code stays 0."""
    known = evidence(*audited())
    cluster.put([*namespaces(known), *objects(known), policy()])
    result = flux_status(cluster.kubeconfig("admin"), "-o", "json")
    found = {f["code"]: f for f in result.report["findings"] if f["class"] == "habit"}
    assert found.keys() >= AUDITED.keys()
    for code, name in AUDITED.items():
        names = ["{kind} {namespace}/{name}".format(**ref) for ref in found[code]["objects"]]
        assert name in names, code
        assert found[code]["docs"].startswith("https://flux")
    assert result.code == Exit.HEALTHY


def test_everything_that_only_advice_sees(crowded: Cluster, tmp_path: Path) -> None:
    """Advice about a real cluster is found, and equals that from a snapshot of it."""
    backend = {"service": {"name": "flux-operator", "port": {"number": 9080}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    rules = [{"alert": "Dead", "expr": "gotk_reconcile_condition > 0"}]
    selector = {"matchLabels": {"app": "source-controller"}}
    endpoints = [{"port": "http-prom"}]
    crowded.put([_of_flux_2_8(one) for one in healthy()])
    old = named(
        "notification.toolkit.fluxcd.io/v1beta2",
        "Alert",
        "old",
        {"providerRef": {"name": "x"}, "summary": "prod", "eventSources": []},
    )
    crowded.apply(
        [
            old,
            named("networking.k8s.io/v1", "Ingress", "web",
                  {"rules": [{"host": "x.example.com", "http": {"paths": paths}}]}),
            named("gateway.networking.k8s.io/v1", "HTTPRoute", "web",
                  {"rules": [{"backendRefs": [{"name": "flux-operator", "port": 9080}]}]}),
            named("monitoring.coreos.com/v1", "PodMonitor", "flux",
                  {"selector": selector, "podMetricsEndpoints": endpoints}),
            named("monitoring.coreos.com/v1", "PrometheusRule", "flux",
                  {"groups": [{"name": "g", "rules": rules}]}),
        ]
    )  # fmt: skip
    stored = '{"status": {"storedVersions": ["v1beta2", "v1"]}}'
    crowded.kubectl("patch", "crd", "imagepolicies.image.toolkit.fluxcd.io", "--type=merge",
                    "--subresource=status", f"--patch={stored}")  # fmt: skip
    file = tmp_path / "now.json.gz"
    result = flux_status(crowded.kubeconfig("admin"), "-o", "json", "--advice", f"--save={file}")
    found = {f["code"]: f for f in result.report["findings"] if f["class"] == "habit"}
    titles = {code: finding["title"] for code, finding in found.items()}
    assert result.report["summary"]["habit"] == len(found)
    assert (
        titles["ui-exposed"]
        == "the web UI has no login, and 2 routes expose it outside the cluster"
    )
    assert titles["no-scraping"].endswith("selects 4 controllers")
    assert titles["retired-metric"].startswith("PrometheusRule flux-system/flux Dead uses gotk_")
    assert titles["no-network-policy"].endswith('namespace "flux-system" has no NetworkPolicy')
    assert titles["api-version-removed"] == (
        "Alert flux-system/old was last written as notification.toolkit.fluxcd.io/v1beta2, which "
        "Flux 2.9 removes"
    )
    assert titles["deprecated-field"].startswith("spec.summary of Alert flux-system/old is ")
    assert titles["stored-versions"].startswith("CRD imagepolicies.image.toolkit.fluxcd.io ")
    assert "advice-unread" not in found
    again = flux_status(crowded.kubeconfig("admin"), "-o", "json", "--advice", "--skip=ui-exposed")
    assert "ui-exposed" not in {f["code"] for f in again.report["findings"]}
    replayed = json.loads(as_json.render(judge(snapshot.load(file)), Look()))
    assert {f["code"] for f in replayed["findings"]} == {
        f["code"] for f in result.report["findings"]
    }


def test_a_missing_permission_is_reported(cluster: Cluster) -> None:
    """What a viewer may not list gives no advice, is named with its rule, and changes no code."""
    cluster.put(healthy())
    plain = flux_status(cluster.kubeconfig("viewer"), "-o", "json")
    result = flux_status(cluster.kubeconfig("viewer"), "-o", "json", "--advice")
    [unread] = [f for f in result.report["findings"] if f["code"] == "advice-unread"]
    rules = [entry["value"] for entry in unread["evidence"]]
    assert rules == ["list customresourcedefinitions.apiextensions.k8s.io"]
    assert (unread["level"], unread["class"]) == ("skip", "habit")
    assert result.code == plain.code
    assert result.report["verdict"] == plain.report["verdict"]


def test_one_namespace_takes_no_more_requests(cluster: Cluster) -> None:
    """With -n there is no advice on the cluster, and so nothing more is asked."""
    cluster.put(healthy())
    cluster.forget_audit()
    flux_status(cluster.kubeconfig("admin"), "-n", "flux-system")
    usual = len(cluster.audit("admin"))
    cluster.forget_audit()
    flux_status(cluster.kubeconfig("admin"), "-n", "flux-system", "--advice")
    assert len(cluster.audit("admin")) == usual
