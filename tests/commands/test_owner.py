"""`owner`: all that apply an object are named."""

import json
from pathlib import Path

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from tests.builders import FORBIDDEN, HEALTHY, evidence, kustomization, source
from tests.conftest import RECORDED, Program

CHILD = "apps_child_kustomize.toolkit.fluxcd.io_Kustomization"
LABELS = {
    "kustomize.toolkit.fluxcd.io/name": "a",
    "kustomize.toolkit.fluxcd.io/namespace": "apps",
}


def saved(into: Path, **more: object) -> Path:
    """Save a cluster in which two Kustomizations apply a third one."""
    owners = [kustomization(name, "git") for name in ("a", "b")]
    for one in owners:
        one["status"]["inventory"] = {"entries": [{"id": CHILD, "v": "v1"}]}
    child = kustomization("child", "git", labels=LABELS)
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
