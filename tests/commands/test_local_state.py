"""What a check leaves on this machine: that a live cluster failed, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import definitions
from tests.commands.in_process import Command, running
from tests.conftest import RECORDED
from tests.fakes.scripted import RESOURCES, Api, forbidden
from tests.kubernetes.flux_objects import git_repository
from tests.kubernetes.flux_system import flux_system

_URL = "https://git.example.com/app.git"


@pytest.fixture(name="command")
def _command(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line with a healthy cluster and a folder for state."""
    now = datetime.now(UTC)  # the program looks at the clock
    api.put(*flux_system(now), git_repository("apps", "git", now, url=_URL), *definitions())
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with running(monkeypatch, capsys) as command:
        yield command


def test_a_cluster_that_fails(api: Api, command: Command, tmp_path: Path) -> None:
    """Its failure is remembered, for the report of the next one."""
    api.put(git_repository("apps", "bad", datetime.now(UTC), url=_URL, failure="no such host"))
    assert command("").code == 1
    [file] = (tmp_path / "state").rglob("*.json")
    [times] = json.loads(file.read_text())["failures"].values()
    assert len(times) == 1


def test_a_cluster_that_does_not_fail(api: Api, command: Command, tmp_path: Path) -> None:
    """What is healthy, or could not be read, is no failure."""
    assert command("").code == 0
    api[RESOURCES["HelmRelease"].path] = forbidden
    assert command("").code == 3
    assert not (tmp_path / "state").exists()


def test_a_snapshot_that_fails(command: Command, tmp_path: Path) -> None:
    """A saved cluster may be that of somebody else, and of another time."""
    assert command(f"--from {RECORDED / 'cluster-sync-auth-failing.json.gz'}").code == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "line",
    ["explain gitrepo/bad", "events gitrepo/bad", "get gitrepo bad", "conditions gitrepo/bad",
     "credentials gitrepo/bad", "reconcile gitrepo/bad", "tree gitrepo/bad", "owner gitrepo/bad",
     "logs --for gitrepo/bad"],
)  # fmt: skip
def test_a_question_about_an_object(api: Api, command: Command, tmp_path: Path, line: str) -> None:
    """It is remembered whatever the command is, so that an assistant is suggested in time."""
    api.put(git_repository("apps", "bad", datetime.now(UTC), url=_URL, failure="no such host"))
    command(f"{line} -n apps")
    [file] = (tmp_path / "state").rglob("*.json")
    [key] = json.loads(file.read_text())["questions"]
    assert key.endswith("GitRepository apps/bad")


@pytest.mark.parametrize("line", ["get gitrepo", "events", "get all -A", "explain dns-failed"])
def test_a_question_about_no_object(command: Command, tmp_path: Path, line: str) -> None:
    """A list, or a code, is about no object."""
    command(line)
    assert not (tmp_path / "state").exists()


def test_explain_says_that_an_assistant_helps(
    api: Api, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the credentials look right and the cause is open; the third look suffices otherwise."""
    (tmp_path / "home" / ".cursor").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    failure = "authentication required: Unauthorized"
    bad = git_repository("apps", "bad", datetime.now(UTC), url=_URL, failure=failure)
    bad["spec"]["secretRef"] = {"name": "login"}
    api.put(bad)
    api.kubectl.instead(
        "get", r"printf 'type\tOpaque\t\nkey\tusername\t\nkey\tpassword\t\n'; exit 0"
    )
    done = command("explain gitrepo/bad -n apps").unwrapped
    assert "let your assistant find out why, with read-only access" in done.out
    assert "kubectl flux-status mcp setup" in done.out
    said = command("credentials gitrepo/bad -n apps").unwrapped
    assert said.code == 0
    assert (
        "the Secrets have the expected keys and formats, but GitRepository apps/bad is not ready"
        in said.err
    )
    assert "explain gitrepository/bad -n apps" in said.err
    healthy = command("explain gitrepo/git -n apps").unwrapped
    assert "assistant" not in healthy.out
