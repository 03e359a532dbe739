"""Documented commands and their replacements, compared; see docs/one-liners.md."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.commands.preflight.permissions import NEEDED
from fluxstatus.model.findings import Exit
from tests.conftest import ROOT
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system
from tests.live.program import environment, flux_status
from tests.live.test_check import BROKEN, put
from tests.live.test_explain import LOGIN, secrets

pytestmark = pytest.mark.cluster

ONE_LINERS = (ROOT / "docs" / "one-liners.md").read_text(encoding="utf-8")
REVIEWS = {"selfsubjectrulesreviews", "selfsubjectaccessreviews"}


def documented(kubeconfig: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a documented command as it stands."""
    env = {**environment(), "KUBECONFIG": str(kubeconfig)}
    return subprocess.run(argv, capture_output=True, text=True, env=env, check=False)


def versions(kubeconfig: Path) -> dict[tuple[str, str], str]:
    """Return the output of `versions`, by role and name."""
    report = flux_status(kubeconfig, "versions", "-o", "json").report
    return {(part["role"], part["name"]): part["version"] for part in report["parts"]}


def test_versions(cluster: Cluster) -> None:
    """`flux-operator version` and `kubectl version` agree with ours where they work."""
    cluster.put(flux_system(datetime.now(UTC)))
    kubeconfig = cluster.kubeconfig("admin")
    lines = documented(kubeconfig, "flux-operator", "version").stdout.splitlines()
    result = dict(line.split(": ") for line in lines)
    ours = versions(kubeconfig)
    assert ours["client", "flux-operator"] == result["client"]
    assert ours["operator", "flux-operator"].removeprefix("v") == result["server"].removeprefix("v")
    assert ours["distribution", "Flux"] == result["distribution"]
    kubectl = json.loads(documented(kubeconfig, "kubectl", "version", "-o", "json").stdout)
    assert ours["client", "kubectl"] == kubectl["clientVersion"]["gitVersion"]
    assert ours["server", "Kubernetes"] == kubectl["serverVersion"]["gitVersion"]


def test_versions_without_a_report(cluster: Cluster) -> None:
    """Without a FluxReport the documented command fails, and ours still lists the versions."""
    now = datetime.now(UTC)
    cluster.put([one for one in flux_system(now) if one["kind"] != "FluxReport"])
    kubeconfig = cluster.kubeconfig("admin")
    assert documented(kubeconfig, "flux-operator", "version").returncode == 1
    ours = versions(kubeconfig)
    assert ours["operator", "flux-operator"] == "v0.59.0"
    assert ours["distribution", "Flux"] == "v2.9.5"


def test_versions_of_what_is_gone(cluster: Cluster) -> None:
    """Only the documented command presents the report of a removed operator as current."""
    gone = {"Deployment", "Pod"}
    cluster.put([one for one in flux_system(datetime.now(UTC)) if one["kind"] not in gone])
    kubeconfig = cluster.kubeconfig("admin")
    assert "server: " in documented(kubeconfig, "flux-operator", "version").stdout
    assert versions(kubeconfig)["operator", "flux-operator"] == ""


