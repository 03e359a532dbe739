"""The local state, and that errors in its file do no harm."""

import fcntl
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fluxstatus.mcp import state_file
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.host import Host
from fluxstatus.model.evidence import Target
from fluxstatus.model.ref import Ref
from tests.builders import NOW

NOTHING = state_file.EMPTY._replace(has_client=False)
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


@pytest.mark.usefixtures("state")
def test_failures_count_for_the_namespaces_asked_about() -> None:
    """A failure in one namespace says nothing about another, nor about the whole cluster."""
    state_file.record_failure(PROD, NOW, ["b", "a"])
    counts = [
        state_file.local_state(PROD, NOW, names).failures for names in (["a", "b"], ["a"], [])
    ]
    assert counts == [1, 0, 0]


@pytest.mark.usefixtures("state")
def test_several_looks_within_a_minute_count_once() -> None:
    """The same failure in text, in JSON and as a prompt is one failure."""
    for seconds in (0, 20, 59, 60):
        state_file.record_failure(PROD, NOW + timedelta(seconds=seconds))
    assert state_file.local_state(PROD, NOW + timedelta(minutes=2)).failures == 2


APP, OTHER_APP = Ref("v1", "Kustomization", "apps", "app"), Ref("v1", "Kustomization", "b", "app")


def test_questions_about_one_object(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They count by object and cluster for an hour, as failures do; a minute is one look."""
    monkeypatch.delenv("KUBECONFIG")
    for seconds, context in ((0, ""), (20, ""), (120, ""), (180, "prod"), (240, "other")):
        state_file.record_questions("", context, [APP], NOW + timedelta(seconds=seconds))
    state_file.record_questions("", "", [APP, OTHER_APP], NOW + timedelta(minutes=5))
    now = NOW + timedelta(minutes=10)
    asked = state_file.local_state(PROD, now).questions
    assert asked == {"Kustomization apps/app": 4, "Kustomization b/app": 1}
    later = NOW + timedelta(minutes=61)
    assert state_file.local_state(PROD, later).questions["Kustomization apps/app"] == 3
    flagged = PROD._replace(flags=("--kubeconfig=/other",))
    assert state_file.local_state(flagged, now).questions == {}
    monkeypatch.setenv("KUBECONFIG", "/other")
    assert state_file.local_state(PROD, now).questions == {}
    for number in range(40):
        state_file.record_questions("", "", [APP._replace(name=f"n{number}")], now)
    assert len(json.loads(state.read_text())["questions"]) == 20


def test_a_client_on_this_machine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client counts with its folder, or with its program in PATH; without any, none is."""
    assert not state_file.local_state(PROD, NOW).has_client
    (Path.home() / ".cursor").mkdir()
    assert state_file.local_state(PROD, NOW).has_client
    monkeypatch.setenv("HOME", str(Path.home() / "other"))
    assert not state_file.local_state(PROD, NOW).has_client


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
    assert state_file.local_state(PROD, NOW) == NOTHING
    state_file.record_failure(PROD, NOW)
    assert state_file.local_state(PROD, NOW).failures == 1


def test_a_folder_that_cannot_be_written(state: Path) -> None:
    """A check ignores the error; `mcp decline` reports it."""
    state.parent.write_text("a file where the folder belongs")
    state_file.record_failure(PROD, NOW)
    assert state_file.local_state(PROD, NOW) == NOTHING
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
        ("cursor", "Cursor", "a", "prod", False, True),
        ("codex", "Codex", "b", "", True, True),
    ]


DECLINE = "import sys; from fluxstatus.mcp.state_file import decline; decline(sys.argv[1])"


@pytest.mark.usefixtures("state")
def test_no_change_of_several_at_once_is_lost() -> None:
    """Each process waits until the one before has saved."""
    names = [f"context-{number}" for number in range(12)]
    processes = [subprocess.Popen([sys.executable, "-c", DECLINE, name]) for name in names]
    assert [process.wait(60) for process in processes] == [0] * 12
    assert [name for name in names if not state_file.is_declined(name)] == []


def test_a_process_that_keeps_the_lock_is_not_waited_for(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check goes on without its note, and `mcp decline` reports it."""
    monkeypatch.setattr(state_file, "_PATIENCE", 0.05)
    state_file.decline("prod")
    with state.with_suffix(".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state_file.record_failure(PROD, NOW)
        with pytest.raises(OSError, match="unavailable"):
            state_file.decline("dev")
    assert json.loads(state.read_text())["failures"] == {}


@pytest.mark.parametrize("kind", ["pipe", "device", "large", "deep"])
def test_a_state_that_is_no_usual_file_is_ignored(state: Path, kind: str) -> None:
    """A check neither waits for it nor reads it whole, and replaces it."""
    state.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(state)
    elif kind == "device":
        state.symlink_to("/dev/zero")
    else:
        large = '{"declined": ["prod"]}' + " " * (1 << 20)
        state.write_text(large if kind == "large" else "[" * 9999)
    assert state_file.local_state(PROD, NOW).failures == 0
    assert not state_file.is_declined("prod")
    state_file.record_failure(PROD, NOW)
    assert state_file.local_state(PROD, NOW).failures == 1


def test_a_check_reads_no_file_of_the_folder(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the user's files count, up to 4 MiB, and only regular ones."""
    home, folder = tmp_path / "home", tmp_path / "folder"
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.delenv(name, raising=False)
    (folder / ".vscode").mkdir(parents=True)
    monkeypatch.chdir(folder)
    entry = Entry("flux", "flux-operator-mcp", ("serve", "--kube-context=prod"))
    here = Host(environ=os.environ, folder=folder)
    (folder / ".vscode" / "mcp.json").write_text(CLIENTS["vscode-workspace"].alone(entry))
    names = ("cursor", "zed", "windsurf", "junie")
    paths = {name: path for name in names if (path := CLIENTS[name].path(here))}
    for path in paths.values():
        path.parent.mkdir(parents=True)
        path.write_text(CLIENTS["cursor"].alone(entry))
    paths["zed"].write_text(CLIENTS["zed"].alone(entry) + " " * (4 << 20))
    paths["windsurf"].unlink()
    os.mkfifo(paths["windsurf"])
    found = state_file.local_state(PROD, NOW).configured
    assert [one.client for one in found] == ["cursor", "junie"]
    assert not state.exists()
