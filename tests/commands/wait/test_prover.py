"""What a real Git checkout proves of the revision that a source has."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.cluster import local_git
from fluxstatus.commands.wait.members import members
from fluxstatus.commands.wait.proof import Cover
from fluxstatus.commands.wait.prover import Prover
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.evidence import Answer, Object, Read
from fluxstatus.model.ref import Ref
from tests.builders import NOW, state

from .objects import git as git_repository
from .objects import ks

AUTHOR = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
FETCHED = "2026-11-23T11:00:00Z"
BEFORE = "2026-11-23T09:00:00Z"


class NoEvents:
    """A reader of a cluster without events."""

    answers: dict[str, Answer] = {}  # noqa: RUF012 - one for all

    def query(self, asked: list[Any]) -> list[Answer]:
        """Return an empty list for each of *asked*."""
        return [Read() for _ in asked]


def git(*words: str) -> str:
    """Run git in the current folder, with commits made before the source fetched, and print it."""
    environ = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_COMMITTER_DATE": BEFORE}
    done = subprocess.run(
        ["git", *AUTHOR, *words], env=os.environ | environ, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(message: str) -> str:
    """Make a commit, and return it."""
    git("commit", "--quiet", "--allow-empty", f"--message={message}")
    return git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    git("init", "--quiet", "--initial-branch=main")


def cover(wanted: str, has: str, *, or_newer: bool = False, history: Object | None = None) -> Cover:
    """Return what is proved of a source that *has* another commit than the *wanted* one."""
    source = git_repository(revision=f"main@sha1:{has}")
    assert source["status"]["artifact"]["lastUpdateTime"] == FETCHED
    known = state(source, ks("app", f"main@sha1:{has}", status=history or {}))
    prover = Prover(Revision.parse(wanted), local_git.commit(wanted), or_newer=or_newer)
    found = members(known, [Ref.of(source).key])
    reader: Any = NoEvents()
    return prover.prove(reader, known, found).of(f"main@sha1:{has}").cover


def test_an_earlier_commit_that_a_shallow_checkout_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was fetched after the wanted one was committed, and before that was pushed."""
    earlier, wanted = commit("earlier"), commit("wanted")
    assert cover(wanted, earlier, or_newer=True) is Cover.OLDER
    git("clone", "--quiet", "--depth=1", f"file://{Path.cwd()}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    assert cover(wanted, earlier, or_newer=True) is Cover.UNKNOWN


def test_what_a_whole_checkout_lacks_is_no_earlier_one() -> None:
    """What was fetched after the commit was made came after it, for --or-newer."""
    wanted = commit("wanted")
    assert cover(wanted, "1" * 40) is Cover.UNKNOWN
    assert cover(wanted, "1" * 40, or_newer=True) is Cover.NEWER


def test_a_branch_that_was_reset() -> None:
    """That a commit was applied before proves nothing of one that does not contain it."""
    root, wanted = commit("root"), commit("wanted")
    git("switch", "--quiet", "--create", "other", root)
    other = commit("other")

    def entry(on: str, minutes: int) -> Object:
        at = f"{NOW - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
        return {
            "metadata": {"revision": f"main@sha1:{on}"},
            "firstReconciled": at,
            "lastReconciled": at,
            "lastReconciledStatus": "ReconciliationSucceeded",
        }

    history: Object = {"history": [entry(other, 10), entry(wanted, 50)]}
    unknown: Object = {"history": [entry("1" * 40, 10), entry(wanted, 50)]}
    assert cover(wanted, "1" * 40, history=unknown) is Cover.CONTAINS
    assert cover(wanted, other, history=history) is Cover.APART
    assert cover(wanted, other, or_newer=True, history=history) is Cover.APART
