"""Reading JSON values of unknown types without exceptions."""

from typing import Any


def text_of(value: Any) -> str:
    """Return *value* if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def map_of(value: Any) -> dict[str, Any]:
    """Return *value* if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def maps_of(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects in *value* if it is a list, else an empty list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
