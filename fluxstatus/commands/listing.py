"""A list of objects: its format, its order, and the notes on it."""

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import jmespath

from fluxstatus.base.fields import is_deeper, map_of, text_of
from fluxstatus.base.similar import did_you_mean
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands import console
from fluxstatus.commands.table_options import ListDisplay
from fluxstatus.model.errors import ArgumentError, NotFoundError, in_namespaces, not_served
from fluxstatus.model.evidence import Object, Unread, Why, alike
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import full_name
from fluxstatus.model.ref import Ref
from fluxstatus.report import Format, ListFormat
from fluxstatus.report.look import Look
from fluxstatus.report.table import Table
from fluxstatus.report.yaml import DOCUMENTS

_DEEPEST = 200  # levels of an object that is printed whole
_SIZED_BY = 500  # the first lines, which decide on the widths of the columns
_LABEL = "label/"  # begins the name of a column with a label
_PASSING = frozenset({"SINCE", "AGE", "LAST", "FIRST"})
"""Columns whose text changes merely because time passes."""


class ListEntry(NamedTuple):
    """An entry of a list.

    `cell` returns the text of a column, `times` has the times of the columns that show an age.
    `item` is the object, None for one that is missing; `verdict` returns what -o json adds to it.
    """

    key: Hashable
    item: Object | None
    cell: Callable[[str], str]
    times: Mapping[str, datetime | None] = {}
    verdict: Callable[[], Mapping[str, Any]] | None = None


class Source(Protocol):
    """The content of a list: its columns, and its entries as they are read.

    `has_verdicts` is whether its entries have a verdict.
    """

    columns: tuple[str, ...]
    wide: tuple[str, ...]
    has_verdicts: bool

    def entries(self, cluster: Cluster) -> Iterator[Sequence[ListEntry]]:
        """Return the requested entries, in batches."""

    def is_unread(self, cluster: Cluster) -> bool:
        """Return whether none of the requested objects could be read."""

    def requires(self, name: str) -> bool:
        """Return whether the list is incomplete without the kind *name* (plural.group)."""

    def are_optional(self, absent: Sequence[str]) -> bool:
        """Return whether nobody misses these kinds (plural.group), which are not served."""

    def not_found(self) -> ArgumentError | None:
        """Return the error for a requested name that does not exist, once all is read."""

    def none_found(self, where: str) -> str:
        """Return the sentence that no entry was found; *where* is empty or the namespaces."""


