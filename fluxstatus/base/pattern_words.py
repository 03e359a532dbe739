"""The words that a regular expression requires: a text without them cannot match."""

import re
from functools import cache

_ANY = frozenset({""})
"""The result for a pattern that requires no word: every message contains the empty word."""

_REPEAT = r"(?:[*?]|{\d*,?\d*})"
"""A quantifier that makes the preceding part optional or repeats it."""

_ATOM = rf"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\(\?P=\w+\)|{_REPEAT}|[^\w /'@:,~%()|-]"
"""A set of characters, an escaped one, a reference to a group, or another that ends a word."""

_PART = re.compile(
    rf"(?P<word>[\w /'@:,~%-]+)(?P<repeated>{_REPEAT}?)"
    rf"|(?P<end>\))(?P<optional>{_REPEAT}?)"
    rf"|(?:{_ATOM})+"
    r"|(?P<either>\|)"
    r"|(?P<begin>\()(?:(?P<denied>\?<?!)|\?(?:P<\w+>|[:>]|<?=))?",
    re.DOTALL,
)


@cache
def words_of(pattern: str) -> frozenset[str]:
    """Return words such that each text that matches *pattern* contains one of them.

    It is read once from left to right, since all patterns are read before the first one is tried.
    """
    outer: list[tuple[set[str], str, frozenset[str], bool]] = []
    # Of the group that is read: the words of its alternatives; of the last one the longest word
    # and the best words of a group in it; whether the group must not match.
    found, word, inner, is_denied = set[str](), "", _ANY, False
    for part in _PART.finditer(f"{pattern})"):
        kind = part.lastgroup
        if kind == "repeated":
            text = part["word"][:-1] if part["repeated"] else part["word"]
            if len(text) > len(word):  # longer words are in fewer messages
                word = text
        elif kind in ("either", "optional"):
            if _shortest(inner) > len(word):
                found |= inner
            else:
                found.add(word)
            word, inner = "", _ANY
            if kind == "optional":  # the end of the group
                words = _ANY if is_denied else frozenset(found)
                if not outer:
                    return words
                found, word, inner, is_denied = outer.pop()
                if not part["optional"] and _shortest(words) > _shortest(inner):
                    inner = words
        elif kind:
            outer.append((found, word, inner, is_denied))
            found, word, inner, is_denied = set(), "", _ANY, kind == "denied"
    raise ValueError(f"a group is not closed in {pattern!r}")


def _shortest(words: frozenset[str]) -> int:
    return min(map(len, words))
