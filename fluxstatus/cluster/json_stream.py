"""Parsing JSON as it arrives, the items of a list one by one.

A long list is never held as text, and its first objects are processed while the API server still
writes the rest. An item that is too deep or too large costs that item alone.
"""

import codecs
import math
import re
from collections.abc import Callable, Iterable
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple, NoReturn

from fluxstatus.base.late_pattern import late_pattern

_BLANK = " \t\n\r"
_LEAST = 1 << 16  # characters to read at a time, at least
_OF_A_NUMBER = 2
"""Characters after a number that may belong to it: "1e+" may be the beginning of 1e+5."""

_MOST = 1 << 23
"""The most characters of a value that is held as text; an API server stores no object of that
size."""

_MOST_OF_DOCUMENT = 1 << 26  # the same for a value that is not an item, such as all of discovery
_MANY = 1 << 20  # characters of a value that may have too many values in it
_MOST_VALUES = 1_000_000  # in one value
_MOST_ITEMS = 1_000_000  # in a list
_TO_SKIP = late_pattern(r'"(?:[^"\\]++|\\.)*+"|[][{}"]', re.DOTALL)
_OPENING = ("{", "[", '"')
_DEEPER = {"{": 1, "[": 1, "}": -1, "]": -1}
_END_OF_TEXT = late_pattern(r'["\\\\]')
_END_OF_SCALAR = late_pattern(r"[],}\s]")
_NAMING = ("kind", "metadata")  # the members of an object that name it
_TOO_DEEP = "is nested too deeply"


class UnreadableError(ValueError):
    """A value that is JSON, but beyond what is read; the text is the end of a sentence on it."""


class Unreadable(NamedTuple):
    """An item that could not be read.

    `known` are its members `kind` and `metadata`, as far as they could be read. `why` is the end
    of a sentence on the item, as "is nested too deeply".
    """

    known: dict[str, Any]
    why: str


def read(chunks: Iterable[bytes], keep: Callable[[Any], Any]) -> Any:
    """Return the JSON document in *chunks*, which may be split anywhere.

    If it is an object with a list `items`, each item is replaced by what *keep* returns for it, or
    by an Unreadable. Raises ValueError if it is not JSON or text follows it, and UnreadableError
    if another value than an item cannot be read.
    """
    text = _Text(chunks)
    document = _object(text, keep) if text.skip("{") else text.value(_MOST_OF_DOCUMENT)
    if text.next():
        raise text.error("nothing more")
    return document


def _object(text: "_Text", keep: Callable[[Any], Any]) -> dict[str, Any]:
    """Parse what follows the brace of the outermost object."""
    members: dict[str, Any] = {}
    if text.skip("}"):
        return members
    while text.next() == '"':
        name = text.value()
        text.demand(":")
        if name in members:  # the last one would replace a list, or the token for the next page
            raise UnreadableError(f"has a duplicate key {name!r}")
        is_list = name == "items" and text.skip("[")
        members[name] = _items(text, keep) if is_list else text.value(_MOST_OF_DOCUMENT)
        if not text.skip(","):
            text.demand("}")
            return members
    raise text.error("a name")


def _items(text: "_Text", keep: Callable[[Any], Any]) -> list[Any]:
    """Parse what follows the bracket of a list."""
    items: list[Any] = []
    if text.skip("]"):
        return items
    items.append(_item(text, keep))
    while text.skip(","):
        items.append(_item(text, keep))
        if len(items) > _MOST_ITEMS:
            raise UnreadableError(f"has more than {_MOST_ITEMS:,} items")
    text.demand("]")
    return items


def _item(text: "_Text", keep: Callable[[Any], Any]) -> Any:
    """Consume an item; return what is kept of it, or an Unreadable."""
    try:
        item = text.value()
    except UnreadableError as error:
        return Unreadable(_outline(text), f"{error}")
    try:
        return keep(item)
    except RecursionError:
        known = {n: item[n] for n in _NAMING if n in item} if isinstance(item, dict) else {}
        return Unreadable(known, _TOO_DEEP)


def _outline(text: "_Text") -> dict[str, Any]:
    """Consume a value that cannot be read; return those of its members that name it."""
    known: dict[str, Any] = {}
    if not text.skip("{"):
        text.skip_value()
        return known
    while text.next() == '"':
        name = text.value_or_none()
        text.demand(":")
        if name in _NAMING:
            known[name] = text.value_or_none()
        else:
            text.skip_value()
        if not text.skip(","):
            break
    text.demand("}")
    return known


