"""`owner`: all that apply an object are named."""

import json
import re
import sys
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit
from tests import builders
from tests.builders import FORBIDDEN, HEALTHY, evidence, source
from tests.conftest import RECORDED, Program
from tests.fakes.scripted import RESOURCES, Api, Resource
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import make
from tests.terminal import Terminal

CHILD = "apps_child_kustomize.toolkit.fluxcd.io_Kustomization"
LABELS = {
    "kustomize.toolkit.fluxcd.io/name": "a",
    "kustomize.toolkit.fluxcd.io/namespace": "apps",
}


def saved(into: Path, **more: object) -> Path:
    """Save a cluster in which two Kustomizations apply a third one."""
    owners = [builders.kustomization(name, "git") for name in ("a", "b")]
    for one in owners:
        one["status"]["inventory"] = {"entries": [{"id": CHILD, "v": "v1"}]}
    child = builders.kustomization("child", "git", labels=LABELS)
    file = into / "two.json.gz"
    snapshot.save(file, evidence(*HEALTHY, source("git"), *owners, child, **more))  # type: ignore[arg-type]
    return file


def test_both_owners_are_shown(flux_status: Program, tmp_path: Path) -> None:
    """The one that its labels name comes first, then the one whose inventory has it, and a note."""
    file = saved(tmp_path)
    done = flux_status("owner", "ks/child", "--from", file)
    assert done.returncode == Exit.HEALTHY, done.stderr
    assert "├─ created by Kustomization apps/a: ready" in done.stdout
    assert "└─ also created by Kustomization apps/b: ready" in done.stdout
    assert done.stderr == (
        "several Flux objects apply Kustomization apps/child: each may overwrite or delete it\n"
    )
    found = json.loads(flux_status("owner", "ks/child", "--from", file, "-o", "json").stdout)
    assert [one["relation"] for one in found["children"]] == ["source", "made by", "also made by"]


def test_unread_inventories_are_no_proof_of_one_owner(flux_status: Program, tmp_path: Path) -> None:
    """If a kind could not be read, there may be further owners: the exit code is 3."""
    file = saved(tmp_path, unread={"helmreleases.helm.toolkit.fluxcd.io": FORBIDDEN})
    done = flux_status("owner", "ks/child", "--from", file)
    assert done.returncode == Exit.NO_VERDICT
    assert "owners of this kind may be missing" in done.stderr
    assert "also created by" in done.stdout


def test_what_waits_says_for_what(flux_status: Program) -> None:
    """As in `tree` and `get`: also for a dependency, which is not in the chain itself."""
    for words, waits in {
        "ks/team-01 -n git-fanout-30": "waits for GitRepository git-fanout-30/monorepo",
        "hr/web -n hr-dep-chain": "waits for HelmRelease hr-dep-chain/db: the repository has no",
    }.items():
        done = flux_status("owner", *words.split(), "--from", RECORDED / "zoo.json.gz")
        assert done.returncode == Exit.HEALTHY
        first, *others = done.stdout.splitlines()
        assert waits in first
        assert not [line for line in others if "waits for" in line]


def test_the_origin_is_shown_once(flux_status: Program) -> None:
    """The tree does not repeat the URL, the revision and the path that stand below it."""
    words = ("owner", "ks/team-03", "-n", "healthy-fanout", "--from", RECORDED / "zoo.json.gz")
    *tree, origin = flux_status(*words).stdout.splitlines()
    url = "https://git.acme.internal/public/platform.git"
    assert origin.startswith(f"from {url} at main@sha1:78361d5, ./deploy/")
    assert not [line for line in tree if url in line or ", path" in line or ", revision" in line]
    assert [line for line in tree if "applied main@sha1:78361d5" in line]
    root = json.loads(flux_status(*words, "-o", "json").stdout)
    assert {"applied", "path"} <= root["facts"].keys()


def test_one_owner_needs_no_note(flux_status: Program, tmp_path: Path) -> None:
    """What one Flux object applies is shown without a word on others."""
    done = flux_status("owner", "ks/a", "--from", saved(tmp_path))
    assert "also" not in done.stdout
    assert "several" not in done.stderr


NOW = datetime.now(UTC)  # the program looks at the clock
HOME = "ks-health-crashloop"
REPLICA_SET = Resource("ReplicaSet", "replicasets", "apps", short=("rs",))
POD, DEPLOYMENT = "web-6ccf84b965-vwmnc", f"Deployment/{HOME}/web"
MESSAGE = (
    f"health check failed after 30.01417485s: timeout waiting for: [{DEPLOYMENT} "
    "status: 'InProgress']"
)
"""As recorded from kustomize-controller."""


