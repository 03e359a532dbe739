"""The words that a regular expression requires: a text without them cannot match."""

import re
from collections.abc import Sequence
from functools import cache

_ANY = frozenset({""})
"""The result for a pattern that requires no word: every message contains the empty word."""

_REPEAT = r"(?:[*?]|{\d*,?\d*})"
"""A quantifier that makes the preceding part optional or repeats it."""

_LETTER = r"[\w /'\"@:,;~%=<>!&#-]|\\[^\w\n|]"
"""A character that stands for itself, or one that does because it is escaped."""

_ATOM = rf"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[\w|]|\(\?P=\w+\)|{_REPEAT}|[.^$+]"
"""A set of characters, a reference to a group, or another that ends a word."""

_PART = re.compile(
    rf"(?P<word>(?:{_LETTER})+)(?P<repeated>{_REPEAT}?)"
    rf"|(?P<end>\))(?P<optional>{_REPEAT}?)"
    rf"|(?:{_ATOM})+"
    r"|(?P<either>\|)"
    r"|(?P<begin>\()(?:(?P<denied>\?<?!)|(?P<beside>\?<?=)|\?(?:P<\w+>|[:>]))?"
    r"|.",  # a character that is none of these stands for itself, but is not listed
    re.DOTALL,
)

_ESCAPED = re.compile(r"\\(.)")

_MOST = 12
"""How many texts one stands for at most; the more, the longer they are looked for."""


class _Sequence:
    """What has been read of one alternative: the sets of words that it needs.

    `last` is what its end matches, literally; `is_all` whether that is everything so far.
    """

    def __init__(self) -> None:
        self._needed: list[frozenset[str]] = []
        self.last, self.is_all = _ANY, True

    def add(self, words: frozenset[str]) -> None:
        """Add that one of *words* follows, literally."""
        if len(self.last) * len(words) > _MOST:
            self.end()
        self.last = frozenset(before + word for before in self.last for word in words)

    def end(self, *needed: frozenset[str]) -> None:
        """Add that something follows that is not literal, with one word of each of *needed*."""
        self._needed += self.needed()[len(self._needed) :]
        self._needed += needed
        self.last, self.is_all = _ANY, False

    def needed(self) -> list[frozenset[str]]:
        """Return the sets of words of which it needs one each."""
        return [*self._needed, *([] if self.last == _ANY else [self.last])]


def words_of(pattern: str) -> frozenset[str]:
    """Return words such that each text that matches *pattern* contains one of them."""
    return _rarest(required(pattern))


@cache
def required(pattern: str) -> tuple[frozenset[str], ...]:
    """Return sets of words: each text that matches *pattern* contains a word of each set.

    It is read once from left to right, since many patterns are read before the first one is tried.
    """
    outer: list[tuple[list[_Sequence], re.Match[str]]] = []
    read = [_Sequence()]  # the alternatives of the group that is read
    for part in _PART.finditer(f"{pattern})"):
        kind = part.lastgroup
        if kind == "repeated":
            text = _ESCAPED.sub(r"\1", part["word"])
            read[-1].add(frozenset({text[:-1] if part["repeated"] else text}))
            if part["repeated"]:
                read[-1].end()
        elif kind == "either":
            read.append(_Sequence())
        elif kind == "optional":  # the end of the group
            group = read
            if not outer:
                return tuple(_needed(group))
            read, begin = outer.pop()
            if part["optional"] or begin["denied"] or begin["beside"]:
                read[-1].end(*([] if part["optional"] or begin["denied"] else _needed(group)))
            elif all(one.is_all for one in group):
                read[-1].add(frozenset().union(*(one.last for one in group)))
            else:
                read[-1].end(*_needed(group))
        elif kind:
            outer.append((read, part))
            read = [_Sequence()]
        else:
            read[-1].end()
    raise ValueError(f"a group is not closed in {pattern!r}")


def _needed(group: Sequence[_Sequence]) -> list[frozenset[str]]:
    """Return the sets of words of which a text that matches one in *group* needs one each."""
    if len(group) == 1:
        return group[0].needed()
    return [frozenset().union(*(_rarest(one.needed()) for one in group))]


def _rarest(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the words that the fewest texts have: long ones, and few of them."""
    if len(sets) == 1:  # as in most alternatives
        return sets[0]
    return max(sets, key=lambda words: (min(map(len, words)), -len(words)), default=_ANY)
