"""The cause found for each reported fault; cases that are not right yet are in weak.tsv.

`python -m tests.reports.score` prints the score of each, and the reason.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model.findings import Level
from fluxstatus.model.ref import Ref
from tests.conftest import ROOT
from tests.reports.score import VERDICTS, Case, Score, cases

_WEAK = Path(__file__).with_name("weak.tsv").read_text(encoding="utf-8").splitlines()
WEAK = dict(line.split("\t") for line in _WEAK)
CASES = [case for case in cases() if "doubt" not in case.expected]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_reported_fault_is_judged(case: Case) -> None:
    """A case is right, or exactly as weak as weak.tsv lists it."""
    assert case.score().verdict == WEAK.get(case.name, "right"), case.score().why


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_certain_cause_is_not_wrong(case: Case) -> None:
    """A certain claim is true, also where a case is weak."""
    assert not case.wrong_certainty()


@pytest.mark.parametrize(
    "change",
    [{"why": "CLAIM"}, {"object": Ref("", "Node", "", "another")}],
    ids=["says something wrong", "is about something else"],
)
def test_a_wrong_certain_cause_is_found(change: dict[str, Any]) -> None:
    """A certain failure is wrong if it claims something wrong, or is not about the object."""
    case = next(case for case in cases() if case.name == "k-chartref-switch")
    case.expected["wrong"] = ["CLAIM"]
    failure = next(f for f in case.findings if f.level is Level.FAIL)
    case.findings = [replace(failure, **change, certainty="likely")]
    assert not case.wrong_certainty()
    case.findings = [replace(failure, **change, certainty="certain")]
    assert case.wrong_certainty()


def test_weak_cases_are_cases() -> None:
    """Each line of weak.tsv names a case and a verdict other than right."""
    assert set(WEAK) <= {case.name for case in CASES}
    assert set(WEAK.values()) <= set(VERDICTS) - {"right"}
    assert list(WEAK) == sorted(WEAK)


def test_the_documentation_has_the_score() -> None:
    """The table in docs/accuracy.md is that of this code."""
    counted = Counter(WEAK.values())
    right = len(CASES) - len(WEAK)
    row = (len(CASES), right, *(counted[verdict] for verdict in VERDICTS[1:]))
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert f"| {' | '.join(map(str, row))} |" in page


def test_the_score_can_fail() -> None:
    """Without findings, a fault is missed."""
    case = next(case for case in cases() if case.objects)
    case.findings = []
    assert case.score() == Score("missed", "the object is not named")
