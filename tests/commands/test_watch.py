"""`--watch`: the output for each change, in a pipe and on a terminal."""

import copy
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import IO, Any

import pytest

from fluxstatus.commands import watch
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Level
from tests.conftest import RECORDED
from tests.fakes.processes import started
from tests.kubernetes.cluster import Cluster
from tests.live.program import environment
from tests.live.replay import namespaces, objects
from tests.report.reports import failed, passed, report
from tests.terminal import Terminal

_PAUSE = 120.0  # seconds, for a program that must not wait for its end
WELL = report(passed("sources", "all are well"))


def lines(text: str) -> list[str]:
    """Return the lines of *text* without the time they begin with."""
    return [re.sub(r"^2026-11-23T04:12:00Z ", "", line) for line in text.splitlines()]


def test_first_look_prints_all_problems() -> None:
    """The first output has each problem and the verdict."""
    assert lines(watch.changes(None, report(failed(1), failed(2, level=Level.WARN)))) == [
        "fail     sources: GitRepository team/broken-1 is broken",
        "warn     sources: GitRepository team/broken-2 is broken",
        "verdict  fail",
    ]
    assert lines(watch.changes(None, WELL)) == ["verdict  pass"]


def test_later_looks_print_changes() -> None:
    """Later only new, resolved and changed problems are printed."""
    one, other = report(failed(1), failed(2)), report(failed(2), failed(3))
    assert lines(watch.changes(one, other)) == [
        "fail     sources: GitRepository team/broken-3 is broken",
        "gone     sources: GitRepository team/broken-1 is broken",
    ]
    assert lines(watch.changes(one, WELL))[-1] == "verdict  pass"
    assert watch.changes(one, one) == ""


def test_age_in_a_title_is_no_change() -> None:
    """A problem with an age in its title is the same problem later."""
    older = replace(failed(1), title="GitRepository team/broken-1 is broken for 2m")
    assert watch.changes(report(failed(1)), report(older)) == ""


def test_advice_is_no_change() -> None:
    """Advice is not reported as a change."""
    advised = report(replace(failed(1, level=Level.WARN), category="habit"))
    assert "sources" not in watch.changes(None, advised)


def test_hostile_title() -> None:
    """A title cannot begin a line of its own or move the cursor."""
    hostile = replace(failed(1), title="a\r\nb\x1b[2J")
    assert lines(watch.changes(None, report(hostile)))[0] == r"fail     sources: a\r\nb\x1b[2J"


def test_page_fits_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page fits the screen and shows how many lines are left out."""
    monkeypatch.setenv("LINES", "10")
    page = watch.page("\n".join(map(str, range(50))), WELL)
    assert page.count("\n") < 10
    assert "(44 more lines)" in page


def test_page_shows_whole_commands_and_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command is not cut; its rows count, and the last paragraph stays in sight."""
    monkeypatch.setenv("LINES", "12")
    monkeypatch.setenv("COLUMNS", "40")
    command = "kubectl --context prod logs -n flux-system deployment/source-controller --tail=50"
    text = "\n".join(["\x1b[36m" + command + "\x1b[0m", *map(str, range(50)), "", "1 cause"])
    page = watch.page(text, WELL)
    assert command in page
    assert "?7l" not in page
    lines = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", page).splitlines()
    assert lines[-5:-2] == ["(47 more lines)", "", "1 cause"]
    assert sum(max(-(-len(line) // 40), 1) for line in lines) < 12


def test_nothing_of_the_previous_page_remains() -> None:
    """What a line does not overwrite is cleared, but for a full row, where the cursor stays."""
    drawn = [watch.page("x" * width, WELL).partition("\n")[0] for width in (79, 80, 81)]
    assert [one.endswith("\x1b[K") for one in drawn] == [True, False, True]
    assert all(one.startswith("\x1b[H\x1b[K") for one in drawn)


@pytest.fixture(name="flux")
def _flux(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> "Flux":
    monkeypatch.setenv("PATH", environment()["PATH"])
    return Flux(cluster)


class Flux:
    """A healthy Flux in a real API server, with a source that can break."""

    def __init__(self, cluster: Cluster) -> None:
        evidence = snapshot.load(RECORDED / "cluster-healthy.json.gz")
        healthy = [*namespaces(evidence), *objects(evidence)]
        cluster.put(healthy)
        self._cluster = cluster
        self._source = next(each for each in healthy if each["kind"] == "GitRepository")
        self.program = (
            *(sys.executable, "-m", "fluxstatus"),
            *(f"--kubeconfig={cluster.kubeconfig('admin')}", "--watch"),
        )

    def break_source(self) -> None:
        """Let the source fail."""
        broken = copy.deepcopy(self._source)
        [ready] = [each for each in broken["status"]["conditions"] if each["type"] == "Ready"]
        ready.update(status="False", reason="GitOperationFailed", message="authentication required")
        self._cluster.put([broken])

    def mend_source(self) -> None:
        """Let the source work again."""
        self._cluster.put([self._source])


@pytest.mark.cluster
def test_in_a_pipe(flux: Flux) -> None:
    """In a pipe a line is printed when an object fails and recovers, until Ctrl-C."""
    with started(flux.program) as program:
        assert program.stdout is not None
        assert program.stdout.readline().endswith(" verdict  pass\n")
        flux.break_source()
        assert " fail     sources: GitRepository " in program.stdout.readline()
        assert program.stdout.readline().endswith(" verdict  fail\n")
        flux.mend_source()
        assert " gone     sources: GitRepository " in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        program.wait()
    assert program.returncode == 130


@pytest.mark.cluster
def test_reader_that_goes(flux: Flux) -> None:
    """When the reader is gone it ends, with the last verdict, before it would look again."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader:
        code = f"from fluxstatus.commands import watch; watch.PAUSE = {_PAUSE}"
        start = f"{code}; from fluxstatus.__main__ import main; main()"
        command = (sys.executable, "-c", start, *flux.program[3:])
        program = subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert reader.readline()
    gone = time.monotonic()
    _, err = program.communicate()
    assert time.monotonic() - gone < _PAUSE / 2
    assert (program.returncode, err) == (0, b"")


@pytest.mark.cluster
def test_on_a_terminal(flux: Flux) -> None:
    """A terminal shows the whole report, redrawn in place when an object fails."""
    with Terminal(flux.program, rows=50) as terminal:
        terminal.wait_for("Ctrl-C to quit")
        assert "\x1b[32mpass\x1b[0m  sources" in terminal.text
        flux.break_source()
        terminal.wait_for("\x1b[1;31mfail\x1b[0m  sources")
        assert terminal.text.count("\x1b[H") >= 2
        terminal.type("\x03")
        assert terminal.end() == 130


@pytest.mark.cluster
def test_json(flux: Flux) -> None:
    """With -o json a document is printed first, and for each change."""
    command = (*flux.program, "-o", "json")
    with started(command) as program:
        assert program.stdout is not None
        documents = Documents(program.stdout)
        assert documents.next()["verdict"] == "pass"
        flux.break_source()
        assert documents.next()["verdict"] == "fail"
        program.terminate()


class Documents:
    """JSON documents that come one after another."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def next(self) -> dict[str, Any]:
        """Wait for the next one."""
        text = ""
        for line in self._stream:
            text += line
            if line == "}\n":
                document: dict[str, Any] = json.loads(text)
                return document
        raise EOFError
