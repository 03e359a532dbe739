"""A program that prints what it can see of itself (tests/test_forking.py)."""

import json
import os
import signal
import sys
from collections.abc import Callable


def seen() -> dict[str, object]:
    """Return what a process can see of itself, apart from its number and the order of sets."""
    main = sys.modules["__main__"]
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return {
        "arguments": sys.argv,
        "original": sys.orig_argv,
        "path": sys.path,
        "flags": str(sys.flags),
        "environment": {**os.environ},
        "folder": os.getcwd(),  # noqa: PTH109 - as the system tells it
        "main": (main.__name__, main.__package__, main.__file__),
        "streams": [(s.name, s.mode, s.encoding, s.errors, s.line_buffering) for s in streams],
        "signals": [str(signal.getsignal(one)) for one in sorted(signal.valid_signals())],
        "descriptors": [one for one in range(100) if os.path.exists(f"/dev/fd/{one}")],  # noqa: PTH110
        "group": (os.getpgrp(), os.getsid(0)),
        "umask": os.umask(0o22),
    }


def print_variables(function: Callable[[], None]) -> None:
    """Print the names of the variables of the environment that a *function* looks up."""
    names: set[str] = set()

    class Noting(type(os.environ)):  # type: ignore[misc]
        def __getitem__(self, name: str) -> str:
            names.add(name)
            return str(super().__getitem__(name))

    os.environ.__class__ = Noting
    function()
    sys.stdout.write("\n".join(names))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(seen()))
    sys.stdout.flush()
    if sys.argv[2:] == ["raise"]:
        raise RuntimeError("on purpose")
    if sys.argv[2:] == ["kill"]:
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(7)
