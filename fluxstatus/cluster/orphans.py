"""Ending what the programs that we run leave behind.

A program that has ended may have started others. Those in its process group are killed with it. On
Linux, `adopted` also has the kernel make us the parent of all others, even those with a session of
their own, and kills them. Elsewhere these go on.
"""

import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_TASKS = "/proc/self/task"
_SECONDS = 1.0  # to kill all, of which each may leave others
_PAUSE = 0.001  # seconds


class _Adoption:
    """Whether we adopt, and the children that are not to be killed."""

    def __init__(self) -> None:
        self.wanted = self.on = False
        self.spared: set[int] = set()
        self.lock = threading.RLock()

    def switch(self, *, on: bool) -> None:
        """Have the kernel adopt for us, or stop that."""
        call = prctl()
        if call is not None and on is not self.on:
            self.on = on
            call(_PR_SET_CHILD_SUBREAPER, int(on))


_adoption = _Adoption()  # of this process: the kernel knows only one


@contextmanager
def adopted() -> Iterator[None]:
    """In the block, kill what a program that we ran leaves behind as soon as that has ended.

    This is for a process whose only children are those programs: all others are killed.
    """
    _adoption.wanted = True  # for the first program: many runs need none
    try:
        yield
    finally:
        _kill_strangers()


def release() -> None:
    """Adopt no more, and spare all children from now on: one of them will be for the user."""
    _adoption.wanted = False
    _adoption.switch(on=False)


@contextmanager
def starting() -> Iterator[None]:
    """Kill nothing during the block, in which a program is started."""
    with _adoption.lock:
        if _adoption.wanted:
            _adoption.switch(on=True)
        yield


def started(number: int) -> None:
    """Spare the process with this *number*: it is a program that we run."""
    _adoption.spared.add(number)


def ended(number: int) -> None:
    """Kill what the program with this *number*, which was reaped, left behind."""
    with _adoption.lock:
        _adoption.spared.discard(number)
    _kill_strangers()


def kill_group(number: int) -> None:
    """Kill all processes in a group."""
    with suppress(ProcessLookupError, PermissionError):  # macOS has the latter for a zombie
        os.killpg(number, signal.SIGKILL)


def is_zombie(number: int) -> bool | None:
    """Return whether a child of ours has ended; it is not reaped. None: the system cannot tell."""
    if sys.platform != "linux":
        return None
    try:
        return os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # another thread reaps it now
        return True


@functools.cache
def prctl() -> Callable[[int, int], int] | None:
    """Return prctl, looked up in the parent: a child must not import between fork and exec."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - only Linux needs it

    function: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    return function


def _kill_strangers() -> None:
    until = time.monotonic() + _SECONDS
    while (strangers := _strangers()) and time.monotonic() < until:
        for number in strangers:
            _kill(number)
        time.sleep(_PAUSE)  # the children of these are ours next


def _kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, os.WNOHANG)
    except PermissionError:  # another user's
        _adoption.spared.add(number)
    except (ProcessLookupError, ChildProcessError):
        pass


def _strangers() -> set[int]:
    """Return our children that are not to be spared, as far as the kernel tells."""
    found: set[int] = set()
    if not _adoption.on:
        return found
    with _adoption.lock, suppress(OSError):
        for task in os.listdir(_TASKS):  # noqa: PTH208 - pathlib takes ten times as long
            with suppress(OSError), open(f"{_TASKS}/{task}/children", "rb") as file:  # noqa: PTH123
                found.update(map(int, file.read().split()))
        return found - _adoption.spared
    return found
