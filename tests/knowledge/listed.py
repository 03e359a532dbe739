"""The lines of fluxstatus/knowledge/rules.tsv, from the rules; see knowledge/index.py."""

from collections.abc import Iterator

from fluxstatus.knowledge.rule import Reach, Rule
from fluxstatus.knowledge.topics import TOPICS, parts_of, table
from tests.pattern_words import required

NAMES = (*TOPICS, "pods", "custom_objects")
"""The tables that are listed."""

_SHORTEST = 3
"""The length of words that are listed; shorter ones are in most messages."""


def lines() -> Iterator[str]:
    """Yield the line for each rule, in the order of the tables."""
    for part in (part for name in NAMES for part in parts_of(name)):
        for rule in table(part):
            yield "\t".join((part, *_columns(rule)))


def _columns(rule: Rule) -> Iterator[str]:
    yield "quoted" if rule.quoted else ""
    yield str(int(rule.reach if rule.pattern.pattern else Reach.STAGE))
    yield ",".join(sorted(rule.kinds))
    yield ",".join(rule.reasons)
    yield from ("|".join(sorted(words)) for words in _sets(rule))


def _sets(rule: Rule) -> list[frozenset[str]]:
    """Return the sets of words of *rule*, the one that the fewest messages have first."""
    found = {
        _shortest(frozenset(map(str.lower, words)))
        for text in (rule.pattern, rule.context)
        for words in required(text.pattern)
        if min(map(len, words)) >= _SHORTEST
    }
    first = sorted(found, key=lambda words: (-min(map(len, words)), len(words), sorted(words)))
    return first or [frozenset({""})]


def _shortest(words: frozenset[str]) -> frozenset[str]:
    """Return *words* without those that contain another of them: that one is found, too."""
    return frozenset(one for one in words if not any(other in one for other in words - {one}))
