"""The layout of a text report: columns on the left, wrapped text on the right.

Below a heading: names on the left with their values, and commands to paste.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fluxstatus.base.excerpts import MARK, closers
from fluxstatus.base.visible import visible
from fluxstatus.model.hints import Command, Hint
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, marked, painted, wrap

_LABEL = 11  # the column of "why", "fix", …
_STEP_LEAST, _STEP_MOST = len("reconcilers"), 16  # columns for the name of a step
_NARROWEST = 40  # columns; a narrower page leaves no room for text
_LINES, _ENDS = 6, 2  # lines of a text; lines at each end of a longer one
INDENT = 2
_WIDEST_NAME = 22  # columns for a name on the left


class Cell(NamedTuple):
    """A word in a column that is `width` characters wide."""

    word: str
    width: int
    style: str = ""


class Page:
    """The lines of a report.

    All text is added by `put`, which escapes it and wraps it to the width of the page.
    """

    def __init__(self, look: Look, levels: Iterable[str], steps: Iterable[str]) -> None:
        self.look = look
        self.lines: list[str] = []
        self._width = max(look.width, _NARROWEST)
        self._level = 2 + max(map(len, levels), default=0)
        self._step = 2 + max(_STEP_LEAST, *(columns(self._name(step)) for step in ("", *steps)))
        self.column = 1 + self._level + self._step  # where the text of a step begins

    def put(self, text: str, *left: Cell, style: str = "", one_line: bool = False) -> None:
        """Add *text* to the right of the cells; *one_line* does not wrap it."""
        column = sum(cell.width for cell in left)
        if not column:  # a line of ours: no value may begin one
            text = self._visible(text)
        start = "".join(map(self._cell, left))
        for line in [self._visible(text)] if one_line else self._cut(text, self._width - column):
            self.lines.append((start + self._painted(line.rstrip(), style)).rstrip())
            start = " " * column

    def gap(self) -> None:
        """Add an empty line."""
        self.lines.append("")

    def state(self, level: str, step: str, text: str) -> None:
        """Add the text of a step; *level* is a Level, or "advice"."""
        name = Cell(self._name(step), self._step)
        self.put(text, Cell("", 1), Cell(level, self._level, level), name)

    def detail(self, label: str, text: str, *, style: str = "", one_line: bool = False) -> None:
        """Add *text* below the last step, unless it is empty."""
        if text:
            left = Cell("", self.column - _LABEL), Cell(label, _LABEL, "label")
            self.put(text, *left, style=style, one_line=one_line)

    def fits(self, text: str, column: int, *, lines: int) -> bool:
        """Return whether *text*, put at *column*, fits into this number of *lines*."""
        room = self._width - column
        return len(text) <= lines * room and len(self._wrapped(text, room)) <= lines

    def shortened(self, text: str, column: int, *, lines: int) -> str:
        """Return *text*, without its end if it does not fit into this number of *lines*."""
        found = self._wrapped(text, self._width - column)
        if len(found) <= lines:
            return text
        kept = " ".join([*found[: lines - 1], found[lines - 1].rpartition(" ")[0]])
        return f"{kept} {MARK}{closers(kept)}"

    def _cut(self, text: str, width: int) -> list[str]:
        lines = self._wrapped(text, width)
        if self.look.everything or len(lines) <= _LINES:
            return lines
        # Drop the middle: an error starts with the operation and ends with the innermost cause. The
        # mark takes a line as well, so it stands for three at least.
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
        return painted(text, style) if self.look.color else text


def put_title(page: Page, *parts: str, context: str) -> None:
    """Add the first line: what the page is about, and the *context* it was read with, if known."""
    page.put(" · ".join((*parts, f"context {context}") if context else parts))


def put_head(page: Page, title: str, *, gap: bool = True) -> None:
    """Add a heading, with an empty line above it if there is a *gap*."""
    if gap:
        page.gap()
    page.put(title, style="label")


def put_pairs(
    page: Page, title: str, pairs: Sequence[tuple[str, str]], *, gap: bool = True
) -> None:
    """Add names and values in two columns, or in one if a name is too long for that."""
    if not pairs:
        return
    put_head(page, title, gap=gap)
    names = [visible(name, ascii_only=page.look.ascii) for name, _ in pairs]
    width = max(map(columns, names))
    for name, (_, value) in zip(names, pairs, strict=True):
        if width <= _WIDEST_NAME:
            page.put(value, Cell("", INDENT), Cell(name, width + 2 if width else 0))
        else:
            page.put(f"{name}: {value}", Cell("", INDENT))


def put_command(page: Page, command: Command, column: int) -> None:
    """Add *command* at *column*, with a note if it changes anything."""
    line = marked(command, ascii_only=page.look.ascii)
    page.put(line, Cell("", column), style="command", one_line=True)


def put_hint(page: Page, hint: Hint, label: str, column: int) -> None:
    """Add *hint* at *column*, with *label* to the left, and its commands below it.

    Commands that only show more details need no sentence.
    """
    if hint.label == "fix":
        page.put(hint.text, Cell(label, column, "label"))
    for command in hint.commands:
        put_command(page, command, column)
