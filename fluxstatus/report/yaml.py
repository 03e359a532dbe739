"""The YAML writer, and lists of objects as JSON, YAML and names."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fluxstatus.base.fields import map_of
from fluxstatus.base.masking import masked
from fluxstatus.model.evidence import Object
from fluxstatus.report.terminal import visible

# Text that YAML 1.1 and 1.2 both read as this string, not as a number, date, bool or null.
_PLAIN = re.compile(r"[A-Za-z/][\w./@+-]*(?: [\w./@+-]+)*")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_INDENT = 4  # spaces, for an object in a JSON list


def as_json(objects: Iterable[Object]) -> Iterator[str]:
    """Yield a v1 List of *objects* in pieces of one JSON document."""
    yield '{\n    "apiVersion": "v1",\n    "items": ['
    comma = ""
    for one in objects:
        text = json.dumps(_clean(one), indent=_INDENT)
        yield comma + "\n        " + text.replace("\n", "\n        ")
        comma = ","
    yield ("\n    " if comma else "") + '],\n    "kind": "List",\n    "metadata": {\n'
    yield '        "resourceVersion": ""\n    }\n}\n'


def as_yaml(objects: Iterable[Object]) -> Iterator[str]:
    """Yield a v1 List of *objects* in pieces of one YAML document."""
    begun = False
    for one in objects:
        if not begun:
            yield "apiVersion: v1\nitems:\n"
        begun = True
        yield from _block([_clean(one)], "")
    if not begun:
        yield "apiVersion: v1\nitems: []\n"
    yield 'kind: List\nmetadata:\n  resourceVersion: ""\n'


def as_names(objects: Iterable[Object]) -> Iterator[str]:
    """Yield a line "kind.group/name" for each object, as kubectl accepts it."""
    for one in objects:
        group, slash, _ = str(one.get("apiVersion", "")).partition("/")
        kind = str(one.get("kind", "")).lower() + (f".{group}" if slash else "")
        yield visible(f"{kind}/{one['metadata'].get('name', '')}") + "\n"


DOCUMENTS: Mapping[str, Callable[[Iterable[Object]], Iterator[str]]] = {
    "json": as_json,
    "yaml": as_yaml,
    "name": as_names,
}
"""The output formats with whole objects."""


def yaml_of(value: Any, *, is_sorted: bool = True) -> str:
    """Return the JSON *value* as a YAML document, with sorted keys as kubectl prints it."""
    filled = isinstance(value, dict | list) and value
    return "".join(_block(value, "", is_sorted=is_sorted)) if filled else f"{_scalar(value)}\n"


def _clean(one: Object) -> Object:
    """Return *one* without managedFields, as kubectl prints it, and with credentials masked."""
    one = map_of(masked(one))
    metadata = one.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return one
    return {**one, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def _block(value: Any, indent: str, *, is_sorted: bool = True) -> Iterator[str]:
    """Yield the lines of a map or a list that is not empty."""
    if isinstance(value, dict):
        for key, entry in sorted(value.items()) if is_sorted else value.items():
            yield from _entry(f"{indent}{_scalar(key)}:", entry, indent, is_sorted=is_sorted)
        return
    for entry in value:
        if isinstance(entry, dict | list) and entry:
            first, *others = _block(entry, f"{indent}  ", is_sorted=is_sorted)
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from others
        else:
            yield f"{indent}- {_scalar(entry)}\n"


def _entry(head: str, value: Any, indent: str, *, is_sorted: bool) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield f"{head}\n"
        # kubectl puts the dashes of a list below the key, and indents a map.
        inner = indent if isinstance(value, list) else f"{indent}  "
        yield from _block(value, inner, is_sorted=is_sorted)
    else:
        yield f"{head} {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    """Return a scalar, or an empty map or list; ambiguous text is quoted.

    A JSON string is a double-quoted YAML string.
    """
    if isinstance(value, float) and "." not in repr(value):
        return repr(value).replace("e", ".0e")  # a YAML 1.1 float needs a point
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    # Not the \\u of json: in YAML half of a surrogate pair is a character.
    return "".join(map(_printable, json.dumps(value, ensure_ascii=False)))


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"
