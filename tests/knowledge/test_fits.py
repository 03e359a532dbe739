"""Which rules fit each known message, and which one is taken, is what fits.tsv holds.

Where a change of the rules is meant, `python -m tests.knowledge.fits` writes the file again, and
its diff shows every message that the change takes from one rule and gives to another.
"""

from tests.knowledge.fits import AS_NAMES, FILE, recorded, rows, written

ROWS = FILE.read_text(encoding="utf-8").splitlines()


def test_the_same_rules_fit() -> None:
    """Every example, recorded and renamed message has the winner and the other fits of fits.tsv."""
    found = list(rows())
    assert ([row for row in found if row not in ROWS], [r for r in ROWS if r not in found]) == (
        [],
        [],
    )


def test_messages_are_renamed() -> None:
    """Most messages hold a name, and so have renamed variants that differ from them."""
    messages = [*written(), *recorded()]
    renamed = [m for m in messages for word in AS_NAMES if m.renamed(word).text != m.text]
    assert len(renamed) > len(messages)
