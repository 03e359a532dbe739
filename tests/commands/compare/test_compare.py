"""`compare` on the command line: its output, its exit codes, and its schema."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object, Unread, Why
from fluxstatus.model.findings import Exit
from tests.builders import (
    BUILD_FAILED,
    FORBIDDEN,
    HEALTHY,
    NOT_THERE,
    NOW,
    evidence,
    kustomization,
    minutes,
    source,
    stamp,
)
from tests.conftest import RECORDED, Program
from tests.planting import HOSTILE, MARK, STATES, planted, state
from tests.report.test_hostile import unmarked

PACKAGE = "fluxstatus.commands.compare"
SCHEMA = json.loads(resources.files(PACKAGE).joinpath("schema.json").read_text())
THEN = NOW - timedelta(hours=1)
STAGE = {"context": "stage", "server": "https://10.0.0.2"}
GIT = source("git")
PUSHED = source("git")
PUSHED["status"]["artifact"] = {"revision": "main@sha1:def", "lastUpdateTime": stamp(minutes(20))}
LATER = source("later")
LATER["status"]["artifact"] = {"revision": "v2@sha1:def", "lastUpdateTime": stamp(minutes(5))}
BEFORE = [*HEALTHY, GIT, source("later"), source("gone", NOT_THERE), kustomization("app", "git")]
AFTER = [
    *HEALTHY, PUSHED, LATER, source("gone"),
    kustomization("app", "git", BUILD_FAILED, age=minutes(10)),
]  # fmt: skip


class Files:
    """Two snapshots, an hour apart."""

    def __init__(self, folder: Path, flux_status: Program) -> None:
        self._folder, self._flux_status = folder, flux_status

    def save(self, name: str, known: Evidence) -> Path:
        """Return a file with *known*."""
        file = self._folder / name
        snapshot.save(file, known)
        return file

    def compare(
        self, before: Iterable[Object], after: Iterable[Object], *words: str, **more: Any
    ) -> Any:
        """Return what a comparison of two clusters prints."""
        first = self.save("a.json", replace(evidence(*before, **more), taken_at=THEN))
        return self._flux_status("compare", first, self.save("b.json", evidence(*after)), *words)


@pytest.fixture(name="files")
def _files(tmp_path: Path, flux_status: Program) -> Files:
    return Files(tmp_path, flux_status)


TEXT = """\
2026-11-23 11:00 UTC compared with 2026-11-23 12:00 UTC, 60m later
context prod

Faults
 new         reconcilers  Kustomization apps/app: kustomize cannot build ./: bad
                          [build-failed]
 gone        sources      GitRepository apps/gone: the Git repository at the URL
                          was not found without credentials, although Flux has
                          fetched it before [git-repository-missing]
  no fault is in both

In order of time (UTC)
  2026-11-23 11:40:00  change  GitRepository apps/git: revision main@sha1:abc,
                               now main@sha1:def
  2026-11-23 11:50:00  fail    Kustomization apps/app: kustomize cannot build
                               ./: bad [build-failed]
  2026-11-23 11:55:00  change  GitRepository apps/later: revision main@sha1:abc,
                               now v2@sha1:def