def owned(kind: str, name: str, owner: str, **content: Any) -> Object:
    """Return an object in HOME that is owned by Kind/name, or applied by the Kustomization app."""
    labels = {
        f"kustomize.toolkit.fluxcd.io/{k}": v for k, v in (("name", "app"), ("namespace", HOME))
    }
    version = "v1" if kind == "Pod" else "apps/v1"
    item = make(version, kind, name, NOW, namespace=HOME, labels={} if owner else labels, **content)
    if owner:
        above, _, its_name = owner.partition("/")
        reference = {"apiVersion": "apps/v1", "kind": above, "name": its_name, "controller": True}
        item["metadata"]["ownerReferences"] = [reference]
    return item


@pytest.fixture(name="crashing")
def _crashing(api: Api) -> Api:
    """Return an API server with a pod that crashes, all its owners, and their source."""
    url = "https://git.acme.internal/public/platform.git"
    git = git_repository(HOME, "platform", NOW, url=url)
    failure = ("HealthCheckFailed", MESSAGE)
    app = kustomization(HOME, "app", NOW, source=git, path="./deploy/crashloop", failure=failure)
    ended = {"reason": "Error", "exitCode": 1, "message": "panic: no configuration"}
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    web = {"name": "app", "image": "ghcr.io/acme/webapp:1.0.0", "ready": False, "restartCount": 7,
           "state": state, "lastState": {"terminated": ended}}  # fmt: skip
    spec, status = {"replicas": 1}, {"observedGeneration": 1, "unavailableReplicas": 1}
    api.resources = {**RESOURCES, "ReplicaSet": REPLICA_SET}
    api.put(
        *flux_system(NOW), git, app,
        owned("Pod", POD, "ReplicaSet/web-6ccf84b965",
              status={"phase": "Running", "containerStatuses": [web]}),
        owned("ReplicaSet", "web-6ccf84b965", "Deployment/web", spec=spec, status=status),
        owned("Deployment", "web", "", spec=spec, status=status),
    )  # fmt: skip
    return api


def rows_of_a_trace(width: int) -> int:
    """Return how many rows `flux-operator trace` takes for the same (cmd/cli/trace.go)."""
    facts = (
        f"Pod/{HOME}/{POD}", "Last reconciliation failed at 2026-11-23 12:01:05 +0000 UTC",
        f"main@sha1:{'0' * 40}", f"Kustomization/{HOME}/app", f"GitRepository/{HOME}/platform",
        "https://git.acme.internal/public/platform.git", MESSAGE,
    )  # fmt: skip
    return sum(ceil((len("Source URL:      ") + len(fact)) / width) for fact in facts)


@pytest.mark.usefixtures("crashing")
@pytest.mark.parametrize("width", [80, 120, 160])
def test_on_a_terminal_it_is_short(width: int) -> None:
    """It takes no more rows than `flux-operator trace`, and says why the pod is not ready."""
    command = [sys.executable, "-m", "fluxstatus", "owner", f"pod/{POD}", "-n", HOME]
    with Terminal([*command, "--color=never"], columns=width) as terminal:
        assert terminal.end() == Exit.HEALTHY
    lines = terminal.text.splitlines()
    text = " ".join(terminal.text.replace("│", " ").split())
    assert max(map(len, lines)) <= width
    assert len(lines) <= rows_of_a_trace(width)
    for fact in (
        f"Pod {HOME}/{POD}: container app exited with code 1, 7 restarts",
        f"owned by Deployment {HOME}/web: 0 of 1 ready",
        "from https://git.acme.internal/public/platform.git at main@sha1:",
        "./deploy/crashloop",
    ):
        assert fact in text
    waits = (
        rf"created by Kustomization {HOME}/app: failed for \d+m: waits for Deployment {HOME}/web"
    )
    assert re.search(waits, text)


def test_in_a_pipe_it_is_whole(crashing: Api, flux_status: Program) -> None:
    """Each owner is one line with its whole message; JSON has the ReplicaSet, too."""
    done = flux_status("owner", f"pod/{POD}", "-n", HOME)
    assert crashing.asked(f"*/{POD}")
    assert done.returncode == Exit.HEALTHY
    assert len(done.stdout.splitlines()) == 6
    assert f"owned by ReplicaSet {HOME}/web-6ccf84b965: 0 of 1 ready" in done.stdout
    assert MESSAGE in done.stdout
    whole = json.loads(flux_status("owner", f"pod/{POD}", "-n", HOME, "-o", "json").stdout)
    above = whole["children"][0]
    assert (above["object"]["kind"], above["stands"]) == ("ReplicaSet", "0 of 1 ready")
