"""The standard streams: what they can show, and writing to them."""

import os
import re
import select
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.visible import visible, visible_lines
from fluxstatus.commands.options import Color
from fluxstatus.report import Look
from fluxstatus.report.terminal import shown, wrap

UNWRITTEN = "the result cannot be written"
CLOSED = f"{UNWRITTEN}: standard output is closed"
_CLEAR = "\r\x1b[K"
_COMMAND = late_pattern(r"^([ \t]*)::", re.MULTILINE)


class OutputError(Exception):
    """The result could not be written; the text is the reason."""


def prepare() -> None:
    """Open closed standard streams, and escape characters that their encoding lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller, as with >&-
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)
        getattr(sys, name).reconfigure(errors="backslashreplace")


def is_closed() -> bool:
    """Return whether the caller closed standard output: `prepare` has opened it as nowhere."""
    return getattr(sys.stdout, "name", "") == os.devnull


def is_terminal(stream: TextIO) -> bool:
    """Return whether *stream* is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def look(color: Color, *, everything: bool, advice: bool = False) -> Look:
    """Return the look of a report on standard output."""
    return Look(
        width=shutil.get_terminal_size().columns,  # $COLUMNS, the terminal's, 80
        color=_color(color),
        everything=everything,
        advice=advice,
        ascii=not _can_show("·…"),
    )


def _color(color: Color) -> bool:
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(sys.stdout)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def put(text: str) -> bool:
    """Write a result to standard output and return False when its reader is gone.

    Of what is not visible in it, only newlines are written as they are. Raises OutputError when it
    cannot be written for another reason, such as a full disk.
    """
    return _put(visible_lines(text))


def put_line(text: str) -> bool:
    """Write a result that stays one line, whatever is in it, like `put`."""
    return _put(visible(text) + "\n")


def put_report(text: str) -> bool:
    """Write a result like `put`, with the colors and other control sequences of our own."""
    return _put(shown(text))


def put_commands(text: str) -> bool:
    """Write commands to a runner of GitHub Actions like `put`: they are all ours."""
    return _write_result(visible_lines(text))


def _put(text: str) -> bool:
    return _write_result(_inert(text))


def _write_result(text: str) -> bool:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        discard()
        if isinstance(error, BrokenPipeError):
            return False
        raise OutputError(f"{UNWRITTEN}: {error.strerror}") from error
    return True


def discard() -> None:
    """Discard what was not written to standard output, so that it does not fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def pause(seconds: float) -> bool:
    """Wait, and return True; return False at once when the reader of standard output is gone."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # errors and hang-ups only, which are always reported
    return not poll.poll(seconds * 1000)


def noting(*, on: bool) -> Callable[[str], None]:
    """Return `note` if *on*, else a function that does nothing."""
    return note if on else lambda _: None


def note(text: str) -> None:
    """Write a line to standard error."""
    _write(_inert(visible(text)) + "\n")


def _inert(text: str) -> str:
    """Return *text* so that a runner of GitHub Actions takes nothing in it for a command.

    It looks for `::` at the start of a line, and for `##[` anywhere (actions/runner,
    ActionCommand.cs). Elsewhere nothing changes, so that words of the cluster can be copied and
    searched for. The escape of `##[` is one of JSON, too, where no line begins with `::`.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return _COMMAND.sub(r"\1\\::", text.replace("##[", "#\\u0023["))


def error(text: str) -> None:
    """Write a line that reports an error to standard error."""
    note(f"Error: {text}")


def _write(text: str) -> None:
    with suppress(OSError):  # a closed standard error is no reason to fail
        sys.stderr.write(text)
        sys.stderr.flush()


class LiveLine:
    """A status line on standard error that is overwritten, if that is a terminal."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on and is_terminal(sys.stderr)

    def show(self, text: str) -> None:
        """Show *text*, as much of it as fits."""
        if self.on:
            room = (os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1
            _write(_CLEAR + next(iter(wrap(text, max(room, 2))), ""))

    def clear(self) -> None:
        """Erase the line."""
        if self.on:
            _write(_CLEAR)
