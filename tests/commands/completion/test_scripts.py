"""TAB in real shells at a prompt: the candidates, and that typing is not disturbed."""

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON
from tests.terminal import Terminal

COMPLETIONS = ROOT / "completions"

_BEGIN = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f". '{COMPLETIONS}/{NAME}.bash'"),
    "bash of macOS": (  # 3.2, which has no compopt
        ["bash", "--norc", "--noprofile", "-i"],
        f"enable -n compopt; . '{COMPLETIONS}/{NAME}.bash'",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"fpath=('{COMPLETIONS}' $fpath); autoload -Uz compinit; compinit -u -D",
    ),
    "fish": (["fish", "--no-config", "-i"], f". '{COMPLETIONS}/{NAME}.fish'"),
}
_KUBECTL = {
    "zsh": "autoload -Uz compinit; compinit -u -D; . <(kubectl completion zsh)",
    "fish": "kubectl completion fish | source",
}


def shell(name: str, first: str = "") -> Terminal:
    """Start a shell that has our completion, or what its *first* line brings."""
    command, ours = _BEGIN[name]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here; tests/run installs it where it may (root, on Debian)")
    terminal = Terminal(command, columns=200, rows=40)
    terminal.type(f"{first or ours}; echo rea''dy\n")
    terminal.wait_for("ready")
    return terminal


def press(terminal: Terminal, keys: str, awaited: str) -> None:
    """Type *keys* on an empty line, wait for what has to be shown, and empty the line again."""
    terminal.text = ""
    terminal.type(keys)
    terminal.wait_for(awaited)
    terminal.type("\x15")  # Ctrl-U


@pytest.fixture(autouse=True)
def _path(unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the program onto PATH, and away what greets or asks the user of a shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / NAME).symlink_to(unpacked)
    monkeypatch.setenv("PATH", f"{folder}:{COMPLETIONS}:{os.environ['PATH']}")
    monkeypatch.setenv("KUBECTL_FLUX_STATUS_PYTHON", NEW_PYTHON)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PS1", "$ ")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.mark.parametrize("name", _BEGIN)
def test_words(name: str) -> None:
    """Subcommands, flags, and values after a blank, an equals sign and a comma are completed."""
    with shell(name) as terminal:
        press(terminal, f"{NAME} expl\t", f"{NAME} explain " if "bash" in name else "explain")
        press(terminal, f"{NAME} --fail-\t\t", "--fail-fast")
        press(terminal, f"{NAME} -o js\t", "json")
        press(terminal, f"{NAME} --output=js\t", "--output=json")
        press(terminal, f"{NAME} --skip ui,reconcile\t", "ui,reconcilers")
        press(terminal, f"{NAME} explain secret-mis\t", "secret-missing")


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_help(name: str) -> None:
    """Where the shell shows it, each candidate has its help."""
    with shell(name) as terminal:
        press(terminal, f"{NAME} --fail-\t\t", "Also exit with code 1 on this result; repeatable")


@pytest.mark.parametrize("name", _BEGIN)
def test_files(name: str, tmp_path: Path) -> None:
    """Where a file follows the shell completes files."""
    (tmp_path / "snapshot-of-today.json").write_text("")
    (tmp_path / "folder of it").mkdir()
    (tmp_path / "folder of it" / "inside").write_text("")
    with shell(name) as terminal:
        press(terminal, f"{NAME} --from {tmp_path}/fold\tins\t", "/inside")
        press(terminal, f"{NAME} --from {tmp_path}/snapsh\t", "snapshot-of-today.json")
        press(terminal, f"{NAME} --from={tmp_path}/snapsh\t", "snapshot-of-today.json")
        press(terminal, f"{NAME} --report json={tmp_path}/snapsh\t", "snapshot-of-today.json")
        press(terminal, f"{NAME} --report=json={tmp_path}/snapsh\t", "snapshot-of-today.json")
        press(terminal, f"{NAME} --report jun\t", "--report junit=")


@pytest.mark.parametrize("name", _BEGIN)
def test_objects(name: str, tmp_path: Path) -> None:
    """A kind is completed with its slash and without a blank, then the name of an object."""
    program(tmp_path / "bin" / "kubectl", r"printf 'NAMESPACE NAME\nteam-a backend-of-team-a\n'")
    with shell(name) as terminal:
        press(terminal, f"{NAME} reconcile kust\tback\t", "kustomization/backend-of-team-a")


@pytest.mark.parametrize("script", ["exec sleep 600", "echo no >&2; exit 1", "exec /nowhere"])
@pytest.mark.parametrize("name", _BEGIN)
def test_undisturbed(name: str, script: str, tmp_path: Path) -> None:
    """With a slow or failing cluster nothing is shown, and typing continues without an answer."""
    program(tmp_path / "bin" / "kubectl", script)
    with shell(name) as terminal:
        terminal.text = ""
        terminal.type(f"{NAME} -n \tgoes-on")
        terminal.wait_for("goes-on")
        assert "rror" not in terminal.text
        assert "nowhere" not in terminal.text


@pytest.mark.cluster
@pytest.mark.parametrize("name", _KUBECTL)
def test_by_kubectl(name: str, kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `kubectl flux-status` the shell offers the candidates that kubectl got from us."""
    monkeypatch.setenv("PATH", f"{kubectl.parent}:{os.environ['PATH']}")
    with shell(name, _KUBECTL[name]) as terminal:
        press(terminal, "kubectl flux-status --fail-o\t", "--fail-on")
        press(terminal, "kubectl flux-status --step com\t", "components")
