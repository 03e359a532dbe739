"""Looking again and again until a wait is over, with what is waited for on standard error."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from fluxstatus.base.durations import stamp
from fluxstatus.commands import console

T = TypeVar("T")


class Look(NamedTuple, Generic[T]):
    """The result of a look.

    The wait is `over` if another look would not help, and goes on without a pause if the next one
    is due `at_once`. `live` is shown on a terminal; elsewhere those of `lines` whose keys are new.
    """

    result: T
    taken_at: datetime
    over: bool
    live: str
    lines: Mapping[str, str]
    at_once: bool = False


def poll(look: Callable[[], Look[T]], seconds: float, pause: float) -> Look[T]:
    """Look until it is over, or until *seconds* have passed, with a *pause* in seconds between.

    The pause is no shorter than a look, so that a slow API server is left alone half of the time.
    Returns the last look. One that has begun is finished.
    """
    end = time.monotonic() + seconds
    status, shown = console.LiveLine(), frozenset[str]()
    while True:
        began = time.monotonic()
        found = look()
        took = time.monotonic() - began
        left = end - time.monotonic()
        if found.over or (left <= 0 and not found.at_once):
            break
        if found.at_once:
            continue
        if status.on:
            status.show(f"{left:.0f} s left: {found.live}")
        else:
            for line in (text for key, text in found.lines.items() if key not in shown):
                console.note(f"{stamp(found.taken_at)} {line}")
        shown = frozenset(found.lines)
        time.sleep(min(max(pause, took), left))
    status.clear()
    return found
