"""What the programs that we run leave behind is ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import orphans
from fluxstatus.cluster.processes import Process
from tests.conftest import Program
from tests.fakes.kubeconfigs import kubeconfig, login_program
from tests.fakes.processes import gone, running
from tests.fakes.programs import program
from tests.fakes.scripted import Api

pytestmark = pytest.mark.started

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")


def sleeper(folder: Path) -> Path:
    """Return a program that sleeps, under a name of its own."""
    return program(folder / f"sleeper-{os.getpid()}-{folder.name}", "sleep 127; true")


def until_started(left: Path) -> str:
    """Return the shell script that waits for the program *left*, which is not the leader's own."""
    return f"until pgrep -f '^/bin/sh {left}' >/dev/null; do :; done"


def test_a_program_that_has_ended_takes_its_children_along(tmp_path: Path) -> None:
    """Children in the group of a program are killed, too, when it ends by itself."""
    left = sleeper(tmp_path)
    tool = program(tmp_path / "tool", f"{left} & echo done")
    with Process([str(tool)]) as process:
        assert process.wait(Deadline(10)) == 0
        assert process.output().stdout == b"done\n"
        assert gone(str(left))


_RUN = """
import sys
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import orphans, processes

with orphans.adopted():
    processes.run([sys.argv[1]], Deadline(10))
    if sys.argv[2:]:
        orphans.release()
        processes.run(sys.argv[2:], Deadline(10))
"""


def adopt(*words: str | Path) -> None:
    """Run programs in a process that adopts."""
    subprocess.run([sys.executable, "-c", _RUN, *map(str, words)], check=True, timeout=30)


@only_linux
@pytest.mark.parametrize("start", ["setsid {}", "setsid setsid -f {}", "setsid sh -c '{} & {}'"])
def test_what_has_its_own_session_is_ended(tmp_path: Path, start: str) -> None:
    """Children with sessions of their own are ended when their parent has ended."""
    left = sleeper(tmp_path)
    script = f"{start.replace('{}', str(left))} &\n{until_started(left)}"
    adopt(program(tmp_path / "tool", script))
    assert not running(str(left))


_LATE = """
import subprocess, sys
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import orphans, processes
with orphans.adopted():
    processes.run(["/bin/true"], Deadline(10))
    late = subprocess.Popen(["/bin/sleep", "127"])
sys.exit(late.wait(timeout=10))
"""


@only_linux
def test_what_comes_to_us_late_is_ended_with_the_block() -> None:
    """An orphan may become ours after the last program has ended."""
    done = subprocess.run([sys.executable, "-c", _LATE], check=False, capture_output=True)
    assert done.stderr == b""
    assert done.returncode in (0, 256 - 9)  # it may have been reaped before


@only_linux
def test_what_the_user_needs_is_left(tmp_path: Path) -> None:
    """A browser that was started for the user goes on."""
    browser = sleeper(tmp_path)
    before = program(tmp_path / "before", "true")
    script = f"setsid {browser} >/dev/null 2>&1 &\n{until_started(browser)}"
    opener = program(tmp_path / "opener", script)
    adopt(before, opener)
    found = running(str(browser))
    assert found
    for number in found:
        os.kill(number, 9)


@only_linux
@pytest.mark.parametrize(
    "script",
    ["{} &", "{} >&2 &", "yes {} >&2 &", "setsid {} &", "setsid -f {} </dev/null >/dev/null"],
)
@pytest.mark.parametrize("line", ["", "get ks", "explain ks/x"])
def test_helpers_of_kubectl_are_ended(
    api: Api, flux_status: Program, tmp_path: Path, script: str, line: str
) -> None:
    """A kubectl that is a wrapper leaves nothing, whatever it starts and whatever its command."""
    left = sleeper(tmp_path)
    api.kubectl.instead("*", script.replace("{}", str(left)))
    flux_status(*line.split(), "--timeout", "20s")
    assert api.kubectl.asked("proxy")
    assert not running(str(left))


@only_linux
@pytest.mark.cluster
@pytest.mark.usefixtures("real_kubectl")
def test_helpers_of_a_login_program_are_ended(tmp_path: Path, flux_status: Program) -> None:
    """What a log-in program starts is ended, even with a session of its own."""
    left = sleeper(tmp_path)
    login = program(tmp_path / "login", f"setsid {left} </dev/null >/dev/null 2>&1 &\nexit 1")
    config = kubeconfig(tmp_path / "kubeconfig", user=login_program(login))
    assert flux_status(f"--kubeconfig={config}", "--timeout=20s").returncode == 3
    assert not running(str(left))


def test_a_program_that_has_ended_is_spared_no_more() -> None:
    """Its number may be that of an orphan later."""
    orphans.started(NO_PROCESS)
    assert NO_PROCESS in orphans._adoption.spared  # noqa: SLF001 - the kernel reuses few numbers
    orphans.ended(NO_PROCESS)
    assert NO_PROCESS not in orphans._adoption.spared  # noqa: SLF001 - see above


NO_PROCESS = 1 << 30  # beyond what the kernel gives
