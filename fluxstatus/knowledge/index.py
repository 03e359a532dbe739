"""Rules by the words of their patterns: of hundreds, only a few can fit a message.

A pattern costs a compilation, and a search through each message; a word costs next to nothing.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache

from fluxstatus.knowledge.rule import Rule

_ANY = frozenset({""})
"""The words of a pattern that needs none: the empty one stands in every message."""

_ATOM = r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\."  # a set of characters, or an escaped one
_GROUP = r"\((?P<not>\?<?!)?(?:\?(?:P<\w+>|:|<?=))?(?P<inside>[^()]*)\)"
_OPTIONAL = r".(?:[*?]|{\d*,?\d*})"  # or repeated
_WORD = r"[\w /'@:,-]+"
_FIRST_MARK = 0xE000  # of the characters that Unicode leaves to whoever needs some


class Index:
    """Rules, found by the words of which their patterns need one."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take *rules*, in the order in which they are tried."""
        self._rules = tuple(rules)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, rule in enumerate(self._rules):
            for word in words_of(rule.pattern.pattern):
                self._places[word].append(place)

    def candidates(self, message: str) -> list[Rule]:
        """Return the rules that *message* may fit, in their order; it fits no other."""
        said = message.lower()
        found = {n for word, places in self._places.items() if word in said for n in places}
        return [self._rules[place] for place in sorted(found)]


@cache
def words_of(pattern: str) -> frozenset[str]:
    """Return words, in lower case, of which every text that has *pattern* has at least one.

    Groups are replaced by marks from the inside out, until none is left.
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
    """Return the best words of each alternative in *text*, which has no group."""
    found: set[str] = set()
    for alternative in re.sub(_OPTIONAL, ".", text).split("|"):
        words = [frozenset({word.lower()}) for word in re.findall(_WORD, alternative)]
        marked = [of_marks[sign] for sign in alternative if sign in of_marks]
        found |= max((_ANY, *words, *marked), key=_shortest)
    return frozenset(found)


def _shortest(words: Collection[str]) -> int:
    """Return the length of the shortest of *words*: the longer, the fewer messages have it."""
    return min(map(len, words))
