"""The rules of tables by the words in their patterns, so that only a few are imported and tried.

Looking for a word is far cheaper than importing a table, or than compiling a pattern and searching
with it. rules.tsv has a line for each rule, in the order of the tables:

    table, "quoted" or nothing, kinds, reasons, words

Kinds and reasons are separated by commas, words by tabs: a message that matches has one of them.
`python -m tests.knowledge.fits` writes it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base import packaged
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.topics import table

FILE = Path(__file__).with_name("rules.tsv")


class Listed(NamedTuple):
    """A rule as it is listed: its `place` in the index, its table and its `number` there.

    `kinds` and `reasons` are those that it is about, separated by commas, empty for any.
    """

    place: int
    table: str
    number: int
    kinds: str
    reasons: str

    def is_about(self, kind: str, reason: str) -> bool:
        """Return whether it applies to objects of *kind* with *reason*."""
        return (not self.kinds or kind in self.kinds.split(",")) and (
            not self.reasons or reason in self.reasons.split(",")
        )

    @property
    def rule(self) -> Rule:
        """The rule itself, whose table is imported."""
        return table(self.table)[self.number]


class Index:
    """The rules of some tables by their words."""

    def __init__(self, tables: Iterable[str], *, quoted: bool | None = None) -> None:
        """Index the rules of *tables*: all, or only those that are *quoted*, or that are not."""
        self._rules: list[tuple[str, int, Sequence[str]]] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        for name in tables:
            for number, columns in enumerate(_tables()[name]):
                if quoted is None or quoted is bool(columns[0]):
                    for word in columns[3:]:
                        self._places[word].append(len(self._rules))
                self._rules.append((name, number, columns))

    def candidates(self, message: str) -> Iterator[Listed]:
        """Yield the rules that may match *message*, in order. No other rule matches it."""
        text = message.lower()
        found = {n for word, places in self._places.items() if word in text for n in places}
        for place in sorted(found):
            name, number, (_, kinds, reasons, *_) = self._rules[place]
            yield Listed(place, name, number, kinds, reasons)


@cache
def _tables() -> Mapping[str, Sequence[Sequence[str]]]:
    """Return the columns of each rule by its table, without the table's name."""
    tables: dict[str, list[Sequence[str]]] = defaultdict(list)
    for line in packaged.read(FILE).decode().split("\n")[:-1]:
        name, *columns = line.split("\t")
        tables[name].append(columns)
    return tables
