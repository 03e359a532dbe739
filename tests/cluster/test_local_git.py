"""What the Git checkout in the current folder proves about commits."""

import os
import subprocess
from pathlib import Path

import pytest

from fluxstatus.cluster import local_git
from tests.fakes.programs import program

_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_AUTHOR = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]


def git(*words: str, folder: str | Path = ".") -> str:
    """Run git, and return what it prints."""
    done = subprocess.run(
        ["git", *_AUTHOR, *words],
        cwd=folder,
        env=os.environ | _SETTINGS | {"GIT_COMMITTER_DATE": "2026-11-23T12:00:00Z"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit() -> str:
    """Make a commit, and return it."""
    git("commit", "--quiet", "--allow-empty", "--message=Change")
    return git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "--quiet", "--initial-branch=main")


def test_ancestors() -> None:
    """A commit contains those before it, and neither later ones nor those of another branch."""
    first, second = commit(), commit()
    git("switch", "--quiet", "--create", "other", first)
    git("commit", "--quiet", "--allow-empty", "--message=Other")
    other = git("rev-parse", "HEAD")
    assert local_git.is_whole()
    assert local_git.is_ancestor(first, second)
    assert local_git.is_ancestor(first[:9], second)
    assert not local_git.is_ancestor(second, first)
    assert not local_git.is_ancestor(second, other)
    assert not local_git.is_ancestor(first, "1" * 40)


def test_a_commit() -> None:
    """An abbreviated hash is completed, with the time of the commit."""
    made = commit()
    found = local_git.commit(made[:8])
    assert found is not None
    assert found.hash == made
    assert f"{found.at:%Y-%m-%d %H:%M}" == "2026-11-23 12:00"
    assert local_git.commit("1" * 40) is None


HASH = "c0ffee" * 6 + "c0ff"


@pytest.mark.parametrize(
    ("said", "is_known", "has_time"),
    [
        (f"1763899200 {HASH}", True, True),
        (f"-1 {HASH}", True, False),  # before 1970
        (f"99999999999999 {HASH}", True, False),
        (f"soon {HASH}", True, False),
        ("1763899200 " + "beef" * 10, False, False),
        ("1763899200", False, False),
        ("", False, False),
    ],
)
def test_a_commit_of_no_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    is_known: bool,
    has_time: bool,
) -> None:
    """A time that cannot be that of a commit is unknown; another commit is none."""
    program(tmp_path / "bin" / "git", f"echo '{said}'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = local_git.commit(HASH[:9])
    assert (found is not None) == is_known
    assert (found is not None and found.at is not None) == has_time


@pytest.mark.parametrize("word", ["", "HEAD", "--help", "main", "-" * 40, "a b c d e f"])
def test_only_hashes_are_asked_about(word: str) -> None:
    """Nothing but the digits of a hash reaches git."""
    made = commit()
    assert local_git.commit(word) is None
    assert not local_git.is_ancestor(word, made)
    assert not local_git.is_ancestor(made, word)


def test_remotes() -> None:
    """The addresses of all remotes are known."""
    git("remote", "add", "origin", "https://git.example.com/a.git")
    git("remote", "add", "fork", "git@git.example.com:b.git")
    assert local_git.remotes() == ["https://git.example.com/a.git", "git@git.example.com:b.git"]


def test_a_shallow_checkout_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the history is cut off, a commit is not known to be older."""
    first, second = commit(), commit()
    git("clone", "--quiet", "--depth=1", f"file://{Path.cwd()}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    assert local_git.commit(second)
    assert not local_git.commit(first)
    assert not local_git.is_ancestor(first, second)
    assert not local_git.is_whole()


def test_without_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a checkout, and without git, nothing is proved."""
    made = commit()
    monkeypatch.chdir(tmp_path)
    assert local_git.commit(made) is None
    assert local_git.remotes() == []
    assert not local_git.is_whole()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert local_git.commit(made) is None


def test_nothing_of_the_checkout_runs(tmp_path: Path) -> None:
    """No hook, pager, file system monitor or fetch of the checkout is started."""
    made, trap = commit(), tmp_path / "trap"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand"):
        git("config", name, str(script))
    git("config", "log.showSignature", "true")
    assert local_git.commit(made)
    assert local_git.is_ancestor(made, made)
    assert local_git.remotes() == []
    assert not trap.exists()
