"""Which processes there are, and programs that end with their test."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil

_SECONDS = 60  # on a busy machine
MARK = "KUBECTL_FLUX_STATUS_TEST"
"""The environment variable with which each test marks what it starts."""


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes with this *mark*, also those whose parents have ended; never our own."""
    return [
        process
        for process in psutil.process_iter(["environ", "status"])
        if (process.info["environ"] or {}).get(MARK) == mark
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and process.pid != os.getpid()
    ]


@contextmanager
def started(command: Sequence[str], **more: Any) -> Iterator["subprocess.Popen[str]"]:
    """Start *command* for a `with` block, at whose end it must end by itself.

    If the block fails, it is ended: `Popen` would wait for it forever.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more) as process:
        try:
            yield process
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS)
            process.kill()
            raise


def running(text: str) -> dict[int, str]:
    """Return the command line of each process that has *text* in it, by its number."""
    table = subprocess.run(
        ["ps", "-A", "-w", "-w", "-o", "pid=,stat=,command="],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split(None, 2) for line in table.stdout.splitlines())
    return {
        int(row[0]): row[2] for row in rows if len(row) > 2 and text in row[2] and "Z" not in row[1]
    }


def gone(text: str) -> bool:
    """Return whether soon no process has *text* in its command line."""
    until = time.monotonic() + _SECONDS
    while running(text):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
