"""A terminal for the program to run in."""

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Callable, Sequence
from select import select
from subprocess import Popen
from time import monotonic
from typing import Self


class Terminal:
    """A program in a terminal of its own; `text` is all that has been written to it.

    Standard output may go elsewhere: *stdout* is a file descriptor.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        stdout: int | None = None,
    ) -> None:
        self.text = ""
        self._keyboard, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.program = Popen(
            command,
            stdin=inside,
            stdout=inside if stdout is None else stdout,
            stderr=inside,
            env=dict(os.environ),  # not libc's: readline puts a COLUMNS into that
            start_new_session=True,
            # Ctrl-C comes from the first terminal that the leader of a session opens.
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # noqa: PLW1509
        )
        os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self._keyboard)

    def type(self, keys: str) -> None:
        r"""Press *keys*; Ctrl-C is \x03."""
        os.write(self._keyboard, keys.encode())

    def wait_for(self, text: str, seconds: float = 120) -> None:
        """Wait until *text* has been written."""
        self._read(lambda: text in self.text, seconds)
        assert text in self.text, f"not {text!r} but {self.text!r}"

    def end(self, seconds: float = 120) -> int:
        """Wait until the program ends and give its exit code."""
        self._read(lambda: False, seconds)
        return self.program.wait(seconds)

    def _read(self, enough: Callable[[], bool], seconds: float) -> None:
        until = monotonic() + seconds
        while not enough() and monotonic() < until:
            if select([self._keyboard], [], [], 0.1)[0]:
                try:
                    data = os.read(self._keyboard, 65536)
                except OSError:  # the terminal was closed
                    return
                self.text += data.decode(errors="replace")
