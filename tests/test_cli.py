"""The command line as people and programs meet it: run as a process, looked at from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fluxstatus.checks import STEPS
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Unread, Why
from tests.builders import HEALTHY as OBJECTS
from tests.builders import NOW, RECONCILING, evidence, minutes, source
from tests.conftest import RECORDED, Program, pass_on_signals
from tests.terminal import Terminal

pytestmark = pytest.mark.started

HEALTHY = RECORDED / "cluster-healthy.json.gz"
BROKEN = RECORDED / "cluster-sync-auth-failing.json.gz"
PROGRAM = (sys.executable, "-m", "fluxstatus")


@pytest.fixture(name="unreachable")
def _unreachable(tmp_path: Path) -> Path:
    path = tmp_path / "unreachable.json"
    unread = Unread(Why.UNREACHABLE, "the API server refuses connections")
    snapshot.save(path, Evidence(NOW, unreachable=unread))
    return path


# Exit codes and formats


@pytest.mark.parametrize("output", ["text", "json"])
def test_exit_code_is_the_verdict(flux_status: Program, unreachable: Path, output: str) -> None:
    """Healthy is 0, broken is 1, not reachable is 3, whatever the format."""
    codes = [
        flux_status("--from", path, "-o", output).returncode
        for path in (HEALTHY, BROKEN, unreachable)
    ]
    assert codes == [0, 1, 3]


def test_an_unreachable_cluster_has_no_verdict(flux_status: Program, unreachable: Path) -> None:
    """Whatever reads a report instead of the exit code must not take it for a failure of Flux."""
    shown = {
        form: flux_status("--from", unreachable, "-o", form).stdout
        for form in ("json", "junit", "markdown", "html", "metrics", "github")
    }
    assert json.loads(shown["json"])["verdict"] == "unknown"
    assert 'tests="1" failures="0" errors="1"' in shown["junit"]
    assert shown["markdown"].startswith("### Flux: unknown\n")
    assert '<h1>Flux: <span class="level unknown">unknown</span></h1>' in shown["html"]
    assert re.findall(r'verdict="(\w+)"} 1$', shown["metrics"], re.MULTILINE) == ["unknown"]
    assert shown["github"].splitlines()[-1].startswith("unknown: ")


def test_json_is_all_there_is_on_stdout(flux_status: Program) -> None:
    """With -o json standard output is one document, and nothing is on standard error."""
    done = flux_status("--from", BROKEN, "-o", "json")
    assert json.loads(done.stdout)["verdict"] == "fail"
    assert done.stderr == ""


def test_demo_needs_no_cluster(flux_status: Program) -> None:
    """--demo shows a broken source and what it blocks, without kubectl."""
    done = flux_status("--demo", env={"PATH": "/nowhere"})
    assert done.returncode == 1
    assert re.search(r"^ fail .*\n(.*\n)* +blocks ", done.stdout, re.MULTILINE)


def test_fail_on_progressing(flux_status: Program, tmp_path: Path) -> None:
    """What is still reconciling is in the verdict, and in the exit code only if that is asked."""
    path = tmp_path / "progressing.json"
    snapshot.save(path, evidence(*OBJECTS, source("new", RECONCILING, age=minutes(1))))
    plain = flux_status("--from", path, "-o", "json")
    assert (json.loads(plain.stdout)["verdict"], plain.returncode) == ("progressing", 0)
    assert "1 in progress · " in flux_status("--from", path).stdout.splitlines()[-1]
    strict = ("--fail-on", "warn", "--fail-on", "progressing")
    assert flux_status("--from", path, *strict).returncode == 1
    assert flux_status("--from", path, "--fail-on", "warn").returncode == 0


def test_fail_on_warn(flux_status: Program, tmp_path: Path) -> None:
    """A warning changes the exit code only with --fail-on warn."""
    path = tmp_path / "warned.json"
    healthy = snapshot.load(HEALTHY)
    snapshot.save(path, replace(healthy, clock_skew=3600.0))
    codes = [flux_status("--from", path, *more).returncode for more in ((), ("--fail-on", "warn"))]
    assert codes == [0, 1]


def test_snapshot_from_standard_input(flux_status: Program) -> None:
    """`--from -` reads what a pipe brings."""
    with BROKEN.open("rb") as file:
        assert flux_status("--from", "-", stdin=file).returncode == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", b"\x1f\x8b broken"])
def test_foreign_file_is_wrong_usage(flux_status: Program, tmp_path: Path, content: bytes) -> None:
    """A file that is no snapshot gets one sentence and exit code 2."""
    path = tmp_path / "file"
    path.write_bytes(content)
    done = flux_status("--from", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(path) in done.stderr


def test_a_snapshot_gives_the_same_report(flux_status: Program, tmp_path: Path) -> None:
    """--save writes a file only its owner can read; --from reports the same, below its time."""
    path = tmp_path / "look.json.gz"
    live = flux_status("--save", path, env={"PATH": "/nowhere"})
    again = flux_status("--from", path)
    head, _, rest = again.stdout.partition("\n\n")
    assert re.fullmatch(r"snapshot of \d{4}-\d\d-\d\d \d\d:\d\d UTC", head)
    assert (again.returncode, rest) == (live.returncode, live.stdout)
    assert path.stat().st_mode & 0o777 == 0o600


def test_look_that_cannot_be_saved(flux_status: Program, tmp_path: Path) -> None:
    """Where nothing can be saved there is one sentence, and no report that would look complete."""
    done = flux_status("--save", tmp_path / "missing" / "look.json", env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


# What is chosen


def test_steps_are_chosen_and_skipped(flux_status: Program) -> None:
    """--step and --skip take names repeatedly and with commas."""
    chosen = flux_status("--from", HEALTHY, "--step", "ui,drift", "--step", "cluster", "-o", "json")
    left = flux_status("--from", HEALTHY, "--skip", "ui,drift", "--skip", "cluster", "-o", "json")
    ids = [{step["id"] for step in json.loads(done.stdout)["steps"]} for done in (chosen, left)]
    assert ids[0] == {"cluster", "ui", "drift"}
    assert ids[1] == {"operator", "instance", "components", "sources", "reconcilers"}


def test_skipped_code_is_not_reported(flux_status: Program) -> None:
    """A code given to --skip, taken from a report, is in the report no more."""
    before = json.loads(flux_status("--from", BROKEN, "-o", "json").stdout)
    code = before["findings"][0]["code"]
    after = json.loads(flux_status("--from", BROKEN, "-o", "json", "--skip", code).stdout)
    assert code not in {finding["code"] for finding in after["findings"]}


def test_what_a_skipped_code_blocks_is_not_reported_either(flux_status: Program) -> None:
    """The objects that a skipped fault blocks are counted, and nothing waits for them."""
    done = flux_status("--demo", "-o", "json", "--all", "--skip", "host-refuses,suspended")
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (0, "pass")
    titles = [one["title"] for one in report["findings"] if one["step"] == "reconcilers"]
    assert "39 of 70 ready, 31 left out by --skip" in titles
    assert not [one for one in report["findings"] if one["level"] == "wait"]


def test_what_another_fault_blocks_still_waits(flux_status: Program) -> None:
    """Only what all causes of an object leave out is left out with it."""
    done = flux_status("--demo", "-o", "json", "--skip", "suspended")
    report = json.loads(done.stdout)
    (wait,) = [
        one["title"]
        for one in report["findings"]
        if (one["step"], one["level"]) == ("reconcilers", "wait")
    ]
    waits = "30 waiting for GitRepository git-fanout-30/monorepo"
    assert wait == f"39 of 70 ready, {waits}, 1 left out by --skip"


def test_namespace_narrows_and_all_namespaces_wins(flux_status: Program) -> None:
    """-n leaves out unrelated objects of other namespaces; -A undoes it."""
    objects = []
    for flags in (("-n", "git-two-roots"), ("-n", "git-two-roots", "-A"), ()):
        done = flux_status("--from", RECORDED / "zoo.json.gz", "-o", "json", "--all", *flags)
        found = json.loads(done.stdout)["findings"]
        objects.append({f["object"]["namespace"] for f in found if f["object"]})
    assert len(objects[0]) < len(objects[1])
    assert objects[1] == objects[2]


# Wrong usage

WRONG = {
    "unknown flag": (["--contxt", "x"], "--context"),
    "unknown command": (["lst"], "list"),
    "unknown step": (["--step", "sorces", "--demo"], "'sources'"),
    "unknown code": (["--skip", "sources,suspnded", "--demo"], "'suspended'"),
    "unknown format": (["-o", "xml"], "'text', 'wide', 'json'"),
    "brief and everything": (["--demo", "--brief", "--all"], "--all"),
    "brief JUnit": (["--demo", "--brief", "-o", "junit"], "-o junit"),
    "no duration": (["--wait", "soon"], "30s, 1m30s or 2h"),
    "no time": (["--timeout", "0s"], "30s, 1m30s or 2h"),
    "too much time": (["--timeout", "9" * 20], "too long"),
    "far too much time": (["--wait", "9" * 5000 + "h"], "too long"),
    "before all time": (["events", "--since", "9" * 15 + "h"], "too long"),
    "a very long request": (["--request-timeout", "9" * 20], "too long"),
    "too many lines": (["logs", "--tail", "9" * 30], "not a number of lines"),
    "no number of lines": (["logs", "--tail", "9e29"], "not a number of lines"),
    "less than all lines": (["logs", "--tail=-2"], "not a number of lines"),
    "two clusters": (["--demo", "--from", "x"], "--from"),
    "demo of a context": (["--demo", "--context", "prod"], "--context"),
    "demo as a group": (["--demo", "--as-group", "ops"], "--as-group"),
    "saved again": (["--from", "x", "--save", "y"], "--save"),
    "waiting for a file": (["--from", "x", "--wait", "1m"], "--wait"),
    "watching the demo": (["--demo", "--watch"], "--watch"),
    "waiting and watching": (["--wait", "1m", "--watch"], "--watch"),
    "failing fast at once": (["--fail-fast"], "--wait"),
    "saving for ever": (["--watch", "--save", "x"], "--save"),
    "flag of another command": (["--wait", "1m", "list"], "--wait"),
    "argument": (["list", "sources"], "sources"),
}


def test_brief_and_wide_are_the_same_report(flux_status: Program) -> None:
    """--brief and -o wide change the text, and neither the exit code nor what is counted."""
    whole = flux_status("--demo")
    brief = flux_status("--demo", "--brief")
    wide = flux_status("--demo", "--brief", "-o", "wide")
    full = flux_status("--demo", "-o", "wide")
    assert {one.returncode for one in (whole, brief, wide, full)} == {1}
    table = brief.stdout.partition("\n\n")[2].splitlines()
    assert table[0].split() == ["LEVEL", "BLOCKS", "CODE", "CAUSE"]
    cause = next(line for line in brief.stdout.splitlines() if line.startswith("fail"))
    assert cause.split(maxsplit=3)[:3] == ["fail", "30", "host-refuses"]
    assert "2026-11-23 19:10:01 UTC" in wide.stdout
    assert "since      8m (2026-11-23 19:10:01 UTC)" in full.stdout
    counts = [line for line in whole.stdout.splitlines() if line.startswith("1 cause")]
    assert all(one.stdout.splitlines()[-1] == counts[0] for one in (brief, wide))


@pytest.mark.parametrize(("arguments", "named"), WRONG.values(), ids=WRONG)
def test_wrong_usage(flux_status: Program, arguments: list[str], named: str) -> None:
    """Wrong usage ends with 2 before anything is asked, and names what is wrong or was meant."""
    done = flux_status(*arguments, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr


@pytest.mark.parametrize("arguments", [["-o", "json", "list"], ["list", "-o", "json"]])
def test_flags_before_and_after_a_subcommand(flux_status: Program, arguments: list[str]) -> None:
    """A flag works on either side of the subcommand's name."""
    assert json.loads(flux_status(*arguments).stdout)["steps"]


