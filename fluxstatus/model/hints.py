"""Next steps: a sentence, and commands to paste."""

import re
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple


class Command(NamedTuple):
    """A command to paste: its words, and whether it changes anything."""

    argv: tuple[str, ...]
    changes: bool = False


class Hint(NamedTuple):
    """A next step: a sentence, and the commands for it.

    A hint with the label "more" fixes nothing; it shows more details. A hint that is only
    `if_unexplained` is left out where something else that was read, such as a pod, shows the cause.
    """

    text: str
    commands: tuple[Command, ...] = ()
    label: Literal["fix", "more"] = "fix"
    if_unexplained: bool = False


def hint(text: str, *commands: Command | None) -> Hint:
    """Return the next step *text* with its *commands*, without those that are None."""
    return Hint(text, tuple(one for one in commands if one))


def kubectl(*words: str, changes: bool = False) -> Command:
    """Return a kubectl command whose *words* are ours; *changes* if it changes anything.

    A command with a value from the cluster is made by `command`.
    """
    return Command(("kubectl", *words), changes)


def command(template: str, fields: Mapping[str, str], *, changes: bool = False) -> Command | None:
    """Return a command line with *fields* filled in, or None if one of them is empty.

    Each word of the template stays one argument; quoting is left to the renderer. A value never
    becomes an option: there is no command if a word that begins with a field begins with "-".
    """
    pieces, named = _pieces_of(template)
    try:
        words = tuple(piece.format_map(fields) for piece in pieces)
    except KeyError:
        return None
    if not all(fields[name] for name in named) or any(map(_is_option, pieces, words)):
        return None
    return Command(words, changes)


def _is_option(piece: str, word: str) -> bool:
    """Return whether *word* is an option only because of the value of a field in *piece*."""
    return piece.startswith("{") and word.startswith("-")


_QUOTING = frozenset("'\"\\")
"""The characters that mean something to a shell, so that a line is not just words and blanks."""


@cache
def _pieces_of(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a command line *template* and the names of its fields."""
    plain = _QUOTING.isdisjoint(template)  # as most
    words = template.split() if plain else shlex.split(template)
    return tuple(words), tuple(re.findall(r"{(\w+)}", template))
