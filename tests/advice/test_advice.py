"""What holds of all advice, whatever it is about."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from fluxstatus.advice import ADVICE, advice
from fluxstatus.advice.advice import Advice
from fluxstatus.advice.view import View
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.run import Choice
from fluxstatus.cluster.queries import ADVICE_QUERIES
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.findings import Exit, Level, Verdict
from fluxstatus.state.state import State
from tests.builders import HEALTHY, evidence, flux, judge, kustomization, source
from tests.conftest import Program

FIELDS = {"n": "2", "saves": "3", "what": "x", "value": "y"}


def bad_habits(count: int = 1) -> Iterator[Object]:
    """Yield a healthy cluster that gets some advice, with *count* objects for each piece."""
    yield from HEALTHY
    for i in range(count):
        yield source(f"s{i}", spec={"interval": "10s", "url": "http://git.example.com/a",
                                    "secretRef": {"name": "a"}})  # fmt: skip
        spec = {"interval": "10s", "prune": False}
        yield kustomization(f"k{i}", f"s{i}", spec=spec)
        yield flux("HelmRelease", f"r{i}", spec={"install": {"skipCRDs": True}})


CODES = {"interval-short", "no-receiver", "credentials-in-clear", "no-prune", "deprecated-field",
         "no-drift-detection", "no-alert", "no-retries"}  # fmt: skip
AREAS = {"intervals", "security", "reliability", "upgrades", "monitoring"}


@pytest.mark.parametrize("habit", ADVICE, ids=lambda habit: f"{habit.code}-{habit.step}")
def test_advice_has_a_reason_and_a_fix(habit: Advice) -> None:
    """Each piece of advice has a reason, a fix, an upstream source, and only known fields."""
    texts = (habit.title_one, habit.title_many, habit.why, *(step.text for step in habit.steps))
    for text in texts:
        assert text.format_map(FIELDS)
        assert not text.endswith(".")
    assert habit.steps
    assert habit.upstream
    assert re.fullmatch(r"[a-z0-9-]+", habit.code)
    assert habit.docs == "" or habit.docs.startswith("https://")


def test_codes_of_advice_are_unique_in_a_step() -> None:
    """Codes of advice are unique within a step and differ from the codes of faults."""
    names = [(habit.code, habit.step) for habit in ADVICE]
    assert len(set(names)) == len(names)
    assert {step for _, step in names} <= {step.id for step in STEPS}
    for step in STEPS:
        of_others = {"advice-unread", "cli-version-skew", "mcp-read-write"}
        known = {habit.code for habit in ADVICE if habit.step == step.id}
        assert set(step.advice_codes) - of_others == known
        assert not set(step.advice_codes) & set(step.codes())


def test_extra_lists_are_used() -> None:
    """Extra lists that --advice reads are used only by the advice that declares them."""
    assert {query for habit in ADVICE for query in habit.reads} == set(ADVICE_QUERIES)
    for habit in ADVICE:
        assert {*habit.needs} & {*ADVICE_QUERIES} <= {*habit.reads}


def test_advice_does_not_affect_the_verdict() -> None:
    """A healthy cluster passes with exit code 0 and no warning, however much advice there is."""
    report = judge(evidence(*bad_habits()))
    assert {habit.code for habit in report.advice} == CODES
    assert (report.verdict, report.count(Level.WARN)) == (Verdict.PASS, 0)
    assert report.exit_code([Verdict.WARN]) is Exit.HEALTHY
    assert {step.level for step in report.steps} == {Level.PASS}
    assert report.next is None


def test_a_fault_comes_before_all_advice() -> None:
    """Advice is sorted after faults of its level, and nothing worse follows it."""
    paused = kustomization("p", "s0", spec={"suspend": True})
    kinds = [f.category for f in judge(evidence(*bad_habits(), paused)).findings
             if f.level is Level.WARN]  # fmt: skip
    assert kinds == ["fault", *["habit"] * (len(kinds) - 1)]


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_can_be_skipped(code: str) -> None:
    """`--skip CODE` leaves out only the advice with that code."""
    report = judge(evidence(*bad_habits()), Choice(skip=[code]))
    assert {habit.code for habit in report.advice} == CODES - {code}


def test_a_step_has_its_own_advice() -> None:
    """`--step ID` gives the advice of that step alone."""
    report = judge(evidence(*bad_habits()), Choice(steps=["drift"]))
    assert {habit.code for habit in report.advice} == {"no-drift-detection"}


def test_thousands_are_no_more_to_read() -> None:
    """However many objects there are, advice has as many findings and places as with twenty."""
    few = judge(evidence(*bad_habits(20))).advice
    many = judge(evidence(*bad_habits(400))).advice
    assert [(h.code, len(h.evidence)) for h in few] == [(h.code, len(h.evidence)) for h in many]
    assert {len(h.objects) for h in many} == {400, 0}


def _crash(_: View) -> NoReturn:
    raise ZeroDivisionError("by chance")


def test_advice_that_crashes_is_left_out() -> None:
    """A crash in one piece of advice is reported as a bug, and all other advice is kept."""
    view = View(Analysis(State(evidence(*bad_habits()))))
    first, *others = (habit for habit in ADVICE if habit.step == "sources")
    found = list(advice("sources", view, [first._replace(find=_crash), *others]))
    assert (found[0].level, found[0].category) == (Level.SKIP, "habit")
    assert "ZeroDivisionError: by chance" in found[0].title
    assert {"no-receiver", "credentials-in-clear"} <= {finding.code for finding in found}


def save(path: Path, known: Evidence) -> Path:
    """Save *known* and give where."""
    snapshot.save(path, known)
    return path


def test_the_command_line(flux_status: Program, tmp_path: Path) -> None:
    """Text shows advice as one line, or in full with --advice; JSON always has it; exit code 0."""
    file = save(tmp_path / "habits.json", evidence(*bad_habits()))
    plain = flux_status("--from", file, "--fail-on=warn", env={"COLUMNS": "200"})
    assert plain.returncode == 0
    [line] = [line for line in plain.stdout.splitlines() if line.startswith(" advice")]
    assert "8 recommendations: " in line
    assert "interval-short (2 objects)" in line
    result = flux_status("--from", file, "--advice").stdout
    assert result.count("\n advice ") == 9
    assert {line.partition(":")[0] for line in result.splitlines() if "recommendation" in line} == (
        AREAS
    )
    document = json.loads(flux_status("--from", file, "-o", "json").stdout)
    assert document["verdict"] == "pass"
    assert (document["summary"]["warn"], document["summary"]["habit"]) == (0, 9)
    habits = {f["code"]: f for f in document["findings"] if f["class"] == "habit"}
    assert habits.keys() == CODES
    assert {f["area"] for f in habits.values()} == AREAS
    assert {f["area"] for f in document["findings"] if f["class"] == "fault"} <= {""}
    [pruned] = habits["no-prune"]["objects"]
    assert (pruned["kind"], pruned["namespace"], pruned["name"]) == ("Kustomization", "apps", "k0")


def test_a_file_of_before_has_no_answers() -> None:
    """A snapshot that was made without --advice gives no advice on what was not asked, nor a pass.

    So does one made before there was advice.
    """
    known = snapshot.loads(snapshot.dumps(evidence(*HEALTHY)))
    codes = {habit.code for habit in judge(known).advice}
    assert not codes & {"no-scraping", "stored-versions", "no-network-policy", "advice-unread"}
    assert "no-scraping" in {h.code for h in judge(evidence(*HEALTHY, advice=True)).advice}
