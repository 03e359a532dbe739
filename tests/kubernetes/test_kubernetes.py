"""The cluster of the tests is itself what the tests take it for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes import access, build, load
from tests.kubernetes.cluster import Cluster, ClusterError
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.store import StoreError, items

cluster_test = pytest.mark.cluster

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"
INSTANCES = "/apis/fluxcd.controlplane.io/v1/fluxinstances"

# As a List from a real API server: with status and managedFields, kind and version only outside.
RECORDED: dict[str, Any] = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "kind": "KustomizationList",
    "items": [
        {
            "metadata": {
                "name": "apps",
                "namespace": "team-b",
                "uid": "aef537cd-55d1-4361-a6d1-24bcf900c6ec",
                "creationTimestamp": "2026-11-23T19:21:30Z",
                "generation": 3,
                "finalizers": ["finalizers.fluxcd.io"],
                "managedFields": [
                    {
                        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                        "fieldsType": "FieldsV1",
                        "fieldsV1": {"f:status": {"f:conditions": {}}},
                        "manager": "kustomize-controller",
                        "operation": "Update",
                        "subresource": "status",
                        "time": "2026-11-23T19:22:49Z",
                    }
                ],
            },
            "spec": {
                "interval": "10m",
                "path": "./deploy",
                "prune": True,
                "force": False,
                "sourceRef": {"kind": "GitRepository", "name": "apps"},
            },
            "status": {
                "observedGeneration": 2,
                "conditions": [
                    {
                        "type": "Ready",
                        "status": "False",
                        "reason": "BuildFailed",
                        "message": "kustomize build failed",
                        "lastTransitionTime": "2026-11-23T19:22:49Z",
                    }
                ],
            },
        }
    ],
}


def refusal(cluster: Cluster, path: str, user: str) -> int:
    """Return the status code with which *user* is refused what is at *path*."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        cluster.get(path, user)
    caught.value.close()
    return caught.value.code


@cluster_test
def test_a_viewer_sees_what_view_gives_in_a_real_cluster(cluster: Cluster) -> None:
    """Flux's kinds are part of the role view; of flux-operator's only ResourceSets are."""
    assert cluster.get(KUSTOMIZATIONS, "viewer")["items"] == []
    assert cluster.get("/apis/fluxcd.controlplane.io/v1/resourcesets", "viewer")["items"] == []
    assert refusal(cluster, INSTANCES, "viewer") == 403
    assert refusal(cluster, "/api/v1/secrets", "viewer") == 403


@cluster_test
def test_other_users_see_one_namespace_or_none(cluster: Cluster) -> None:
    """The user `namespaced` is confined to team-a, and the user `nobody` has no permissions."""
    in_team_a = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/team-a/kustomizations"
    assert cluster.get(in_team_a, "namespaced")["items"] == []
    assert refusal(cluster, KUSTOMIZATIONS, "namespaced") == 403
    assert refusal(cluster, in_team_a, "nobody") == 403


@cluster_test
def test_what_is_put_is_served_as_it_was(cluster: Cluster) -> None:
    """Status, uid, ages and managedFields come back; only the resourceVersion is new."""
    cluster.put(items(RECORDED))
    [served] = cluster.get(KUSTOMIZATIONS, "viewer")["items"]
    del served["metadata"]["resourceVersion"]
    assert [served] == items(RECORDED)


@cluster_test
def test_builtin_kinds_can_be_put_too(cluster: Cluster) -> None:
    """Deployments, Pods and Services have the status that the objects set."""
    cluster.put(flux_system(NOW))
    shown = cluster.kubectl("get", "deployments,pods,services", "-n", "flux-system", "-o", "name")
    kinds = [line.partition("/")[0] for line in shown.splitlines()]
    assert [kinds.count(kind) for kind in ("deployment.apps", "pod", "service")] == [6, 6, 4]
    ready = cluster.kubectl(
        *("get", "deployment", "source-controller", "-n", "flux-system"),
        *("-o", "jsonpath={.status.readyReplicas}"),
    )
    assert ready == "1"


@cluster_test
def test_thousands_of_objects_are_there_at_once(cluster: Cluster) -> None:
    """A list right after put has all of them, and right after clear none."""
    fleet = load.fleet(3000, NOW, blocked=100)
    cluster.put(fleet)
    served = cluster.get(KUSTOMIZATIONS)["items"]
    cluster.clear()
    assert cluster.get(KUSTOMIZATIONS)["items"] == []
    assert len(served) == sum(one["kind"] == "Kustomization" for one in fleet)
    assert sum("inventory" not in one["status"] for one in served) == 100


@cluster_test
def test_made_up_objects_are_what_the_crds_allow(cluster: Cluster) -> None:
    """The API server accepts each of them as a user's own, with strict validation."""
    objects = [*flux_system(NOW), *load.fleet(10, NOW, blocked=2)]
    cluster.put(objects)
    for one in objects:
        one["metadata"].pop("managedFields", None)
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("replace", "--dry-run=server", "--validate=strict", "-f", "-", stdin=document)


@cluster_test
def test_a_kind_without_its_crd_cannot_be_put(bare_cluster: Cluster) -> None:
    """An object that no request could ever find is not written."""
    with pytest.raises(StoreError, match="Kustomization: not served"):
        bare_cluster.put(items(RECORDED))


@cluster_test
def test_versions_that_are_not_served_cannot_be_put(cluster: Cluster) -> None:
    """Else the API server's list of the kind stays as it was, for all tests that follow."""
    old = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2beta1",
        "kind": "HelmRelease",
        "metadata": {"name": "old", "namespace": access.NAMESPACE},
    }
    with pytest.raises(StoreError, match="v2beta1 HelmRelease: not served"):
        cluster.put([old])


