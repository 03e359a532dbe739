"""The judge where a part of a recorded state could not be read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Incomplete, Unread, Why
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
READ = sorted(name for name, answer in ZOO.answers.items() if answer.known)
WHY = {"forbidden": Why.FORBIDDEN, "timeout": Why.TIMEOUT}


def without(query: str, why: Why, *, kept: int = 0) -> Evidence:
    """Return the zoo as if of the answer to *query* only the first *kept* objects had come."""
    items = ZOO.answers[query].known[:kept]
    return replace(ZOO, answers={**ZOO.answers, query: Incomplete(Unread(why, "no"), items)})


def accused(known: Evidence) -> set[tuple[str, str, str]]:
    """Return the objects that the report on *known* calls faulty."""
    findings: list[dict[str, Any]] = json.loads(as_json.render(judge(known), Look()))["findings"]
    return {
        (f["object"]["kind"], f["object"]["namespace"] or "", f["object"]["name"])
        for f in findings
        if f["object"] and f["level"] in ("fail", "warn") and f["class"] == "fault"
    }


@pytest.mark.parametrize("why", WHY.values(), ids=WHY)
@pytest.mark.parametrize("query", READ)
def test_unread_objects_cause_no_false_faults(query: str, why: Why) -> None:
    """No object that is healthy is accused because another could not be looked at."""
    assert accused(without(query, why)) & HEALTHY == set()


@pytest.mark.parametrize("query", READ)
def test_partial_lists_cause_no_false_faults(query: str) -> None:
    """What is not on the pages that were read is not called missing."""
    half = len(ZOO.answers[query].known) // 2
    assert accused(without(query, Why.TIMEOUT, kept=half)) & HEALTHY == set()
