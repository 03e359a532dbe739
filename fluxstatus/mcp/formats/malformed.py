"""The parts that the editors of all formats share: lines, lists with names, and the error."""

from typing import Any

from fluxstatus.base.fields import maps_of
from fluxstatus.base.late_pattern import late_pattern

_LINE = late_pattern(r"[^\n]*\n|[^\n]+")


class MalformedError(Exception):
    """A configuration file does not parse, or has an unsupported form; the text has the reason."""


def lines_of(text: str) -> list[str]:
    """Return the lines of *text* with their line breaks; only a newline ends a line."""
    return _LINE.findall(text)


def named(value: Any) -> dict[str, Any]:
    """Return the objects of the list *value* by their names; of two, the last one."""
    return {str(one["name"]): one for one in maps_of(value) if "name" in one}