@cluster_test
def test_crds_can_be_there_in_part(bare_cluster: Cluster) -> None:
    """A cluster may have some kinds of an older Flux, and none again."""
    assert refusal(bare_cluster, KUSTOMIZATIONS, "admin") == 404
    bare_cluster.install_crds("v2.7.5", kinds=["Kustomization"])
    assert bare_cluster.get(KUSTOMIZATIONS, "viewer")["items"] == []
    assert refusal(bare_cluster, INSTANCES, "admin") == 404
    bare_cluster.remove_crds()
    assert refusal(bare_cluster, KUSTOMIZATIONS, "admin") == 404


@cluster_test
def test_the_audit_log_has_what_users_ask_and_nothing_else(cluster: Cluster) -> None:
    """Every request of a test's user is there with its answer; the harness's own are not."""
    cluster.kubectl("get", "pods", "-n", "team-a", user="namespaced")
    cluster.kubectl("get", "--raw", KUSTOMIZATIONS, user="viewer")
    refusal(cluster, INSTANCES, "viewer")
    cluster.put(items(RECORDED))
    asked = [(one.verb, one.resource, one.code) for one in cluster.audit("viewer")]
    assert asked == [("list", "kustomizations", 200), ("list", "fluxinstances", 403)]
    assert {one.user for one in cluster.audit()} == {"viewer", "namespaced"}
    assert cluster.audit("viewer")[0].agent.startswith("kubectl/v")
    cluster.forget_audit()
    assert cluster.audit() == []


@cluster_test
def test_a_kubeconfig_has_a_context_for_each_user(cluster: Cluster, kubectl: Path) -> None:
    """The first one is current, and kubectl accepts the certificate with either."""
    config = cluster.kubeconfig("viewer", "nobody", namespace="team-a")
    base = [str(kubectl), f"--kubeconfig={config}"]
    ask = ["auth", "can-i", "list", "kustomizations.kustomize.toolkit.fluxcd.io"]
    viewer = subprocess.run([*base, *ask], capture_output=True, text=True, check=False)
    nobody = subprocess.run(
        [*base, "--context=kfs-nobody", *ask], capture_output=True, text=True, check=False
    )
    assert (viewer.stdout.strip(), nobody.stdout.strip()) == ("yes", "no")


@cluster_test
def test_a_kubeconfig_is_never_overwritten(cluster: Cluster) -> None:
    """A controller that reads its own just when the harness asks again must not find it empty."""
    written = cluster.kubeconfig("viewer").stat()
    again = cluster.kubeconfig("viewer").stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


@cluster_test
def test_the_api_server_can_hang_and_die_and_come_back(cluster: Cluster) -> None:
    """Nothing answers while it is paused or killed; after its return all is as it was."""
    cluster.put(items(RECORDED))
    ask = ["get", "--raw", KUSTOMIZATIONS]
    cluster.pause()
    with pytest.raises(ClusterError, match=r"(?i)time"):
        cluster.kubectl(*ask, "--request-timeout=1s")
    cluster.resume()
    assert len(json.loads(cluster.kubectl(*ask))["items"]) == 1
    cluster.kill_apiserver()
    with pytest.raises(ClusterError, match="refused"):
        cluster.kubectl(*ask)
    cluster.resume()
    assert len(cluster.get(KUSTOMIZATIONS, "viewer")["items"]) == 1


@cluster_test
def test_with_controllers_a_deployment_becomes_ready(living_cluster: Cluster) -> None:
    """It gets Pods on the node, and a Service for it gets endpoints."""
    living_cluster.kubectl("create", "deployment", "web", "--image=web", "--port=80")
    living_cluster.kubectl("expose", "deployment", "web")
    living_cluster.kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=60s")
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [one for one in living_cluster.get(slices)["items"] if one["endpoints"]]
        if found:
            break
        time.sleep(0.1)
    assert found[0]["endpoints"][0]["conditions"]["ready"]


@cluster_test
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_outlives_a_killed_test_run(tmp_path: Path) -> None:
    """Not even SIGKILL for the tests leaves an etcd or an API server behind."""
    code = (
        "from tests.kubernetes.cluster import Cluster\n"
        "with Cluster() as cluster:\n"
        "    print(flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TMPDIR": str(tmp_path)},  # what it has no time to tidy up
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        pids = _children(run.pid)
        run.kill()
    assert len(pids) == 2
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if _runs(pid)]


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@cluster_test
def test_flux_operator_prints_its_version(flux_operator: Path, flux_operator_mcp: Path) -> None:
    """The programs are stamped as released ones are."""
    cli = subprocess.check_output([flux_operator, "version", "--client"], text=True)
    mcp = subprocess.check_output([flux_operator_mcp, "--version"], text=True)
    assert re.search(r"\d+\.\d+\.\d+", cli)
    assert "0.0.0" not in cli + mcp


def test_programs_of_envtest_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is built for what KUBEBUILDER_ASSETS has."""
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).touch()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    programs = build.programs("etcd", "kube-apiserver", "kubectl")
    assert {path.parent for path in programs.values()} == {tmp_path}


def test_a_fleet_is_the_same_each_time_and_as_large_as_asked() -> None:
    """A benchmark compares like with like."""
    fleet = load.fleet(120, NOW, blocked=7)
    assert fleet == load.fleet(120, NOW, blocked=7)
    assert sum(one["kind"] != "Namespace" for one in fleet) == 120
    assert len({one["metadata"]["uid"] for one in fleet}) == len(fleet)
    with pytest.raises(ValueError, match="more than 7"):
        load.fleet(7, NOW, blocked=7)
