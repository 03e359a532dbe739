"""Levels and exit codes."""

import pytest

from fluxstatus.model.evidence import Cost, Evidence, Target, Unread, Why
from fluxstatus.model.findings import (
    WORST_FIRST,
    Exit,
    Finding,
    Level,
    Report,
    Verdict,
    worst,
)
from fluxstatus.model.ref import Ref
from tests.builders import NOW


def report(*levels: Level, unreachable: bool = False) -> Report:
    """Return a report with one finding of each of *levels*."""
    findings = tuple(Finding("ui", "x", level, "x") for level in levels)
    return Report(Target(), "", "", NOW, Cost(), (), findings, unreachable=unreachable)


PASS, WARN, FAIL, UNKNOWN, SKIP = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN, Level.SKIP
WAIT = Level.WAIT
ADVICE = Finding("ui", "x", WARN, "x", category="habit")


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ([PASS, WARN, FAIL, UNKNOWN, WAIT, SKIP], FAIL),
        ([PASS, WARN, UNKNOWN, WAIT], UNKNOWN),
        ([PASS, WARN, WAIT, SKIP], WAIT),
        ([PASS, WARN, SKIP], WARN),
        ([PASS, SKIP], PASS),
        ([SKIP], SKIP),
        ([], SKIP),
    ],
)
def test_the_worst_level_stands_for_all(levels: list[Level], level: Level) -> None:
    """A fail is worse than an unknown, a wait, a warning, a pass and a skip, in this order."""
    assert worst(levels) is level


@pytest.mark.parametrize(
    ("levels", "code", "strict"),
    [
        ([PASS], Exit.HEALTHY, Exit.HEALTHY),
        ([PASS, SKIP], Exit.HEALTHY, Exit.HEALTHY),
        ([PASS, WARN], Exit.HEALTHY, Exit.UNHEALTHY),
        ([PASS, FAIL], Exit.UNHEALTHY, Exit.UNHEALTHY),
        ([PASS, UNKNOWN], Exit.NO_VERDICT, Exit.NO_VERDICT),
        ([PASS, WARN, UNKNOWN], Exit.NO_VERDICT, Exit.UNHEALTHY),
        ([FAIL, UNKNOWN], Exit.UNHEALTHY, Exit.UNHEALTHY),
        ([SKIP], Exit.NO_VERDICT, Exit.NO_VERDICT),
        ([], Exit.NO_VERDICT, Exit.NO_VERDICT),
    ],
)
def test_the_exit_code_follows_the_levels(levels: list[Level], code: Exit, strict: Exit) -> None:
    """The levels decide; without any there is no verdict; --fail-on warn counts warnings."""
    assert report(*levels).exit_code() is code
    assert report(*levels).exit_code([Verdict.WARN]) is strict


WAITS = Finding("reconcilers", "waiting", WAIT, "0 of 1 ready, 1 waiting for GitRepository a/b")
RECONCILES = Finding("sources", "reconciling", WAIT, "x", evidence=(("a", "starting"),) * 2)


@pytest.mark.parametrize(
    ("levels", "verdict", "code", "strict"),
    [
        ([PASS], Verdict.PROGRESSING, Exit.HEALTHY, Exit.UNHEALTHY),
        ([PASS, WARN], Verdict.PROGRESSING, Exit.HEALTHY, Exit.UNHEALTHY),
        ([PASS, FAIL], Verdict.FAIL, Exit.UNHEALTHY, Exit.UNHEALTHY),
        ([PASS, UNKNOWN], Verdict.UNKNOWN, Exit.NO_VERDICT, Exit.NO_VERDICT),
        ([], Verdict.UNKNOWN, Exit.NO_VERDICT, Exit.NO_VERDICT),
    ],
)
@pytest.mark.parametrize("unfinished", [RECONCILES, WAITS], ids=["reconciles", "waits"])
def test_what_has_no_result_yet_is_progressing(
    unfinished: Finding, levels: list[Level], verdict: Verdict, code: Exit, strict: Exit
) -> None:
    """It is neither a pass nor a failure; --fail-on progressing makes the exit code 1."""
    known = report(*levels)
    known = known._replace(findings=(*known.findings, unfinished))
    assert known.verdict is verdict
    assert known.exit_code() is code
    assert known.exit_code([Verdict.PROGRESSING]) is strict
    assert report(PASS).exit_code([Verdict.PROGRESSING]) is Exit.HEALTHY


def test_exit_codes_are_those_of_the_documentation() -> None:
    """The numbers and the words are an interface: scripts compare them."""
    assert {one.name: one.value for one in Exit} == {
        "HEALTHY": 0,
        "UNHEALTHY": 1,
        "USAGE": 2,
        "NO_VERDICT": 3,
        "INTERRUPTED": 130,
    }
    assert list(Level) == ["pass", "warn", "fail", "unknown", "wait", "skip"]
    assert list(Verdict) == ["pass", "warn", "fail", "unknown", "progressing"]
    assert sorted(Level, key=WORST_FIRST.index) == [FAIL, WARN, UNKNOWN, WAIT, SKIP, PASS]


def test_a_finding_is_nothing_more_than_it_says() -> None:
    """What is not given is empty, and a finding is a fault that may recover."""
    one = Finding("ui", "x", WARN, "x")
    given = dict.fromkeys(("object", "since", "certainty"))
    given |= dict.fromkeys(("why", "reason", "message", "docs"), "")
    given |= dict.fromkeys(("evidence", "blocks", "hints"), ())
    given |= {"category": "fault", "count": 0, "trivial": False, "final": False}
    assert {name: getattr(one, name) for name in given} == given


def test_advice_is_no_fault() -> None:
    """Advice changes neither the exit code of a healthy cluster nor that of an unknown one."""
    advised = report(PASS)._replace(findings=(Finding("ui", "x", PASS, "x"), ADVICE))
    assert (advised.verdict, advised.count(WARN)) == (Verdict.PASS, 0)
    assert (advised.faults, advised.advice) == (advised.findings[:1], (ADVICE,))
    assert advised.exit_code([Verdict.WARN]) is Exit.HEALTHY
    alone = advised._replace(findings=(ADVICE,))
    assert (alone.verdict, alone.exit_code([Verdict.WARN])) == (Verdict.UNKNOWN, Exit.NO_VERDICT)


def test_an_unreachable_cluster_has_no_verdict() -> None:
    """An unreachable cluster has exit code 3."""
    assert report(FAIL, unreachable=True).exit_code() is Exit.NO_VERDICT


def test_an_object_is_named_as_a_sentence_does() -> None:
    """An object is "Kind namespace/name", a cluster-wide one "Kind name"."""
    assert str(Ref("v1", "Pod", "apps", "web")) == "Pod apps/web"
    assert str(Ref("v1", "Node", "", "one")) == "Node one"


def test_an_unasked_question_has_no_empty_answer() -> None:
    """A query that was not sent is unread; in an unreachable cluster it has that reason."""
    unread = Evidence(NOW).answer("pods").unread
    assert unread is not None
    assert unread.why is Why.NOT_REQUESTED
    gone = Unread(Why.TIMEOUT, "no answer")
    assert Evidence(NOW, unreachable=gone).answer("pods").unread is gone
