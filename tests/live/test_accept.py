"""`--accept-from` on a real API server: what is accepted depends on who may read the ConfigMap."""

import json
from pathlib import Path

import pytest

from fluxstatus.commands import rbac
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from tests.conftest import RECORDED
from tests.kubernetes.cluster import Cluster
from tests.live.program import Result, flux_status
from tests.live.replay import namespaces, objects

pytestmark = pytest.mark.cluster

BROKEN = RECORDED / "cluster-sync-auth-failing.json.gz"
WHERE = ("--accept-from", "flux-system/known", "-o", "json")


@pytest.fixture(name="broken")
def _broken(cluster: Cluster) -> Cluster:
    """Return a cluster with a fault, and the user nobody with the role of the check."""
    known = snapshot.load(BROKEN)
    cluster.put([*namespaces(known), *objects(known)])
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "nobody-may-check"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "flux-status",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "nobody"}],
    }
    cluster.apply(rbac.ROLE.read_text())
    cluster.apply([binding])
    return cluster


def put_entries(cluster: Cluster, printed: str) -> None:
    """Put the entries that `accept` has *printed* into the ConfigMap."""
    metadata = {"name": "known", "namespace": "flux-system"}
    data = {"accept.toml": printed}
    cluster.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}])


def notes(result: Result) -> list[str]:
    """Return what is said of the entries."""
    found: list[str] = result.report["acceptance"]["notes"]
    return found


def test_accepted_faults_of_a_config_map(broken: Cluster) -> None:
    """What `accept` prints for each fault accepts it for who may read it, and for nobody else."""
    admin, nobody = broken.kubeconfig("admin"), broken.kubeconfig("nobody")
    missing = flux_status(admin, *WHERE)
    assert missing.code == Exit.UNHEALTHY
    assert notes(missing) == [
        "ConfigMap flux-system/known: 404: there is no such ConfigMap; no fault is accepted"
    ]
    findings = (one for one in missing.report["findings"] if one["class"] == "fault")
    faults = [one["id"] for one in findings if one["level"] in ("fail", "warn")]
    entry = ("--reason", "known", "--until", "2999-12-31")
    printed = flux_status(admin, "accept", *faults, *entry)
    assert printed.code == Exit.HEALTHY
    put_entries(broken, printed.out)
    broken.forget_audit()
    accepted = flux_status(admin, *WHERE, "--fail-on", "warn")
    assert (accepted.code, accepted.report["summary"]["accepted"]) == (Exit.HEALTHY, len(faults))
    assert {one.verb for one in broken.audit("admin")} <= {"get", "list"}
    forbidden = flux_status(nobody, *WHERE)
    assert forbidden.code == Exit.UNHEALTHY
    (note,) = notes(forbidden)
    assert "is not allowed to get configmaps" in note
    assert "(missing permission: get configmaps); no fault is accepted" in note
    _may_read(broken)
    assert flux_status(nobody, *WHERE).code == Exit.HEALTHY


def _may_read(cluster: Cluster) -> None:
    """Let the user nobody read that ConfigMap alone, as docs/ci.md says."""
    where = {"name": "nobody-may-accept", "namespace": "flux-system"}
    rule = {
        "apiGroups": [""],
        "resources": ["configmaps"],
        "resourceNames": ["known"],
        "verbs": ["get"],
    }
    group = "rbac.authorization.k8s.io"
    cluster.apply([
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": where, "rules": [rule]},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": where,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "nobody-may-accept"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": "nobody"}],
        },
    ])  # fmt: skip


def test_what_is_new_since_a_snapshot_of_a_live_cluster(broken: Cluster, tmp_path: Path) -> None:
    """A second check has nothing new, and what is known does not fail."""
    admin, file = broken.kubeconfig("admin"), tmp_path / "before.json.gz"
    assert flux_status(admin, "--save", str(file)).code == Exit.UNHEALTHY
    since = ("--since-snapshot", str(file), "--fail-on", "new", "-o", "json")
    again = flux_status(admin, *since)
    assert (again.code, again.report["changes"]["new"]) == (Exit.HEALTHY, [])
    assert json.dumps(again.report["changes"]["still"]) != "[]"