"""


def test_what_changed_before_the_fault_is_above_it(files: Files) -> None:
    """The text has the faults, then all in order of time."""
    done = files.compare(BEFORE, AFTER)
    assert (done.returncode, done.stderr) == (Exit.HEALTHY, "")
    assert done.stdout == TEXT


def test_json_has_the_same(files: Files) -> None:
    """It follows its schema, and says of each change whether it was before the fault."""
    Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(files.compare(BEFORE, AFTER, "-o", "json").stdout)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["firstNewFault"] == "2026-11-23T11:50:00Z"
    assert [(one["object"]["name"], one["beforeFault"]) for one in document["changes"]] == [
        ("git", True),
        ("later", False),
    ]
    assert [one["code"] for one in document["faults"]["new"]] == ["build-failed"]
    assert [one["object"]["name"] for one in document["faults"]["gone"]] == ["gone"]


def test_without_a_change(files: Files) -> None:
    """Nothing is made up."""
    done = files.compare(HEALTHY, HEALTHY)
    assert "none in either" in done.stdout
    assert "nothing is known to have changed" in done.stdout


def test_what_was_not_read_is_said(files: Files) -> None:
    """A fault that the earlier snapshot could not show is not new."""
    unread = {"kustomizations.kustomize.toolkit.fluxcd.io": FORBIDDEN}
    done = files.compare(BEFORE, AFTER, unread=unread)
    assert done.returncode == Exit.HEALTHY
    assert " unseen      reconcilers  Kustomization apps/app" in done.stdout
    assert "Not compared\n  in the earlier snapshot, kustomizations" in done.stdout
    assert "list things.example.com" in done.stdout


def test_many_changes_are_shortened_around_the_fault(files: Files) -> None:
    """What was just before the fault is shown; --all shows everything."""

    def at(ago: float, name: str, revision: str) -> Object:
        one = source(name)
        artifact = {"revision": revision, "lastUpdateTime": stamp(minutes(ago))}
        return one | {"status": one["status"] | {"artifact": artifact}}

    names = [f"git-{number:02}" for number in range(80)]
    old = [at(90, name, f"a{name}") for name in names]
    new = [at(50 - number / 2, name, f"b{name}") for number, name in enumerate(names)]
    failed = kustomization("app", "git", BUILD_FAILED, age=minutes(20.2))
    brief = files.compare([*BEFORE, *old], [*HEALTHY, GIT, source("gone"), failed, *new]).stdout
    lines = [line for line in brief.splitlines() if "  2026-11-23 " in line]
    assert len(lines) == 40
    assert sum("fail" in line for line in lines) == 1
    assert "40 earlier: --all shows them" in brief
    whole = files.compare(BEFORE + old, [*HEALTHY, GIT, failed, *new], "--all").stdout
    assert whole.count("  2026-11-23 ") > 80
    assert "--all" not in whole


@pytest.mark.parametrize("count", [0, 1, 3])
def test_two_files_are_needed(flux_status: Program, count: int) -> None:
    """Fewer or more are a usage error, with the usage or an example; TAB completes both."""
    files = [RECORDED / "cluster-healthy.json.gz"] * count
    done = flux_status("compare", *files)
    assert done.returncode == Exit.USAGE
    shown = " compare [OPTIONS] {FILE FILE}\n" if count else " compare before.json.gz now.json.gz\n"
    assert shown in done.stderr
    assert flux_status("__complete", "compare", *files[:1], "").stdout == ":0\n"


def test_the_earlier_one_comes_first(files: Files, flux_status: Program) -> None:
    """Otherwise all that is new would be told as gone."""
    new = files.save("new.json", evidence(*HEALTHY))
    old = files.save("old.json", replace(evidence(*HEALTHY), taken_at=THEN))
    done = flux_status("compare", new, old)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert f"{old} is older than {new}" in done.stderr


def test_one_right_after_the_other(files: Files, flux_status: Program) -> None:
    """The time of a server is known to the second: the later one may seem to be the earlier one."""
    first = files.save("a.json", evidence(*HEALTHY))
    known = replace(evidence(*HEALTHY), taken_at=NOW - timedelta(seconds=1))
    done = flux_status("compare", first, files.save("b.json", known))
    assert (done.returncode, done.stderr) == (Exit.HEALTHY, "")
    assert ", 0s later" in done.stdout


def test_a_foreign_file(flux_status: Program, tmp_path: Path) -> None:
    """A report is not a snapshot, nor is a file that is missing."""
    healthy, report = RECORDED / "cluster-healthy.json.gz", tmp_path / "report.json"
    report.write_text(flux_status("--from", healthy, "-o", "json").stdout)
    for file in (report, tmp_path / "missing"):
        done = flux_status("compare", healthy, file)
        assert (done.returncode, done.stdout, str(file) in done.stderr) == (Exit.USAGE, "", True)


def test_an_unreachable_cluster_cannot_be_compared(files: Files, flux_status: Program) -> None:
    """It is not a cluster from which everything has gone."""
    gone = Unread(Why.UNREACHABLE, "connection refused")
    down = files.save("down.json", Evidence(NOW, unreachable=gone))
    healthy = files.save("healthy.json", replace(evidence(*HEALTHY), taken_at=THEN))
    done = flux_status("compare", healthy, down)
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert f"in {down}, the cluster was unreachable: connection refused" in done.stderr


OTHER_CLUSTER = [
    # The context and the server of the earlier snapshot, the uids of both, and what is said.
    (STAGE, ("a", "b"), "; the earlier snapshot is of another cluster: context stage", False),
    ({}, ("a", "b"), "; the earlier snapshot is of another cluster: https://", False),
    (STAGE, ("a", "a"), "", True),
    (STAGE, ("a", ""), "; the earlier snapshot may be of another cluster: context stage", None),
    ({}, ("", ""), "", True),
]


@pytest.mark.parametrize("case", OTHER_CLUSTER)
def test_snapshots_of_two_clusters_are_said_to_be(
    files: Files, flux_status: Program, case: tuple[Any, tuple[str, str], str, bool | None]
) -> None:
    """They can be compared, but that is hardly meant; one cluster may have several contexts."""
    earlier, uids, text, is_same = case
    known = evidence(*HEALTHY)
    other = known.target._replace(**earlier)
    first = files.save("a.json", replace(known, taken_at=THEN, target=other, uid=uids[0]))
    second = files.save("b.json", replace(known, uid=uids[1]))
    done = flux_status("compare", first, second)
    assert f" context prod{text}" in " ".join(done.stdout.split())
    assert ("another cluster" in done.stdout) is bool(text)
    document = json.loads(flux_status("compare", first, second, "-o", "json").stdout)
    assert document["sameCluster"] is is_same


@pytest.mark.parametrize("turn", [0, 3, 7, 11])
@pytest.mark.parametrize("name", STATES)
def test_words_of_a_snapshot_are_data(
    files: Files, flux_status: Program, name: str, turn: int
) -> None:
    """A hostile text in any field is only in strings that the schema calls data, and visible."""
    known = state(name)
    text = HOSTILE.replace("\ud800", "")
    first = files.save("a.json", replace(known, taken_at=known.taken_at - timedelta(hours=1)))
    second = files.save("b.json", planted(known, turn, text))
    document = json.loads(flux_status("compare", first, second, "-o", "json").stdout)
    assert MARK in json.dumps(document)
    assert unmarked(document, PACKAGE) == set()
    shown = flux_status("compare", first, second, "--all").stdout
    assert shown.replace("\n", "").isprintable()
    assert "\x1b" not in shown
