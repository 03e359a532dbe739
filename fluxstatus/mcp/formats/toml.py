"""Read and edit the tables of one entry in TOML, the format of Codex and of Mistral Vibe.

A new entry is written as tables with headers, at the end of the file, so the rest stays unchanged.
Of an entry that is there, only the lines of what differs are changed. A container whose name ends
in [] is a list of tables, each with its name. An entry in an inline table is not edited.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from fluxstatus.base.quoting import yaml_string
from fluxstatus.mcp.formats.malformed import MalformedError, lines_of, named

_HEADER = re.compile(r"[ \t]*\[[^\r\n]*")
_NOTHING = re.compile(r"[ \t]*(#.*)?")
_BARE = re.compile(r"[\w-]+", re.ASCII)


class _Table(NamedTuple):
    """A table of our entry: its keys below the entry, and its lines, from and to."""

    below: tuple[str, ...]
    start: int
    end: int


class _Header(NamedTuple):
    """A header of a table, and whether it begins another one of a list."""

    keys: tuple[str, ...]
    is_item: bool


def entries(text: str, container: Sequence[str]) -> dict[str, Any]:
    """Return the entries of the table *container*, empty without such a table.

    Raises MalformedError if *text* is not TOML.
    """
    value: Any = _parse(text)
    for key in container:
        value = value.get(key.removesuffix("[]")) if isinstance(value, dict) else None
    if container and container[-1].endswith("[]"):
        return named(value)
    return value if isinstance(value, dict) else {}


def has(text: str, container: Sequence[str]) -> bool:
    """Return whether *text* has something at *container*. Raises MalformedError."""
    return container[-1].removesuffix("[]") in entries(text, container[:-1])


def put(text: str, container: Sequence[str], name: str, value: dict[str, Any]) -> str:
    """Return *text* with the entry *name* of *container* set to *value*. Raises MalformedError."""
    known = entries(text, container)
    if known.get(name) == value:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    if name in known and (edited := _edited(text, container, name, value, newline)):
        return edited
    rest = drop(text, container, name)
    gap = "" if not rest else newline if rest.endswith("\n") else 2 * newline
    changed = rest + gap + newline.join(_written(container, name, value)) + newline
    _compare(text, changed, container, name)
    if entries(changed, container).get(name) != value:
        raise MalformedError("it has the entry in a form that this program does not edit")
    return changed


def drop(text: str, container: Sequence[str], name: str, *, prune: bool = False) -> str:
    """Return *text* without the entry *name* of *container*. Raises MalformedError.

    With *prune*, a header of the container with nothing below it is dropped, too.
    """
    if name not in entries(text, container):
        return text
    lines = lines_of(text)
    gone: set[int] = set()
    for table in _tables_of(lines, container, name):
        gone.update(range(table.start, table.end))
        before = table.start - 1
        if before >= 0 and before not in gone and not lines[before].strip():
            gone.add(before)  # the empty line before it
    changed = "".join(line for number, line in enumerate(lines) if number not in gone)
    _compare(text, changed, container, name)
    return _pruned(changed, container) if prune else changed


def dump(value: Any) -> str:
    """Return *value*, nested tables, as a complete file."""
    return "\n".join(_tables([], value)).strip("\n") + "\n"


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise MalformedError(str(error) or "it is nested too deeply") from error


def _headers(lines: Sequence[str]) -> dict[int, _Header]:
    """Return the header of each table by the index of its line."""
    found, last = {}, 0
    for number, line in enumerate(lines):
        if _HEADER.match(line) and (keys := _keys(line)):
            try:  # within a multi-line string or list, the table before it does not parse
                tomllib.loads("".join(lines[last:number]))
            except tomllib.TOMLDecodeError:
                continue
            found[number] = _Header(keys, line.lstrip().startswith("[["))
            last = number
    return found


def _keys(line: str) -> tuple[str, ...]:
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys = []
    while isinstance(value, dict) and value:
        [key] = value
        keys.append(key)
        value = value[key]
    return tuple(keys)


def _tables_of(lines: Sequence[str], container: Sequence[str], name: str) -> list[_Table]:
    """Return the tables of the entry *name*, without the comments that belong to what follows."""
    headers = _headers(lines)
    ends = [*headers, len(lines)][1:]
    path = (*container, name)
    if container[-1].endswith("[]"):
        path = (*container[:-1], container[-1].removesuffix("[]"))
    found: list[_Table] = []
    is_ours = not container[-1].endswith("[]")
    for (start, header), end in zip(headers.items(), ends, strict=True):
        if header.is_item and header.keys == path:
            is_ours = _name_of(lines[start:end]) == name
        if is_ours and header.keys[: len(path)] == path:
            found.append(_Table(header.keys[len(path) :], start, end))
    followed = {table.start for table in found}
    return [
        table if table.end in followed else table._replace(end=_last_value(lines, table))
        for table in found
    ]


def _name_of(table: Sequence[str]) -> Any:
    """Return the name in the lines of a table of a list."""
    return tomllib.loads("".join(table[1:])).get("name")


def _last_value(lines: Sequence[str], table: _Table) -> int:
    """Return where the values of *table* end: what follows is about the next one."""
    end = table.end
    while end > table.start + 1 and _NOTHING.fullmatch(lines[end - 1].rstrip("\r\n")):
        end -= 1
    return end


def _edited(
    text: str, container: Sequence[str], name: str, value: dict[str, Any], newline: str
) -> str:
    """Return *text* with *value* in the tables of *name*; "" if they have another form."""
    lines = lines_of(text)
    tables = _tables_of(lines, container, name)
    if not tables or tables[0].below:
        return ""
    for table in reversed(tables):
        target: Any = value
        for key in table.below:
            target = target.get(key) if isinstance(target, dict) else None
        nested = {one.below[len(table.below)] for one in tables if _is_below(one, table)}
        new = []
        if isinstance(target, dict):
            body = lines[table.start + 1 : table.end]
            new = [lines[table.start], *_body(body, target, nested, newline)]
        lines[table.start : table.end] = new
    changed = "".join(lines)
    try:
        _compare(text, changed, container, name)
        return changed if entries(changed, container).get(name) == value else ""
    except MalformedError:
        return ""


def _is_below(one: _Table, other: _Table) -> bool:
    return len(one.below) > len(other.below) and one.below[: len(other.below)] == other.below


def _body(
    lines: Sequence[str], target: Mapping[str, Any], nested: set[str], newline: str
) -> Iterator[str]:
    """Yield the lines of a table with the values of *target*, but for its *nested* tables."""
    seen = set(nested)
    for statement in _statements(lines):
        parsed = tomllib.loads(statement)
        key = next(iter(parsed), None)
        seen.add(key or "")
        if key is None or (key in target and parsed[key] == target[key]):
            yield statement
        elif key in target:
            yield f"{_indent(statement)}{_key(key)} = {_plain(target[key])}{_comment(statement)}"
    for key, one in target.items():
        if key not in seen:
            yield f"{_key(key)} = {_plain(one)}{newline}"


def _statements(lines: Sequence[str]) -> Iterator[str]:
    """Yield each key with its value, and each comment or empty line."""
    text = ""
    for line in lines:
        text += line
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue  # it goes on in the next line
        yield text if text.endswith("\n") else text + "\n"
        text = ""


def _indent(statement: str) -> str:
    return statement[: len(statement) - len(statement.lstrip(" \t"))]


def _comment(statement: str) -> str:
    """Return what follows the value of *statement*: blanks, a comment, the line break."""
    value = tomllib.loads(statement)
    for match in re.finditer(r"[ \t]*#|[ \t]*\r?\n\Z", statement):
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(statement[: match.start()]) == value:
                return statement[match.start() :]
    return "\n"


def _pruned(text: str, container: Sequence[str]) -> str:
    """Return *text* without the header of *container* if nothing is below it."""
    if entries(text, container):
        return text
    lines = lines_of(text)
    start = next((n for n, one in _headers(lines).items() if one.keys == tuple(container)), None)
    if start is None:
        return text
    return "".join([*lines[:start], *lines[start + 1 :]])


def _written(container: Sequence[str], name: str, value: dict[str, Any]) -> Iterator[str]:
    if container[-1].endswith("[]"):
        path = [*container[:-1], container[-1].removesuffix("[]")]
        yield "[[" + ".".join(map(_key, path)) + "]]"
        for key, one in value.items():
            yield f"{_key(key)} = {_plain(one)}"
    else:
        yield from _tables([*container, name], value)


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
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_plain(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    raise MalformedError(f"the entry has a value that cannot be written: {value!r}")


def _compare(before: str, after: str, container: Sequence[str], name: str) -> None:
    """Raise MalformedError if anything but the entry has changed."""
    try:
        same = _content(_parse(before), container, name) == _content(
            tomllib.loads(after), container, name
        )
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise MalformedError("it has the entry in a form that this program does not edit")


def _content(value: Any, path: Sequence[str], name: str) -> Any:
    """Return *value* without the entry *name* at *path*, and without its empty parents."""
    if not path:
        if isinstance(value, list):
            return [one for one in value if not isinstance(one, dict) or one.get("name") != name]
        return {k: v for k, v in value.items() if k != name} if isinstance(value, dict) else value
    if not isinstance(value, dict):
        return value
    key = path[0].removesuffix("[]")
    found = {k: _content(v, path[1:], name) if k == key else v for k, v in value.items()}
    if found.get(key) in ({}, []):
        found.pop(key)
    return found
