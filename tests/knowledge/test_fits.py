"""The rules that fit each known message, and the winner among them, are those in fits.tsv.

After an intended change of the rules, regenerate it with `python -m tests.knowledge.fits`; its
diff shows every message that now goes to another rule.
"""

from tests.knowledge.fits import AS_NAMES, FILE, recorded, rows, written

ROWS = FILE.read_text(encoding="utf-8").splitlines()


def test_the_same_rules_fit() -> None:
    """Every example, recorded and renamed message has the winner and the other fits in fits.tsv."""
    found = list(rows())
    assert ([row for row in found if row not in ROWS], [r for r in ROWS if r not in found]) == (
        [],
        [],
    )


def test_messages_are_renamed() -> None:
    """Messages with names have renamed variants that differ from them."""
    messages = [*written(), *recorded()]
    renamed = [m for m in messages for word in AS_NAMES if m.renamed(word).text != m.text]
    assert len(renamed) > len(messages)
