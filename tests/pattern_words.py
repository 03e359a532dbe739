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
    r"|(?P<begin>\()(?:(?P<denied>\?<?!)|\?(?:P<\w+>|[:>]|<?=))?",
    re.DOTALL,
)

_ESCAPED = re.compile(r"\\(.)")


def words_of(pattern: str) -> frozenset[str]:
    """Return words such that each text that matches *pattern* contains one of them."""
    return _rarest(required(pattern))


@cache
def required(pattern: str) -> tuple[frozenset[str], ...]:
    """Return sets of words: each text that matches *pattern* contains a word of each set.

    It is read once from left to right, since many patterns are read before the first one is tried.
    """
    outer: list[tuple[list[frozenset[str]], list[frozenset[str]], bool]] = []
    # Of the group that is read: the words of each alternative before, the sets of the last one,
    # and whether the group must not match.
    before, needed, is_denied = list[frozenset[str]](), list[frozenset[str]](), False
    for part in _PART.finditer(f"{pattern})"):
        kind = part.lastgroup
        if kind == "repeated":
            text = part["word"]
            if "\\" in text:
                text = _ESCAPED.sub(r"\1", text)
            if text := text[:-1] if part["repeated"] else text:
                needed.append(frozenset({text}))
        elif kind == "either":
            before.append(_rarest(needed))
            needed = []
        elif kind == "optional":  # the end of the group
            if before:
                needed = [frozenset().union(*before, _rarest(needed))]
            if not outer:
                return tuple(needed)
            inner = [] if is_denied or part["optional"] else needed
            before, needed, is_denied = outer.pop()
            needed += inner
        elif kind:
            outer.append((before, needed, is_denied))
            before, needed, is_denied = [], [], kind == "denied"
    raise ValueError(f"a group is not closed in {pattern!r}")


def _rarest(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    """Return the words that the fewest texts have: long ones, and few of them."""
    if len(sets) == 1:  # as in most alternatives
        return sets[0]
    return max(sets, key=lambda words: (min(map(len, words)), -len(words)), default=_ANY)
