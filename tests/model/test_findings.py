"""Levels and exit codes."""

import pytest

from fluxstatus.model.evidence import Cost, Evidence, Target, Unread, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report, worst
from fluxstatus.model.ref import Ref
from tests.builders import NOW


def report(*levels: Level, unreachable: bool = False) -> Report:
    """Return a report with one finding of each of *levels*."""
    findings = tuple(Finding("ui", "x", level, "x") for level in levels)
    return Report(Target(), "", "", NOW, Cost(), (), findings, unreachable=unreachable)


PASS, WARN, FAIL, UNKNOWN, SKIP = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN, Level.SKIP
ADVICE = Finding("ui", "x", WARN, "x", category="habit")


@pytest.mark.parametrize(
    ("levels", "level"),
    [
        ([PASS, WARN, FAIL, UNKNOWN, SKIP], FAIL),
        ([PASS, WARN, UNKNOWN], UNKNOWN),
        ([PASS, WARN, SKIP], WARN),
        ([PASS, SKIP], PASS),
        ([SKIP], SKIP),
        ([], SKIP),
    ],
)
def test_the_worst_level_stands_for_all(levels: list[Level], level: Level) -> None:
    """A fail is worse than an unknown, a warning, a pass and a skip, in this order."""
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
    assert report(*levels).exit_code(WARN) is strict


def test_advice_is_no_fault() -> None:
    """Advice changes neither the exit code of a healthy cluster nor that of an unknown one."""
    advised = report(PASS)._replace(findings=(Finding("ui", "x", PASS, "x"), ADVICE))
    assert (advised.verdict, advised.count(WARN)) == (PASS, 0)
    assert advised.exit_code(WARN) is Exit.HEALTHY
    alone = advised._replace(findings=(ADVICE,))
    assert (alone.verdict, alone.exit_code(WARN)) == (UNKNOWN, Exit.NO_VERDICT)


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
