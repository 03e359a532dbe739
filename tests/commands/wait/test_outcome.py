"""The result of a wait, from where each object is."""

from typing import Any

import pytest

from fluxstatus.commands.wait.members import Role
from fluxstatus.commands.wait.outcome import Outcome, Result, at_the_end, judge, with_outcome
from fluxstatus.commands.wait.proof import Cover, Proof
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.standing import Phase, Standing
from fluxstatus.commands.wait.text import as_text
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.model.ref import Ref
from fluxstatus.report.look import Look
from tests.builders import FORBIDDEN, NOW
from tests.report.reports import passed, report

REF = Ref("v1", "Kustomization", "apps", "app")
BUSY = Unread(Why.FAILED, "the API server returned an error: 500")


def place(phase: Phase, role: Role = Role.CONSUMER, **more: Any) -> Standing:
    """Return an object that is so far."""
    return Standing(REF, role, phase, "is there")._replace(**more)


DONE, COMING, FAILED = place(Phase.DONE), place(Phase.COMING), place(Phase.FAILED)
UNKNOWN, SUSPENDED = place(Phase.UNKNOWN), place(Phase.SUSPENDED, final=True)
RESUMABLE, STALLED = place(Phase.SUSPENDED), place(Phase.FAILED, final=True)
WRONG = place(Phase.FAILED, Role.SOURCE, hopeless=True)
UNPROVED = place(Phase.COMING, Role.SOURCE, proof=Proof(Cover.UNKNOWN))
OLDER = place(Phase.COMING, Role.SOURCE, proof=Proof(Cover.OLDER))
PASSED = place(Phase.COMING, Role.SOURCE, proof=Proof(Cover.UNKNOWN, stays=True), final=True)


def test_no_empty_lines_where_no_object_is_known() -> None:
    """What was not read follows the title, and the objects if there are any."""
    wanted, why = Revision.parse("main@sha1:0123456789abcdef"), (("kustomizations", FORBIDDEN),)
    for places in ((), (UNKNOWN,)):
        found = Outcome(wanted, Result.UNKNOWN, NOW, standings=places, unread=why)
        assert "\n\n\n" not in as_text(found, Look())
        assert as_text(found, Look()).count("\n\n") == 1 + len(places)


LOOKS = [
    # Where the objects are, the result, whether it is final, the result when the time is up, and
    # whether it is final with --fail-fast.
    ([DONE, DONE], Result.REACHED, True, Result.REACHED, True),
    ([DONE, COMING], Result.WAITING, False, Result.TIMEOUT, False),
    ([DONE, FAILED], Result.WAITING, False, Result.TIMEOUT, False),
    ([DONE, STALLED], Result.WAITING, False, Result.TIMEOUT, True),
    ([DONE, SUSPENDED], Result.FAILED, True, Result.FAILED, True),
    ([DONE, RESUMABLE], Result.WAITING, False, Result.TIMEOUT, False),
    ([WRONG, COMING], Result.FAILED, True, Result.FAILED, True),
    ([OLDER, COMING], Result.WAITING, False, Result.TIMEOUT, False),
    ([UNPROVED, COMING], Result.WAITING, False, Result.UNKNOWN, False),
    ([UNPROVED, FAILED], Result.WAITING, False, Result.TIMEOUT, False),
    ([PASSED, COMING], Result.WAITING, False, Result.UNKNOWN, True),
    ([DONE, UNKNOWN], Result.WAITING, False, Result.UNKNOWN, False),
    ([COMING, UNKNOWN], Result.WAITING, False, Result.TIMEOUT, False),
    ([], Result.UNKNOWN, False, Result.UNKNOWN, False),
]


@pytest.mark.parametrize(("places", "result", "final", "end", "fast"), LOOKS)
def test_looks(
    places: list[Standing], result: Result, final: bool, end: Result, fast: bool
) -> None:
    """All must be done; what cannot be proved is unknown, and only a suspension ends it at once."""
    assert judge(places, (), fail_fast=False) == (result, final)
    assert at_the_end(result, places) is end
    assert judge(places, (), fail_fast=True)[1] is fast


def test_what_was_not_read() -> None:
    """Nothing is reached while something is unread; only a missing permission stays."""
    assert judge([DONE], [BUSY], fail_fast=False) == (Result.UNKNOWN, False)
    assert judge([DONE], [FORBIDDEN], fail_fast=False) == (Result.UNKNOWN, True)


@pytest.mark.parametrize(
    ("result", "code", "levels"),
    [
        (Result.REACHED, Exit.HEALTHY, [Level.PASS]),
        (Result.FAILED, Exit.UNHEALTHY, [Level.FAIL, Level.PASS]),
        (Result.TIMEOUT, Exit.UNHEALTHY, [Level.FAIL, Level.PASS]),
        (Result.WAITING, Exit.UNHEALTHY, [Level.FAIL, Level.PASS]),
        (Result.UNKNOWN, Exit.NO_VERDICT, [Level.UNKNOWN, Level.PASS]),
    ],
)
def test_the_report_after_a_wait(result: Result, code: Exit, levels: list[Level]) -> None:
    """The exit code of the report is that of the wait: it passes only if that was reached."""
    found = Outcome(Revision.parse("main@sha1:0123456789abcdef"), result, NOW, standings=(COMING,))
    whole = with_outcome(report(passed("sources", "all are well")), found, "it is not applied")
    assert found.code is whole.exit_code() is code
    assert [one.level for one in whole.findings] == levels
