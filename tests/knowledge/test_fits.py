"""The rules that fit each known message, and the winner among them, are those in fits.tsv.

After an intended change of the rules, regenerate it with `python -m tests.knowledge.fits`; its
diff shows every message that now goes to another rule.
"""

from fluxstatus.base.masking import mask
from tests.knowledge.fits import FILE, recorded, rows, written

ROWS = FILE.read_text(encoding="utf-8").splitlines()


def test_the_same_rules_fit() -> None:
    """Every example and recorded message has the winner and the other fits in fits.tsv."""
    found = list(rows())
    assert ([row for row in found if row not in ROWS], [r for r in ROWS if r not in found]) == (
        [],
        [],
    )


def test_masking_hides_nothing_that_a_rule_needs() -> None:
    """Each message is judged without its credentials as it is with them."""
    masked = [(one, one._replace(text=mask(one.text))) for one in (*written(), *recorded())]
    changed = [(one, shown) for one, shown in masked if one.text != shown.text]
    assert changed
    assert [one.text for one, shown in changed if one.fits() != shown.fits()] == []
