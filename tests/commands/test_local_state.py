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
