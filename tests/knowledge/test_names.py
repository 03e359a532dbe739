"""Names carry no meaning: whatever an object or a folder is called, the same rule wins."""

from functools import cache

import pytest

from tests.knowledge.fits import Message, recorded, written
from tests.reports.score import CASES

NEUTRAL = "zebra"
WORDS = (
    *("vault", "sops", "kubeconfig", "submodules", "pre-install", "timeout", "secret", "quota"),
    *("denied", "webhook-token-x509-not-found"),
    "as-long-as-a-label-and-the-names-of-most-objects-may-be-at-most",
)
"""Words that patterns look for, which may be names as well, and the longest name."""


@cache
def messages() -> tuple[Message, ...]:
    """Return all known messages; of those that differ only in names, the first."""
    cases = sorted(CASES.glob("*/snapshot.json.gz"))
    found: dict[tuple[str, str, str], Message] = {}
    for message in (*written(), *recorded(), *recorded(cases)):
        text = message.renamed(NEUTRAL).text
        found.setdefault((message.subject, message.reason, text), message)
    return tuple(found.values())


@cache
def winners() -> list[tuple[str, ...]]:
    """Return the winning rule of each message with a neutral name."""
    return [message.renamed(NEUTRAL).fits()[:1] for message in messages()]


@pytest.mark.parametrize("word", WORDS)
def test_a_name_decides_nothing(word: str) -> None:
    """With this word in place of each name, a message has the same rule as with a neutral name."""
    renamed = [message.renamed(word) for message in messages()]
    assert [
        (message.text, fits[:1], winner)
        for message, winner in zip(renamed, winners(), strict=True)
        if (fits := message.fits())[:1] != winner
    ] == []


def test_names_are_replaced() -> None:
    """Most messages have names, so that the test above tests something."""
    renamed = [one for one in messages() if one.renamed(NEUTRAL).text != one.text]
    assert len(renamed) > len(messages()) / 2
