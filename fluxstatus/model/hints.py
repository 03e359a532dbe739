"""Next steps: a sentence, and commands to copy."""

from typing import Literal, NamedTuple


class Command(NamedTuple):
    """A command to copy: its arguments, and whether it changes the cluster or this machine."""

    argv: tuple[str, ...]
    changes: bool = False


class Hint(NamedTuple):
    """A next step: a sentence, and the commands for it.

    The label is "fix" for a step towards the fix, "more" for commands that show more details.
    """

    text: str
    commands: tuple[Command, ...] = ()
    label: Literal["fix", "more"] = "fix"
