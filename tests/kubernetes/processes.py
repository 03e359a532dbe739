"""Processes that never outlive the test run."""

from __future__ import annotations

import ctypes
import fcntl
import functools
import itertools
import signal
import socket
import subprocess
import sys
import weakref
from typing import IO, TYPE_CHECKING

from . import build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec a child had better not import or allocate.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_started: weakref.WeakSet[Process] = weakref.WeakSet()


def owned() -> set[int]:
    """Return the process IDs of what a `Process` here runs; a fixture ends each of them."""
    return {each.pid for each in _started if not each.ended()}


class Process:
    """One program in the background, its output in *log*; *env* replaces our environment."""

    def __init__(
        self, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self._begins = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                start_new_session=True,  # Ctrl-C is for the tests; they end this one in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it only makes one system call
            )
        self.pid = self._popen.pid
        _started.add(self)

    def ended(self) -> bool:
        """Return whether it ended by itself."""
        return self._popen.poll() is not None

    def last_words(self, lines: int = 15) -> str:
        """Return the last *lines* that it wrote since this start."""
        with self.log.open("rb") as file:
            file.seek(self._begins)
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._popen.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after ``pause``."""
        self._popen.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, frozen or not: there is nothing in here worth an orderly end."""
        self._popen.kill()
        self._popen.wait()


# Below what a system gives to whoever asks for any port, so that nothing takes one by chance
# between two starts of the program that it is for.
_PORTS = iter(range(20_000, 30_000))


def free_ports(count: int) -> list[int]:
    """Return *count* ports of 127.0.0.1 that nothing listens on.

    No other run of the tests is given them as long as this process lives.
    """
    return list(itertools.islice(filter(_is_ours, _PORTS), count))


def _is_ours(port: int) -> bool:
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@functools.cache
def _locks() -> IO[bytes]:
    """Return the file in which each byte stands for a port; locks end with the process."""
    build.cache().mkdir(parents=True, exist_ok=True)
    return (build.cache() / "ports").open("wb")
