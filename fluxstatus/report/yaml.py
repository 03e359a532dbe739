"""The YAML writer, and lists of objects as JSON, YAML and names."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from fluxstatus.base.fields import map_of
from fluxstatus.base.masking import masked
from fluxstatus.base.quoting import yaml_string
from fluxstatus.base.urls import origin_of
from fluxstatus.base.visible import is_visible, visible
from fluxstatus.model.evidence import Object

# Text that YAML 1.1 and 1.2 both read as this string, not as a number, date, bool or null.
_PLAIN = re.compile(r"[A-Za-z/][\w./@+-]*+(?: [\w./@+-]++)*+")
_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_REPOSITORIES = ("git", "bitbucket", "azuredevops")
"""The beginnings of the Provider types whose address is a repository."""

Verdicts: TypeAlias = Sequence[Mapping[str, Any]] | None
"""The verdicts that a list adds about its objects; None if it adds none."""

_INDENT = 4  # spaces, for an object in a JSON list


def as_json(objects: Iterable[Object], verdicts: Verdicts = None) -> Iterator[str]:
    """Yield a v1 List of *objects* in pieces of one JSON document.

    What is in *verdicts* once all objects are written follows in a list of its own; without them
    there is none.
    """
    yield '{\n    "apiVersion": "v1",\n    "items": ['
    comma = ""
    for one in objects:
        text = json.dumps(_clean(one), indent=_INDENT)
        yield comma + "\n        " + text.replace("\n", "\n        ")
        comma = ","
    yield ("\n    " if comma else "") + '],\n    "kind": "List",\n    "metadata": {\n'
    yield '        "resourceVersion": ""\n    }'
    if verdicts is not None:
        text = json.dumps(verdicts, indent=_INDENT).replace("\n", "\n    ")
        yield f',\n    "verdicts": {text}'
    yield "\n}\n"


def as_yaml(objects: Iterable[Object], verdicts: Verdicts = None) -> Iterator[str]:
    """Yield a v1 List of *objects* in pieces of one YAML document, with *verdicts* as in JSON."""
    begun = False
    for one in objects:
        if not begun:
            yield "apiVersion: v1\nitems:\n"
        begun = True
        yield from _block([_clean(one)], "")
    if not begun:
        yield "apiVersion: v1\nitems: []\n"
    yield 'kind: List\nmetadata:\n  resourceVersion: ""\n'
    if verdicts is not None:
        yield from _block({"verdicts": [*verdicts]}, "", is_sorted=False)


def as_names(objects: Iterable[Object], _: object = None) -> Iterator[str]:
    """Yield a line "kind.group/name" for each object, as kubectl accepts it."""
    for one in objects:
        group, slash, _ = str(one.get("apiVersion", "")).partition("/")
        kind = str(one.get("kind", "")).lower() + (f".{group}" if slash else "")
        yield visible(f"{kind}/{one['metadata'].get('name', '')}") + "\n"


DOCUMENTS: Mapping[str, Callable[[Iterable[Object], Verdicts], Iterator[str]]] = {
    "json": as_json,
    "yaml": as_yaml,
    "name": as_names,
}
"""The output formats with whole objects."""

_EMPTY = {"None": "null", "[]": "[]", "{}": "{}", "True": "true", "False": "false"}
"""Most values that are no text, as YAML by their names in Python; JSON takes longer."""

_LONG = 1000  # characters of a key; a parser looks for its colon among the first 1,024


def yaml_of(value: Any, *, is_sorted: bool = True) -> str:
    """Return the JSON *value* as a YAML document, with sorted keys as kubectl prints it."""
    filled = isinstance(value, dict | list) and value
    return "".join(_block(value, "", is_sorted=is_sorted)) if filled else f"{_scalar(value)}\n"


def _clean(one: Object) -> Object:
    """Return *one* without managedFields, as kubectl prints it, and with credentials masked."""
    one = _without_address(map_of(masked(one)))
    metadata = one.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return one
    return {**one, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


def _without_address(one: Object) -> Object:
    """Return *one* without the credentials in the spec of a Provider that no text shows as such.

    The path of a webhook is one, unlike that of a repository; so is the channel of PagerDuty.
    """
    spec = map_of(one.get("spec"))
    kind = str(spec.get("type"))
    if one.get("kind") != "Provider" or kind.startswith(_REPOSITORIES):
        return one
    address = str(spec.get("address", ""))
    origin = origin_of(address)
    if origin and address.removeprefix(origin).strip("/"):
        spec = {**spec, "address": f"{origin}/***"}
    if kind == "pagerduty" and spec.get("channel"):
        spec = {**spec, "channel": "***"}
    return {**one, "spec": spec}


def _block(value: Any, indent: str, *, is_sorted: bool = True) -> list[str]:
    """Return the lines of a map or a list that is not empty."""
    lines: list[str] = []
    _add(lines, value, indent, is_sorted=is_sorted)
    return lines


def _add(lines: list[str], value: Any, indent: str, *, is_sorted: bool) -> None:
    """Add the lines of a map or a list: a generator or a call for each line takes twice as long."""
    inner = f"{indent}  "
    if isinstance(value, dict):
        for key, entry in sorted(value.items()) if is_sorted else value.items():
            head = _head(key, indent)
            if type(entry) is str:  # most are
                lines.append(f"{head} {_text(entry)}\n")
            elif entry and isinstance(entry, dict | list):
                lines.append(f"{head}\n")
                # kubectl puts the dashes of a list below the key, and indents a map.
                below = inner if isinstance(entry, dict) else indent
                _add(lines, entry, below, is_sorted=is_sorted)
            else:
                lines.append(f"{head} {_scalar(entry)}\n")
        return
    for entry in value:
        if type(entry) is str:
            lines.append(f"{indent}- {_text(entry)}\n")
        elif entry and isinstance(entry, dict | list):
            first = len(lines)
            _add(lines, entry, inner, is_sorted=is_sorted)
            lines[first] = f"{indent}- {lines[first][len(inner) :]}"
        else:
            lines.append(f"{indent}- {_scalar(entry)}\n")


@lru_cache(maxsize=1000)
def _head(key: str, indent: str) -> str:
    """Return the begin of a line with *key*; YAML demands the mark of a long one (1.2, 7.4.2)."""
    written = _scalar(key)
    return f"{indent}{written}:" if len(written) < _LONG else f"{indent}? {written}\n{indent}:"


def _scalar(value: Any) -> str:
    """Return a scalar, or an empty map or list, as YAML."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and "." not in repr(value):
        return repr(value).replace("e", ".0e")  # a YAML 1.1 float needs a point
    return _EMPTY.get(repr(value)) or json.dumps(value)


@lru_cache(maxsize=4096)  # kinds, namespaces and codes repeat
def _text(value: str) -> str:
    """Return a string, in double quotes, like one of JSON, if it is ambiguous without."""
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT
    if is_plain and (value.isascii() or all(map(is_visible, value))):
        return value
    return yaml_string(value)
