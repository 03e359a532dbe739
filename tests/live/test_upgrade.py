"""`upgrade plan` on a real API server with the CRDs and Deployments of each version of Flux.

A blocker is proven by the API server, which rejects the CRDs of the target, and its fix by a real
`flux migrate`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from fluxstatus.checks.upgrade.plan import plan_of
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from fluxstatus.state.state import State
from tests.fakes.programs import program
from tests.kubernetes import build, crds
from tests.kubernetes.access import HARNESS
from tests.kubernetes.cluster import Cluster, ClusterError
from tests.kubernetes.flux_system import flux_system
from tests.live.program import Result, environment, flux_status

pytestmark = pytest.mark.cluster

IMAGE, NOTIFY = "image.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io"
LATEST = {"2.6": "v2.6.4", "2.7": "v2.7.5", "2.8": "v2.8.8", "2.9": "v2.9.5"}
"""A version of Flux of each minor version in flux-operator's module."""


def deployments(flux: str) -> Iterator[dict[str, Any]]:
    """Yield the Deployments of *flux*, labelled with the version as every installation does."""
    folder = build.sources("flux-operator") / "config" / "data" / "flux" / flux
    for file in sorted(folder.glob("*-controller.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            if one and one["kind"] == "Deployment":
                one["metadata"]["namespace"] = "flux-system"
                one["metadata"]["labels"]["app.kubernetes.io/version"] = flux
                yield one


def installed(cluster: Cluster, flux: str) -> None:
    """Install the CRDs and the controllers of *flux*, which do not run."""
    cluster.install_crds(flux)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}
    cluster.apply([namespace])
    cluster.apply(deployments(flux))


def plan(cluster: Cluster, *words: str) -> Result:
    """Return what `upgrade plan` prints as JSON."""
    kubeconfig = cluster.kubeconfig("admin")
    return flux_status(kubeconfig, "upgrade", "plan", "-o", "json", *words)


def blockers(result: Result) -> dict[str, Any]:
    """Return the blockers in a plan by their code."""
    return {one["code"]: one for one in result.report["findings"]["blockers"]}


def upgrade_crds(cluster: Cluster, flux: str, kind: str) -> None:
    """Apply the CRD of *kind* of *flux* over the one that there is. Raises ClusterError."""
    [definition] = [one for one in crds.definitions(flux) if crds.kind(one) == kind]
    cluster.apply([definition])


def migrate(cluster: Cluster) -> None:
    """Run the real `flux migrate`."""
    flux, kubeconfig = build.programs("flux")["flux"], cluster.kubeconfig(HARNESS)
    done = subprocess.run(
        [flux, "migrate", f"--kubeconfig={kubeconfig}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def store(cluster: Cluster, crd: str, *versions: str) -> None:
    """Let *crd* list these stored versions."""
    patch = json.dumps({"status": {"storedVersions": versions}})
    cluster.kubectl("patch", "crd", crd, "--type=merge", "--subresource=status", f"--patch={patch}")


def receiver(version: str) -> dict[str, Any]:
    """Return a Receiver in the API *version*."""
    return {
        "apiVersion": f"{NOTIFY}/{version}",
        "kind": "Receiver",
        "metadata": {"name": "github", "namespace": "flux-system"},
        "spec": {
            "type": "github",
            "secretRef": {"name": "token"},
            "resources": [{"kind": "GitRepository", "name": "flux-system"}],
        },
    }


@pytest.mark.parametrize("minor", LATEST)
def test_the_versions_of_each_release(bare_cluster: Cluster, minor: str) -> None:
    """With the manifests of a release alone, the plan knows where it starts and what is next."""
    installed(bare_cluster, LATEST[minor])
    result = plan(bare_cluster)
    assert result.report["from"] == minor
    assert result.report["to"] == f"2.{int(minor[2:]) + 1}"
    assert not result.report["findings"]["unread"]
    assert not result.report["findings"]["changes"]
    assert blockers(result) == {}
    assert result.code == Exit.HEALTHY


def test_what_flux_migrate_clears(bare_cluster: Cluster, tmp_path: Path) -> None:
    """Stored and written versions block the upgrade to 2.9; after `flux migrate` it is possible."""
    installed(bare_cluster, LATEST["2.8"])
    bare_cluster.apply([receiver("v1beta2")])
    name = f"receivers.{NOTIFY}"
    store(bare_cluster, name, "v1beta2", "v1")
    result = plan(bare_cluster)
    found = blockers(result)
    assert result.code == Exit.UNHEALTHY
    assert {*found} == {"upgrade-stored-versions", "upgrade-api-version"}
    assert found["upgrade-stored-versions"]["evidence"] == [
        {"path": f"CRD {name}", "value": "v1beta2, which Flux 2.9 removes"}
    ]
    [entry] = found["upgrade-api-version"]["evidence"]
    assert entry["path"] == "Receiver flux-system/github"
    assert entry["value"].startswith(f"{NOTIFY}/v1beta2 by kubectl on ")
    with pytest.raises(ClusterError, match="storedVersions"):
        upgrade_crds(bare_cluster, LATEST["2.9"], "Receiver")
    file = tmp_path / "now.json.gz"
    flux_status(bare_cluster.kubeconfig("admin"), f"--save={file}", "--advice")
    saved = plan_of(State(snapshot.load(file))).part("blockers")
    assert {one.code for one in saved} == {*found}
    migrate(bare_cluster)
    again = plan(bare_cluster)
    assert blockers(again) == {}
    assert again.code == Exit.HEALTHY
    upgrade_crds(bare_cluster, LATEST["2.9"], "Receiver")


def test_a_version_in_between(bare_cluster: Cluster) -> None:
    """From 2.6, image automation of 2.9 is rejected, even after a migration; 2.8 is not."""
    installed(bare_cluster, LATEST["2.6"])
    result = plan(bare_cluster, "--to=2.9")
    found = blockers(result)
    assert {*found} == {"upgrade-in-between"}
    assert {one["path"].partition(".")[0] for one in found["upgrade-in-between"]["evidence"]} == {
        "CRD imagepolicies", "CRD imagerepositories", "CRD imageupdateautomations",
    }  # fmt: skip
    migrate(bare_cluster)
    assert {*blockers(plan(bare_cluster, "--to=2.9"))} == {"upgrade-in-between"}
    with pytest.raises(ClusterError, match="storedVersions"):
        upgrade_crds(bare_cluster, LATEST["2.9"], "ImagePolicy")
    assert blockers(plan(bare_cluster, "--to=2.8")) == {}
    upgrade_crds(bare_cluster, LATEST["2.8"], "ImagePolicy")


def test_a_crd_without_the_label(bare_cluster: Cluster) -> None:
    """A CRD of Flux that lost its label is found by its name."""
    installed(bare_cluster, LATEST["2.8"])
    name = f"receivers.{NOTIFY}"
    store(bare_cluster, name, "v1beta2", "v1")
    bare_cluster.kubectl("label", "crd", name, "app.kubernetes.io/part-of-")
    found = blockers(plan(bare_cluster))
    assert [one["path"] for one in found["upgrade-stored-versions"]["evidence"]] == [f"CRD {name}"]


def test_what_it_reads(bare_cluster: Cluster) -> None:
    """By the API server's own log, the plan only reads, and no Secret."""
    installed(bare_cluster, LATEST["2.9"])
    bare_cluster.forget_audit()
    plan(bare_cluster)
    asked = bare_cluster.audit("admin")
    assert asked
    assert {request.verb for request in asked} <= {"get", "list"}
    assert not [request for request in asked if request.resource == "secrets"]


def test_a_viewer_has_no_verdict(bare_cluster: Cluster) -> None:
    """Who may not list CRDs gets a plan without a verdict, which names the permission."""
    installed(bare_cluster, LATEST["2.9"])
    result = flux_status(bare_cluster.kubeconfig("viewer"), "upgrade", "plan")
    assert result.code == Exit.NO_VERDICT
    assert "list customresourcedefinitions.apiextensions.k8s.io" in result.out


def test_the_commands_of_the_steps(cluster: Cluster, tmp_path: Path) -> None:
    """The steps can be pasted: what reads is run, and the change of the FluxInstance is tried."""
    cluster.put(flux_system(datetime.now(UTC)))
    program(tmp_path / "bin" / "kubectl-flux_status", f'exec {sys.executable} -m fluxstatus "$@"')
    manifest = tmp_path / "checkout" / "old.yaml"
    manifest.parent.mkdir()
    manifest.write_text(yaml.safe_dump(receiver("v1beta2")))
    kubeconfig = cluster.kubeconfig("admin")
    result = flux_status(kubeconfig, "upgrade", "plan", "-o", "json", "--to=2.10")
    steps = [one for step in result.report["steps"] for one in step["commands"]]
    folders = (tmp_path / "bin", build.programs("flux")["flux"].parent)
    env = environment()
    env |= {"PATH": os.pathsep.join([*map(str, folders), env["PATH"]]), "HOME": str(tmp_path)}
    tried = set()
    for argv in (step["argv"] for step in steps):
        words = {*argv}
        if words & {"--save", "compare", "--dry-run"}:
            done = _run(argv, env, manifest.parent)
            # The flux CLI here is that of 2.9, and the last step is for one of the target.
            assert done.returncode == 0 or "--version=2.10" in words, done
            tried |= words & {"--save", "compare", "--dry-run"}
        elif "patch" in words:
            done = _run([*argv, "--dry-run=server", "-o=name"], env, manifest.parent)
            assert done.stdout.strip() == "fluxinstance.fluxcd.controlplane.io/flux", done
            tried.add("patch")
        if "--version=2.9" in words and "--dry-run" in words:
            assert "v1beta2" in done.stdout + done.stderr
    assert tried == {"--save", "compare", "--dry-run", "patch"}
    assert yaml.safe_load(manifest.read_text()) == receiver("v1beta2")


def _run(argv: list[str], env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, capture_output=True, text=True, env=env, cwd=folder, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
