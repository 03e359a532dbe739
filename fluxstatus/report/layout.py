"""The layout of a text report: words in columns to the left, wrapped text to the right."""

from collections.abc import Iterable
from typing import NamedTuple

from fluxstatus.model.findings import Level
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, visible, wrap

_SGR = {
    Level.PASS: "32",
    Level.WARN: "33",
    Level.FAIL: "1;31",
    Level.UNKNOWN: "35",
    Level.SKIP: "2",
    "advice": "34",
    "label": "2",
    "command": "36",
}
_LABEL = 11  # the column of "why", "fix", …
_STEP_LEAST, _STEP_MOST = len("reconcilers"), 16  # columns for the name of a step
_NARROWEST = 40  # below this the columns leave no room for text
_LINES, _ENDS = 5, 2  # shown of a text; shown of each end of one that is longer


class Cell(NamedTuple):
    """A word in a column of so many characters."""

    word: str
    width: int
    style: str = ""


class Page:
    """The lines of a report in the making.

    All text comes in through `put`, so that none of it stays raw or grows too wide.
    """

    def __init__(self, look: Look, levels: Iterable[str], steps: Iterable[str]) -> None:
        self.look = look
        self.lines: list[str] = []
        self._width = max(look.width, _NARROWEST)
        self._level = 2 + max(map(len, levels), default=0)
        self._step = 2 + max(_STEP_LEAST, *(columns(self._name(step)) for step in ("", *steps)))
        self.column = 1 + self._level + self._step  # where what is said of a step begins

    def put(self, text: str, *left: Cell, style: str = "", whole: bool = False) -> None:
        """Add *text* to the right of the cells; *whole* keeps it on one line, however long."""
        column = sum(cell.width for cell in left)
        start = "".join(map(self._cell, left))
        for line in [self._visible(text)] if whole else self._cut(text, self._width - column):
            self.lines.append((start + self._painted(line.rstrip(), style)).rstrip())
            start = " " * column

    def gap(self) -> None:
        """Add an empty line."""
        self.lines.append("")

    def state(self, level: str, step: str, text: str) -> None:
        """Add what is said of a step; *level* is a Level, or "advice"."""
        name = Cell(self._name(step), self._step)
        self.put(text, Cell("", 1), Cell(level, self._level, level), name)

    def detail(self, label: str, text: str, *, style: str = "", whole: bool = False) -> None:
        """Add *text*, unless it is empty, below what was stated last."""
        if text:
            left = Cell("", self.column - _LABEL), Cell(label, _LABEL, "label")
            self.put(text, *left, style=style, whole=whole)

    def fits(self, text: str, column: int, *, lines: int) -> bool:
        """Return whether *text*, put at *column*, takes no more than so many lines."""
        room = self._width - column
        return len(text) <= lines * room and len(self._wrapped(text, room)) <= lines

    def _cut(self, text: str, width: int) -> list[str]:
        lines = self._wrapped(text, width)
        if self.look.everything or len(lines) <= _LINES:
            return lines
        # The middle goes: an error starts with what was tried and ends with the innermost cause.
        mark = f"… {len(lines) - 2 * _ENDS} more lines (--all) …"
        return [*lines[:_ENDS], *self._wrapped(mark, width), *lines[-_ENDS:]]

    def _wrapped(self, text: str, width: int) -> list[str]:
        return wrap(text, width, ascii_only=self.look.ascii) or [""]

    def _visible(self, text: str) -> str:
        return visible(text, ascii_only=self.look.ascii)

    def _name(self, step: str) -> str:
        return self._wrapped(step, _STEP_MOST)[0]

    def _cell(self, cell: Cell) -> str:
        return self._painted(cell.word, cell.style) + " " * (cell.width - columns(cell.word))

    def _painted(self, text: str, style: str) -> str:
        painted = self.look.colour and style and text
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if painted else text