# Help and version


@pytest.mark.parametrize("command", ["", "get", "explain", "logs", "mcp config", "fleet"])
def test_the_flags_of_kubectl_take_little_room(
    flux_status: Program, kubectl: Path, command: str
) -> None:
    """Those that `kubectl options` describes are only named, whole; TAB offers them all."""
    text = flux_status(*command.split(), "--help", env={"COLUMNS": "80"}).stdout
    section = text.partition("\nConnection (kubectl flags):\n")[2].partition("\n\n")[0]
    described, named = section.split('As described by "kubectl options": ')
    flags = re.split(r",\s+", named)
    assert len(flags) > 4
    assert len(section.splitlines()) < 10
    assert not set(flags) & set(described.split())
    options = subprocess.run([kubectl, "options"], capture_output=True, text=True, check=True)
    assert [flag for flag in flags if not re.search(f"{flag}[=, ]", options.stdout)] == []
    offered = flux_status("__complete", *command.split(), "--").stdout
    assert {flag for flag in flags if flag.startswith("--")} <= set(
        re.findall("--[a-z-]+", offered)
    )


def test_help_fits_80_columns(flux_status: Program) -> None:
    """The help has no line beyond 80 columns and no escape, not even when color is forced."""
    done = flux_status("--help", env={"FORCE_COLOR": "1", "COLUMNS": "200"})
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("group", [(), ("mcp",)])
def test_help_of_commands_is_not_cut(flux_status: Program, group: tuple[str, ...]) -> None:
    """Each command is described in one line of the help, which ends as a sentence does."""
    text = flux_status(*group, "--help", env={"COLUMNS": "80"}).stdout
    lines = text.partition("\nCommands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 8
    assert [line for line in lines if not re.fullmatch(r"  \w+ +[A-Z][^.]*\.", line)] == []


@pytest.mark.parametrize("command", ["logs", "ui", "explain", "get", "preflight", "version"])
def test_options_are_in_one_place(flux_status: Program, command: str) -> None:
    """No title is twice in a help."""
    text = flux_status(command, "--help").stdout
    titles = re.findall(r"^(\w.*):$", text, re.MULTILINE)
    assert len(titles) == len(set(titles)) > 1


@pytest.mark.parametrize(
    "command",
    ["accept", "compare", "credentials", "explain", "fleet", "get", "inventory", "preflight",
     "reconcile", "ui", "upgrade plan", "versions", "wait"],
)  # fmt: skip
def test_exit_codes_and_examples_are_lines(flux_status: Program, command: str) -> None:
    """Each exit code is on a line of its own; an example with an explanation fits 80 columns."""
    text = flux_status(*command.split(), "--help", env={"COLUMNS": "80"}).stdout
    codes = text.partition("\n  Exit codes:\n")[2].splitlines()
    assert len(codes) > 1
    assert [line for line in codes if not re.fullmatch(r" {4}\d+ +\w.*", line)] == []
    assert [one for one in text.splitlines() if len(one) > 80 and "  " in one.strip()] == []


def test_version_in_any_company(flux_status: Program) -> None:
    """--version answers, alone or with other flags."""
    alone, not_alone = flux_status("--version"), flux_status("--context", "x", "--version")
    assert alone.stdout == not_alone.stdout
    assert re.fullmatch(r"kubectl flux-status \d+\.\d+\.\d+\n", alone.stdout)


@pytest.mark.parametrize("arguments", [["--version"], ["__complete", "--"]])
def test_quick_answers_import_little(arguments: list[str]) -> None:
    """--version and completion import nothing that takes time."""
    command = [sys.executable, "-X", "importtime", "-m", "fluxstatus", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"typer", "sh", "jmespath", "http.client", "typing", "pathlib", "re"}


def test_saved_cluster_needs_no_sh() -> None:
    """A snapshot is judged without importing what only a live cluster needs."""
    command = [sys.executable, "-X", "importtime", "-m", "fluxstatus", "--from", str(HEALTHY)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not re.search(r"\| +sh$", done.stderr, re.MULTILINE)


# Color, width, characters


@pytest.mark.parametrize(
    ("flags", "env", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color_in_a_pipe(
    flux_status: Program, flags: list[str], env: dict[str, str], *, colored: bool
) -> None:
    """The flag decides, then NO_COLOR, then FORCE_COLOR; a pipe by itself has no color."""
    assert ("\x1b[" in flux_status("--demo", *flags, env=env).stdout) is colored


@pytest.mark.parametrize(
    ("env", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"TERM": ""}, False)],
)
def test_color_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], *, colored: bool
) -> None:
    """A terminal has color, unless it is dumb or NO_COLOR is set."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with Terminal([*PROGRAM, "--demo"]) as terminal:
        assert terminal.end() == 1
        assert ("\x1b[" in terminal.text) is colored


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_width_of_the_terminal(columns: int) -> None:
    """Text fills the terminal and does not go beyond; only commands and links may be longer."""
    with Terminal([*PROGRAM, "--from", str(HEALTHY)], columns=columns) as terminal:
        assert terminal.end() == 0
        text = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text)
        assert max(map(len, text.splitlines())) <= columns


def test_width_of_a_pipe(flux_status: Program) -> None:
    """Without a terminal there are 80 columns, or $COLUMNS."""
    widths = [
        max(map(len, flux_status("--from", HEALTHY, env=env).stdout.splitlines()))
        for env in ({}, {"COLUMNS": "50"})
    ]
    assert 50 < widths[0] <= 80
    assert widths[1] <= 50


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}])
def test_output_that_is_not_utf8(flux_status: Program, env: dict[str, str]) -> None:
    """Where only ASCII is safe the report is ASCII, and a name with other letters escaped."""
    done = flux_status("--demo", "--all", env=env)
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert " - Kubernetes v" in done.stdout


def test_c_locale(flux_status: Program) -> None:
    """In the C locale the report is whole."""
    done = flux_status("--demo", env={"LC_ALL": "C", "LANG": "C"})
    assert (done.returncode, done.stderr) == (1, "")


# Where the output goes


def test_reader_that_stops_reading(flux_status: Program) -> None:
    """When the reader has gone, as `head -1` does, there is no complaint and the same exit code."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = flux_status(
            "--from", BROKEN, capture_output=False, stdout=nobody, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "words",
    [["--from", HEALTHY], ["--help"], ["--version"], ["version"], ["__complete", "g"], ["list"]],
)
def test_full_disk(flux_status: Program, words: list[str | Path]) -> None:
    """A failed write has exit code 3 and an error with the reason."""
    with Path("/dev/full").open("wb") as full:
        done = flux_status(*words, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "No space left" in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (f"--from {BROKEN}", 1),
        ("--version", 0),
        ("--help", 0),
        ("__complete ge", 0),
    ],
)
@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closing: str, words: str, code: int) -> None:
    """A stream that the caller has closed changes nothing: not the code, not the other stream."""
    command = f'"$0" -m fluxstatus {words} {closing}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize(
    "words",
    [
        "list",
        f"compare {BROKEN} {BROKEN}",
        "accept c9984b7c9184 --demo --reason x --until 2999-12-31",
        "explain host-refuses",
    ],
)
def test_a_result_that_nobody_gets(words: str) -> None:
    """Without standard output, a command that only prints has failed: >> would append nothing."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m fluxstatus {words} >&-', sys.executable],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        3, "Error: the result cannot be written: standard output is closed\n"
    )  # fmt: skip
    shown = subprocess.run(
        [sys.executable, "-m", "fluxstatus", *words.split()], capture_output=True, check=False
    )
    assert (shown.returncode, shown.stdout != b"") == (0, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    ("words", "code"), [(["--from", BROKEN, "-v"], 1), (["get", "ks", "-v"], 3)]
)
def test_errors_that_cannot_be_written(
    flux_status: Program, words: list[str | Path], code: int
) -> None:
    """A standard error on a full disk does not change the exit code."""
    env = {"PATH": "/nowhere"}
    with Path("/dev/full").open("wb") as full:
        done = flux_status(*words, env=env, capture_output=False, stdout=-1, stderr=full)
    assert done.returncode == code


@pytest.mark.parametrize("words", [["--version"], ["__complete", "ge"]])
def test_quick_answers_whose_reader_is_gone(flux_status: Program, words: list[str]) -> None:
    """A closed pipe is no error."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = flux_status(*words, capture_output=False, stdout=nobody, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_into_a_closed_stream() -> None:
    """Candidates that nobody can read are no error."""
    command = [sys.executable, "-m", "fluxstatus", "__complete", "--"]
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *command], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


