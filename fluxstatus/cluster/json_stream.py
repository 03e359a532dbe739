"""Parsing JSON as it arrives, the items of a list one by one.

A long list is never held as text, and its first objects are processed while the API server still
writes the rest.
"""

import codecs
from collections.abc import Callable, Iterable
from json import JSONDecodeError, JSONDecoder
from typing import Any

_BLANK = " \t\n\r"
_LEAST = 1 << 16  # characters to read at a time, at least
_OF_A_NUMBER = 2
"""Characters after a number that may belong to it: "1e+" may be the beginning of 1e+5."""


def read(chunks: Iterable[bytes], keep: Callable[[Any], Any]) -> Any:
    """Return the JSON document in *chunks*, which may be split anywhere.

    If it is an object with a list `items`, each item is replaced by what *keep* returns for it.
    Raises ValueError if it is not JSON or text follows it, RecursionError if it is too deep.
    """
    text = _Text(chunks)
    document = _object(text, keep) if text.skip("{") else text.value()
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
        is_list = name == "items" and text.skip("[")
        members[name] = _items(text, keep) if is_list else text.value()
        if not text.skip(","):
            text.demand("}")
            return members
    raise text.error("a name")


def _items(text: "_Text", keep: Callable[[Any], Any]) -> list[Any]:
    """Parse what follows the bracket of a list."""
    items: list[Any] = []
    if text.skip("]"):
        return items
    items.append(keep(text.value()))
    while text.skip(","):
        items.append(keep(text.value()))
    text.demand("]")
    return items


class _Text:
    """The received part of a text that is not parsed yet; it receives more at its end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._parse = JSONDecoder().raw_decode
        self._text, self._at, self._ended = "", 0, False

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
        found = self.next() == character
        self._at += found
        return found

    def demand(self, character: str) -> None:
        """Consume *character*. Raises ValueError if another is next."""
        if not self.skip(character):
            raise self.error(character)

    def value(self) -> Any:
        """Consume and return the next value. Raises ValueError, RecursionError."""
        self.next()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except JSONDecodeError:  # perhaps only because the rest is not here yet
                if not self._more():
                    raise
            else:
                length = end - self._at
                if len(self._text) - end > _OF_A_NUMBER or not self._more():
                    self._at += length
                    return value

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
