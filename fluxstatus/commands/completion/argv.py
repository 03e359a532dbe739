"""The command line as it was typed, told by a table instead of by what the table is made from.

Importing that takes longer than all that is done with a word here: words.py makes the table.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing, collections and pathlib take longer than all that is done here
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TABLE = os.path.join(os.path.dirname(__file__), "words.tsv")  # noqa: PTH118, PTH120 - see above


class Word:
    """A row of the table.

    `place` is where *word* may stand: a subcommand ("" for none) for a flag, a subcommand of its
    own, or, with an empty *word*, an argument; or what a flag or an argument takes, for a value.
    `takes` is what follows a flag, or what an argument is: FILE, DIR, one of OBJECTS, a key of
    ASKED or the place of a list of values; several joined by |; "..." after the last argument if
    it may be repeated. For a kind it is its resource.
    `passed_on` is "kubectl" for a flag of kubectl's own.
    """

    __slots__ = ("help", "passed_on", "place", "takes", "word")

    def __init__(self, place: str, word: str, takes: str, passed_on: str, text: str) -> None:
        self.place = place
        self.word = word
        self.takes = takes
        self.passed_on = passed_on
        self.help = text


class Line:
    """What was typed before: its words, the subcommand and its arguments, what has to follow."""

    __slots__ = ("arguments", "before", "command", "wanted")

    def __init__(
        self, before: Sequence[str], command: str, arguments: Sequence[str], wanted: str
    ) -> None:
        self.before = before
        self.command = command
        self.arguments = arguments
        self.wanted = wanted


def read_table() -> list[Word]:
    """Return the rows of the table."""
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - see above
        return [Word(*line.rstrip("\n").split("\t")) for line in file]


def parse(before: Sequence[str], table: Iterable[Word]) -> Line:
    """Tell what was typed: the subcommand, its arguments, and what the next word has to be."""
    commands = {f"{row.place} {row.word}".strip() for row in table if not row.takes}
    command = wanted = ""
    arguments: list[str] = []
    for word in before:
        further = f"{command} {word}".strip()
        if wanted:
            wanted = ""
        elif word.startswith("-"):
            wanted = takes(table, command, word)
        elif further in commands and not arguments:
            command = further
        else:
            arguments.append(word)
    return Line(before, command, arguments, wanted)


def takes(table: Iterable[Word], command: str, flag: str) -> str:
    """Say what follows *flag* of a *command*; empty when nothing does."""
    return next((r.takes for r in table if r.place == command and r.word == flag), "")


def passed_on(before: Sequence[str], table: Iterable[Word]) -> Iterator[str]:
    """Return the flags in *before* that choose kubectl's cluster, one word each."""
    known = {row.word: row.takes for row in table if row.passed_on}
    for word, following in zip(before, [*before[1:], ""], strict=False):
        flag, equals, value = word.partition("=")
        if flag in known:
            name = flag if flag.startswith("--") else known[flag]  # a letter takes what it is for
            yield f"{name}={value if equals else following}" if known[flag] else name
