"""The judge where a part of a recorded state could not be read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Answer, Evidence, Unread, Why
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge
from tests.recorded.score import HERE, truths

ZOO = snapshot.load(HERE / "zoo.json.gz")
HEALTHY = {
    (thing["kind"], thing["namespace"], thing["name"])
    for truth in truths("namespace")
    for thing in truth["healthy"] or ()
}
READ = sorted(name for name, answer in ZOO.answers.items() if answer.items)
WHY = {"forbidden": Why.FORBIDDEN, "timeout": Why.TIMEOUT}


def without(question: str, why: Why, *, kept: int = 0) -> Evidence:
    """Give the zoo as if of the answer to *question* only the first *kept* objects had come."""
    items = ZOO.answers[question].items[:kept]
    return replace(ZOO, answers={**ZOO.answers, question: Answer(items, Unread(why, "no"))})


def accused(known: Evidence) -> set[tuple[str, str, str]]:
    """Give the objects that the report on *known* calls faulty."""
    findings: list[dict[str, Any]] = json.loads(as_json.render(judge(known), Look()))["findings"]
    return {
        (f["object"]["kind"], f["object"]["namespace"] or "", f["object"]["name"])
        for f in findings
        if f["object"] and f["level"] in ("fail", "warn") and f["class"] == "fault"
    }


@pytest.mark.parametrize("why", WHY.values(), ids=WHY)
@pytest.mark.parametrize("question", READ)
def test_what_could_not_be_read_makes_nobody_guilty(question: str, why: Why) -> None:
    """No object that is healthy is accused because another could not be looked at."""
    assert accused(without(question, why)) & HEALTHY == set()


@pytest.mark.parametrize("question", READ)
def test_half_a_list_makes_nobody_guilty(question: str) -> None:
    """What is not on the pages that were read is not called missing."""
    half = len(ZOO.answers[question].items) // 2
    assert accused(without(question, Why.TIMEOUT, kept=half)) & HEALTHY == set()