# Without a cluster


def test_no_kubectl(flux_status: Program) -> None:
    """Without kubectl there is no verdict, and a sentence instead of a traceback."""
    done = flux_status(env={"PATH": "/nowhere"})
    assert done.returncode == 3
    assert "kubectl" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture(name="hanging_kubectl")
def _hanging_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on PATH that never answers; the file that is given gets its process IDs."""
    pids = tmp_path / "pids"
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f"#!/bin/sh\necho $$ >>{pids}\nexec sleep 600\n")
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return pids


def assert_gone(pids: Path) -> None:
    """See to it that no kubectl is left; an orphan may take a moment until init buries it."""
    until = time.monotonic() + 10
    left = set(pids.read_text().split())
    while left and time.monotonic() < until:
        left = {pid for pid in left if exists(int(pid))}
    assert not left


def exists(pid: int) -> bool:
    """Return whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_it_cleanly(hanging_kubectl: Path, number: int, code: int) -> None:
    """A signal ends the program with the shell's code for it, silently, and kubectl with it."""
    with subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        while not hanging_kubectl.exists() or not hanging_kubectl.read_text():
            assert program.poll() is None
        program.send_signal(number)
        out, err = program.communicate()
    assert (program.returncode, out, err) == (code, b"", b"")
    assert_gone(hanging_kubectl)


