"""The causes found for each fault of the lab; lines that are not right yet are in weak.tsv.

`python -m tests.lab.score` prints the score of each, and the reason.
"""

from dataclasses import replace

import pytest

from tests.lab.score import HERE, NOTHING, Truth, all_findings, truths
from tests.reports.score import VERDICTS, Score

_WEAK = (HERE / "weak.tsv").read_text(encoding="utf-8").splitlines()
WEAK = dict(line.split("\t") for line in _WEAK)


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth.id)
def test_a_fault_of_the_lab_is_judged(truth: Truth) -> None:
    """A line of truths.tsv is right, or exactly as weak as weak.tsv lists it."""
    score = truth.score(all_findings())
    assert score.verdict == WEAK.get(truth.id, "right"), score.why


def test_truths_distinguish_faults() -> None:
    """The findings of one fault rarely satisfy the line of another."""
    faults = [truth for truth in truths() if truth.keys]
    others = [(t, f) for t in faults for f in all_findings() if not t.names(f)]
    passed = sum(not truth.lacking([finding]) for truth, finding in others)
    assert passed < len(others) / 100


def test_weak_lines_are_truths() -> None:
    """Each line of weak.tsv names a truth and a verdict other than right."""
    assert set(WEAK) <= {truth.id for truth in truths()}
    assert set(WEAK.values()) <= set(VERDICTS) - {"right"}
    assert list(WEAK) == sorted(WEAK)


def test_no_other_object_is_reported() -> None:
    """Flux and every namespace without a fault are well, and nothing is blamed on them."""
    faulty = {truth.namespace for truth in truths() if truth.objects != NOTHING}
    assert {f.object.namespace for f in all_findings() if f.object} <= faulty


def test_the_score_can_fail() -> None:
    """Without findings, a fault is missed; a finding about its object alone is generic."""
    truth = next(truth for truth in truths() if truth.objects != NOTHING)
    ours = next(finding for finding in all_findings() if truth.names(finding))
    assert truth.score([]) == Score("missed", "the object is not named")
    assert truth.score([replace(ours, title="", why="", hints=())]).verdict == "generic"
