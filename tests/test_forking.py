"""A forked run is the run of an interpreter of its own (tests/forking.py)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests import forking
from tests.conftest import RECORDED

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each run starts")


def both(*words: str | Path, **how: Any) -> list[CompletedProcess[str]]:
    """Run the program in both ways."""
    forked = forking.run(words, **how)
    return [forked, forking.started(words, **how)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--demo", 1),
        ("--demo --all -o json", 1),
        ("--help", 0),
        ("--version", 0),
        ("__complete ge", 0),
        ("nonsense", 2),
        ("get ks --from zoo.json.gz -o wide", 0),
        ("--from nowhere.json.gz", 2),
        ("", 3),
    ],
)
def test_what_comes_of_it_is_the_same(line: str, code: int) -> None:
    """The same output, errors and exit code, in the same folder and environment."""
    env = {**os.environ, "PATH": "/nowhere", "COLUMNS": "70", "FORCE_COLOR": "1"}
    forked, started = both(*line.split(), cwd=RECORDED, env=env)
    assert vars(forked) == vars(started)
    assert forked.returncode == code


def test_standard_input_is_its_own() -> None:
    """It reads the descriptor that is given, or the text."""
    file = RECORDED / "cluster-healthy.json.gz"
    with file.open("rb") as one, file.open("rb") as other:
        forked = forking.run(["--from", "-"], stdin=one.fileno())
        started = forking.started(["--from", "-"], stdin=other)
    assert (forked.returncode, forked.stdout) == (0, started.stdout)
    assert forking.run(["--from", "-"], stdin="{}").stderr.startswith("Error: standard input")


@pytest.mark.parametrize(("how", "code"), [("", 7), ("raise", 1), ("kill", -signal.SIGKILL)])
def test_a_process_is_as_if_started(tmp_path: Path, how: str, code: int) -> None:
    """What a process can see of itself is the same, and so is its end."""
    forked, started = both("a", how, cwd=tmp_path, module="tests.probe")
    assert json.loads(forked.stdout) == json.loads(started.stdout)
    assert (forked.returncode, started.returncode) == (code, code)
    assert (how in forked.stderr, how in started.stderr) == (how != "kill", how != "kill")


@only_linux
def test_what_is_read_at_the_start_needs_a_start() -> None:
    """Another variable that Python reads when it starts changes the run."""
    env = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    forked, started = both(env=env, module="tests.probe")
    assert forked.stdout == started.stdout
    assert "latin-1" in forked.stdout
    usual = forking.run([], module="tests.probe")
    assert "latin-1" not in usual.stdout


def test_the_preload_reads_no_other_variable() -> None:
    """What is imported before a run does not depend on its environment."""
    code = "from tests import fork_server, probe; probe.print_variables(fork_server.preload)"
    names = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert names
    assert [name for name in names if not forking.AT_START.match(name)] == []
