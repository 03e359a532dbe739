"""The program run in this process, as the entry point runs it, with a scripted cluster."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from fluxstatus.cli import run


class Done(NamedTuple):
    """The result of a command: its exit code, and its output."""

    code: object
    out: str
    err: str

    @property
    def unwrapped(self) -> "Done":
        """The same, with each output as one line."""
        return Done(self.code, " ".join(self.out.split()), " ".join(self.err.split()))


Command: TypeAlias = Callable[[str], Done]


@contextmanager
def running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in this process, without input."""

    def command(line: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["flux-status", *line.split()])
        with pytest.raises(SystemExit) as end:
            run()
        return Done(end.value.code, *capsys.readouterr())

    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield command
