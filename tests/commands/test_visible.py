"""No command prints a control, bidirectional or invisible character that it was given."""

import gzip
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import get_args

import pytest

from fluxstatus.base.visible import visible_lines
from fluxstatus.commands import console
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.report import CheckFormat
from tests.compare.cases import ON_OBJECTS, ON_STATES
from tests.compare.runs import ROOT, Result, run
from tests.conftest import RECORDED, Program
from tests.fakes.programs import program
from tests.planting import HOSTILE, MARK, planted, planted_around, state, turns

COLORS = re.compile(r"\x1b\[(?:[0-9]|1;31|3[0-9])?m")
LINES = [f"{name} {more}".strip() for name, several in ON_STATES.items() for more in several]
TYPED = HOSTILE.replace("\0", "").replace("\ud800", "")
"""The hostile text as the name of an object in a command line can be."""
GIVEN = HOSTILE.replace("\0", "").replace("\ud800", "\udcff")
"""The hostile text as an argument can be."""


def assert_is_visible(line: str, done: Result | CompletedProcess[str]) -> None:
    """Fail if *done* printed a character that cannot be seen; *line* may ask for colors."""
    for text in (done.stdout, done.stderr):
        seen = COLORS.sub("", text) if "--color always" in line else text
        assert visible_lines(seen) == seen, line
        assert not re.search(r"^IGNORE", seen, re.MULTILINE), line
        assert "Traceback" not in text, line
        assert "this is a bug" not in text, line


def named(known: Evidence) -> Iterator[tuple[str, str]]:
    """Yield the kind and namespace of each object of *known* that has the hostile name."""
    for query, answer in known.answers.items():
        for item in answer.known:
            metadata = item.get("metadata", {})
            if metadata.get("name") == TYPED and "fluxcd" in query:
                yield query.partition(".")[0], str(metadata.get("namespace", ""))


def objects_in(folder: Path, turn: int, known: Evidence) -> Iterator[str]:
    """Yield lines about an object of *known* that has the hostile name, if there is one."""
    for kind, namespace in list(named(known))[:1]:
        for number, (command, several) in enumerate(ON_OBJECTS.items()):
            more = several[(turn + number) % len(several)]
            what = shlex.quote(f"{kind}/{TYPED}")
            yield f"{command} {what} -n {shlex.quote(namespace)} {more} --from {folder}/{turn}.json"


def states() -> Iterator[Evidence]:
    """Yield states with the hostile text in other places each."""
    yield planted_around(state("lab"), HOSTILE)
    for turn in range(0, turns(), 2):
        yield planted(state("lab"), turn, HOSTILE if turn % 4 else TYPED)


def test_what_replays_a_state_prints_only_what_can_be_seen(tmp_path: Path) -> None:
    """A hostile text in any field of a state stays an escape, in each format of each command."""
    lines = []
    known = list(states())
    for turn, one in enumerate(known):
        snapshot.save(tmp_path / f"{turn}.json", one)
        lines += [f"{line} --from {tmp_path}/{turn}.json" for line in LINES[turn :: len(known)]]
        lines += objects_in(tmp_path, turn, one)
    lines += [f"{line} --from {tmp_path}/0.json" for line in LINES]
    printed = run({ROOT: lines}, tmp_path)[ROOT]
    for line, done in printed.items():
        assert_is_visible(line, done)
    assert sum(MARK in done.stdout for done in printed.values()) > len(lines) / 4
    assert any(line.startswith("explain") and MARK in printed[line].stdout for line in lines)


