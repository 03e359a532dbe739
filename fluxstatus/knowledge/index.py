"""The rules of tables by the words in their patterns, so that only a few are imported and tried.

Looking for a word is far cheaper than importing a table, or than compiling a pattern and searching
with it. rules.tsv has a line for each rule, in the order of the tables:

    table or part of it, "quoted" or nothing, reach, kinds, reasons, words, more words, …

The reach is a number of Reach. Kinds and reasons are separated by commas, words by "|", columns by
tabs: a message that matches has one of the words in each column. The first column has the rarest
ones.
`python -m tests.knowledge.fits` writes it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from fluxstatus.base import packaged
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.topics import table

FILE = Path(__file__).with_name("rules.tsv")
_START = 6  # letters of a word
_REASONS, _WORDS = 3, 4  # their columns, without the first one of the line

_Row: TypeAlias = tuple[str, int, Sequence[str]]
"""A line of rules.tsv: the part of a table, the number of the rule in it, and the other columns."""


class Listed(NamedTuple):
    """A rule as it is listed: its `place` in the index, its table, or part, and its `number` there.

    `reach` is that of the rule, or STAGE if it has no pattern. `kinds` and `reasons` are those that
    it applies to, separated by commas; empty means any.
    """

    place: int
    table: str
    number: int
    reach: int
    kinds: str
    reasons: str

    def is_about(self, kind: str, reason: str) -> bool:
        """Return whether it applies to objects of *kind* with *reason*."""
        return _has(self.kinds, kind) and _has(self.reasons, reason)

    @property
    def rule(self) -> Rule:
        """The rule itself, whose table, or part of one, is imported."""
        return table(self.table)[self.number]


class Index:
    """The rules of some tables by their words."""

    def __init__(self, tables: Iterable[str], *, quoted: bool | None = None) -> None:
        """Index the rules of *tables*: all rules, only *quoted* rules, or only the others."""
        self._rules: Sequence[_Row] = [row for name in tables for row in _tables()[name]]
        self._places: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, list[str]] = defaultdict(list)  # by their first letters
        for place, (_, _, columns) in enumerate(self._rules):
            if quoted is None or quoted is bool(columns[0]):
                for word in columns[_WORDS].split("|"):
                    self._places[word].append(place)
        self._wordless: dict[str, list[int]] = defaultdict(list)  # by reason, "" for any
        for place in self._places.pop("", ()):
            for reason in self._rules[place][2][_REASONS].split(","):
                self._wordless[reason].append(place)
        for word in self._places:
            self._words[word[:_START] if len(word) >= _START else ""].append(word)

    def candidates(self, message: str, kind: str = "", reason: str = "") -> Iterator[Listed]:
        """Yield the rules that may match *message*, in order. No other rule matches it.

        With a *kind*, only those about its objects with *reason*.
        """
        text = message.lower()
        found = {place for word in self._words_in(text) for place in self._places[word]}
        for one in {"", reason} if kind else self._wordless.keys():
            found.update(self._wordless.get(one, ()))
        for place in sorted(found):
            name, number, columns = self._rules[place]
            _, reach, kinds, reasons = columns[:_WORDS]
            if kind and not (_has(kinds, kind) and _has(reasons, reason)):
                continue
            if len(columns) == _WORDS + 1 or _has_words(text, columns[_WORDS + 1 :]):
                yield Listed(place, name, number, int(reach), kinds, reasons)

    def _words_in(self, text: str) -> Iterator[str]:
        """Yield the words in *text*; the first letters of most are not even in it."""
        starts = {text[at : at + _START] for at in range(len(text))} | {""}
        for start in self._words.keys() & starts:
            yield from (word for word in self._words[start] if word in text)


def _has(names: str, name: str) -> bool:
    """Return whether *name* is in the list *names*; an empty list has all."""
    return not names or (name in names and name in names.split(","))


def _has_words(text: str, columns: Iterable[str]) -> bool:
    """Return whether one of the words in each of *columns* is in *text*."""
    for words in columns:  # all() and any() would take twice as long
        for word in words.split("|"):
            if word in text:
                break
        else:
            return False
    return True


@cache
def _tables() -> Mapping[str, Sequence[_Row]]:
    """Return the rows of each table."""
    tables: dict[str, list[_Row]] = defaultdict(list)
    begun, rows, first = "", list[_Row](), 0
    for line in packaged.read(FILE).decode().split("\n")[:-1]:
        part, _, columns = line.partition("\t")
        if part != begun:  # the rows of a part follow each other
            begun, rows = part, tables[part.partition(".")[0]]
            first = len(rows)
        rows.append((part, len(rows) - first, columns.split("\t")))
    return tables
