"""Read and edit one entry of JSON with comments and trailing commas, as editors keep it.

Only the text of that entry changes. No maintained pure-Python library preserves the rest byte for
byte, so this module edits the text at the entry's position. It then parses the result and compares
it with the original.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fluxstatus.base.quoting import json_text
from fluxstatus.mcp.formats.malformed import MalformedError

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)|(?P<comment>//[^\r\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\[^\r\n])*")'
    r"|(?P<plain>-?\d[\d.eE+-]*|true|false|null)|(?P<mark>[][{}:,])|(?P<end>\Z)",
    re.DOTALL,
)
_UNIT = "  "
_GONE = object()
_SKIPPED = None
"""In place of a path: the value is not parsed. An empty path means that all of it is."""

_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    before: int  # where the token or comment before it ends
    after_line_comment: bool


@dataclass(slots=True)
class _Node:
    """A value: its position in the text, its content, the members of an object, items of a list.

    A value outside the path has no members or items, but its text.
    """

    start: int
    end: int
    value: Any
    members: "list[_Member] | None" = None
    last: "_Token | None" = None  # the bracket that closes an object
    items: "list[_Node]" = field(default_factory=list)
    text: str = ""


@dataclass(slots=True)
class _Member:
    name: str
    key: _Token
    node: _Node
    comma: _Token | None = field(default=None)


def entries(text: str, container: Sequence[str]) -> dict[str, Any]:
    """Return the entries of the object at the keys *container*, empty without such an object.

    Raises MalformedError if *text* is not JSON; comments and trailing commas are allowed.
    """
    try:
        value = json.loads(text)  # in C: some of these files have megabytes
    except (ValueError, RecursionError):
        value = _parse(text).value
    for key in container:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def has(text: str, container: Sequence[str]) -> bool:
    """Return whether *text* has something at *container*. Raises MalformedError."""
    return container[-1] in entries(text, container[:-1])


def put(text: str, container: Sequence[str], name: str, value: dict[str, Any]) -> str:
    """Return *text* with the entry *name* at *container* set to *value*.

    Of an entry that is there, only what differs is changed. Missing parents are created. Raises
    MalformedError, also if a parent is not an object.
    """
    path = [*container, name]
    root = _parse(text, path)
    changed = text
    while edit := next(_edits(_parse(changed, path), path, value), None):
        changed = _apply(changed, *edit)
    _compare(root, _parse(changed, path), path)
    return changed


def drop(text: str, container: Sequence[str], name: str, *, prune: bool = False) -> str:
    """Return *text* without the entry *name* at *container*. Raises MalformedError.

    With *prune*, what is then empty of *container* is dropped, too.
    """
    path = [*container, name]
    changed = _without(text, path)
    while prune and (path := path[:-1]) and _is_empty(changed, path):
        changed = _without(changed, path)
    whole = [*container, name]
    _compare(_parse(text, whole), _parse(changed, whole), whole)
    return changed


def _edits(node: _Node, path: list[Any], value: Any) -> Iterator[tuple[list[Any], Any]]:
    """Yield what differs below *node* from *value* at *path*: a path, and what to set or _GONE."""
    for key in path:
        child = _child(node, key, path)
        if child is None:
            yield path, value
            return
        node = child
    yield from _differences(node, path, value)


def _differences(node: _Node, path: list[Any], value: Any) -> Iterator[tuple[list[Any], Any]]:
    """Yield what differs in *node*, which is at *path*, from *value*."""
    if node.value == value:
        return
    children: list[tuple[Any, Any]] = []
    if node.members and isinstance(value, dict):
        yield from (([*path, key], _GONE) for key in node.value.keys() - value.keys())
        children = list(value.items())
    elif node.items and isinstance(value, list) and len(value) >= len(node.items):
        children = list(enumerate(value))
    else:
        yield path, value
    for key, one in children:
        child = _child(node, key, path)
        yield from _differences(child, [*path, key], one) if child else [([*path, key], one)]


def _child(node: _Node, key: Any, path: Sequence[Any]) -> _Node | None:
    """Return the item or the member *key* of *node*. Raises MalformedError if it has neither."""
    if isinstance(key, int):
        return node.items[key] if key < len(node.items) else None
    member = _member(node, key, path)
    return member.node if member else None


def _apply(text: str, path: Sequence[Any], value: Any) -> str:
    """Return *text* with *value* at *path*, or without that member if it is _GONE."""
    if value is _GONE:
        return _without(text, path)
    node = root = _parse(text, path)
    rest = list(path)
    while rest and (child := _child(node, rest[0], path)):
        node, rest = child, rest[1:]
    style = _unit(text, root), "\r\n" if "\r\n" in text else "\n"
    if rest and isinstance(rest[0], int):
        return _append(text, node, value, style[1])
    for key in reversed(rest[1:]):
        value = {key: value}
    if rest:
        return _insert(text, node, rest[0], value, style)
    lines = "\n" in text[node.start : node.end] or not isinstance(value, list)
    written = _dump(value, _indent(text, node.start), style) if lines else json_text(value)
    return text[: node.start] + written + text[node.end :]


def _append(text: str, node: _Node, value: Any, newline: str) -> str:
    """Append *value* to a list that has items, on its own line if the first of them is."""
    first, end = node.items[0], node.items[-1].end
    lines = "\n" in text[node.start : first.start]
    gap = newline + _indent(text, first.start) if lines else " "
    return f"{text[:end]},{gap}{json_text(value)}{text[end:]}"


def _without(text: str, path: Sequence[str]) -> str:
    while found := next(_all(_parse(text, path), path), None):
        text = _cut(text, *found)
    return text


def _is_empty(text: str, path: Sequence[str]) -> bool:
    """Return whether there is nothing in the object at *path*, not even a comment."""
    for node, number in _all(_parse(text, path), path):
        inner = (node.members or [])[number].node
        if inner.members is None or text[inner.start + 1 : inner.end - 1].strip():
            return False
    return True


def dump(value: Any) -> str:
    """Return *value* as a complete file."""
    return json_text(value, 2) + "\n"


def _member(node: _Node, key: str, path: Sequence[str]) -> _Member | None:
    if node.members is None:
        raise MalformedError(f"a parent of {'.'.join(path)} is not an object")
    return next((m for m in reversed(node.members) if m.name == key), None)


def _all(root: _Node, path: Sequence[str]) -> Iterator[tuple[_Node, int]]:
    """Yield the object and the index of each member at *path*; keys may be duplicated."""
    for number, member in enumerate(root.members or ()):
        if member.name == path[0]:
            if len(path) == 1:
                yield root, number
            else:
                yield from _all(member.node, path[1:])


def _insert(text: str, node: _Node, key: str, value: Any, style: tuple[str, str]) -> str:
    """Append a member to an object, after its comments, on its own line if the others are.

    *style* is the indentation of one level, and the line break.
    """
    unit, newline = style
    close, members = node.last, node.members
    if close is None or members is None:
        raise MalformedError(f"the parent of {key} is not an object")
    outer = _indent(text, node.start)
    between = text[node.start : members[0].key.start] if members else newline
    lines = "\n" in between or close.after_line_comment
    if lines:
        inner = _indent(text, members[-1].key.start) if members else outer + unit
        start = f"{newline}{inner}"
    else:
        inner, start = outer, " " if members else ""
    written = _dump(value, inner, style) if lines else json_text(value)
    trailing = "," if members and members[-1].comma else ""
    new = f"{start}{json_text(key)}: {written}{trailing}"
    if lines and "\n" not in text[close.before : close.start]:
        new += newline + outer
    changed = text[: close.before] + new + text[close.before :]
    if members and members[-1].comma is None:
        end = members[-1].node.end
        changed = changed[:end] + "," + changed[end:]
    return changed


def _cut(text: str, node: _Node, number: int) -> str:
    """Remove a member and the comma that is then superfluous; comments stay."""
    members = node.members or []
    member = members[number]
    end = member.comma.end if member.comma else member.node.end
    rest, start = text[end:], member.key.before
    if member.key.after_line_comment and "\n" not in rest[: len(rest) - len(rest.lstrip())]:
        start = member.key.start  # the comment must not hide the rest of the line
    text = text[:start] + rest
    if number and member.comma is None and (comma := members[number - 1].comma):
        text = text[: comma.start] + text[comma.end :]
    return text


def _dump(value: Any, indent: str, style: tuple[str, str]) -> str:
    unit, newline = style
    text = json_text(value, unit)
    return text.replace("\n", newline + indent)  # a JSON string contains no bare newline


def _indent(text: str, position: int) -> str:
    """Return the white space at the start of the line of *position*."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str, root: _Node) -> str:
    """Return the indentation of one level, as the file has it."""
    return (_indent(text, root.members[0].key.start) if root.members else "") or _UNIT