@pytest.mark.parametrize("burst", ["TERM INT", "INT INT INT", "HUP TERM INT", "INT TERM"])
def test_several_signals(hanging_kubectl: Path, burst: str) -> None:
    """Further signals do not disturb the end: there is no word, and no kubectl is left."""
    numbers = [signal.Signals[f"SIG{name}"] for name in burst.split()]
    with subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        while not hanging_kubectl.exists() or not hanging_kubectl.read_text():
            assert program.poll() is None
        for number in numbers:
            program.send_signal(number)
        out, err = program.communicate(timeout=30)
    assert (out, err) == (b"", b"")
    assert program.returncode in {128 + number for number in numbers}
    assert_gone(hanging_kubectl)


def test_programs_receive_signals_that_the_tests_ignore() -> None:
    """A test may send a signal although pytest runs under nohup, which ignores SIGHUP."""
    asks = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_DFL)"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        pass_on_signals()
        os.kill(os.getpid(), signal.SIGHUP)  # still ignored here
        done = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert done.stdout == b"True\n"


def test_ctrl_c_on_a_terminal(hanging_kubectl: Path) -> None:
    """Ctrl-C exits with 130 and removes the progress line."""
    with Terminal(PROGRAM) as terminal:
        while not hanging_kubectl.exists():
            assert terminal.program.poll() is None
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text
        assert terminal.text.endswith(("\r\x1b[K", "^C"))


