"""Read and edit the tables of one entry in TOML, the format of Codex.

An entry is written as tables with headers, at the end of the file, so the rest stays unchanged. An
entry in an inline table is not edited.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fluxstatus.base.quoting import yaml_string
from fluxstatus.mcp.formats.malformed import MalformedError, lines_of

_HEADER = re.compile(r"[ \t]*\[[^\r\n]*")
_NOTHING = re.compile(r"[ \t]*(#.*)?")
_BARE = re.compile(r"[\w-]+", re.ASCII)


def entries(text: str, container: Sequence[str]) -> dict[str, Any]:
    """Return the entries of the table *container*, empty without such a table.

    Raises MalformedError if *text* is not TOML.
    """
    value: Any = _parse(text)
    for key in container:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def put(text: str, container: Sequence[str], name: str, value: dict[str, Any]) -> str:
    """Return *text* with the entry *name* of *container* set to *value*. Raises MalformedError."""
    if entries(text, container).get(name) == value:
        return text
    path = [*container, name]
    newline = "\r\n" if "\r\n" in text else "\n"
    rest = drop(text, container, name)
    gap = "" if not rest else newline if rest.endswith("\n") else 2 * newline
    changed = rest + gap + newline.join(_tables(path, value)) + newline
    _compare(text, changed, path)
    return changed


def drop(text: str, container: Sequence[str], name: str) -> str:
    """Return *text* without the entry *name* of *container*. Raises MalformedError."""
    if name not in entries(text, container):
        return text
    path = [*container, name]
    lines, kept, ours = lines_of(text), list[str](), False
    headers = _headers(lines)
    for number, line in enumerate(lines):
        if header := headers.get(number):
            before, ours = ours, header[: len(path)] == path
            if ours and not before and kept and not kept[-1].strip():
                kept.pop()  # the empty line before it
        if not ours or (number not in headers and _is_of_others(lines, headers, number, path)):
            kept.append(line)
    changed = "".join(kept)
    _compare(text, changed, path)
    return changed


def dump(value: Any) -> str:
    """Return *value*, nested tables, as a complete file."""
    return "\n".join(_tables([], value)).strip("\n") + "\n"


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedError(str(error) or "it is nested too deeply") from error


def _headers(lines: Sequence[str]) -> dict[int, list[str]]:
    """Return the keys of each table by the index of its header line."""
    found, last = {}, 0
    for number, line in enumerate(lines):
        if _HEADER.match(line) and (keys := _keys(line)):
            try:  # within a multi-line string or list, the table before it does not parse
                tomllib.loads("".join(lines[last:number]))
            except tomllib.TOMLDecodeError:
                continue
            found[number], last = keys, number
    return found


def _keys(line: str) -> list[str]:
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return []
    keys = []
    while isinstance(value, dict) and value:
        [key] = value
        keys.append(key)
        value = value[key]
    return keys


def _is_of_others(
    lines: Sequence[str], headers: Mapping[int, Sequence[str]], start: int, path: Sequence[str]
) -> bool:
    """Whether only comments and empty lines follow before another entry's table or the end."""
    for number, line in enumerate(lines[start:], start):
        if header := headers.get(number):
            return list(header[: len(path)]) != path
        if not _NOTHING.fullmatch(line.rstrip("\r\n")):
            return False
    return True


def _tables(path: Sequence[str], value: dict[str, Any]) -> Iterator[str]:
    plain = {key: one for key, one in value.items() if not isinstance(one, dict)}
    inner = {key: one for key, one in value.items() if isinstance(one, dict)}
    if path and (plain or not inner):
        yield "[" + ".".join(map(_key, path)) + "]"
    for key, one in plain.items():
        yield f"{_key(key)} = {_plain(one)}"
    for key, one in inner.items():
        if plain:
            yield ""
        yield from _tables([*path, key], one)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _plain(key)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return yaml_string(value)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    raise MalformedError(f"the entry has a value that cannot be written: {value!r}")


def _compare(before: str, after: str, path: Sequence[str]) -> None:
    """Raise MalformedError if anything but the entry has changed."""
    try:
        same = _content(_parse(before), path) == _content(tomllib.loads(after), path)
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise MalformedError("it has the entry in a form that this program does not edit")


def _content(value: Any, path: Sequence[str]) -> Any:
    if not path or not isinstance(value, dict):
        return value
    found = {k: _content(v, path[1:]) if k == path[0] else v for k, v in value.items()}
    if len(path) == 1 or found.get(path[0]) == {}:
        found.pop(path[0], None)
    return found
