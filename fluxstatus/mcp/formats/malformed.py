"""The parts that the editors of all formats share: lines, and the error."""

import re

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class MalformedError(Exception):
    """A configuration file does not parse, or has an unsupported form; the text has the reason."""


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* with their line breaks; only a newline ends a line."""
    return _LINE.findall(text)
