"""Advice on real Secrets: deprecated keys, with commands that rename them unseen, and unused."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model.findings import Exit
from tests.builders import SERVED
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.objects import make
from tests.live.commands import files, printed_in, run
from tests.live.program import environment, flux_status

pytestmark = pytest.mark.cluster

CANARY = "CANARY-0123456789"
HOME = "team-a"


def secret(name: str, *keys: str) -> dict[str, Any]:
    """Return a Secret with *keys*, whose values are a canary."""
    return {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": HOME},
        "stringData": dict.fromkeys(keys, CANARY),
    }  # fmt: skip


def named(kind: str, resource: str, name: str, **spec: Any) -> dict[str, Any]:
    """Return an object of *kind* with *spec*."""
    group = resource.partition(".")[2]
    version, spec = f"{group}/{SERVED[resource]}", {"interval": "10m", **spec}
    return make(version, kind, name, datetime.now(UTC), namespace=HOME, spec=spec)


def namespace(name: str) -> dict[str, Any]:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def reference(kind: str, name: str) -> dict[str, str]:
    """Return a reference to an object."""
    return {"kind": kind, "name": name}


OBJECTS = (
    named("GitRepository", "gitrepositories.source.toolkit.fluxcd.io", "public",
          url="https://git.example.com/b", secretRef={"name": "ssh"}),
    named("GitRepository", "gitrepositories.source.toolkit.fluxcd.io", "git",
          url="https://git.example.com/a", secretRef={"name": "git"}),
    named("HelmRepository", "helmrepositories.source.toolkit.fluxcd.io", "charts",
          url="https://charts.example.com", secretRef={"name": "charts"}),
    named("Provider", "providers.notification.toolkit.fluxcd.io", "chat",
          type="slack", secretRef={"name": "chat"}),
    named("OCIRepository", "ocirepositories.source.toolkit.fluxcd.io", "oci",
          url="oci://ghcr.io/a/b", certSecretRef={"name": "oci"}),
    named("ArtifactGenerator", "artifactgenerators.source.extensions.fluxcd.io", "both",
          sources=[{"alias": "a", **reference("GitRepository", "git")},
                   {"alias": "b", **reference("OCIRepository", "oci")}],
          artifacts=[{"name": "mixed", "copy": []}]),
    named("ExternalArtifact", "externalartifacts.source.toolkit.fluxcd.io", "mixed",
          sourceRef=reference("ArtifactGenerator", "both")),
    named("Kustomization", "kustomizations.kustomize.toolkit.fluxcd.io", "app",
          prune=True, sourceRef=reference("ExternalArtifact", "mixed")),
)  # fmt: skip
READY = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored",
         "observedGeneration": 1}  # fmt: skip
SECRETS = (
    secret("ssh", "identity", "known_hosts"),
    secret("git", "username", "password", "caFile"),
    secret("charts", "username", "password", "certFile", "keyFile"),
    secret("chat", "address", "proxy"),
    secret("oci", "tls.crt", "tls.key", "caFile"),
)


@pytest.fixture(name="old")
def _old(cluster: Cluster) -> Cluster:
    """Return a cluster with objects whose Secrets have keys of the past."""
    cluster.put([namespace(HOME), *OBJECTS])
    cluster.apply(SECRETS)
    return cluster


def advice(cluster: Cluster, what: str) -> dict[str, Any]:
    """Return the advice that `credentials` has on *what*, by the Secret."""
    result = flux_status(cluster.kubeconfig("admin"), "credentials", what, "-o", "json")
    assert CANARY not in result.out + result.err, result.err
    assert result.out, result.err
    return {one["secret"]["name"]: one["habits"] for one in result.report["credentials"]}


def test_all_that_it_feeds_on_is_looked_at(old: Cluster) -> None:
    """Each Secret is found however it is referenced, and its old keys are reported."""
    result = advice(old, "ks/app")
    assert {name: [habit["title"] for habit in habits] for name, habits in result.items()} == {
        "git": [f"caFile of Secret {HOME}/git is deprecated: use ca.crt"],
        "oci": [f"caFile of Secret {HOME}/oci is deprecated: use ca.crt"],
    }
    (habit,) = result["git"]
    assert (habit["code"], habit["class"], habit["level"]) == (
        "deprecated-secret-key", "habit", "warn",
    )  # fmt: skip


@pytest.mark.parametrize("what", ["helmrepo/charts", "provider/chat"])
def test_it_changes_no_exit_code_and_hides_nothing(old: Cluster, what: str) -> None:
    """Advice stands below what is known of the Secret; without it all would be the same."""
    kubeconfig = old.kubeconfig("admin")
    result = flux_status(kubeconfig, "credentials", what, "-o", "json")
    (one,) = result.report["credentials"]
    assert one["habits"]
    assert result.code == (Exit.UNHEALTHY if one["troubles"] else Exit.HEALTHY)
    text = flux_status(kubeconfig, "credentials", what).out
    assert text.index(" keys ") < text.index(" advice ")
    story = flux_status(kubeconfig, "explain", what, "-o", "json").report
    assert story["credentials"]["items"][0]["habits"] == one["habits"]
    assert "deprecated-secret-key" not in {finding["code"] for finding in story["findings"]}
    text = flux_status(kubeconfig, "explain", what).out
    assert text.index(" keys ") < text.index("deprecated")


def test_an_unused_key(old: Cluster, tmp_path: Path) -> None:
    """Of a repository that is well without its Secret that is advice; of another it is an error."""
    what = ("credentials", "gitrepo/public", "-o", "json")
    result = flux_status(old.kubeconfig("admin"), *what)
    (one,) = result.report["credentials"]
    assert result.code == Exit.UNHEALTHY
    assert one["troubles"][0].endswith("its keys are for SSH, but the URL uses HTTPS")
    assert not one["habits"]
    old.put([{**OBJECTS[0], "status": {"observedGeneration": 1, "conditions": [READY]}}])
    result = flux_status(old.kubeconfig("admin"), *what)
    (one,) = result.report["credentials"]
    assert (result.code, one["troubles"]) == (Exit.HEALTHY, [])
    (habit,) = one["habits"]
    assert habit["code"] == "secret-unused"
    assert not run(next(printed_in(habit, "a test")), files(tmp_path))


def test_its_commands_work(old: Cluster, tmp_path: Path) -> None:
    """The API server accepts every command; after the renaming ones there is no advice left."""
    folder = files(tmp_path)
    for what in ("gitrepo/git", "helmrepo/charts", "provider/chat"):
        ((habit,),) = advice(old, what).values()
        commands = list(printed_in(habit, what))
        assert commands
        failed = "\n".join(filter(None, (run(one, folder) for one in commands)))
        assert not failed, failed
        (folder / "address").write_text("http://proxy.example.com:3128")
        for one in commands:
            assert one.changes
            done = subprocess.run(
                one.argv, capture_output=True, text=True, env=environment(), cwd=folder, check=False
            )
            assert done.returncode == 0, done.stderr
        assert not any(advice(old, what).values())
    renamed = json.loads(old.kubectl("get", "secret", "charts", "-n", HOME, "-o", "json"))["data"]
    assert set(renamed) == {"username", "password", "tls.crt", "tls.key"}
    assert len(set(renamed.values())) == 1
