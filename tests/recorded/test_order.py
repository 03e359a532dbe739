"""The report does not depend on the order in which an API server lists objects."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge, with_known
from tests.conftest import RECORDED, ROOT
from tests.reports.score import CASES

FILES = (
    *sorted(RECORDED.glob("*.json.gz")),
    ROOT / "tests" / "lab" / "states.json.gz",
    ROOT / "fluxstatus" / "demo.json.gz",
    *sorted(CASES.glob("*/snapshot.json.gz")),
)


def of_one_second(event: Object, now: str) -> Object:
    """Return *event* as if it had been reported *now*, and only once."""
    kept = {key: value for key, value in event.items() if key not in ("series", "eventTime")}
    return {**kept, "firstTimestamp": now, "lastTimestamp": now}


def at_one_time(evidence: Evidence) -> Evidence:
    """Return *evidence* with all events at the same time: most clusters have such a second."""
    now = evidence.taken_at.isoformat()
    answer = evidence.answer("events")
    events = with_known(answer, tuple(of_one_second(item, now) for item in answer.known))
    return replace(evidence, answers={**evidence.answers, "events": events})


def shuffled(evidence: Evidence, random: Random) -> Evidence:
    """Return *evidence* with its answers, and the items of each, in a random order."""
    names = random.sample(list(evidence.answers), len(evidence.answers))
    answers = {
        name: with_known(answer, tuple(random.sample(answer.known, len(answer.known))))
        for name in names
        for answer in (evidence.answers[name],)
    }
    return replace(evidence, answers=answers)


def output(evidence: Evidence) -> str:
    """Return all that is reported about *evidence*."""
    return as_json.render(judge(evidence), Look(everything=True))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_order_of_objects_changes_no_output(file: Path) -> None:
    """A state with its objects in any order has the same report, even if all events are as old."""
    known = at_one_time(snapshot.load(file))
    random = Random(file.parent.name)
    assert output(shuffled(known, random)) == output(known)
