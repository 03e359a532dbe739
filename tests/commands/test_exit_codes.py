"""The exit code of every command, for each thing that may come of it without a cluster.

Tests of a live cluster are in test_unread.py, and those of each command have more.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.kinds import KINDS
from tests.builders import FORBIDDEN, HEALTHY, NOW, evidence, kustomization, minutes, source
from tests.commands.in_process import Command, running
from tests.commands.mcp.test_mcp import KUBECTL
from tests.conftest import RECORDED
from tests.fakes.programs import program

OK, FAILS, USAGE, UNKNOWN = 0, 1, 2, 3
BROKEN = RECORDED / "cluster-sync-auth-failing.json.gz"
TEAM = "-n git-fanout-30 --demo"
LATER = "--reason known --until 2999-12-31"
FAULT = "c9984b7c9184"  # of the demo
BUG = "this is a bug in kubectl flux-status"

CODES: dict[str, int] = {
    # The check
    "--from well": OK,
    f"--from {BROKEN}": FAILS,
    "--from unread": UNKNOWN,
    "--from down": UNKNOWN,
    "--from nothing": USAGE,
    "--from well --fail-on warn": OK,
    "--from warned": OK,
    "--from warned --fail-on warn": FAILS,
    "--from warned --fail-on warn --skip suspended": OK,
    "--from well --fail-on new": USAGE,
    "--from well --since-snapshot well --fail-on new": OK,
    "--from warned --since-snapshot well --fail-on new": FAILS,
    "--from well --watch": USAGE,
    "--from well --wait 1s": USAGE,
    "--from well --prompt --watch": USAGE,
    "--from well --accept nothing": USAGE,
    "--from well -n nowhere": UNKNOWN,
    "--from well --step nope": USAGE,
    "--from well --prompt": OK,
    f"--from {BROKEN} --prompt": FAILS,
    "--save there/x.json --from well": USAGE,
    "--nope": USAGE,
    "nope": USAGE,
    "--version": OK,
    "--help": OK,
    "": UNKNOWN,  # there is no kubeconfig
    # accept
    f"accept {FAULT} {LATER} --demo": OK,
    f"accept {FAULT} {LATER} --from down": UNKNOWN,
    f"accept {FAULT} {LATER} --from unread": UNKNOWN,
    f"accept {FAULT} {LATER} --from well": USAGE,
    f"accept {FAULT} {LATER}": UNKNOWN,
    f"accept {FAULT} --reason x --until 2000-01-01 --demo": USAGE,
    f"accept {FAULT} --reason x --until never --demo": USAGE,
    f"accept {FAULT} {LATER} --demo --context x": USAGE,
    # compare
    "compare well well": OK,
    "compare well later": OK,
    "compare later well": USAGE,
    "compare well": USAGE,
    "compare well nothing": USAGE,
    "compare well down": UNKNOWN,
    "compare down well": UNKNOWN,
    # One object
    "explain ks/app --from well": OK,
    f"explain ks/team-03 {TEAM}": FAILS,
    "explain ks/app --from unread": UNKNOWN,
    "explain ks/app --from down": UNKNOWN,
    "explain ks/nope --from well": USAGE,
    "explain nope/app --from well": USAGE,
    "explain ks/team-01 --demo": USAGE,  # three have this name
    "explain ks/app": UNKNOWN,
    "explain host-refuses": OK,
    "explain host-refusez": UNKNOWN,  # it may be the name of an object
    "explain ks/app --from well --context x": USAGE,
    "reconcile ks/app --from well": OK,
    f"reconcile ks/team-03 {TEAM}": FAILS,
    "reconcile ks/app --from down": UNKNOWN,
    "reconcile ks/nope --from well": USAGE,
    "reconcile ks/app": UNKNOWN,
    "credentials ks/app": UNKNOWN,
    "credentials ks/app --demo": USAGE,
    "tree ks/app --from well": OK,
    "tree ks/nope --from well": USAGE,
    "tree ks/app --from down": UNKNOWN,
    "tree ks/app": UNKNOWN,
    "owner ks/app --from well": OK,
    "owner ks/nope --from well": USAGE,
    "owner ks/owned --from unread": UNKNOWN,
    "owner ks/app": UNKNOWN,
    "conditions ks/app --from well": OK,
    "conditions ks/nope --from well": USAGE,
    # Lists
    "get ks --from well": OK,
    f"get ks {TEAM}": OK,  # healthy or not
    "get ks --from unread": OK,
    "get hr --from unread": UNKNOWN,
    "get ks,hr --from unread": UNKNOWN,
    "get ks --from down": UNKNOWN,
    "get ks nope --from well": USAGE,
    "get nope --from well": USAGE,
    "get ks --from well --cause -o json": USAGE,
    "get ks --from well --watch": USAGE,
    "get ks": UNKNOWN,
    "get ks --watch": UNKNOWN,
    "events --from well": OK,
    "events --from unread": UNKNOWN,
    "events": UNKNOWN,
    "inventory": UNKNOWN,
    "inventory --demo": USAGE,
    "logs": UNKNOWN,
    # What needs no object
    "versions --from well": OK,
    "versions --from unread": UNKNOWN,
    "versions --from down": UNKNOWN,
    "versions": UNKNOWN,
    "preflight": UNKNOWN,
    "ui": UNKNOWN,
    "list": OK,
    "rbac": OK,
    "version": OK,
    "version --verify": UNKNOWN,  # a checkout has no hashes
    "completion bash": OK,
    "completion nope": USAGE,
    "wait": USAGE,
    "wait --revision a:b:c": USAGE,
    "wait --revision 1.2.3": UNKNOWN,
    "--wait 1s --revision a:b:c": USAGE,
    "--revision 1.2.3": USAGE,
    # mcp
    "mcp": OK,
    "mcp prompts --from well": OK,
    f"mcp prompts --from {BROKEN}": OK,
    "mcp prompts --from unread": UNKNOWN,
    "mcp prompts --from down": UNKNOWN,
    "mcp config": USAGE,
    "mcp config --client nope": USAGE,
    "mcp config --client cursor": USAGE,  # there is no context
    "mcp setup --client nope": USAGE,
    "mcp skill": OK,
    "mcp skill --install here": OK,
    "mcp skill --install well": USAGE,  # a file
    "mcp status": OK,
    "mcp remove": OK,
    "mcp decline": USAGE,
    "mcp decline --all": OK,
    "mcp verify": UNKNOWN,
}


@pytest.fixture(name="command")
def _command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in a folder with snapshots, without a cluster."""
    git, app = source("git"), kustomization("app", "git")
    labels = {f"kustomize.toolkit.fluxcd.io/{name}": "apps" for name in ("name", "namespace")}
    owned = kustomization("owned", "git", labels=labels)
    releases = KINDS["HelmRelease"].resource
    known = evidence(*HEALTHY, git, app, owned)
    paused = kustomization("app", "git", spec={"suspend": True})
    saved = {
        "well": known,
        "later": replace(known, taken_at=NOW + minutes(5)),
        "warned": evidence(*HEALTHY, git, paused),
        "unread": evidence(
            *HEALTHY, git, app, owned, unread={releases: FORBIDDEN, "events": FORBIDDEN}
        ),
        "down": evidence(unreachable=Unread(Why.UNREACHABLE, "connection refused")),
    }
    for name, one in saved.items():
        snapshot.save(tmp_path / name, one)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with running(monkeypatch, capsys) as command:
        yield command


