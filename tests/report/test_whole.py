"""A report from its JSON: everything that other formats show of it is as it was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.findings import Level, Report, Verdict
from fluxstatus.report import Look
from fluxstatus.report.as_json import VERSION, document
from fluxstatus.report.as_metrics import render
from fluxstatus.report.whole import members_in, report_of
from tests.builders import HEALTHY, NOT_THERE, evidence, judge, source
from tests.conftest import RECORDED

FILES = sorted(RECORDED.glob("*.json.gz"))


def reread(report: Report, *, everything: bool = False, with_commands: bool = True) -> Report:
    """Return *report* written as JSON and read again."""
    text = json.dumps({"schemaVersion": VERSION, **document(report, everything=everything)})
    return report_of(json.loads(text), with_commands=with_commands)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("everything", [False, True])
def test_recorded_reports(file: Path, everything: bool) -> None:
    """The verdict, the counts, the findings with their hints, and the metrics are the same."""
    report = judge(snapshot.load(file))
    again = reread(report, everything=everything)
    assert (again.verdict, again.exit_code()) == (report.verdict, report.exit_code())
    assert {level: again.count(level) for level in Level} == {
        level: report.count(level) for level in Level
    }
    assert again.blocked == report.blocked
    for old, new in zip(
        (one for one in report.findings if one.level is not Level.PASS),
        (one for one in again.findings if one.level is not Level.PASS),
        strict=True,
    ):
        assert (old.title, old.objects, old.why) == (new.title, new.objects, new.why)
        assert [ref.key for ref in old.blocks] == [ref.key for ref in new.blocks]
        assert [(h.text, h.commands, h.label) for h in old.hints] == [
            (h.text, h.commands, h.label) for h in new.hints
        ]
    if everything:
        assert render(again, Look()) == render(report, Look())


def test_an_unreachable_cluster_stays_unreachable() -> None:
    """Its findings say fail, and its verdict is unknown."""
    dark = Evidence(taken_at=evidence().taken_at, unreachable=Unread(Why.UNREACHABLE, "refused"))
    report = judge(dark)
    again = reread(report)
    assert (again.unreachable, again.verdict) == (True, Verdict.UNKNOWN)
    assert again.exit_code() == report.exit_code()


def test_commands_of_a_file_are_left_out() -> None:
    """The file may be from anyone, and what is printed is run."""
    report = judge(evidence(*HEALTHY, source("git", NOT_THERE)))
    assert any(hint.commands for one in reread(report).findings for hint in one.hints)
    again = reread(report, with_commands=False)
    assert not any(hint.commands for one in again.findings for hint in one.hints)


FAILING: dict[str, Any] = {
    "schemaVersion": VERSION,
    **document(judge(evidence(*HEALTHY, source("git", NOT_THERE))), everything=False),
}
DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no time": lambda found: found.update(takenAt="now"),
    "another verdict": lambda found: found.update(verdict="pass"),
    "no verdict": lambda found: found.pop("verdict"),
    "no findings": lambda found: found.update(findings=[]),
    "an unknown level": lambda found: found["findings"][0].update(level="fine"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_reports(how: str) -> None:
    """They are refused: nothing of them counts."""
    found = json.loads(json.dumps(FAILING))
    DAMAGE[how](found)
    with pytest.raises(ValueError, match="damaged"):
        report_of(found)


def test_members_of_a_fleet() -> None:
    """A cluster without a report has a problem; one without a name is an error."""
    clusters = [{"name": "a", "report": FAILING}, {"name": "b", "report": None, "also": ["c"]}]
    found = members_in(json.dumps({"schemaVersion": 1, "clusters": clusters}).encode())
    assert found is not None
    assert [(one.name, one.problem, one.also) for one in found] == [
        ("a", "", ()), ("b", "the report is missing", ("c",)),
    ]  # fmt: skip
    assert members_in(json.dumps(FAILING).encode()) is None
    with pytest.raises(ValueError, match="no name"):
        members_in(b'{"schemaVersion": 1, "clusters": [{"report": null}]}')