def _compare(before: _Node, after: _Node, path: Sequence[str]) -> None:
    """Raise MalformedError if anything but the entry has changed."""
    if _content(before, path) != _content(after, path):
        raise MalformedError("the entry cannot be changed without changing something else")


def _content(node: _Node, path: Sequence[str]) -> Any:
    """Return the content of *node*, with duplicate keys, without *path* and its empty parents."""
    if node.members is None:
        return node.text or repr(node.value)
    found = []
    for member in node.members:
        rest = path[1:] if path and member.name == path[0] else ()
        if path[:1] == [member.name] and len(path) == 1:
            continue
        content = _content(member.node, rest)
        if rest and content == []:
            continue
        found.append((member.name, content))
    return found


def _parse(text: str, path: Sequence[Any] = ()) -> _Node:
    """Return what *text* has at *path* and around it. Raises MalformedError.

    Values outside *path* that have no comments are read by json, which is fast: some files have
    megabytes.
    """
    if not text.strip(" \t\r\n"):
        raise MalformedError("it is empty")
    tokens = _Tokens(text)
    try:
        root, token = _value(next(tokens), tokens, path)
    except RecursionError as error:
        raise MalformedError("it is nested too deeply") from error
    if token.kind != "end":
        raise _unexpected(token)
    return root