@pytest.mark.parametrize("line", CODES)
def test_the_exit_code(command: Command, line: str) -> None:
    """It is the documented one, and never that of a crash."""
    done = command(line)
    assert done.code == CODES[line], (done.out[-300:], done.err)
    assert BUG not in done.err


def test_a_file_of_a_client_that_cannot_be_changed(command: Command, tmp_path: Path) -> None:
    """It is left as it is, and the exit code is that of wrong usage."""
    file = tmp_path / "home" / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text('{"mcpServers": {"flux-operator-mcp": ')
    assert command("mcp remove --client cursor").code == USAGE
    assert file.read_text() == '{"mcpServers": {"flux-operator-mcp": '


def test_a_state_that_cannot_be_written(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not stored is not said to be."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert command("mcp decline --all").code == UNKNOWN


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the first folder of PATH, with a kubectl that knows a context."""
    folder = tmp_path / "bin"
    program(folder / "kubectl", KUBECTL)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_a_client_of_several_that_cannot_be_set_up(
    command: Command, tmp_path: Path, path: Path
) -> None:
    """The others are set up, and the exit code says that not all are."""
    program(path / "flux-operator-mcp", "exit 1")
    file = tmp_path / "home" / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text("{")
    assert command("mcp setup --yes --client cursor --client gemini").code == USAGE
    assert (tmp_path / "home" / ".gemini" / "settings.json").exists()
    assert command("mcp setup --yes --client gemini").code == OK  # it has the entry


def test_an_entry_that_nobody_has(command: Command, tmp_path: Path) -> None:
    """That there is none is said only if all files could be read, and none has it."""
    none, mine = 'no client has an entry named "flux-operator-mcp"', "--name mine"
    assert none in command("mcp remove --yes").err
    assert 'entry named "mine"' in command(f"mcp remove --yes {mine}").err
    assert "no client has an entry for the server" in command("mcp verify").err
    assert 'no client has an entry named "mine"' in command(f"mcp verify {mine}").err
    file = tmp_path / "home" / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text('{"mcpServers": {"flux-operator-mcp": ')
    failed = command("mcp remove --yes")
    assert (failed.code, none in failed.err) == (USAGE, False)
    file.write_text('{"mcpServers": {"flux-operator-mcp": {"command": "flux-operator-mcp"}}}')
    removed = command("mcp remove --yes")
    assert (removed.code, none in removed.err) == (OK, False)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("wait", ["", "--wait 10ms"])
def test_a_server_that_is_not_installed(command: Command, wait: str) -> None:
    """Nothing is set up without the program of the server."""
    done = command(f"mcp setup --yes --client cursor {wait}")
    assert done.code == UNKNOWN
    assert done.err.count("install it with:") == 1
