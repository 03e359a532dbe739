"""Which processes there are."""

import subprocess
import time

_SECONDS = 10


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
