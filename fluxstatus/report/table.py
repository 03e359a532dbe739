"""A table like those of kubectl, which is printed while its rows arrive."""

from collections.abc import Iterable, Mapping, Sequence

from fluxstatus.base.visible import visible
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, painted, wrap

_GAP = "   "
_WIDEST = 60  # columns that a cell may move the next one to the right
_NARROWEST = 20  # columns for the last cell, however narrow the terminal
_STYLES: Mapping[tuple[str, str], str] = {
    ("LEVEL", "fail"): "fail",
    ("LEVEL", "warn"): "warn",
    ("LEVEL", "unknown"): "unknown",
    ("LEVEL", "advice"): "advice",
    ("READY", "True"): "pass",
    ("READY", "False"): "fail",
    ("READY", "Unknown"): "unknown",
    ("TYPE", "Warning"): "warn",
    ("SUSPENDED", "True"): "warn",
    ("STATUS", "gone"): "fail",
    ("STATUS", "left-behind"): "warn",
    ("STATUS", "unknown"): "unknown",
}
"""The style of a cell, by its column and text."""


class Table:
    """Rows below *heads*. The first rows set the widths; a wider cell later shifts its own row.

    The last column has the remaining width. *fitted* is "cut" or "wrap" to fit it to `look.width`,
    or empty to print it whole, as for a pipe.
    """

    def __init__(
        self, heads: Sequence[str], look: Look, *, header: bool = True, fitted: str = ""
    ) -> None:
        self._heads, self._look, self._header, self._fitted = heads, look, header, fitted
        self._widths: list[int] = []

    def lines(self, rows: Iterable[Sequence[str]]) -> str:
        """Return the lines of *rows*, the first time below the heads; empty without rows."""
        shown = [[self._visible(cell) for cell in row] for row in rows]
        if not shown:
            return ""
        lines = []
        if not self._widths:
            first = [self._heads, *shown] if self._header else shown
            self._widths = [
                min(max(columns(row[i]) for row in first), _WIDEST)
                for i in range(len(self._heads) - 1)
            ]
            if self._header:
                lines.append(self._line(self._heads, colored=False))
        lines += [self._line(row, colored=self._look.color) for row in shown]
        return "".join(lines)

    def _visible(self, cell: str) -> str:
        return visible(" ".join(cell.split("\n")), ascii_only=self._look.ascii).strip() or ""

    def _line(self, row: Sequence[str], *, colored: bool) -> str:
        *cells, last = row
        left = right = ""
        for head, cell, width in zip(self._heads, cells, self._widths, strict=False):
            style = _STYLES.get((head, cell), "") if colored else ""
            padding = " " * (width - columns(cell)) + _GAP
            left += painted(cell, style) + padding
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
