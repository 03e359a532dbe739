"""Next steps: a sentence, and commands to paste."""

from typing import Literal, NamedTuple


class Command(NamedTuple):
    """A command to paste: its words, and whether it changes anything."""

    argv: tuple[str, ...]
    changes: bool = False


class Hint(NamedTuple):
    """A next step: a sentence, and the commands for it.

    A hint with the label "more" fixes nothing; it shows more details.
    """

    text: str
    commands: tuple[Command, ...] = ()
    label: Literal["fix", "more"] = "fix"


def hint(text: str, *commands: Command) -> Hint:
    """Return the next step *text* with its *commands*."""
    return Hint(text, commands)


def kubectl(*words: str, changes: bool = False) -> Command:
    """Return a kubectl command; *changes* if it changes the cluster."""
    return Command(("kubectl", *words), changes)
