"""The verdict of a wait, from where each object is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fluxstatus.commands.wait.members import Role
from fluxstatus.commands.wait.proof import Cover
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.standing import Phase, Standing
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Target, Unread, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report, StepResult
from fluxstatus.model.hints import Hint

_NOT_APPLIED = Code(
    "revision-not-applied",
    "The revision in --revision is not applied, or it is unknown whether it is.",
)
CODES = (_NOT_APPLIED,)
"""The codes that only a wait reports."""

_STEP = "wait"
_NAMED = 3  # objects that are not done


class Result(StrEnum):
    """What a wait has come to."""

    REACHED = "reached"
    WAITING = "waiting"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"


EXITS = {Result.REACHED: Exit.HEALTHY, Result.UNKNOWN: Exit.NO_VERDICT}
"""The exit codes of results; for all other results, it is 1."""

_LASTING = frozenset({Why.NO_PROGRAM, Why.NO_CONFIG, Why.FORBIDDEN})
"""The reasons for unread data that do not go away by waiting."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A look at all objects that are waited for, or why there is none.

    `unread` are the lists that could not be read, or are incomplete. `hints` say why a source has
    not fetched the revision, and how to make it. `final` outcomes stay as they are. `elapsed` is
    in seconds. `findings` are what the check finds about the objects that are not done.
    """

    wanted: Revision
    result: Result
    taken_at: datetime
    target: Target = field(default_factory=Target)
    standings: tuple[Standing, ...] = ()
    unread: tuple[tuple[str, Unread], ...] = ()
    hints: tuple[Hint, ...] = ()
    findings: tuple[Finding, ...] = ()
    final: bool = False
    elapsed: float = 0

    @property
    def code(self) -> Exit:
        """The exit code."""
        return EXITS.get(self.result, Exit.UNHEALTHY)

    @property
    def held(self) -> list[Standing]:
        """The objects that are not done."""
        return [one for one in self.standings if one.phase is not Phase.DONE]


def with_outcome(report: Report, found: Outcome, said: str) -> Report:
    """Return *report* with what came of the wait, which was *said*, unless it was reached.

    Without that finding, a report could pass while the exit code does not.
    """
    if found.result is Result.REACHED:
        return report
    level = Level.UNKNOWN if found.code is Exit.NO_VERDICT else Level.FAIL
    title = f"revision {found.wanted.given}: {said}"
    why = "; ".join(f"{one.ref}: {one.text}" for one in found.held[:_NAMED])
    finding = Finding(_STEP, _NOT_APPLIED, level, title, why=why, hints=found.hints, trivial=True)
    step = StepResult(_STEP, "The revision is applied", level)
    return report._replace(steps=(step, *report.steps), findings=(finding, *report.findings))


def judge(
    standings: Sequence[Standing], unread: Iterable[Unread], *, fail_fast: bool
) -> tuple[Result, bool]:
    """Return the result of a look, and whether it is final."""
    hidden = [*unread]
    if hidden:
        return Result.UNKNOWN, any(one.why in _LASTING for one in hidden)
    held = [one for one in standings if one.phase is not Phase.DONE]
    if not held:
        return (Result.REACHED if standings else Result.UNKNOWN), bool(standings)
    over = [one for one in held if _is_over(one, fail_fast=fail_fast)]
    if over:
        unproved = all(one.phase is Phase.COMING for one in over)
        return (Result.UNKNOWN if unproved else Result.FAILED), True
    return Result.WAITING, False


def _is_over(one: Standing, *, fail_fast: bool) -> bool:
    """Return whether a wait is over because of *one*: suspended ones don't need --fail-fast."""
    return one.hopeless or (one.final and (fail_fast or one.phase is Phase.SUSPENDED))


def at_the_end(result: Result, standings: Iterable[Standing]) -> Result:
    """Return what a look with this *result* means when the time is up."""
    if result is not Result.WAITING:
        return result
    held = [one for one in standings if one.phase is not Phase.DONE]
    sources = [one for one in held if one.role is Role.SOURCE]
    if any(one.phase is Phase.FAILED for one in held):
        return Result.TIMEOUT
    if sources and all(one.proof.cover is Cover.UNKNOWN for one in sources):
        return Result.UNKNOWN
    return Result.UNKNOWN if all(one.phase is Phase.UNKNOWN for one in held) else Result.TIMEOUT
