"""A list in the making: in which shape it is told, and what has to be said beside it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple, Protocol

import jmespath

from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands.list_options import Shape
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object, Why
from fluxstatus.model.findings import Exit
from fluxstatus.report.look import Look
from fluxstatus.report.table import Table
from fluxstatus.report.yaml import DOCUMENTS

_SIZED_BY = 500  # lines: the columns are as wide as the first of them need
_PASSING = frozenset({"SINCE", "AGE", "LAST", "FIRST"})
"""Columns that change with time, and by nothing that happens."""


class Entry(NamedTuple):
    """Something in a list.

    `cell` gives the text of a column, `times` the moments behind those that show an age. `item`
    is the object, None for what is missed.
    """

    key: Hashable
    item: Object | None
    cell: Callable[[str], str]
    times: Mapping[str, datetime | None] = {}


class Source(Protocol):
    """What a list is made of: its columns, and its entries as they come."""

    columns: tuple[str, ...]
    wide: tuple[str, ...]

    def entries(self, cluster: Cluster) -> Iterator[Sequence[Entry]]:
        """Return the entries that are asked for."""

    def is_unread(self, cluster: Cluster) -> bool:
        """Whether nothing that is asked for could be read."""

    def matters(self, name: str) -> bool:
        """Whether the list is not whole without what *name* (plural.group) has."""

    def mistake(self) -> NotFoundError | None:
        """Return what was asked for and is not there, after all entries were given."""

    def none(self) -> str:
        """Say what there is none of."""


@dataclass
class Listing:
    """The entries of *source*, told in a *shape*.

    `fitted` cuts the last column to the width of *look*. `order` is a column or a path; without
    it the order is that of the source, for which a list needs no memory.
    """

    source: Source
    shape: Shape
    look: Look
    headers: bool = True
    fitted: bool = False
    order: str = ""
    _shown: int = 0
    _seen: dict[Hashable, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Get ready. Raises NotFoundError for an order that is none."""
        self._columns = self.source.wide if self.shape is Shape.WIDE else self.source.columns
        fitted = "cut" if self.fitted else ""
        self._table = Table(self._columns, self.look, header=self.headers, fitted=fitted)
        self._key = _order(self.order, self.source.wide) if self.order else None

    def pieces(self, cluster: Cluster) -> Iterator[str]:
        """Return the text of the list, piece by piece as it comes."""
        batches = self._counted(cluster)
        if document := DOCUMENTS.get(self.shape):
            items = self._sorted(([entry.item for entry in b], b) for b in batches)
            yield from document(item for item in items if item is not None)
        elif self._key:
            yield self._table.lines(self._sorted((self._lines(b), b) for b in batches))
        else:
            yield from map(self._table.lines, _together(map(self._lines, batches)))

    def changes(self, cluster: Cluster) -> str:
        """Return the lines of what is new or not as in the look before."""
        changed = [
            (entry, line)
            for batch in self._counted(cluster)
            for entry, line in zip(batch, self._lines(batch), strict=True)
            if self._is_new(entry.key, line)
        ]
        if self.shape is Shape.NAME:
            items = (entry.item for entry, _ in changed)
            return "".join(DOCUMENTS[Shape.NAME](item for item in items if item is not None))
        return self._table.lines(line for _, line in changed)

    def remarks(self, cluster: Cluster) -> Iterator[str]:
        """Say what is not in the list, and why."""
        asked = {name: why for name, why in cluster.unread.items() if self.source.matters(name)}
        absent = [name for name, why in asked.items() if why.why is Why.ABSENT]
        if absent:
            yield f"not served by this API server, so not shown: {', '.join(absent)}"
        for name, unread in cluster.unread.items():
            if name not in asked:
                yield f"{name}: {unread.full_text}; so WANTED is not known everywhere"
            elif name not in absent:
                yield f"Error: {name}: {unread.full_text}"
        if not self._shown and not asked and not self.source.mistake():
            where = f" in {', '.join(cluster.namespaces)}" if cluster.namespaces else ""
            yield f"no {self.source.none()} found{where}"
        if not cluster.whole and self.shape in (Shape.JSON, Shape.YAML):
            yield "a saved cluster has of each object only what the check looks at"

    def exit_code(self, cluster: Cluster) -> Exit:
        """Return the exit code: what was shown is all that there is, or is not.

        Raises NotFoundError for a name that there is not.
        """
        incomplete = (
            why.why is not Why.ABSENT and self.source.matters(name)
            for name, why in cluster.unread.items()
        )
        if any(incomplete) or self.source.is_unread(cluster):
            return Exit.NO_VERDICT
        if mistake := self.source.mistake():
            raise mistake
        return Exit.HEALTHY

    def _counted(self, cluster: Cluster) -> Iterator[Sequence[Entry]]:
        for batch in self.source.entries(cluster):
            self._shown += len(batch)
            yield batch

    def _is_new(self, key: Hashable, line: Sequence[str]) -> bool:
        lasting = [c for h, c in zip(self._columns, line, strict=True) if h not in _PASSING]
        before, self._seen[key] = self._seen.get(key), lasting
        return before != lasting

    def _lines(self, batch: Iterable[Entry]) -> list[list[str]]:
        return [[entry.cell(column) for column in self._columns] for entry in batch]

    def _sorted(self, made: Iterable[tuple[Sequence[Any], Sequence[Entry]]]) -> Iterable[Any]:
        """Return what was *made* of entries, one by one, in the order that is asked for."""
        key = self._key
        if key is None:
            return (one for each, _ in made for one in each)
        found = [
            (key(entry), one)
            for each, batch in made
            for one, entry in zip(each, batch, strict=True)
        ]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _together(batches: Iterable[list[list[str]]]) -> Iterator[list[list[str]]]:
    """Return the first lines as one batch, by which a table can be sized, and the rest as it is."""
    first: list[list[str]] | None = []
    for batch in batches:
        if first is None:
            yield batch
        else:
            first += batch
            if len(first) >= _SIZED_BY:
                yield first
                first = None
    if first is not None:
        yield first


def _order(word: str, columns: Sequence[str]) -> Callable[[Entry], tuple[bool, str]]:
    """Return what sorts by *word*, a column or a path in the object; what lacks it comes last.

    Raises NotFoundError.
    """
    column = word.upper()
    if column in columns:
        return lambda entry: _rank(
            entry.times[column] if column in entry.times else entry.cell(column)
        )
    if not word.startswith((".", "{")):
        near = get_close_matches(column, columns, n=1)
        meant = f"did you mean {near[0].lower()}?" if near else "a path begins with a dot."
        raise NotFoundError(f"{word!r} is no column; {meant}")
    try:
        path = jmespath.compile(word.strip("{}").lstrip("."))
    except jmespath.exceptions.JMESPathError as error:
        raise NotFoundError(f"{word!r} is not a path such as .metadata.name.") from error
    return lambda entry: _rank(path.search(entry.item))


def _rank(value: object) -> tuple[bool, str]:
    """Return what sorts a text, a moment or a number; what is empty comes last."""
    number = type(value) in (int, float) or (isinstance(value, str) and value.isdecimal())
    return value in (None, ""), f"{float(str(value)):030.6f}" if number else str(value)