KUBECTL = """
case "$*" in
*current-context*) cat "$HOME/name" ;;
*view*-o=json*|*view*json*) cat "$HOME/view.json" ;;
*go-template*) cat "$HOME/name" ;;
*) cat "$HOME/name" >&2; exit 1 ;;
esac"""
FORMATS = ("cursor", "codex", "goose")  # JSON, TOML and YAML
WHERE = (f"--context={GIVEN}", f"--kubeconfig={GIVEN}", f"--cluster={GIVEN}", f"--user={GIVEN}")
COMMANDS = (
    [], ["--prompt"], ["-o", "json"], ["-v"], ["get", "ks"], ["get", GIVEN], ["explain", GIVEN],
    ["explain", f"ks/{GIVEN}"], ["tree", f"ks/{GIVEN}"], ["owner", f"pod/{GIVEN}"],
    ["conditions", f"ks/{GIVEN}"], ["events"], ["events", "--for", f"ks/{GIVEN}"], ["logs"],
    ["logs", GIVEN], ["credentials", f"ks/{GIVEN}"], ["reconcile", f"ks/{GIVEN}"], ["versions"],
    ["upgrade", GIVEN], ["upgrade", "plan"], ["upgrade", "plan", "--to", GIVEN, "--demo"],
    ["preflight"], ["preflight", "--git", GIVEN], ["ui"], ["version"], ["--step", GIVEN],
    ["--skip", GIVEN], ["--from", GIVEN], ["--save", f"/nonexistent/{GIVEN}", "--demo"],
    ["--accept", GIVEN, "--demo"], ["--accept-from", GIVEN], ["--accept-from", f"a/{GIVEN}"],
    ["--since-snapshot", GIVEN, "--demo"], ["--fail-on", GIVEN], ["compare", GIVEN, GIVEN],
    ["accept", GIVEN, "--reason", GIVEN, "--until", "2999-12-31", "--demo"],
    ["accept", "c9984b7c9184", "--reason", GIVEN, "--until", "2999-12-31", "--demo"],
    ["accept", GIVEN, "--reason", "x", "--until", GIVEN],
    ["--wait", GIVEN], ["wait", "--revision", GIVEN], [f"--{GIVEN}"],
    ["wait", f"ks/{GIVEN}", "--revision", "1.4.0", "--timeout", "1s"], [GIVEN],
    ["completion", GIVEN],
    ["get", "ks", "--sort-by", GIVEN, "--demo"],
    ["mcp", "decline"], ["mcp", "accept"], ["mcp", "status"], ["mcp", "verify"], ["mcp", "tools"],
    ["mcp", "remove", "--name", GIVEN], ["mcp", "prompts"], ["mcp", GIVEN],
    ["mcp", "setup", "--client", GIVEN], ["mcp", "verify", "--name", GIVEN],
    *(["mcp", "config", f"--client={client}"] for client in FORMATS),
    *(["mcp", "setup", "--print", f"--client={client}"] for client in FORMATS),
    ["mcp", "skill", "--install", f"/nonexistent/{GIVEN}"],
)  # fmt: skip


@pytest.fixture(name="surroundings")
def _surroundings(tmp_path: Path) -> dict[str, str]:
    """Return an environment whose kubeconfig has hostile names, and whose kubectl fails."""
    document = {
        "contexts": [{"name": HOSTILE, "context": {"cluster": HOSTILE, "user": HOSTILE}}],
        "clusters": [{"name": HOSTILE, "cluster": {"server": f"https://{HOSTILE}"}}],
        "users": [{"name": HOSTILE, "user": {"exec": {"command": GIVEN}}}],
        "current-context": HOSTILE,
    }
    (tmp_path / "view.json").write_text(json.dumps(document))
    (tmp_path / "name").write_text(GIVEN, encoding="utf-8", errors="surrogateescape")
    (tmp_path / ".cursor").mkdir()
    entry = {"command": "flux-operator-mcp", "args": ["serve", "--kube-context", HOSTILE]}
    (tmp_path / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": {HOSTILE: entry}}))
    program(tmp_path / "bin" / "kubectl", KUBECTL)
    program(tmp_path / "bin" / "flux-operator-mcp", 'cat "$HOME/name"; exit 1')
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}


