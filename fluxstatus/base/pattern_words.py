"""The words that a regular expression requires: a text without them cannot match."""

import re
from collections.abc import Collection, Mapping
from functools import cache

_ANY = frozenset({""})
"""The words of a pattern that requires no word: the empty word is in every message."""

_ATOM = r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\(\?P=\w+\)"
"""A set of characters, an escaped one, or a reference to a group."""

_GROUP = r"\((?P<not>\?<?!)?(?:\?(?:P<\w+>|:|<?=))?(?P<inside>[^()]*)\)"
_OPTIONAL = r".(?:[*?]|{\d*,?\d*})"  # or repeated
_WORD = r"[\w /'@:,~%-]+"
_FIRST_MARK = 0xE000  # the start of a private-use area of Unicode


@cache
def words_of(pattern: str) -> frozenset[str]:
    """Return words such that each text that matches *pattern* contains one of them.

    Groups are replaced with marks from the inside out until no group is left.
    """
    of_marks: dict[str, frozenset[str]] = {}

    def mark(group: re.Match[str]) -> str:
        sign = chr(_FIRST_MARK + len(of_marks))
        of_marks[sign] = _ANY if group["not"] else _one_of_each(group["inside"], of_marks)
        return sign

    text = re.sub(_ATOM, ".", pattern)
    while "(" in text:
        text = re.sub(_GROUP, mark, text)
    return _one_of_each(text, of_marks)


def _one_of_each(text: str, of_marks: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the best words of each alternative in *text*, which has no groups."""
    found: set[str] = set()
    for alternative in re.sub(_OPTIONAL, ".", text).split("|"):
        words = [frozenset({word}) for word in re.findall(_WORD, alternative)]
        marked = [of_marks[sign] for sign in alternative if sign in of_marks]
        found |= max((_ANY, *words, *marked), key=_shortest)
    return frozenset(found)


def _shortest(words: Collection[str]) -> int:
    """Return the length of the shortest of *words*: longer words are in fewer messages."""
    return min(map(len, words))
