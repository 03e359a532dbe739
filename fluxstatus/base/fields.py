"""JSON values of which nothing is certain, read without an exception."""

from typing import Any


def text_of(value: Any) -> str:
    """Return *value* when it is text, else the empty text."""
    return value if isinstance(value, str) else ""


def map_of(value: Any) -> dict[str, Any]:
    """Return *value* when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def maps_of(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects in *value* when it is a list, else none."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