class _Tokens:
    """The tokens of *text*, one after the other. Raises MalformedError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._position = self._before = 0
        self._line_comment = False

    def __next__(self) -> _Token:
        text = self.text
        while match := _TOKEN.match(text, self._position):
            kind, self._position = match.lastgroup or "", match.end()
            if kind == "comment":
                self._before, self._line_comment = match.end(), match[0].startswith("//")
            elif kind != "space":
                token = _Token(
                    kind, match[0], match.start(), match.end(), self._before, self._line_comment
                )
                self._before, self._line_comment = match.end(), False
                return token
        line = text.count("\n", 0, self._position) + 1
        raise MalformedError(f"line {line} is not JSON")

    def skipped(self, start: _Token) -> _Node | None:
        """Return the object or list that begins with *start*; None if it has to be looked into."""
        try:
            value, end = _DECODER.raw_decode(self.text, start.start)
        except ValueError:  # it has comments, or is malformed
            return None
        self._position = self._before = end
        return _Node(start.start, end, value, text=self.text[start.start : end])


def _value(token: _Token, tokens: _Tokens, path: Sequence[Any] | None = ()) -> tuple[_Node, _Token]:
    """Parse the value that begins with *token*; return it and the next token."""
    if token.text not in ("{", "["):
        if token.kind not in ("string", "plain"):
            raise _unexpected(token)
        return _Node(token.start, token.end, _scalar(token)), next(tokens)
    if path is _SKIPPED:
        if node := tokens.skipped(token):
            return node, next(tokens)
        path = ()
    return _object(token, tokens, path) if token.text == "{" else _array(token, tokens)


def _object(start: _Token, tokens: _Tokens, path: Sequence[Any]) -> tuple[_Node, _Token]:
    members: list[_Member] = []
    token = next(tokens)
    while token.text != "}" or token.kind != "mark":
        if token.kind != "string" or (members and members[-1].comma is None):
            raise _unexpected(token)
        key, colon = token, next(tokens)
        if colon.text != ":":
            raise _unexpected(colon)
        name = _scalar(key)
        below = path[1:] if not path or path[0] == name else _SKIPPED
        node, token = _value(next(tokens), tokens, below)
        members.append(_Member(name, key, node))
        if token.text == ",":
            members[-1].comma, token = token, next(tokens)
    value = {member.name: member.node.value for member in members}
    return _Node(start.start, token.end, value, members, token), next(tokens)


def _array(start: _Token, tokens: _Tokens) -> tuple[_Node, _Token]:
    items: list[_Node] = []
    token, comma = next(tokens), True
    while token.text != "]" or token.kind != "mark":
        if not comma:
            raise _unexpected(token)
        node, token = _value(token, tokens)
        items.append(node)
        comma = token.text == ","
        if comma:
            token = next(tokens)
    value = [node.value for node in items]
    return _Node(start.start, token.end, value, items=items), next(tokens)


def _scalar(token: _Token) -> Any:
    try:
        return json.loads(token.text)
    except ValueError as error:
        raise _unexpected(token) from error


def _unexpected(token: _Token) -> MalformedError:
    what = "it ends unexpectedly" if token.kind == "end" else f"{token.text[:20]!r} is unexpected"
    return MalformedError(what)
