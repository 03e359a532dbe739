"""The lines of fluxstatus/knowledge/rules.tsv, from the rules; see knowledge/index.py."""

from collections.abc import Iterator

from fluxstatus.base.pattern_words import words_of
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.topics import TOPICS, parts_of, table

NAMES = (*TOPICS, "pods", "custom_objects")
"""The tables that are listed."""


def lines() -> Iterator[str]:
    """Yield the line for each rule, in the order of the tables."""
    for part in (part for name in NAMES for part in parts_of(name)):
        for rule in table(part):
            yield "\t".join((part, *_columns(rule)))


def _columns(rule: Rule) -> Iterator[str]:
    yield "quoted" if rule.quoted else ""
    yield ",".join(sorted(rule.kinds))
    yield ",".join(rule.reasons)
    yield from sorted({word.lower() for word in words_of(rule.pattern.pattern)})
