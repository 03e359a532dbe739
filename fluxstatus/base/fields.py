"""Reading JSON values of unknown types without exceptions."""

from collections.abc import Iterable
from typing import Any

NESTED = (dict, list)
"""The types of JSON values that contain other values; `dict | list` would be built at each test."""


def text_of(value: Any) -> str:
    """Return *value* if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def map_of(value: Any) -> dict[str, Any]:
    """Return *value* if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def maps_of(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects in *value* if it is a list, else an empty list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether more than *levels* JSON objects and lists are nested in *value*."""
    level = _containers([value])
    for _ in range(levels):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in _containers(outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _containers(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    return [value for value in values if isinstance(value, NESTED)]