def test_credentials(cluster: Cluster) -> None:
    """Both give the same keys; the documented one prints what they hold."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    kubeconfig = cluster.kubeconfig("admin")
    get = ("kubectl", "get", "secret", "ssh-key", "-n", LOGIN[2], "-o", "json")
    theirs = json.loads(documented(kubeconfig, *get).stdout)["data"]
    result = flux_status(kubeconfig, "credentials", *LOGIN, "-o", "json")
    (ours,) = result.report["credentials"]
    assert {key["name"] for key in ours["keys"]} == theirs.keys()
    assert not any(value in result.out for value in theirs.values())


def test_reconcile(cluster: Cluster) -> None:
    """The command that is printed does to the object what the documented one does."""
    cluster.put(flux_system(datetime.now(UTC)))
    kubeconfig = cluster.kubeconfig("admin")
    result = flux_status(kubeconfig, "reconcile", "ks/flux-system", "-o", "json").report
    dry = ("--dry-run=server", "-o", "json")
    printed = result["ways"][0]["commands"][0]["argv"]
    ours = json.loads(documented(kubeconfig, *printed, *dry).stdout)
    theirs = json.loads(documented(
        kubeconfig, "kubectl", "annotate", "--overwrite", "-n", "flux-system",
        "kustomization/flux-system", "reconcile.fluxcd.io/requestedAt=1", *dry,
    ).stdout)  # fmt: skip
    assert _annotated(ours) == _annotated(theirs)
    before = cluster.get(
        "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/flux-system"
    )
    assert "annotations" not in before["metadata"]


def _annotated(made: dict[str, Any]) -> tuple[object, ...]:
    metadata = made["metadata"]
    return made["kind"], metadata["name"], metadata["annotations"].keys(), made["spec"] == {}


@pytest.mark.parametrize("who", ["admin", "viewer"])
def test_preflight_rights(cluster: Cluster, who: str) -> None:
    """The permissions reported as missing are those that kubectl denies one by one."""
    kubeconfig = cluster.kubeconfig(who)
    report = flux_status(kubeconfig, "preflight", "-o", "json").report
    missing = {e["value"].partition(" (")[0] for f in report["findings"]
               if f["code"] == "rights-missing" for e in f["evidence"]}  # fmt: skip
    for right in NEEDED:
        what = f"{right.resource}/{right.name}" if right.name else right.resource
        argv = ("kubectl", "auth", "can-i", right.verb, what, "--all-namespaces")
        allowed = documented(kubeconfig, *argv).stdout.strip() == "yes"
        assert allowed is (str(right) not in missing)


def test_preflight_of_a_bare_cluster(bare_cluster: Cluster) -> None:
    """Where nothing is installed nothing is in the way of an administrator."""
    result = flux_status(bare_cluster.kubeconfig("admin"), "preflight")
    assert result.code == Exit.HEALTHY
    text = " ".join(result.out.split())
    assert "neither Flux nor the Flux Operator is installed" in text
    assert "there are no Flux CRDs" in text


def test_preflight_of_what_was_left(cluster: Cluster) -> None:
    """CRDs without controllers are seen, with the objects in them."""
    put(cluster, BROKEN)
    gone = ("Deployment", "Pod")
    cluster.clear()
    kept = [one for one in flux_system(datetime.now(UTC)) if one["kind"] not in gone]
    cluster.put(kept)
    report = flux_status(cluster.kubeconfig("admin"), "preflight", "-o", "json").report
    left = next(f for f in report["findings"] if f["code"] == "crds-left")
    assert "3 objects" in left["title"]


_COMMANDS: dict[str, Callable[[], tuple[str, ...]]] = {
    "versions": lambda: ("versions",),
    "credentials": lambda: ("credentials", *LOGIN),
    "reconcile": lambda: ("reconcile", "ks/flux-system"),
    "preflight": lambda: ("preflight",),
    "manifest": lambda: ("preflight", "--manifest"),
}


@pytest.mark.parametrize("name", _COMMANDS)
@pytest.mark.parametrize("who", ["admin", "viewer", "nobody"])
def test_nothing_is_written(cluster: Cluster, name: str, who: str) -> None:
    """By the API server's own log these commands read; reviews of one's rights store nothing."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    cluster.forget_audit()
    flux_status(cluster.kubeconfig(who), *_COMMANDS[name]())
    asked = cluster.audit(who)
    assert bool(asked) is (name != "manifest")
    writing = [r for r in asked if r.verb not in ("get", "list") and r.resource not in REVIEWS]
    assert not writing
    if name != "credentials":
        assert not [r for r in asked if r.resource == "secrets"]


@pytest.mark.parametrize("name", ["credentials", "versions", "ui", "reconcile", "preflight"])
def test_the_table_has_it(name: str) -> None:
    """Each command stands in the table of one-liners."""
    assert f"kubectl flux-status {name}" in ONE_LINERS
