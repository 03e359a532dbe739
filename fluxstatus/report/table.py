"""A table like those of kubectl, which is printed while its rows arrive.

In a pipe each row is one line, with all columns and whole cells. On a terminal a row has as many
lines as it needs, and none of them is wider than the terminal: nothing is cut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.visible import one_line, visible
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, painted, wrap
from fluxstatus.state.revisions import abbreviated

_GAP, _SMALL_GAP = 3, 2  # columns between two cells, and where room is short
_WIDEST = 60  # columns that a cell may move the next one to the right, in a pipe
_MOST = 0.9  # of the rows have to fit into a column where room is short
_TRIED = 100  # rows that decide between two ways to lay them out
_WRAPPED_FROM = 40  # columns: in less room a text is not wrapped beside others
_INDENT = "  "
_STYLES: Mapping[tuple[str, str], str] = {
    ("LEVEL", "fail"): "fail",
    ("LEVEL", "warn"): "warn",
    ("LEVEL", "unknown"): "unknown",
    ("LEVEL", "advice"): "advice",
    ("READY", "True"): "pass",
    ("READY", "False"): "fail",
    ("READY", "Unknown"): "unknown",
    ("TYPE", "Warning"): "warn",
    ("VERDICT", "fail"): "fail",
    ("VERDICT", "warn"): "warn",
    ("VERDICT", "unknown"): "unknown",
    ("VERDICT", "progressing"): "wait",
    ("VERDICT", "pass"): "pass",
    ("SUSPENDED", "True"): "warn",
    ("STATUS", "gone"): "fail",
    ("STATUS", "left-behind"): "warn",
    ("STATUS", "unknown"): "unknown",
}
"""The style of a cell, by its column and text."""

_IDLE: Mapping[str, str] = {"SUSPENDED": "False"}
"""The text that makes a column redundant if all rows have it; other columns have no such text."""

_SAID = late_pattern(
    r"(?:Applied revision: |stored artifact(?: for (?:revision|digest) |: revision ))'?([^\s']+)'?"
)
"""A message of a healthy object that contains only its revision (internal/controller of
kustomize-controller and source-controller)."""


_REVISIONS = ("READY", "WANTED", "APPLIED")

_WAITS = late_pattern(r"((?:not updated: |waits for )?[A-Z]\w+/\S+): .+")
"""A message that names another object and says why that object fails."""


class _Columns(NamedTuple):
    """The columns of a table but for the last: their widths, and how many stand beside each other.

    The others stand in the lines below, each with its head. `hidden` columns are not shown, but for
    that `said` elsewhere in most rows: it stands below the others.
    """

    widths: Sequence[int] = ()
    gap: int = _GAP
    beside: int = 0
    hidden: frozenset[int] = frozenset()
    said: int | None = None


class Table:
    """Rows below *heads*. The first rows set the widths; a wider cell later shifts its own row.

    With *fitted* it fits `look.width`: columns in which no row says anything are left out, hashes
    are abbreviated, and what has no room in the line of a row stands in the lines below it, but for
    what another cell of the row says. Of an object that several rows name, the first says why it
    fails; rows behind it that wait for the same, and have only another name, are one.
    """

    def __init__(
        self, heads: Sequence[str], look: Look, *, header: bool = True, fitted: bool = False
    ) -> None:
        self._heads, self._look, self._header, self._fitted = heads, look, header, fitted
        self._columns: _Columns | None = None
        self._reasons: set[str] = set()

    def lines(self, rows: Iterable[Sequence[str]], *, is_all: bool = True) -> str:
        """Return the lines of *rows*, the first time below the heads; empty without rows.

        *is_all* is whether no rows will follow, so that what these don't need can be left out.
        """
        shown = [[self._visible(cell) for cell in row] for row in rows]
        for row in shown if self._fitted else ():
            row[-1] = self._once(row)
        if not shown:
            return ""
        lines: list[str] = []
        if self._columns is None:
            self._columns = self._sized(shown, is_all=is_all)
            if self._header:
                lines += self._heading(self._columns)
        for first, others in self._grouped(shown):
            lines += self._row(first, self._columns)
            lines += self._others(others, self._columns)
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def _grouped(
        self, rows: Iterable[Sequence[str]]
    ) -> Iterator[tuple[Sequence[str], list[Sequence[str]]]]:
        """Yield each row, with those behind it that wait for the same and have another name."""
        first: Sequence[str] = ()
        others: list[Sequence[str]] = []
        for row in rows:
            if first and self._is_alike(first, row):
                others.append(row)
                continue
            if first:
                yield first, others
            first, others = row, []
        if first:
            yield first, others

    def _is_alike(self, first: Sequence[str], row: Sequence[str]) -> bool:
        is_listed = self._fitted and "NAME" in self._heads
        waits = _WAITS.fullmatch(first[-1]) if is_listed else None
        if waits is None or row[-1] not in (waits[0], waits[1]):
            return False
        cells = zip(self._heads[:-1], first, row, strict=False)
        return all(one == other for head, one, other in cells if head != "NAME")

    def _others(self, others: Sequence[Sequence[str]], at: _Columns) -> Iterator[str]:
        """Yield the names of *others* below the row that they are like, if that is shorter."""
        names = ", ".join(row[self._heads.index("NAME")] for row in others)
        texts = self._flow([("also", names)]) if names else []
        if len(texts) < len(others):
            yield from (_INDENT + text for text in texts)
            return
        for row in others:
            yield from self._row(row, at)

    def _visible(self, cell: str) -> str:
        text = visible(one_line(cell), ascii_only=self._look.ascii).strip()
        return abbreviated(text) if self._fitted else text

    def _once(self, row: Sequence[str]) -> str:
        """Return the message of *row*, without why another object fails if a row above says it.

        The name is one in the namespace of the row.
        """
        message = row[-1]
        waits = _WAITS.fullmatch(message)
        if waits is None:
            return message
        said = f"{dict(zip(self._heads, row, strict=True)).get('NAMESPACE')} {message}"
        is_new = said not in self._reasons
        self._reasons.add(said)
        return message if is_new else waits[1]

    def _sized(self, rows: Sequence[Sequence[str]], *, is_all: bool) -> _Columns:
        """Return the columns that suit *rows*, the first ones."""
        heads = self._heads if self._header else [""] * len(self._heads)
        cells = list(zip(*rows, strict=True))[:-1]
        lengths = [sorted(map(columns, column)) for column in cells]
        most = [max(columns(head), ls[-1]) for head, ls in zip(heads, lengths, strict=False)]
        if not self._fitted:
            return _Columns([min(width, _WIDEST) for width in most], beside=len(most))
        idle = (
            i
            for i, (head, column) in enumerate(zip(self._heads, cells, strict=False))
            if set(column) == {_IDLE.get(head, "")}
        )
        hidden = frozenset(idle if is_all else ())
        usual = [
            max(columns(head), ls[ceil(_MOST * len(ls)) - 1])
            for head, ls in zip(heads, lengths, strict=False)
        ]
        has_revisions = {*_REVISIONS} <= {*self._heads}
        wanted = self._heads.index("WANTED") if has_revisions else None
        plans = [
            _Columns(widths, gap, _number_beside(widths, gap, out, self._look.width), out, said)
            for said in dict.fromkeys((None, wanted))
            for out in [hidden if said is None else hidden | {said}]
            for widths, gap in ((most, _GAP), (most, _SMALL_GAP), (usual, _SMALL_GAP))
        ]
        some = rows[:_TRIED]
        return min(plans, key=lambda at: sum(len([*self._row(row, at)]) for row in some))

    def _says_what_is_wanted(self, row: Sequence[str]) -> bool:
        """Return whether *row* has what it wants, as its other cells show."""
        ready, wanted, applied = (row[self._heads.index(head)] for head in _REVISIONS)
        has_result = ready == "True" and bool(applied)
        return wanted in ("", applied) or (has_result and "@" not in wanted)

    def _heading(self, at: _Columns) -> Iterator[str]:
        beside = [head for i, head in enumerate(self._heads[: at.beside]) if i not in at.hidden]
        widths = [width for i, width in enumerate(at.widths[: at.beside]) if i not in at.hidden]
        line = "".join(
            head + " " * (width - columns(head) + at.gap)
            for head, width in zip(beside, widths, strict=True)
        )
        last = self._heads[-1]
        has_room = at.beside == len(at.widths) and columns(line) + columns(last) <= self._look.width
        yield line + last if has_room or not self._fitted else line

    def _row(self, row: Sequence[str], at: _Columns) -> Iterator[str]:
        """Yield the lines of a row."""
        line, used, stop = "", 0, 0
        below: list[tuple[str, str]] = []  # heads and cells without room in the line
        for i, (head, cell) in enumerate(zip(self._heads, row[:-1], strict=False)):
            if i in at.hidden:
                shown = i == at.said and not self._says_what_is_wanted(row)
                below += [(head, cell)] * shown
                continue
            start = max(stop, used + at.gap if used else 0)
            fits = not self._fitted or start + columns(cell) <= self._look.width
            if i >= at.beside or below or not fits:
                below += [(head, cell)] * bool(cell)
                continue
            if cell:
                line += " " * (start - used) + self._painted(cell, _STYLES.get((head, cell), ""))
                used = start + columns(cell)
            stop += at.widths[i] + at.gap
        yield from self._with_last(line, used, max(stop, used + at.gap), row[-1], below)

    def _with_last(
        self, line: str, used: int, start: int, last: str, below: Sequence[tuple[str, str]]
    ) -> Iterator[str]:
        """Yield *line* with the *last* cell, beside it at *start* or below, where it's shorter.

        Beside it, it may also take the room of cells without a text.
        """
        if not self._fitted:
            yield line + " " * (start - used) + last
            return
        said = _SAID.fullmatch(last)
        is_repeated = said is not None and said[1] in [*line.split(), *(cell for _, cell in below)]
        texts = self._flow([*below, ("", "" if is_repeated else last)])
        if not below and start > self._look.width - columns(last) >= used + _SMALL_GAP:
            yield line + " " * _SMALL_GAP + last
            return
        room = self._look.width - start
        longest = max(map(columns, last.split()), default=0)
        if not below and room >= min(longest, self._look.width - len(_INDENT)):
            beside = wrap(last, max(room, 2), ascii_only=self._look.ascii) or [""]
            if len(beside) <= (1 + len(texts) if room >= _WRAPPED_FROM else 1):
                yield line + " " * (start - used) + beside[0]
                yield from (" " * start + more for more in beside[1:])
                return
        yield line
        yield from (_INDENT + text for text in texts)

    def _flow(self, cells: Sequence[tuple[str, str]]) -> list[str]:
        """Return *cells*, each after its head, in as few lines as they take below a row."""
        width = max(self._look.width - len(_INDENT), 2)
        lines: list[str] = []
        room = 0
        for head, cell in cells:
            label = f"{head} " if head else ""
            if lines and columns(label + cell) + len(_INDENT) <= room:
                lines[-1] += _INDENT + self._painted(label, "label") + cell
                room -= columns(label + cell) + len(_INDENT)
                continue
            texts = wrap(label + cell, width, ascii_only=self._look.ascii)
            room = width - columns(texts[-1]) if texts else 0
            if label and texts and texts[0].startswith(label):
                texts[0] = self._painted(label, "label") + texts[0][len(label) :]
            lines += texts
        return lines

    def _painted(self, text: str, style: str) -> str:
        return painted(text, style) if self._look.color else text


def _number_beside(widths: Sequence[int], gap: int, hidden: frozenset[int], room: int) -> int:
    """Return how many of the columns fit beside each other, at least one."""
    used = 0
    for i, width in enumerate(widths):
        if i in hidden:
            continue
        if used and used + width > room:
            return i
        used += width + gap
    return len(widths)
