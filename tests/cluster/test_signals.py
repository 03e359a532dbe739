"""Signals end us cleanly, whenever and how often they come."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fluxstatus.cluster import orphans, signals
from fluxstatus.cluster.processes import Process
from tests.fakes.processes import gone
from tests.fakes.programs import program
from tests.fakes.scripted import Api, stalled

_INTERRUPTED = """
import signal, sys
from contextlib import suppress
from fluxstatus.cluster import processes, signals

for number in range(300):
    with suppress(SystemExit), signals.raised():
        signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
        signal.setitimer(signal.ITIMER_REAL, 0.0001 + number * 0.00005)
        with processes.Process(sys.argv[1:]) as process:
            while process.alive():
                pass
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
print("done")
"""


def test_a_signal_may_come_at_any_moment(tmp_path: Path) -> None:
    """Whenever a signal arrives, the program ends and nothing hangs."""
    tool = program(tmp_path / f"tool-{os.getpid()}", "sleep 60; true")
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, tool],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert gone(tool.name)


@pytest.mark.parametrize("look", [Process.alive, Process.output, Process.end])
def test_a_look_at_a_program_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Callable[[Process], object]
) -> None:
    """A signal that comes while a program is looked at is raised after that, not in sh's locks."""
    tool = program(tmp_path / "tool", "sleep 60")
    is_zombie = orphans.is_zombie
    steps: list[str] = []

    def interrupted(number: int) -> bool | None:
        if not steps:
            steps.append("interrupted")
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("finished")
        return is_zombie(number)

    def looked(process: Process) -> None:
        with signals.raised():
            look(process)

    with Process([str(tool)]) as process:
        monkeypatch.setattr(orphans, "is_zombie", interrupted)
        with pytest.raises(SystemExit):
            looked(process)
    assert steps == ["interrupted", "finished"]


def test_a_signal_that_someone_handles_is_left_alone() -> None:
    """Only signals with the default action raise exceptions, and only within the block."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.raised():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture(name="_by_default")
def _signals_by_default() -> Iterator[None]:
    """Handle signals as Python does, also in the background of a shell, where SIGINT is ignored."""
    default: dict[signal.Signals, Callable[..., object] | signal.Handlers] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in default.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_by_default")
@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize("later", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("first", "expected"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, KeyboardInterrupt)]
)
def test_only_the_first_signal_counts(
    first: signal.Signals, expected: type[BaseException], later: signal.Signals, deferred: bool
) -> None:
    """After a signal no other interrupts the cleanup, also if both come while they are deferred."""

    def get_both() -> None:
        with signals.raised(), signals.deferred() if deferred else nullcontext():
            try:
                os.kill(os.getpid(), first)
            finally:
                os.kill(os.getpid(), later)

    with pytest.raises(expected):
        get_both()
    assert signal.getsignal(later) in (signal.SIG_DFL, signal.default_int_handler)


_READING = """
from fluxstatus.cluster.collector import collect
from tests.cluster.readers import way
collect(way())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_check_that_is_ended_cleans_up(api: Api, number: signal.Signals) -> None:
    """A check ends itself on a signal, and removes kubectl's socket."""
    api["*"] = stalled
    with (
        TemporaryDirectory(dir="/tmp") as folder,  # pytest's own are too deep for a socket
        subprocess.Popen(
            [sys.executable, "-c", _READING], env={**os.environ, "TMPDIR": folder}
        ) as check,
    ):
        while not api.requests:
            assert check.poll() is None
        assert any(Path(folder).iterdir())
        check.send_signal(number)
        assert check.wait() == 128 + number
        assert not any(Path(folder).iterdir())


_STARTED = """
import os, signal
from fluxstatus.cluster import proxy, signals
from fluxstatus.cluster.client import ApiClient
from fluxstatus.commands.completion import prestart
from tests.cluster.readers import way

class Interrupted(proxy.Proxy):
    def __init__(self, flags):
        super().__init__(flags)
        os.kill(os.getpid(), signal.SIGTERM)

proxy.Proxy = Interrupted
try:
    with signals.raised(), {}:
        pass
except SystemExit as end:
    os._exit(end.code)  # as the program: nothing that is left behind is freed
"""


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("block", ["prestart.started([])", "ApiClient(way())"])
def test_a_proxy_that_was_just_started_is_ended(block: str) -> None:
    """A signal that comes before anything can be done with a new proxy leaves no folder."""
    with TemporaryDirectory(dir="/tmp") as folder:
        done = subprocess.run(
            [sys.executable, "-c", _STARTED.format(block)],
            env={**os.environ, "TMPDIR": folder},
            check=False,
        )
        assert done.returncode == 128 + signal.SIGTERM
        assert not any(Path(folder).iterdir())


_TO_THE_END = """
import os, signal
from fluxstatus.cluster import signals
try:
    with signals.raised(to_the_end=True):
        os.kill(os.getpid(), signal.SIGTERM)
except SystemExit:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
print("done")
"""


def test_nothing_interrupts_the_end_of_the_process() -> None:
    """Ctrl-C is ignored between the end of the block and the end of the process."""
    done = subprocess.run(
        [sys.executable, "-c", _TO_THE_END], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
