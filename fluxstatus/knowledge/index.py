"""An index of rules by the words in their patterns.

Only a few of hundreds of rules can match a message. Looking for a word is far cheaper than
compiling a pattern and searching with it.
"""

from collections import defaultdict
from collections.abc import Iterable

from fluxstatus.base.pattern_words import words_of
from fluxstatus.knowledge.rule import Rule


class Index:
    """Rules by the words in their patterns."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Index *rules*, which are in the order in which they are tried."""
        self._rules = tuple(rules)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, rule in enumerate(self._rules):
            for word in words_of(rule.pattern.pattern):
                self._places[word.lower()].append(place)

    def candidates(self, message: str) -> list[Rule]:
        """Return the rules that may match *message*, in order. No other rule matches it."""
        text = message.lower()
        found = {n for word, places in self._places.items() if word in text for n in places}
        return [self._rules[place] for place in sorted(found)]
