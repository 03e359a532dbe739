"""The local state, and that errors in its file do no harm."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from fluxstatus.mcp import state_file
from fluxstatus.mcp.clients import CLIENTS, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.model.evidence import Target
from tests.builders import NOW

PROD, OTHER = Target("prod", server="https://prod"), Target("prod", server="https://other")


@pytest.fixture(name="state")
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "kubectl-flux-status" / "state.json"


def test_failures_of_the_last_hour(state: Path) -> None:
    """Failures count per cluster for an hour; those in the future do not count."""
    for minutes in (0, 30, 59):
        state_file.record_failure(PROD, NOW + timedelta(minutes=minutes))
    now = NOW + timedelta(minutes=59, seconds=30)
    assert state_file.local_state(PROD, now).failures == 3
    assert state_file.local_state(PROD, NOW + timedelta(minutes=70)).failures == 2
    assert state_file.local_state(PROD, NOW - timedelta(minutes=1)).failures == 0
    assert state_file.local_state(OTHER, now).failures == 0
    state_file.record_failure(OTHER, NOW + timedelta(hours=3))
    assert list(json.loads(state.read_text())["failures"]) == ["prod https://other"]
    assert state.stat().st_mode & 0o077 == 0


def test_decline_and_accept(state: Path) -> None:
    """Contexts are declined and accepted one by one, and all at once."""
    state_file.decline("prod")
    assert state_file.local_state(PROD, NOW).declined
    assert not state_file.is_declined("dev")
    state_file.accept("prod")
    assert not state_file.is_declined("prod")
    state_file.decline("")
    state_file.decline("dev")
    assert state_file.is_declined("prod")
    state_file.accept("prod")
    assert state_file.is_declined("prod")  # "" declines all contexts
    state_file.accept("")
    assert json.loads(state.read_text())["declined"] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"declined": 1, "failures": [1]}',
        '{"declined": [1], "failures": {"prod https://prod": [1, "x"]}}',
    ],
)
def test_a_malformed_state_is_ignored(state: Path, text: str) -> None:
    """A check works with any content of the file, and rewrites a malformed one."""
    state.parent.mkdir()
    state.write_text(text)
    assert state_file.local_state(PROD, NOW) == state_file.EMPTY
    state_file.record_failure(PROD, NOW)
    assert state_file.local_state(PROD, NOW).failures == 1


def test_a_folder_that_cannot_be_written(state: Path) -> None:
    """A check ignores the error; `mcp decline` reports it."""
    state.parent.write_text("a file where the folder belongs")
    state_file.record_failure(PROD, NOW)
    assert state_file.local_state(PROD, NOW) == state_file.EMPTY
    with pytest.raises(OSError, match="File exists"):
        state_file.decline("prod")


def test_entries_for_this_context(state: Path) -> None:
    """Entries for the context or without one are found; malformed files are skipped."""
    assert not state.exists()
    host = Host(environ=os.environ)
    entries = {
        "cursor": Entry("a", "flux-operator-mcp", ("serve", "--kube-context", "prod")),
        "codex": Entry("b", "flux-operator-mcp", ("serve", "--read-only=true")),
        "goose": Entry("c", "flux-operator-mcp", ("serve", "--kube-context=dev")),
    }
    for name, entry in entries.items():
        path = CLIENTS[name].path(host)
        assert path
        path.parent.mkdir(parents=True)
        path.write_text(CLIENTS[name].put("", entry))
    (Path.home() / ".claude.json").write_text('{"flux-operator-mcp": ')
    assert [tuple(one) for one in state_file.local_state(PROD, NOW).configured] == [
        ("cursor", "Cursor", "a", "prod", False),
        ("codex", "Codex", "b", "", True),
    ]
