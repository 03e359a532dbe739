"""The check on a real API server: its requests, and its output by permission."""

import re
from pathlib import Path

import pytest

from fluxstatus.checks import STEPS
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge
from tests.kubernetes import access
from tests.kubernetes.cluster import Cluster
from tests.live.program import Result, flux_status
from tests.live.replay import namespaces, objects
from tests.recorded.score import HERE

pytestmark = pytest.mark.cluster

WHOLE = sorted(file for file in HERE.glob("*.json.gz") if file.stem != "zoo.json")
ZOO = HERE / "zoo.json.gz"
HEALTHY = HERE / "cluster-healthy.json.gz"
BROKEN = HERE / "cluster-sync-auth-failing.json.gz"


def put(cluster: Cluster, file: Path) -> None:
    """Put the recorded cluster in *file* into *cluster*."""
    evidence = snapshot.load(file)
    cluster.put([*namespaces(evidence), *objects(evidence)])
    cluster.forget_audit()


def put_with_crds(cluster: Cluster, file: Path) -> None:
    """Put the recorded cluster in *file* into *cluster*, with just the CRDs it had."""
    served = snapshot.load(file).served or {}
    cluster.remove_crds()
    cluster.install_crds(kinds=[kind.name for name, kind in RESOURCES.items() if name in served])
    put(cluster, file)


@pytest.fixture(name="other_crds")
def _other_crds(bare_cluster: Cluster) -> Cluster:
    """Return a cluster whose CRDs are the test's own business."""
    bare_cluster.clear()
    return bare_cluster


def replayed(file: Path) -> Result:
    """Return the report that the check makes of the snapshot *file*."""
    report = judge(snapshot.load(file))
    return Result(report.exit_code(), as_json.render(report, Look()), "")


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: file.name)
def test_live_and_replay_agree(other_crds: Cluster, file: Path) -> None:
    """A recorded cluster, put into a real API server, is judged like its snapshot."""
    put_with_crds(other_crds, file)
    result = flux_status(other_crds.kubeconfig("admin"), "-o", "json")
    assert result.findings() == replayed(file).findings(), result.err
    assert result.code == replayed(file).code


