"""Next steps: a sentence, and commands to paste."""

from typing import Literal, NamedTuple


class Command(NamedTuple):
    """A command to paste: its words, and whether it changes anything."""

    argv: tuple[str, ...]
    changes: bool = False


class Hint(NamedTuple):
    """A next step: a sentence, and the commands for it.

    One whose label is "more" mends nothing; it tells more.
    """

    text: str
    commands: tuple[Command, ...] = ()
    label: Literal["fix", "more"] = "fix"
