"""A parser of command lines that reads a table instead of importing the commands.

Importing the commands takes longer than completing a word. docs/words.py writes the table.
"""

from __future__ import annotations

import os

from fluxstatus.base import packaged

TYPE_CHECKING = (
    False  # importing typing, collections and pathlib takes longer than completing a word
)
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TABLE = os.path.join(os.path.dirname(__file__), "words.tsv")  # noqa: PTH118, PTH120 - see above


class Word:
    """A row of the table.

    `place` is where *word* is valid: a subcommand ("" for none) for a flag, a nested subcommand
    or, with an empty *word*, an argument; the name of a list of values for a value.
    `takes` is the kind of value of a flag or an argument: FILE, DIR, one of OBJECTS, a key of
    QUERIES or the name of a list of values; alternatives are joined by |; "..." marks a last
    argument that may be repeated. For a kind it is its resource.
    `passed_on` is "kubectl" for a flag of kubectl.
    """

    __slots__ = ("help", "passed_on", "place", "takes", "word")

    def __init__(self, place: str, word: str, takes: str, passed_on: str, text: str) -> None:
        self.place = place
        self.word = word
        self.takes = takes
        self.passed_on = passed_on
        self.help = text


class Line:
    """The words typed so far: all of them, the subcommand, its arguments, and the value to come."""

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
    lines = packaged.read(TABLE).decode().split("\n")[:-1]
    return [Word(*line.split("\t")) for line in lines]


def parse(before: Sequence[str], table: Iterable[Word]) -> Line:
    """Parse the words typed *before* into subcommand, arguments, and the value that comes next."""
    commands = {f"{row.place} {row.word}".strip() for row in table if not row.takes}
    command = wanted = ""
    arguments: list[str] = []
    for word in before:
        candidate = f"{command} {word}".strip()
        if wanted:
            wanted = ""
        elif word.startswith("-"):
            wanted = takes(table, command, word)
        elif candidate in commands and not arguments:
            command = candidate
        else:
            arguments.append(word)
    return Line(before, command, arguments, wanted)


def takes(table: Iterable[Word], command: str, flag: str) -> str:
    """Return the kind of value that *flag* of *command* takes, empty for a switch."""
    return next((r.takes for r in table if r.place == command and r.word == flag), "")


def passed_on(before: Sequence[str], table: Iterable[Word]) -> Iterator[str]:
    """Yield the flags in *before* that select kubectl's cluster, one word each."""
    known = {row.word: row.takes for row in table if row.passed_on}
    for word, following in zip(before, [*before[1:], ""], strict=False):
        flag, equals, value = word.partition("=")
        if flag in known:
            name = (
                flag if flag.startswith("--") else known[flag]
            )  # a short flag takes the long name
            yield f"{name}={value if equals else following}" if known[flag] else name
