"""The judge against states of real controllers whose truth is known."""

import json
from pathlib import Path

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit, Level, Verdict
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge
from tests.recorded.score import HERE, MEASURES, Score, all_scores, truths

SNAPSHOTS = sorted(HERE.glob("*.json.gz"))
SCORES = dict(all_scores())


@pytest.mark.parametrize("scenario", sorted(SCORES))
@pytest.mark.parametrize("measure", ["named", "first", "folded", "clean"])
def test_every_state_is_judged_rightly(scenario: str, measure: str) -> None:
    """The true cause is named first, its consequences are merged, and no other is named."""
    score = SCORES[scenario]
    assert score.held[measure] == score.asked[measure], score.short


def test_the_advice_is_an_experts() -> None:
    """At least 95 of 100 findings have every keyword of the expert's remedy in our own words."""
    total = Score()
    for score in SCORES.values():
        total.add(score)
    assert total.held["advice"] / total.asked["advice"] >= 0.95


def test_the_documentation_has_the_scores() -> None:
    """The totals in docs/accuracy.md are those of this code."""
    total = Score()
    for score in SCORES.values():
        total.add(score)
    cells = dict(zip(MEASURES, total.cells(), strict=True))
    page = (HERE.parents[1] / "docs" / "accuracy.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `kubectl flux-status`"))
    assert [cell.strip() for cell in row.split("|")[2:7]] == [cells[m] for m in MEASURES]


@pytest.mark.parametrize("truth", list(truths("cluster")), ids=lambda truth: truth["scenario"])
def test_the_exit_code_follows_the_truth(truth: dict[str, list[dict[str, str]]]) -> None:
    """A recorded cluster with a fault exits 1, a healthy one 0 and without a warning."""
    report = judge(snapshot.load(HERE / f"{truth['scenario']}.json.gz"))
    failing = any(root["severity"] == "fail" for root in truth["root_causes"])
    assert report.exit_code() == (Exit.UNHEALTHY if failing else Exit.HEALTHY)
    if not truth["root_causes"]:
        assert report.count(Level.WARN) == report.count(Level.FAIL) == 0
        assert report.verdict is Verdict.PASS
        assert report.exit_code([Verdict.WARN]) is Exit.HEALTHY


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_a_replay_gives_the_same_report(file: Path) -> None:
    """Judging a snapshot twice, once after saving it again, gives the same bytes."""
    evidence = snapshot.load(file)
    first = as_json.render(judge(evidence), Look(everything=True))
    again = snapshot.loads(snapshot.dumps(evidence))
    assert as_json.render(judge(again), Look(everything=True)) == first


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_nothing_unread_is_in_the_recordings(file: Path) -> None:
    """A recorded state has no unknown: what it lacks, the API server did not serve."""
    report = json.loads(as_json.render(judge(snapshot.load(file)), Look()))
    assert report["summary"]["unknown"] == 0
