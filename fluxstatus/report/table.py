"""A table as kubectl prints it, that grows as its rows come."""

from collections.abc import Iterable, Mapping, Sequence

from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, visible, wrap

_GAP = "   "
_WIDEST = 60  # columns that a cell may make the others wait for
_NARROWEST = 20  # columns for the last cell, however narrow the terminal
_SGR: Mapping[tuple[str, str], str] = {
    ("READY", "True"): "32",
    ("READY", "False"): "1;31",
    ("READY", "Unknown"): "35",
    ("TYPE", "Warning"): "33",
    ("SUSPENDED", "True"): "33",
}
"""The colour of a cell, by its column and text."""


class Table:
    """Rows of *heads*, sized by the first that come; a later one that is wider pushes its line.

    The last column takes the room that is left. It is cut to `look.width`, or wrapped, when
    *fitted* says so; else it is whole, as for a pipe.
    """

    def __init__(
        self, heads: Sequence[str], look: Look, *, header: bool = True, fitted: str = ""
    ) -> None:
        self._heads, self._look, self._header, self._fitted = heads, look, header, fitted
        self._widths: list[int] = []

    def lines(self, rows: Iterable[Sequence[str]]) -> str:
        """Return the lines of *rows*, the first time below the heads; nothing for no row."""
        shown = [[self._visible(cell) for cell in row] for row in rows]
        if not shown:
            return ""
        made = []
        if not self._widths:
            told = [self._heads, *shown] if self._header else shown
            self._widths = [
                min(max(columns(row[i]) for row in told), _WIDEST)
                for i in range(len(self._heads) - 1)
            ]
            if self._header:
                made.append(self._line(self._heads, painted=False))
        made += [self._line(row, painted=self._look.colour) for row in shown]
        return "".join(made)

    def _visible(self, cell: str) -> str:
        return visible(" ".join(cell.split("\n")), ascii_only=self._look.ascii).strip() or ""

    def _line(self, row: Sequence[str], *, painted: bool) -> str:
        *cells, last = row
        left = right = ""
        for head, cell, width in zip(self._heads, cells, self._widths, strict=False):
            sgr = _SGR.get((head, cell), "") if painted else ""
            padding = " " * (width - columns(cell)) + _GAP
            left += (f"\x1b[{sgr}m{cell}\x1b[0m" if sgr else cell) + padding
            right += cell + padding
        taken = columns(right)
        lines = self._fit(last, max(self._look.width - taken, _NARROWEST))
        return "".join(
            f"{start}{line}".rstrip() + "\n"
            for start, line in zip((left, *[" " * taken] * len(lines)), lines, strict=False)
        )

    def _fit(self, text: str, room: int) -> list[str]:
        if not self._fitted or columns(text) <= room:
            return [text]
        lines = wrap(text, room, ascii_only=self._look.ascii)
        if self._fitted == "wrap":
            return lines
        mark = "..." if self._look.ascii else "…"
        return [next(iter(wrap(lines[0], room - len(mark))), "") + mark]
