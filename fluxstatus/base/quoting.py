r"""Text in double quotes, as JSON has it, in which every character can be seen.

What would not be seen is an escape of the format (`\u202e`), so the text is the same once it is
parsed. No text can end the quotation.
"""

import json
from collections.abc import Callable
from typing import Any

from fluxstatus.base.visible import is_visible

_ENCODER = json.JSONEncoder(ensure_ascii=False)  # json.dumps() would make one for each text


def quoted(text: str, most: int | None = None) -> str:
    """Return *text* as a JSON string; of more than *most* characters, only both ends."""
    return json_text(text if most is None else shortened(text, most))


def shortened(text: str, most: int) -> str:
    """Return *text*, of more than *most* characters both ends: a cause is often at the end."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def json_text(value: Any, indent: str | int | None = None) -> str:
    """Return *value* as JSON, with *indent* as in `json.dumps`; letters of any script stay."""
    return _escaped(json.dumps(value, indent=indent, ensure_ascii=False), _in_json)


def yaml_string(text: str) -> str:
    """Return *text* as a double-quoted string of YAML or TOML; half a surrogate pair is kept."""
    return _escaped(_ENCODER.encode(text), _in_yaml)


def _escaped(document: str, escape: Callable[[str], str]) -> str:
    """Return a JSON *document* with what is not visible in its strings as an *escape*."""
    if document.isascii() and "\x7f" not in document:
        return document
    # In the strings of JSON, the characters below the blank are escapes already.
    return "".join(c if c < " " or is_visible(c) else escape(c) for c in document)


def _in_json(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"


def _in_yaml(char: str) -> str:
    return f"\\U{ord(char):08x}"