def test_time_is_over(flux_status: Program, hanging_kubectl: Path) -> None:
    """A kubectl that hangs costs the time that --timeout gives, not the default, and is ended."""
    done = flux_status("--timeout", "1s", "-o", "json")
    assert done.returncode == 3
    assert 1 <= json.loads(done.stdout)["durationSeconds"] < 20
    assert_gone(hanging_kubectl)


def test_verbose_lists_every_step(flux_status: Program) -> None:
    """-v has a line for each step of the check, with its requests."""
    lines = flux_status("-v", env={"PATH": "/nowhere"}).stderr.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == [f"step {one.id}" for one in STEPS]
    assert all("0 requests" in line for line in lines)


def test_verbose_lists_the_requests(flux_status: Program) -> None:
    """-v has the cost on standard error, and leaves standard output alone."""
    plain, verbose = (flux_status(*more, env={"PATH": "/nowhere"}) for more in ([], ["-v"]))
    assert verbose.stderr.splitlines()[-1].startswith("0 requests, 0 bytes, ")
    assert plain.stderr == ""
    assert verbose.stdout.splitlines()[:-1] == plain.stdout.splitlines()[:-1]


# What nobody has foreseen

_CRASHING = """
from fluxstatus import cli; from fluxstatus.commands import options
def show(verbose: options.Verbose = False) -> None:
    raise KeyError("--token=not-for-everybody")
cli.app.info.cls.late["boom"] = "__main__"
cli.run()
"""


@pytest.mark.parametrize(("flags", "traced"), [([], False), (["-v"], True)])
def test_crash(flags: list[str], *, traced: bool) -> None:
    """A crash has exit code 3 and one line on what to do; -v prints the traceback."""
    command = [sys.executable, "-c", _CRASHING, "boom", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "report it" in done.stderr.splitlines()[-1]
    assert ("Traceback" in done.stderr) is traced
    assert traced or done.stderr.count("\n") == 1
    assert "not-for-everybody" not in done.stderr


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("OSError(24, 'Too many open files')", "Too many open files"),
        ("MemoryError()", "Cannot allocate memory"),
        ('RuntimeError("can\'t start new thread")', "can't start new thread"),
    ],
)
def test_a_limit_of_the_machine_is_no_bug(error: str, reason: str) -> None:
    """When files or memory run out, that is said."""
    script = _CRASHING.replace('KeyError("--token=not-for-everybody")', error)
    command = [sys.executable, "-c", script, "boom"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == f"Error: this machine has reached a limit: {reason}\n"
