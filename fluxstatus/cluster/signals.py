"""Signals that end us, as exceptions that clean up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raised(*, to_the_end: bool = False) -> Iterator[None]:
    """Raise SystemExit in the block on SIGTERM and SIGHUP, so that it cleans up as on Ctrl-C.

    The exit code is the one that shells use for the signal. All three signals are deferred while
    we start or end a program. A signal that is handled or ignored already (nohup) is left alone.
    Outside the main thread, which gets all signals, this does nothing.

    After one of them all are ignored, so that nothing interrupts the cleanup: to the end of the
    block or, with *to_the_end*, of the process.
    """
    default = (signal.SIG_DFL, signal.default_int_handler)
    before = {one: signal.getsignal(one) for one in _ENDING if _in_main_thread()}
    ours = {one: handler for one, handler in before.items() if handler in default}
    try:
        for number in ours:
            signal.signal(number, _handle)
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, _ignore if to_the_end else handler)


@contextmanager
def deferred() -> Iterator[None]:
    """Defer signals to the end of the block.

    An exception raised by a signal would be lost in sh's fork, or leave a lock of sh locked.
    """
    if not _in_main_thread():
        yield
        return
    _deferred.depth += 1
    try:
        yield
    finally:
        _deferred.depth -= 1
        if _deferred.number and not _deferred.depth:
            number, _deferred.number = _deferred.number, 0
            _exit(number)


@dataclass(slots=True)
class _Deferred:
    """The deferred signal, 0 if none arrived, and the number of blocks that defer signals."""

    number: int = 0
    depth: int = 0


_deferred = _Deferred()  # of the main thread, which gets all signals


def _handle(number: int, _: FrameType | None) -> None:
    if _deferred.depth:
        _deferred.number = _deferred.number or number  # the first one counts
    else:
        _exit(number)


def _ignore(_: int, __: FrameType | None) -> None:
    """Do nothing; with SIG_IGN Python would complain about a signal that has just come."""


def _exit(number: int) -> NoReturn:
    for each in _ENDING:
        if signal.getsignal(each) is _handle:
            signal.signal(each, _ignore)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
