"""Read and edit one extension in the block-style YAML that goose writes.

This is not a YAML parser. A file whose relevant parts are not plain blocks is reported as malformed
and not changed.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from fluxstatus.base.quoting import yaml_string
from fluxstatus.mcp.formats.malformed import MalformedError, lines_of

_TOP = re.compile(r"(?P<key>[A-Za-z_][\w.-]*):(?P<rest>[ \t].*)?")
_KEY = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s#&*!|>\'"%@`\[\]{},?:-][^:#]*|-[\w-]+)'
    r":(?:[ \t]+(?P<rest>.*))?"
)
_PLAIN = re.compile(r"[^\s#&*!|>'\"%@`\[\]{},?:-].*|-[^\s].*")
_LONG_ESCAPE = re.compile(r"(\\\\)|\\U([0-9A-Fa-f]{8})")  # JSON has none, YAML has no pairs
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class _Line(NamedTuple):
    number: int
    indent: int
    text: str


def entries(text: str, container: Sequence[str]) -> dict[str, Any]:
    """Return the entries of the block *container*, one key; None for an unreadable entry.

    Raises MalformedError if *text* has a form that goose does not write.
    """
    found: dict[str, Any] = {}
    for name, block in _entries(text, container).items():
        try:
            found[name] = _read(block)
        except MalformedError:
            found[name] = None
    return found


def put(text: str, container: Sequence[str], name: str, value: dict[str, Any]) -> str:
    """Return *text* with the entry *name* of *container* set to *value*. Raises MalformedError."""
    if entries(text, container).get(name) == value:
        return text
    rest = drop(text, container, name)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines, [key] = lines_of(rest), container
    start = _start(lines, key)
    if start is None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += newline
        lines.append(f"{key}:{newline}")
        start = len(lines) - 1
    inside = _block(lines, start)
    indent = inside[0].indent if inside else 2
    new = [" " * indent + line + newline for line in _write({name: value})]
    end = inside[-1].number + 1 if inside else start + 1
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    lines[start] = re.sub(r":[ \t]*\{\}", ":", lines[start], count=1)
    changed = "".join([*lines[:end], *new, *lines[end:]])
    if entries(changed, container).get(name) != value:
        raise MalformedError("it has a form that this program does not edit")
    return changed


def drop(text: str, container: Sequence[str], name: str) -> str:
    """Return *text* without the entry *name* of *container*. Raises MalformedError."""
    block = _entries(text, container).get(name)
    if block is None:
        return text
    lines = lines_of(text)
    return "".join([*lines[: block[0].number], *lines[block[-1].number + 1 :]])


def dump(value: dict[str, Any]) -> str:
    """Return *value* as a complete file."""
    return "".join(f"{line}\n" for line in _write(value))


def _entries(text: str, container: Sequence[str]) -> dict[str, list[_Line]]:
    """Return the lines of each entry, by its name."""
    lines, [key] = lines_of(text), container
    start = _start(lines, key)
    if start is None:
        return {}
    inside = _block(lines, start)
    found: dict[str, list[_Line]] = {}
    name = ""
    for line in inside:
        if line.indent == inside[0].indent:
            name = _split(line)[0]
            if name in found:
                raise MalformedError(f'line {line.number + 1} repeats key "{name}"')
            found[name] = []
        elif line.indent < inside[0].indent:
            raise MalformedError(f"line {line.number + 1} has an unexpected indentation")
        found[name].append(line)
    return found


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
            raise MalformedError(f"line {number + 1} is not in the form that goose writes")
        if top["key"] == key:
            if found is not None or rest.partition("#")[0].strip() not in ("", "{}"):
                raise MalformedError(f'line {number + 1}: key "{key}" is not a plain block')
            found = number
    return found


def _is_closed(value: str) -> bool:
    """Whether a value in brackets or quotes ends on the same line."""
    pairs = {"[": "]", "{": "}", '"': '"', "'": "'"}
    return len(value) > 1 and value[-1] == pairs.get(value[0])


def _block(lines: Sequence[str], start: int) -> list[_Line]:
    """Return the lines of the block after line *start*, without comments."""
    found = []
    for number, line in enumerate(lines[start + 1 :], start + 1):
        bare = line.rstrip()
        if not bare or bare.lstrip()[0] == "#":
            continue
        indent = len(bare) - len(bare.lstrip(" "))
        if not indent:
            break
        found.append(_Line(number, indent, bare.lstrip()))
    return found


def _split(line: _Line) -> tuple[str, str]:
    match = _KEY.fullmatch(line.text)
    if match is None:
        raise MalformedError(f"line {line.number + 1} is not in the form that goose writes")
    return str(_scalar(match["key"].strip(), line)), (match["rest"] or "").strip()


def _read(block: Sequence[_Line]) -> Any:
    """Parse an entry: a key with nested keys, lists and plain values."""
    _, rest = _split(block[0])
    value, end = _inner(block, 1, block[0].indent) if not rest else (_scalar(rest, block[0]), 1)
    if end != len(block):
        raise MalformedError(f"line {block[end].number + 1} is not in the form that goose writes")
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
            items.append(_scalar(block[at].text[2:].strip(), block[at]))
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
            raise MalformedError(
                f"line {line.number + 1} is not in the form that goose writes"
            ) from error
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if _PLAIN.fullmatch(text) and not re.search(r"\s#|:\s", text):
        return text
    raise MalformedError(f"line {line.number + 1} is not in the form that goose writes")


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
