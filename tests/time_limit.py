"""What happens to a test whose time is over: it fails, and what it has started is ended.

pytest-timeout interrupts it. Until then it may wait for a program or for a pool of processes, and
would go on to wait for them while it fails; therefore these are ended first.
"""

import faulthandler
import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil
import pytest
from pytest_timeout import is_debugging

from tests.fakes.processes import MARK, marked
from tests.kubernetes import processes


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer() -> Generator[None, object, object]:
    """End the processes of a test when its time is over, before pytest-timeout lets it fail."""
    is_set = yield
    fail = signal.getsignal(signal.SIGALRM)

    def end(number: int, frame: FrameType | None) -> None:
        if not is_debugging():
            end_processes()
        if callable(fail):
            fail(number, frame)

    signal.signal(signal.SIGALRM, end)
    return is_set


def end_processes() -> None:
    """Kill all that tests of this process have started, except what fixtures will end.

    API servers and controllers go on: later tests need them, or the fixture of this one ends them.
    """
    found = {*psutil.Process().children(recursive=True), *marked(os.environ.get(MARK, "none"))}
    kept = processes.owned()
    for process in found:
        if process.pid not in kept:
            with suppress(psutil.NoSuchProcess):
                process.kill()


@contextmanager
def paused() -> Iterator[None]:
    """Stop the clock of the current test for a block."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