@dataclass
class Listing:
    """The entries of a source in an output format.

    `fitted` fits the table to the width of `look`. `labels` are shown as columns, `all_labels` in
    one column. `order` is a column or a path. Without it the entries keep the order of the source
    and are not kept in memory.
    """

    source: Source
    format: ListFormat
    look: Look
    headers: bool = True
    fitted: bool = False
    order: str = ""
    labels: Sequence[str] = ()
    all_labels: bool = False
    _shown: int = 0
    _seen: dict[Hashable, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the table. Raises ArgumentError for an `order` that is not valid."""
        own = self.source.wide if self.format is Format.WIDE else self.source.columns
        labels = [_LABEL + label for label in self.labels]
        self._columns = (*own[:-1], *labels, *["LABELS"] * self.all_labels, own[-1])
        heads = [column.rpartition("/")[2].upper() for column in self._columns]
        self._table = Table(heads, self.look, header=self.headers, fitted=self.fitted)
        self._key = _order(self.order, self.source.wide) if self.order else None

    def pieces(self, cluster: Cluster) -> Iterator[str]:
        """Yield the text of the list in pieces, as the entries are read."""
        batches = self._counted(cluster)
        if document := DOCUMENTS.get(self.format):
            entries = self._sorted((b, b) for b in batches)
            verdicts: list[Mapping[str, Any]] = []
            items = self._printable(entries, cluster, verdicts)
            yield from document(items, verdicts if self.source.has_verdicts else None)
        elif self._key:
            yield self._table.lines(self._sorted((self._lines(b), b) for b in batches))
        else:
            for rows, is_all in _together(map(self._lines, batches)):
                yield self._table.lines(rows, is_all=is_all)

    def changes(self, cluster: Cluster) -> str:
        """Return the lines that are new or changed since the previous read."""
        changed = [
            (entry, line)
            for batch in self._counted(cluster)
            for entry, line in zip(batch, self._lines(batch), strict=True)
            if self._is_new(entry.key, line)
        ]
        if self.format is Format.NAME:
            items = (entry.item for entry, _ in changed)
            return "".join(
                DOCUMENTS[Format.NAME]((item for item in items if item is not None), None)
            )
        return self._table.lines((line for _, line in changed), is_all=False)

    def notes(self, cluster: Cluster) -> Iterator[str]:
        """Yield notes on what is missing from the list, and why."""
        required = {name: why for name, why in cluster.unread.items() if self.source.requires(name)}
        absent = [name for name, why in required.items() if why.why is Why.ABSENT]
        if absent and not self.source.are_optional(absent):
            yield not_served(absent)
        for names, why in alike(cluster.unread):
            others = [name for name in names if name not in required]
            wanted = [name for name in names if name in required and name not in absent]
            if others:
                missing = (
                    "objects that depend on them are shown without WANTED or without the cause"
                )
                yield f"{', '.join(others)}: {why}; {missing}"
            if wanted:
                yield f"Error: {', '.join(wanted)}: {why}"
        is_read = len(required) == len(absent) and not self.source.is_unread(cluster)
        if is_read and not self._shown and not self.source.not_found():
            where = in_namespaces(cluster.namespaces, cluster.absent_namespaces())
            yield self.source.none_found(where)
        if not cluster.unpruned and self.format in (Format.JSON, Format.YAML):
            yield "a snapshot contains only the fields that the check reads"

    def exit_code(self, cluster: Cluster) -> Exit:
        """Return the exit code: 0 for a complete list, 3 for an incomplete one.

        Raises ArgumentError for a name that does not exist.
        """
        incomplete = (
            why.why is not Why.ABSENT and self.source.requires(name)
            for name, why in cluster.unread.items()
        )
        if any(incomplete) or self.source.is_unread(cluster):
            return Exit.NO_VERDICT
        if error := self.source.not_found():
            if isinstance(error, NotFoundError) and error.namespaces and not self._shown:
                error.absent = cluster.absent_namespaces()
            raise error
        return Exit.HEALTHY

    def _printable(
        self, entries: Iterable[ListEntry], cluster: Cluster, verdicts: list[Mapping[str, Any]]
    ) -> Iterator[Object]:
        """Yield the objects that can be printed whole; the others are unread.

        Their verdicts are added to *verdicts* on the way.
        """
        for entry in entries:
            item = entry.item
            if item is None:
                continue
            if self.format is Format.NAME or not is_deeper(item, _DEEPEST):
                if entry.verdict and self.format is not Format.NAME:
                    verdicts.append(entry.verdict())
                yield item
                continue
            ref = Ref.of(item)
            why = f"{ref} is not printed: it is nested more than {_DEEPEST} levels deep"
            cluster.unread.setdefault(full_name(ref.kind), Unread(Why.NOT_REQUESTED, why))

    def _counted(self, cluster: Cluster) -> Iterator[Sequence[ListEntry]]:
        for batch in self.source.entries(cluster):
            self._shown += len(batch)
            yield batch

    def _is_new(self, key: Hashable, line: Sequence[str]) -> bool:
        lasting = [c for h, c in zip(self._columns, line, strict=True) if h not in _PASSING]
        before, self._seen[key] = self._seen.get(key), lasting
        return before != lasting

    def _lines(self, batch: Iterable[ListEntry]) -> list[list[str]]:
        return [[_cell(entry, column) for column in self._columns] for entry in batch]

    def _sorted(self, made: Iterable[tuple[Sequence[Any], Sequence[ListEntry]]]) -> Iterable[Any]:
        """Return the rendered entries, *made*, in the order of --sort-by."""
        key = self._key
        if key is None:
            return (one for each, _ in made for one in each)
        found = [
            (key(entry), one)
            for each, batch in made
            for one, entry in zip(each, batch, strict=True)
        ]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _cell(entry: ListEntry, column: str) -> str:
    """Return the text of *entry* in *column*, which may be that of a label."""
    if column != "LABELS" and not column.startswith(_LABEL):
        return entry.cell(column)
    labels = map_of(map_of((entry.item or {}).get("metadata")).get("labels"))
    if column == "LABELS":
        return ",".join(f"{name}={text_of(value)}" for name, value in sorted(labels.items()))
    return text_of(labels.get(column.removeprefix(_LABEL)))


def _together(
    batches: Iterable[list[list[str]]],
) -> Iterator[tuple[Sequence[list[str]], bool]]:
    """Yield the first lines as one batch, which sizes the table, then the rest as it comes.

    Each with whether these are all the lines.
    """
    first: list[list[str]] = []
    is_sized = False
    for batch in batches:
        if is_sized:
            yield batch, False
        else:
            first += batch
            if is_sized := len(first) >= _SIZED_BY:
                yield first, False
    if not is_sized:
        yield first, True


def _order(word: str, columns: Sequence[str]) -> Callable[[ListEntry], tuple[bool, str]]:
    """Return the sort key for *word*, a column or a path; entries without a value come last.

    Raises ArgumentError.
    """
    column = word.upper()
    if column in columns:
        return lambda entry: _rank(
            entry.times[column] if column in entry.times else entry.cell(column)
        )
    if not word.startswith((".", "{")):
        suggestion = did_you_mean(column, columns, "a path must start with a dot", str.lower)
        raise ArgumentError(f"{word!r} is not a column; {suggestion}")
    try:
        path = jmespath.compile(word.strip("{}").lstrip("."))
    except jmespath.exceptions.JMESPathError as error:
        raise ArgumentError(f"{word!r} is not a path such as .metadata.name") from error
    return lambda entry: _rank(path.search(entry.item))


def _rank(value: object) -> tuple[bool, str]:
    """Return the sort key of a text, a time or a number; an empty value comes last."""
    number = type(value) in (int, float) or (isinstance(value, str) and value.isdecimal())
    return value in (None, ""), f"{float(str(value)):030.6f}" if number else str(value)


def listing(
    source: Source, display: ListDisplay, *, labels: Sequence[str] = (), all_labels: bool = False
) -> Listing:
    """Return the list of *source* with the options of *display*. Raises ArgumentError."""
    return Listing(
        source,
        display.output,
        console.look(display.color, everything=False),
        headers=not display.no_headers,
        fitted=not display.no_trunc and console.is_terminal(sys.stdout),
        order=display.sort_by,
        labels=labels,
        all_labels=all_labels,
    )
