"""Read and edit one entry in the block-style YAML of goose and Continue.

This is not a YAML parser. A file whose relevant parts are not plain blocks is reported as malformed
and not changed. A container whose name ends in [] is a list of entries, each with its name.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from fluxstatus.base.quoting import yaml_string
from fluxstatus.mcp.formats.malformed import MalformedError, lines_of

_TOP = re.compile(r"(?P<key>[A-Za-z_][\w.-]*):(?P<rest>[ \t].*)?")
_KEY = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s#&*!|>\'"%@`\[\]{},?:-][^:#]*|-[\w-]+)'
    r":(?:[ \t]+(?P<rest>.*))?"
)
_PLAIN = re.compile(r"[^\s#&*!|>'\"%@`\[\]{},?:-].*|-[^\s].*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
_COMMENT = re.compile(r"(?:(?<!.)|[ \t]+)#.*")
_LONG_ESCAPE = re.compile(r"(\\\\)|\\U([0-9A-Fa-f]{8})")  # JSON has none, YAML has no pairs
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Line(NamedTuple):
    number: int
    indent: int
    text: str


class _Place(NamedTuple):
    """Where the entries are: the key, its line (None without one), and whether it is a list."""

    key: str
    start: int | None
    is_list: bool


def entries(text: str, container: Sequence[str]) -> dict[str, Any]:
    """Return the entries of the block *container*, one key; an unreadable one as its text.

    Raises MalformedError if *text* is not in plain blocks.
    """
    lines = lines_of(text)
    place = _place(lines, container)
    found: dict[str, Any] = {}
    for name, block in _entries(lines, place).items():
        try:
            found[name] = _read(block, place)
        except MalformedError:
            found[name] = "".join(lines[block[0].number : block[-1].number + 1])
    return found


def has(text: str, container: Sequence[str]) -> bool:
    """Return whether *text* has the key *container*. Raises MalformedError."""
    return _place(lines_of(text), container).start is not None


def put(text: str, container: Sequence[str], name: str, value: dict[str, Any]) -> str:
    """Return *text* with the entry *name* of *container* set to *value*. Raises MalformedError."""
    known = entries(text, container)
    if known.get(name) == value:
        return text
    if isinstance(known.get(name), str):
        raise MalformedError(f"the entry {name} has a form that this program does not edit")
    newline = "\r\n" if "\r\n" in text else "\n"
    if known.get(name):
        changed = _edited(text, container, name, value, newline)
        if _is_as(changed, container, {**known, name: value}):
            return changed
    changed = _added(_dropped(text, container, name), container, {name: value}, newline)
    if not _is_as(changed, container, {**known, name: value}):
        raise MalformedError("it has a form that this program does not edit")
    return changed


def drop(text: str, container: Sequence[str], name: str, *, prune: bool = False) -> str:
    """Return *text* without the entry *name* of *container*. Raises MalformedError.

    A container that is then empty is written as such: a key alone is null. With *prune* it is
    dropped, too.
    """
    changed = _dropped(text, container, name)
    lines = lines_of(changed)
    place = _place(lines, container)
    if changed == text or place.start is None or _block(lines, place):
        return changed
    line = lines[place.start]
    if prune:
        return "".join([*lines[: place.start], *lines[place.start + 1 :]])
    end = line.index(":") + 1
    empty = " []" if place.is_list else " {}"
    return "".join(
        [*lines[: place.start], line[:end] + empty + line[end:], *lines[place.start + 1 :]]
    )


def dump(value: dict[str, Any]) -> str:
    """Return *value* as a complete file."""
    return "".join(f"{line}\n" for line in _write(value))


def _is_as(text: str, container: Sequence[str], expected: Mapping[str, Any]) -> bool:
    try:
        return entries(text, container) == expected
    except MalformedError:
        return False


def _added(text: str, container: Sequence[str], entry: dict[str, Any], newline: str) -> str:
    """Return *text* with *entry* at the end of its container."""
    lines = lines_of(text)
    place = _place(lines, container)
    start = place.start
    if start is None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        lines.append(f"{place.key}:{newline}")
        start = len(lines) - 1
    inside = _block(lines, place._replace(start=start))
    indent = inside[0].indent if inside else 2
    [value] = entry.values()
    items = [f"{'  ' if n else '- '}{line}" for n, line in enumerate(_write(value))]
    written = items if place.is_list else _write(entry)
    new = [" " * indent + line + newline for line in written]
    end = inside[-1].number + 1 if inside else start + 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    lines[start] = re.sub(r":[ \t]*(\{\}|\[\])", ":", lines[start], count=1)
    return "".join([*lines[:end], *new, *lines[end:]])


def _dropped(text: str, container: Sequence[str], name: str) -> str:
    lines = lines_of(text)
    block = _entries(lines, _place(lines, container)).get(name)
    if block is None:
        return text
    return "".join([*lines[: block[0].number], *lines[block[-1].number + 1 :]])


def _edited(
    text: str, container: Sequence[str], name: str, value: dict[str, Any], newline: str
) -> str:
    """Return *text* with only those lines of the entry changed that differ from *value*."""
    lines = lines_of(text)
    place = _place(lines, container)
    block = _entries(lines, place)[name]
    inside = block if place.is_list else block[1:]
    if not inside:
        return text
    if not lines[inside[-1].number].endswith("\n"):
        lines[inside[-1].number] += newline
    new = _mapping(lines, inside, _read(block, place), value, newline)
    return "".join([*lines[: inside[0].number], *new, *lines[inside[-1].number + 1 :]])


def _mapping(
    lines: Sequence[str],
    block: Sequence[_Line],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    newline: str,
) -> Iterator[str]:
    """Yield the lines of a mapping with the values of *new*, as they were where these are old."""
    indent = block[0].indent
    starts = [n for n, line in enumerate(block) if line.indent == indent and line.text[:2] != "- "]
    for start, end in pairwise([*starts, len(block)]):
        part = block[start:end]
        key = _split(part[0])[0]
        after = part[-1].number + 1
        if key in new and old[key] == new[key]:
            yield from lines[part[0].number : after]
        elif key in new:
            yield from _value(lines, part, old[key], new[key], newline)
        if end < len(block):
            yield from lines[after : block[end].number]  # the comments before the next key
    for key, one in new.items():
        if key not in old:
            yield from (" " * indent + line + newline for line in _write({key: one}))


def _value(
    lines: Sequence[str], part: Sequence[_Line], old: Any, new: Any, newline: str
) -> Iterator[str]:
    """Yield the lines of a key, *part*, with the value *new* instead of *old*."""
    first, inside = part[0], part[1:]
    line = lines[first.number]
    same = type(old) is type(new) and bool(new)
    if inside and same:
        yield from lines[first.number : inside[0].number]
        edit = _mapping if isinstance(new, dict) else _items
        yield from edit(lines, inside, old, new, newline)
    elif inside or isinstance(new, dict | list):
        written = _write({_split(first)[0]: new})
        for number, text in enumerate(written):
            yield (" " * first.indent if number else line[: first.indent]) + text + newline
    else:
        key = first.text[: first.text.index(":")]
        yield f"{line[: first.indent]}{key}: {_written(new)}{_comment(first.text)}{newline}"


def _items(
    lines: Sequence[str],
    block: Sequence[_Line],
    old: Sequence[Any],
    new: Sequence[Any],
    newline: str,
) -> Iterator[str]:
    """Yield the lines of a list with the items *new*, each where an old one was."""
    indent = " " * block[0].indent
    for number, line in enumerate(block):
        if number and block[number - 1].number + 1 < line.number:
            yield from lines[block[number - 1].number + 1 : line.number]
        if number < len(new) and old[number] == new[number]:
            yield lines[line.number]
        elif number < len(new):
            yield f"{indent}- {_written(new[number])}{_comment(line.text)}{newline}"
    for one in new[len(block) :]:
        yield f"{indent}- {_written(one)}{newline}"


def _comment(text: str) -> str:
    """Return the comment at the end of the line *text* with the blanks before it, if any."""
    rest = text[2:] if text.startswith("- ") else text[text.index(":") + 1 :]
    bare = _uncommented(rest.strip())
    return rest.rstrip()[rest.index(bare) + len(bare) :]


def _place(lines: Sequence[str], container: Sequence[str]) -> _Place:
    [key] = container
    is_list = key.endswith("[]")
    key = key.removesuffix("[]")
    return _Place(key, _start(lines, key), is_list)


def _entries(lines: Sequence[str], place: _Place) -> dict[str, list[_Line]]:
    """Return the lines of each entry, by its name."""
    found: dict[str, list[_Line]] = {}
    for block in _blocks(_block(lines, place), place):
        name = _name(block) if place.is_list else _split(block[0])[0]
        if name in found:
            raise MalformedError(f'line {block[0].number + 1} repeats key "{name}"')
        found[name] = block
    return found


def _blocks(inside: Sequence[_Line], place: _Place) -> Iterator[list[_Line]]:
    """Yield the lines of each entry; those of a list without the dash."""
    block: list[_Line] = []
    for line in inside:
        if line.indent < inside[0].indent or (place.is_list and inside[0].text[:2] != "- "):
            raise MalformedError(f"line {line.number + 1} has an unexpected indentation")
        if line.indent == inside[0].indent and block:
            yield block
            block = []
        if not block and place.is_list:
            text = line.text[1:].lstrip()
            line = _Line(line.number, line.indent + len(line.text) - len(text), text)  # noqa: PLW2901
        block.append(line)
    if block:
        yield block


def _name(block: Sequence[_Line]) -> str:
    """Return the name of an item of a list."""
    for line in block:
        if line.indent == block[0].indent and line.text.startswith("name:"):
            return str(_scalar(_split(line)[1], line))
    return ""


def _start(lines: Sequence[str], key: str) -> int | None:
    """Return the index of the line with the top-level key *key*, None without one."""
    found = None
    for number, line in enumerate(lines):
        bare = line.rstrip()
        if not bare or bare[0] in " #" or bare.startswith("- ") or bare == "---":
            continue  # within a block or a list
        top = _TOP.fullmatch(bare)
        rest = (top["rest"] or "").strip() if top else ""
        if top is None or (rest[:1] in "[{\"'&*!" and rest and not _is_closed(rest)):
            raise MalformedError(f"line {number + 1} has an unknown format")
        if top["key"] == key:
            if found is not None or rest.partition("#")[0].strip() not in ("", "{}", "[]"):
                raise MalformedError(f'line {number + 1}: key "{key}" is not a block mapping')
            found = number
    return found


def _is_closed(value: str) -> bool:
    """Return whether a value in brackets or quotes ends on the same line."""
    pairs = {"[": "]", "{": "}", '"': '"', "'": "'"}
    return len(value) > 1 and value[-1] == pairs.get(value[0])


def _block(lines: Sequence[str], place: _Place) -> list[_Line]:
    """Return the lines of the block below its key, without comments."""
    found: list[_Line] = []
    if place.start is None:
        return found
    for number, line in enumerate(lines[place.start + 1 :], place.start + 1):
        bare = line.rstrip()
        if not bare or bare.lstrip()[0] == "#":
            continue
        indent = len(bare) - len(bare.lstrip(" "))
        if not indent and not (place.is_list and bare.startswith("- ")):
            break
        found.append(_Line(number, indent, bare.lstrip()))
    return found


def _split(line: _Line) -> tuple[str, str]:
    match = _KEY.fullmatch(line.text)
    if match is None:
        raise _other_form(line)
    rest = _uncommented((match["rest"] or "").strip())
    return str(_scalar(match["key"].strip(), line)), rest


def _uncommented(value: str) -> str:
    """Return *value* without the comment after it."""
    quoted = _QUOTED.match(value)
    end = quoted.end() if quoted else 0
    comment = _COMMENT.search(value, end)
    return value[: comment.start()] if comment else value


def _other_form(line: _Line) -> MalformedError:
    return MalformedError(f"line {line.number + 1} has an unknown format")


def _read(block: Sequence[_Line], place: _Place) -> Any:
    """Parse an entry: a key with nested keys, lists and plain values; of a list, those alone."""
    if place.is_list:
        value, end = _inner(block, 0, block[0].indent - 1)
    else:
        _, rest = _split(block[0])
        inner = _inner(block, 1, block[0].indent)
        value, end = inner if not rest else (_scalar(rest, block[0]), 1)
    if end != len(block):
        raise _other_form(block[end])
    return value


def _inner(block: Sequence[_Line], at: int, outer: int) -> tuple[Any, int]:
    """Parse the value indented deeper than *outer* from line *at*; return it and its end."""
    listed = at < len(block) and block[at].text.startswith("- ")
    # A list may be indented like its key.
    if at >= len(block) or block[at].indent < outer + (not listed):
        return None, at
    indent = block[at].indent
    if listed:
        items = []
        while at < len(block) and block[at].indent == indent and block[at].text.startswith("- "):
            items.append(_scalar(_uncommented(block[at].text[2:].strip()), block[at]))
            at += 1
        return items, at
    found: dict[str, Any] = {}
    while at < len(block) and block[at].indent == indent:
        key, rest = _split(block[at])
        if rest:
            found[key], at = _scalar(rest, block[at]), at + 1
        else:
            found[key], at = _inner(block, at + 1, indent)
    return found, at


def _scalar(text: str, line: _Line) -> Any:
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    if text in ("{}", "[]") or text.startswith('"'):
        try:
            return json.loads(_LONG_ESCAPE.sub(_char, text))
        except ValueError as error:
            raise _other_form(line) from error
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if _PLAIN.fullmatch(text) and not re.search(r"\s#|:\s", text):
        return text
    raise _other_form(line)


def _write(value: dict[str, Any]) -> Iterator[str]:
    for key, one in value.items():
        written = key if re.fullmatch(r"[A-Za-z][\w-]*", key) else yaml_string(key)
        if isinstance(one, dict) and one:
            yield f"{written}:"
            yield from (f"  {line}" for line in _write(one))
        elif isinstance(one, list) and one:
            yield f"{written}:"
            yield from (f"  - {_written(item)}" for item in one)
        else:
            yield f"{written}: {_written(one)}"


def _written(value: Any) -> str:
    return yaml_string(value) if isinstance(value, str) else json.dumps(value)


def _char(escape: re.Match[str]) -> str:
    return escape[1] or chr(int(escape[2], 16))