@pytest.mark.parametrize("file", [HEALTHY, BROKEN, ZOO], ids=lambda file: file.name)
def test_it_only_gets_and_lists(cluster: Cluster, file: Path) -> None:
    """The API server's audit log shows get and list, no Secret, and few requests."""
    put(cluster, file)
    result = flux_status(cluster.kubeconfig("admin"), "-o", "json")
    requests = cluster.audit("admin")
    served = len(snapshot.load(file).served or {})
    crds = len(cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"])
    assert requests
    assert {request.verb for request in requests} <= {"get", "list"}
    assert not [request.uri for request in requests if "secrets" in request.uri]
    assert len(requests) <= max(served, crds) + 9
    assert result.report["cost"]["requests"] == len(requests)


@pytest.mark.parametrize("more", [[], ["--advice"]])
def test_verbose_accounts_for_every_request(cluster: Cluster, more: list[str]) -> None:
    """The requests that -v lists per step are all that were sent."""
    put(cluster, BROKEN)
    result = flux_status(cluster.kubeconfig("admin"), "-v", *more)
    steps = re.findall(r"^step \w+: (\d+) requests?\b", result.err, re.MULTILINE)
    assert len(steps) == len(STEPS)
    assert sum(map(int, steps)) == len(cluster.audit("admin"))


def test_a_snapshot_of_a_live_run_gives_the_same_findings(cluster: Cluster, tmp_path: Path) -> None:
    """A snapshot holds all that the check needs: --from prints the same, without --kubeconfig.

    That flag is not taken from a file that somebody else may have written.
    """
    put(cluster, BROKEN)
    file = tmp_path / "now.json.gz"
    live = flux_status(cluster.kubeconfig("admin"), "-o", "json", f"--save={file}")
    again = replayed(file)
    flag = f"--kubeconfig={cluster.kubeconfig('admin')}"
    findings = live.report["findings"]
    for finding in findings:
        for command in [one for hint in finding["hints"] for one in hint["commands"]]:
            command["argv"] = [word for word in command["argv"] if word != flag]
    assert findings == again.report["findings"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_viewer_sees_all_but_what_view_lacks(cluster: Cluster) -> None:
    """With the role view only the FluxInstance and its report are unknown, the rule named."""
    put(cluster, HEALTHY)
    result = flux_status(cluster.kubeconfig("viewer"), "-o", "json")
    unknown = [f for f in result.report["findings"] if f["level"] == "unknown"]
    assert result.code == Exit.NO_VERDICT
    rules = {e["value"] for f in unknown for e in f["evidence"]}
    assert rules == {
        "list fluxinstances.fluxcd.controlplane.io",
        "list fluxreports.fluxcd.controlplane.io",
    }
    assert result.report["summary"]["fail"] == 0
    [note] = [f for f in result.report["findings"] if f["code"] == "leases-unread"]
    assert note["level"] == "skip"
    assert "list leases.coordination.k8s.io" in note["title"]


def test_somebody_without_rights_gets_one_sentence(cluster: Cluster) -> None:
    """Who may read nothing gets exit code 3, one finding with what is missing, and no pass."""
    put(cluster, HEALTHY)
    result = flux_status(cluster.kubeconfig("nobody"), "--all", "-o", "json")
    [finding] = result.report["findings"]
    assert result.code == Exit.NO_VERDICT
    assert finding["level"] == "unknown"
    rules = {entry["value"] for entry in finding["evidence"]}
    assert "list kustomizations.kustomize.toolkit.fluxcd.io" in rules
    assert "list deployments.apps" in rules
    result = flux_status(cluster.kubeconfig("admin"), "--as=nobody", "-o", "json")
    [finding] = result.report["findings"]
    assert "nobody (impersonated by admin) cannot read any Flux objects" in finding["title"]


def test_a_token_of_ones_own_is_not_taken_for_the_users(cluster: Cluster) -> None:
    """With --token, the user of the kubeconfig is not reported as the one who asks."""
    kubeconfig = cluster.kubeconfig("admin")
    result = flux_status(kubeconfig, f"--token={access.token('nobody')}", "-o", "json")
    [finding] = result.report["findings"]
    assert "you cannot read any Flux objects" in finding["title"]
    result = flux_status(kubeconfig, "--token=wrong", "-o", "json")
    [finding] = result.report["findings"]
    assert "rejected the credentials (401 Unauthorized)" in finding["title"]


def test_rights_in_one_namespace_are_used(cluster: Cluster) -> None:
    """A user of one namespace gets its findings; what applies into it is one unknown."""
    evidence = snapshot.load(HERE / "zoo.json.gz")
    cluster.put([*namespaces(evidence), *objects(evidence)])
    cluster.put(
        [
            {**item, "metadata": {**item["metadata"], "namespace": "team-a"}}
            for item in objects(evidence)
            if item["metadata"].get("namespace") == "git-two-roots" and item["kind"] != "Event"
        ]
    )
    result = flux_status(cluster.kubeconfig("namespaced"), "-n", "team-a", "-o", "json")
    roots = {
        f["object"]["name"]
        for f in result.report["findings"]
        if f["level"] == "fail" and f["step"] in ("sources", "reconcilers")
    }
    assert roots == {"a", "b", "bad"}
    assert result.code == Exit.UNHEALTHY
    unknown = [f for f in result.report["findings"] if f["level"] == "unknown"]
    [elsewhere] = [f for f in unknown if f["step"] in ("sources", "reconcilers")]
    assert 'in other namespaces deploy to namespace "team-a"' in elsewhere["title"]
    assert {e["value"] for e in elsewhere["evidence"]} >= {
        "list kustomizations.kustomize.toolkit.fluxcd.io",
        "list helmreleases.helm.toolkit.fluxcd.io",
        "list resourcesets.fluxcd.controlplane.io",
        "list events",
    }


def test_what_applies_into_a_namespace_is_judged(cluster: Cluster) -> None:
    """A HelmRelease elsewhere fails for its target namespace; nothing is no pass."""
    put(cluster, ZOO)
    result = flux_status(cluster.kubeconfig("admin"), "-n", "prod-eu", "-o", "json")
    requests = cluster.audit("admin")
    crds = len(cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"])
    assert len(requests) <= crds + 9
    assert not [request.uri for request in requests if "prod-eu" in request.uri]
    assert [one["name"] for one in result.report["scope"]["applying"]] == ["app"]
    [finding] = [f for f in result.report["findings"] if f["level"] == "fail"]
    assert finding["object"]["namespace"] == "hr-targetns-missing"
    assert result.code == Exit.UNHEALTHY
    result = flux_status(cluster.kubeconfig("admin"), "-n", "nope", "--wait=1s", "-o", "json")
    assert [f["code"] for f in result.report["findings"] if f["level"] == "unknown"] == [
        "namespace-empty"
    ]
    assert "does not exist" in result.out
    assert result.code == Exit.NO_VERDICT
    result = flux_status(cluster.kubeconfig("viewer"), "get", "ks", "-n", "nope")
    assert result.err == "no Kustomization was found in namespace 'nope', which does not exist\n"


def test_missing_crds_are_named(other_crds: Cluster) -> None:
    """With a part of Flux's CRDs gone the rest is judged, and nothing crashes.

    Of a controller that is left without any of its kinds, that is a fault.
    """
    put_with_crds(other_crds, HEALTHY)
    other_crds.remove_crds(kinds=["HelmRelease", "OCIRepository"])
    evidence = snapshot.load(HEALTHY)
    gone = {"HelmRelease", "OCIRepository"}
    other_crds.put(
        [*namespaces(evidence), *(o for o in objects(evidence) if o["kind"] not in gone)]
    )
    result = flux_status(other_crds.kubeconfig("admin"), "-o", "json")
    lost = [f for f in result.report["findings"] if "HelmRelease" in f"{f['title']} {f['why']}"]
    assert [(f["level"], f["code"]) for f in lost] == [("fail", "controller-crd-missing")]
    assert not [f for f in result.report["findings"] if f["code"] == "check-crashed"]
