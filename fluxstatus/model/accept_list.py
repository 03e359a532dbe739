"""Lists of accepted faults: entries with a reason and a last day, from a file or a ConfigMap.

A list is TOML or JSON. An unknown key, such as a misspelled one, is an error: without it the entry
would match more than was meant.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from fluxstatus.base.masking import mask
from fluxstatus.model.ref import Ref

LIMIT = 1024 * 1024  # bytes; a ConfigMap cannot be larger
_MOST_ENTRIES = 1000
_LONGEST_LINE = 2_000  # characters, of TOML
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*accept[ \t]*\]\]", re.MULTILINE)
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\]])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TEXTS = ("object", "code", "reason")
_KEYS = (*_TEXTS, "contexts", "until")


class AcceptError(Exception):
    """A list that cannot be used; the message has the line, or the number of the entry."""


class Entry(NamedTuple):
    """An entry: which faults are accepted, why, and up to and including which day.

    `object` is "Kind/namespace/name", or "Kind/name" for an object in no namespace; it, `code` and
    `contexts` are patterns as in a shell. An empty one matches everything. `number` is its place.
    """

    number: int
    reason: str
    until: date
    object: str = ""
    code: str = ""
    contexts: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return how a sentence names it."""
        return f"entry {self.number} ({', '.join(filter(None, (self.code, self.object)))})"

    def applies_in(self, context: str) -> bool:
        """Return whether it is about the cluster of *context*."""
        return not self.contexts or any(fnmatchcase(context, one) for one in self.contexts)

    @property
    def names_code(self) -> bool:
        """Whether it is about some codes only, and not about all that an object has."""
        return bool(self.code.strip("*"))

    def matches(self, code: str, ref: Ref | None) -> bool:
        """Return whether it is about a fault *code* of the object *ref*, None for no object."""
        if self.code and not fnmatchcase(code, self.code):
            return False
        if not self.object:
            return True
        names = tuple(filter(None, ref.key)) if ref else ()
        patterns = self.object.split("/")
        return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


class AcceptList(NamedTuple):
    """The entries from `source`; none if it could not be read, for the reason `unread`."""

    source: str
    entries: tuple[Entry, ...] = ()
    unread: str = ""


def parse(data: bytes, source: str) -> AcceptList:
    """Return the list in *data*, which is TOML or, if it begins with a brace, JSON.

    Raises AcceptError.
    """
    text = _text(data)
    document = _document(text)
    if unknown := sorted(document.keys() - {"accept", "schemaVersion"}):
        raise AcceptError(f"{unknown[0]!r} is unknown; the only key is 'accept'")
    found = document.get("accept", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise AcceptError("'accept' is not a list of entries; start each entry with [[accept]]")
    if len(found) > _MOST_ENTRIES:
        raise AcceptError(f"it has more than {_MOST_ENTRIES} entries")
    lines = _lines_of(text, len(found))
    return AcceptList(
        source, tuple(_entry(number, one, lines) for number, one in enumerate(found, 1))
    )


def _text(data: bytes) -> str:
    if len(data) > LIMIT:
        raise AcceptError(f"it is larger than {LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")  # PowerShell writes a byte order mark
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise AcceptError(f"line {number} is not UTF-8 text") from error
    # The time that tomllib takes for a key grows with the square of its dots.
    for number, line in enumerate(() if _is_json(text) else text.splitlines(), 1):
        if len(line) > _LONGEST_LINE:
            raise AcceptError(f"line {number} has more than {_LONGEST_LINE} characters")
    return text


def _is_json(text: str) -> bool:
    """Return whether *text* is to be JSON: TOML begins with no brace, nor with one in a bracket."""
    return bool(_JSON.match(text))


def _document(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only where a list is read

    try:
        document = _json(text) if _is_json(text) else tomllib.loads(text)
    except RecursionError as error:
        raise AcceptError("it is nested too deeply") from error
    except ValueError as error:  # both decoders say the line
        raise AcceptError(f"{error}") from error
    if not isinstance(document, dict):
        raise AcceptError("it is a list; in JSON, it has to be an object with the key 'accept'")
    return document


def _json(text: str) -> Any:
    """Return the value in *text*. Raises ValueError, also for a key that is there twice.

    Of two, the decoder would keep the last: the entry would not be the one that a reviewer sees.
    """
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {key!r} occurs twice in one object")
    return found


def _lines_of(text: str, entries: int) -> Sequence[int]:
    """Return the line of each entry; none if they are not written below headers."""
    lines = [text.count("\n", 0, one.start()) + 1 for one in _HEADER.finditer(text)]
    return lines if len(lines) == entries else ()


def _entry(number: int, found: Mapping[str, Any], lines: Sequence[int]) -> Entry:
    try:
        return _checked(number, found)
    except ValueError as error:
        line = f" (line {lines[number - 1]})" if lines else ""
        raise AcceptError(f"entry {number}{line}: {error}") from error


def _checked(number: int, found: Mapping[str, Any]) -> Entry:
    """Return the entry *found*. Raises ValueError."""
    if unknown := sorted(found.keys() - {*_KEYS}):
        raise ValueError(f"{unknown[0]!r} is not a key of an entry; use {', '.join(_KEYS)}")
    for key in _TEXTS:
        if key in found and not (isinstance(found[key], str) and found[key].strip()):
            raise ValueError(f"{key} is not a string, or is empty")
    if "object" not in found and "code" not in found:
        raise ValueError("object or code is required")
    if "reason" not in found:
        raise ValueError("reason is missing")
    contexts = found.get("contexts", [])
    if not isinstance(contexts, list) or not all(isinstance(one, str) for one in contexts):
        raise ValueError("contexts is not a list of strings")
    if "contexts" in found and not contexts:
        raise ValueError("contexts is empty, so the entry would never apply")
    pattern = found.get("object", "")
    if pattern and (not all(pattern.split("/")) or pattern.count("/") not in (1, 2)):
        raise ValueError(f"object {pattern!r} must be Kind/namespace/name or Kind/name")
    reason = mask(found["reason"].strip())
    until = last_day(found.get("until"))
    return Entry(number, reason, until, pattern, found.get("code", ""), tuple(contexts))


def last_day(value: Any) -> date:
    """Return the date *value*: one of TOML, or a text such as 2026-12-31. Raises ValueError."""
    if value is None:
        raise ValueError("until is missing (the last day on which the fault is accepted)")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"until {str(value)!r} is not a date such as 2026-12-31")