def name_of(words: list[str]) -> str:
    """Return the name of a test of *words*: those that are not hostile."""
    return "_".join(word for word in words if MARK not in word) or "check"


@pytest.mark.parametrize("words", COMMANDS, ids=name_of)
def test_names_of_the_kubeconfig_can_be_seen(
    flux_status: Program, surroundings: dict[str, str], tmp_path: Path, words: list[str]
) -> None:
    """Hostile names in the kubeconfig, in arguments and in what kubectl says stay escapes."""
    for flags in ((), WHERE) if words[:1] == ["mcp"] else (WHERE[:1],):
        takes = "--from" not in words and "--demo" not in words
        done = flux_status(*words, *(flags if takes else ()), env=surroundings, cwd=tmp_path)
        assert_is_visible(" ".join(words), done)


@pytest.mark.parametrize("flag", ["--context", "--cluster", "--user", "-n", "--step"])
def test_no_candidate_is_hostile(
    flux_status: Program, surroundings: dict[str, str], flag: str
) -> None:
    """TAB offers only what can be seen."""
    done = flux_status("__complete", flag, "", env=surroundings)
    seen = done.stdout.replace("\t", " ")
    assert visible_lines(seen) == seen
    assert done.stdout.endswith(":4\n")


WORKFLOW_COMMANDS = ["  ::stop-commands::x", "fail: ##[set-output name=verdict]pass"]


@pytest.mark.parametrize("text", WORKFLOW_COMMANDS)
def test_a_note_is_no_workflow_command(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A runner of GitHub Actions also reads standard error, where words of the cluster are."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console.note(text)
    line = capsys.readouterr().err
    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    monkeypatch.delenv("GITHUB_ACTIONS")
    console.note(text)
    assert capsys.readouterr().err == f"{text}\n"


@pytest.mark.parametrize("write", [console.put, console.put_report])
@pytest.mark.parametrize("text", WORKFLOW_COMMANDS)
def test_a_result_has_no_workflow_command(
    text: str,
    write: Callable[[str], bool],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No line of a message in a report, a list or a log is one; elsewhere it stays as it is."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    write(f"message:\n{text}")
    shown = capsys.readouterr().out
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in shown
    assert shown.removeprefix("message:").replace("\\u0023", "#").replace("\\", "").strip() == (
        text.strip()
    )
    monkeypatch.delenv("GITHUB_ACTIONS")
    write(text)
    assert capsys.readouterr().out.removesuffix("\n") == text


WORDS = "broken\n::error::planted\n ::set-output name=verdict::pass\n##[error]planted"


def test_no_format_lets_a_workflow_command_through(
    flux_status: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of `-o github` are ours; JSON has the words of the cluster unchanged."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    saved = json.loads(
        gzip.decompress((RECORDED / "cluster-sync-auth-failing.json.gz").read_bytes())
    )
    for answer in saved["answers"].values():
        for item in answer["items"]:
            for one in (item.get("status") or {}).get("conditions") or ():
                one["message"] = WORDS
    file = tmp_path / "now.json"
    file.write_text(json.dumps(saved))
    for name in get_args(CheckFormat):
        done = flux_status("--from", file, "-o", name, "--all")
        commands = [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")]
        assert ("planted" in done.stdout) is (name != "metrics"), name
        assert all(line.startswith(("::error title=", "::warning title=")) for line in commands)
        assert bool(commands) is (name == "github")
        assert "##[" not in done.stdout or name == "github"
        if name == "json":
            messages = {one["message"] for one in json.loads(done.stdout)["findings"]}
            assert any(WORDS in message for message in messages)


def test_the_annotations_of_a_fleet_are_commands(
    flux_status: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of one cluster."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    broken = RECORDED / "cluster-sync-auth-failing.json.gz"
    done = flux_status("fleet", "--from", broken, "-o", "github")
    assert re.search(r"^::warning title=", done.stdout, re.MULTILINE), done.stderr
