"""--watch goes on after a look that failed, in every command that has it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Program
from tests.fakes.scripted import (
    Answer,
    Api,
    as_usual,
    cut,
    forbidden,
    kubectl_says,
    page,
    stalled,
    status,
)
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import make, stamp

pytestmark = pytest.mark.started

_SECONDS = 60.0  # for something to be printed: a busy machine needs some of them
_PROGRAM = """
import sys
from fluxstatus.commands import print_list, watch
print_list.PAUSE = watch.PAUSE = 0.2
from fluxstatus.__main__ import main
main()
"""


class Watching(NamedTuple):
    """A running command, and the files that it prints to."""

    process: "subprocess.Popen[bytes]"
    stdout: Path
    stderr: Path

    def wait_for(self, text: str, file: Path | None = None) -> None:
        """Wait until *text* is printed to *file*, standard output if it is not given."""
        self.wait_until(lambda: text in (file or self.stdout).read_text())

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until *condition* is true."""
        until = time.monotonic() + _SECONDS
        while not condition():
            assert self.process.poll() is None, self.stderr.read_text()
            assert time.monotonic() < until, self.stdout.read_text() + self.stderr.read_text()
            time.sleep(0.02)


@contextmanager
def watching(folder: Path, line: str, *more: str) -> Iterator[Watching]:
    """Run a command with --watch until the end of the block, then press Ctrl-C."""
    out, err = folder / "stdout", folder / "stderr"
    argv = [sys.executable, "-c", _PROGRAM, *line.split(), "--watch", *more]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(argv, stdout=stdout, stderr=stderr)
    try:
        yield Watching(process, out, err)
        process.send_signal(signal.SIGINT)
        assert process.wait(_SECONDS) == 130
        assert "Traceback" not in err.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(name="flux")
def _flux(api: Api) -> Api:
    """Put a healthy Flux into *api*, with an event."""
    now = datetime.now(UTC)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    api.put(*flux_system(now), source, kustomization("apps", "app", now, source=source, path="./"))
    api.put(event("first"))
    return api


def event(name: str) -> dict[str, object]:
    """Return an event about the Kustomization app, with its name as the message."""
    now = datetime.now(UTC)
    kind = {"kind": "Kustomization", "apiVersion": "kustomize.toolkit.fluxcd.io/v1"}
    return make("v1", "Event", name, now, namespace="apps") | {
        "involvedObject": kind | {"namespace": "apps", "name": "app"},
        "type": "Normal",
        "reason": "Progressing",
        "message": name,
        "count": 1,
        **dict.fromkeys(("firstTimestamp", "lastTimestamp"), stamp(now)),
        "source": {"component": "kustomize-controller"},
    }


def change(api: Api) -> None:
    """Let something change that every command shows."""
    now = datetime.now(UTC)
    url = "https://git.example.com/late.git"
    api.put(git_repository("apps", "late", now, url=url, failure="no such host"), event("late"))
    for one in api.objects:
        if one["kind"] == "Pod":
            one["metadata"]["name"] += "-late"


COMMANDS = {
    "": ("verdict  ", "late"),
    "get all": ("apps", "late"),
    "get components": ("source-controller", "-late"),
    "events": ("first", "late"),
    "events --for ks/app -n apps": ("first", "late"),
}
"""What each command prints first, and after a change."""

