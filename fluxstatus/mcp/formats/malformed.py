"""What the editors of the formats share: lines, and what we had better not touch."""

import re

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class MalformedError(Exception):
    """A configuration file does not parse, or has a form that we do not change; the text says."""


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* with their ends; only a newline ends one, as in TOML and YAML."""
    return _LINE.findall(text)