class _Text:
    """The received part of a text that is not parsed yet; it receives more at its end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        # As Go does: a byte that is not UTF-8 spoils one text, not the document.
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._parse = JSONDecoder(parse_float=_finite, parse_constant=_refuse).raw_decode
        self._text, self._at, self._ended = "", 0, False
        self._usual = 0  # characters of a value, by the last one

    def next(self) -> str:
        """Return the next character that is not blank, without consuming it; empty at the end."""
        while not (character := self._text[self._at : self._at + 1]) or character in _BLANK:
            rest = self._text[self._at :].lstrip(_BLANK)
            self._at = len(self._text) - len(rest)
            if not rest and not self._more():
                return ""
        return character

    def skip(self, character: str) -> bool:
        """Consume *character* if it is next; return whether it was."""
        if self._text.startswith(character, self._at):  # as mostly, for thousands of items
            self._at += 1
            return True
        found = self.next() == character
        self._at += found
        return found

    def demand(self, character: str) -> None:
        """Consume *character*. Raises ValueError if another is next."""
        if not self.skip(character):
            raise self.error(character)

    def value(self, most: int = 0) -> Any:
        """Consume and return the next value, of about *most* characters at most, or _MOST.

        Raises ValueError. An UnreadableError leaves the value unconsumed.
        """
        if len(self._text) - self._at < self._usual:  # to try half a value takes longer
            self._more()
        self.next()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except JSONDecodeError:  # perhaps only because the rest is not here yet
                self._check_size(most or _MOST)
                if not self._more():
                    raise
            except RecursionError as error:
                raise UnreadableError(_TOO_DEEP) from error
            except UnreadableError:
                raise
            except ValueError as error:  # int() takes no more digits
                raise UnreadableError("has a number with too many digits") from error
            else:
                length = end - self._at
                if len(self._text) - end > _OF_A_NUMBER or not self._more():
                    self._usual = length
                    self._at += length
                    return value

    def value_or_none(self) -> Any:
        """Consume the next value; return it, or None if it cannot be read. Raises ValueError."""
        try:
            return self.value()
        except UnreadableError:
            self.skip_value()
            return None

    def skip_value(self) -> None:
        """Consume the next value without holding it, however deep. Raises ValueError."""
        if self.next() not in _OPENING:
            self._skip_to(_END_OF_SCALAR)
            return
        depth = self._skip_in_text(0)
        while depth:
            if not self._more():
                raise self.error("the end of a value")
            depth = self._skip_in_text(depth)

    def _skip_in_text(self, depth: int) -> int:
        """Consume what is received of a value, *depth* levels deep in it; return the new depth."""
        for found in _TO_SKIP.finditer(self._text, self._at):
            depth += _DEEPER.get(found[0], 0)
            if found[0] == '"':  # of a string that is not all here
                self._at = found.end()
                self._skip_string()
                return self._skip_in_text(depth) if depth else 0
            if not depth:
                self._at = found.end()
                return 0
        self._at = len(self._text)
        return depth

    def _skip_string(self) -> None:
        """Consume what follows the quote at the beginning of a string. Raises ValueError."""
        while mark := self._skip_to(_END_OF_TEXT):
            self._at += 1
            if mark == '"':
                return
            if self._at < len(self._text) or self._more():
                self._at += 1
        raise self.error("the end of a string")

    def _skip_to(self, marks: re.Pattern[str]) -> str:
        """Consume all before the next one of *marks*, and return that; empty at the end."""
        while not (found := marks.search(self._text, self._at)):
            self._at = len(self._text)
            if not self._more():
                return ""
        self._at = found.start()
        return found[0]

    def _check_size(self, most: int) -> None:
        """Raise UnreadableError if the value that is incomplete here is too large to be read."""
        held = len(self._text) - self._at
        if held > most:
            raise UnreadableError(f"is larger than {most >> 20} MiB")
        if held > _MANY and self._text.count(",", self._at) > _MOST_VALUES:
            raise UnreadableError(f"has more than {_MOST_VALUES:,} values")

    def error(self, wanted: str) -> JSONDecodeError:
        """Return the error for input where *wanted* was expected."""
        return JSONDecodeError(f"expected {wanted}", self._text, self._at)

    def _more(self) -> bool:
        """Receive more, at least as much as is not consumed; return whether there was any.

        An incomplete value is parsed again each time its length has doubled.
        """
        rest = len(self._text) - self._at
        parts, wanted = [self._text[self._at :]], max(rest, _LEAST)
        while wanted > 0 and not self._ended:
            chunk = next(self._chunks, None)
            self._ended = chunk is None
            parts.append(self._decode(chunk or b"", final=self._ended))
            wanted -= len(parts[-1])
        self._text, self._at = "".join(parts), 0
        return len(self._text) > rest


def _finite(number: str) -> float:
    """Return the float *number*. Raises UnreadableError for one that JSON could not hold again."""
    if math.isfinite(value := float(number)):
        return value
    raise UnreadableError("has a number that is too large")


def _refuse(constant: str) -> NoReturn:
    raise UnreadableError(f"has the value {constant}, which is not JSON")