_AGAIN = "everything can be read again"
FAULTS: dict[str, tuple[Answer, str]] = {
    "503": (status(503, "ServiceUnavailable", retry_after="60"), "503"),
    "503 of a gateway": (page(503, retry_after="60"), "503"),
    "reset": (cut, "was cut off"),
    "hang": (stalled, "did not respond within"),
    "refused": (
        kubectl_says("dial tcp 10.0.0.1:6443: connect: connection refused"),
        "refused the connection",
    ),
    "401": (status(401, "Unauthorized"), "rejected the credentials"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("line", COMMANDS)
def test_a_look_that_fails(flux: Api, tmp_path: Path, line: str, fault: str) -> None:
    """A failed look is reported once, however often it fails, and later changes are printed."""
    answer, reason = FAULTS[fault]
    first, later = COMMANDS[line]
    with watching(tmp_path, line, "--request-timeout=1s") as run:
        run.wait_for(first)
        looks = len(flux.asked("/apis"))
        flux["*"] = answer
        run.wait_for(reason, run.stderr if line else run.stdout)
        run.wait_until(lambda: len(flux.asked("/apis")) >= looks + 4)
        flux["*"] = as_usual
        change(flux)
        run.wait_for(later)
        if line:
            run.wait_for(_AGAIN, run.stderr)
    lines = (run.stderr if line else run.stdout).read_text().splitlines()
    assert len([one for one in lines if reason in one and " gone " not in one]) == 1
    assert run.stderr.read_text().count(_AGAIN) == bool(line)


@pytest.mark.parametrize("line", COMMANDS)
def test_the_first_look_fails(flux: Api, tmp_path: Path, line: str) -> None:
    """A server that starts later is waited for, also to find the object that is named."""
    flux["*"] = kubectl_says("dial tcp 10.0.0.1:6443: connect: connection refused")
    with watching(tmp_path, line) as run:
        run.wait_for("refused the connection", run.stderr if line else run.stdout)
        time.sleep(1)  # further looks that fail
        flux["*"] = as_usual
        run.wait_for(COMMANDS[line][0])
    lines = (run.stderr if line else run.stdout).read_text().splitlines()
    reasons = [one for one in lines if "refused the connection" in one and " gone " not in one]
    assert len(reasons) == 1


@pytest.mark.parametrize("line", COMMANDS)
def test_a_part_that_is_not_read(flux: Api, tmp_path: Path, line: str) -> None:
    """A missing permission is named once, and the rest is watched."""
    flux["/api/v1/*/events"] = flux["/api/v1/events"] = forbidden
    flux["/apis/kustomize.toolkit.fluxcd.io/*"] = forbidden
    if "--for" in line:
        pytest.skip("there is only one list")
    with watching(tmp_path, line) as run:
        run.wait_until(lambda: len(flux.asked("/apis")) >= 3)
        assert run.process.poll() is None
    lines = run.stderr.read_text().splitlines()
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("line", COMMANDS)
def test_suspended_and_resumed(flux: Api, tmp_path: Path, line: str) -> None:
    """Suspended in a look for longer than its time, or in a pause, the program goes on."""
    first, later = COMMANDS[line]
    with watching(tmp_path, line, "--timeout=3s") as run:
        run.wait_for(first)
        flux["/apis"] = stalled
        looks = len(flux.asked("/apis"))
        run.wait_until(lambda: len(flux.asked("/apis")) > looks)
        os.kill(run.process.pid, signal.SIGSTOP)
        time.sleep(4)
        flux["/apis"] = as_usual
        os.kill(run.process.pid, signal.SIGCONT)
        looks = len(flux.asked("/apis"))
        run.wait_until(lambda: len(flux.asked("/apis")) > looks + 1)
        os.kill(run.process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(run.process.pid, signal.SIGCONT)
        change(flux)
        run.wait_for(later)


@pytest.mark.parametrize("line", ["get ks", "events", "events --for ks/app"])
def test_what_cannot_begin(flux_status: Program, line: str) -> None:
    """A context that does not exist will not exist later: the program ends."""
    done = flux_status(*line.split(), "--watch", env={"PATH": "/nowhere"})
    assert done.returncode == 3
    assert "kubectl" in done.stderr


def test_an_object_that_is_deleted(flux: Api, tmp_path: Path) -> None:
    """A named object may be deleted and made again."""
    with watching(tmp_path, "get ks app -n apps") as run:
        run.wait_for("app")
        [app] = [one for one in flux.objects if one["metadata"]["name"] == "app"]
        flux.objects.remove(app)
        looks = len(flux.asked("/apis"))
        run.wait_until(lambda: len(flux.asked("/apis")) > looks + 1)
        app["spec"]["suspend"] = True
        flux.put(app)
        run.wait_until(lambda: run.stdout.read_text().count(" app ") == 2)


def test_a_name_that_does_not_exist(flux: Api, flux_status: Program) -> None:
    """A mistyped name is an error at the first look."""
    done = flux_status("get", "ks", "nope", "--watch")
    assert done.returncode == 2
    assert flux.asked("/apis")


def test_a_report_file_is_replaced_after_each_check(flux: Api, tmp_path: Path) -> None:
    """With --report, the file always has the last check."""
    file = tmp_path / "flux.prom"
    failing = re.compile(
        r'^flux_status_findings\{.*step="sources",level="fail"\} (\d)$', re.MULTILINE
    )
    with watching(tmp_path, "", "--report", f"metrics={file}") as run:
        run.wait_until(lambda: file.exists() and failing.findall(file.read_text()) == ["0"])
        change(flux)
        run.wait_until(lambda: failing.findall(file.read_text()) == ["1"])
