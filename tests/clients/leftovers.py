"""What a client started in the background and left running, found by the home that it had."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PATIENCE = 5.0  # seconds for a process to end itself


def processes_of(home: Path) -> Iterator[int]:
    """Yield the ids of the processes that were started with *home* as their home."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is that of somebody else
            variables = (folder / "environ").read_bytes().split(b"\0")
            if f"HOME={home}".encode() in variables and int(folder.name) != os.getpid():
                yield int(folder.name)


def end(home: Path) -> None:
    """End the processes of *home*: at first politely."""
    _signal(home, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and any(processes_of(home)):
        time.sleep(0.05)
    _signal(home, signal.SIGKILL)


def _signal(home: Path, number: int) -> None:
    for one in processes_of(home):
        with suppress(ProcessLookupError):
            os.kill(one, number)
