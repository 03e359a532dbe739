"""What we say of a cluster: levels, hints, findings, and the exit code they lead to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple, TypeAlias

from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref


class Level(StrEnum):
    """How a thing stands. What could not be read is UNKNOWN, what does not apply SKIP."""

    PASS = "pass"  # noqa: S105 - a level, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIP = "skip"


Class: TypeAlias = Literal["fault", "habit"]


@dataclass(slots=True)
class Finding:
    """One thing said about a cluster.

    `title` names what it is about and what is wrong in one line; `why` is the cause in plain
    words; `reason` and `message` are the controller's own, whole. `since` is when it began, as
    far as is known. `evidence` are (path, value) pairs. `blocks` are the objects it drags down.
    A habit is advice: it is never above warn and never hides a fault; `count` says how many
    objects have it. A trivial finding needs no second look, so nothing deeper is offered for it.
    A final one cannot heal by itself: Flux does not try again until something is changed.
    """

    step: str
    code: str
    level: Level
    title: str
    object: Ref | None = None
    why: str = ""
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Ref, ...] = ()
    hints: tuple[Hint, ...] = ()
    docs: str = ""
    kind: Class = "fault"
    count: int = 0
    trivial: bool = False
    final: bool = False


class Exit(IntEnum):
    """The exit codes, the same in every output format."""

    HEALTHY = 0
    UNHEALTHY = 1
    USAGE = 2
    NO_VERDICT = 3
    INTERRUPTED = 130


WORST_FIRST = (Level.FAIL, Level.WARN, Level.UNKNOWN, Level.SKIP, Level.PASS)
"""The order of findings in a report."""


def worst(levels: Iterable[Level]) -> Level:
    """Return the level that stands for all of *levels*; SKIP when there are none.

    A pass outweighs a skip: what applied was well.
    """
    present = set(levels)
    order = (Level.FAIL, Level.UNKNOWN, Level.WARN, Level.PASS)
    return next((level for level in order if level in present), Level.SKIP)


class StepResult(NamedTuple):
    """How a step of the check ended: its id and title, and the level that stands for it."""

    id: str
    title: str
    level: Level


class Next(NamedTuple):
    """How to go on after the report: a sentence, commands, and a prompt for an assistant."""

    text: str
    commands: tuple[Command, ...] = ()
    prompt: str = ""


class Report(NamedTuple):
    """What a run says, ready to be shown: all findings, passes among them, in their order.

    `flux` and `operator` are the versions found in the cluster, empty when unknown.
    """

    target: Target
    flux: str
    operator: str
    taken_at: datetime
    cost: Cost
    steps: tuple[StepResult, ...]
    findings: tuple[Finding, ...]
    next: Next | None = None
    unreachable: bool = False

    @property
    def verdict(self) -> Level:
        """The level that stands for the whole; SKIP never does: nothing seen is UNKNOWN.

        Advice has no part in it.
        """
        level = worst(finding.level for finding in self.faults)
        return Level.UNKNOWN if level is Level.SKIP else level

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are no advice, passes among them."""
        return tuple(finding for finding in self.findings if finding.kind == "fault")

    @property
    def habits(self) -> tuple[Finding, ...]:
        """The findings that are advice."""
        return tuple(finding for finding in self.findings if finding.kind == "habit")

    def count(self, level: Level) -> int:
        """Count the findings at *level*, advice excepted."""
        return sum(finding.level is level for finding in self.faults)

    @property
    def blocked(self) -> int:
        """How many objects are dragged down by something else, each counted once."""
        return len({ref for finding in self.findings for ref in finding.blocks})

    def exit_code(self, fail_on: Level = Level.FAIL) -> Exit:
        """Return the exit code; *fail_on* WARN makes a warning count as unhealthy.

        Advice (class habit) never changes it.
        """
        if self.unreachable:
            return Exit.NO_VERDICT
        failing = {Level.FAIL, fail_on}
        if any(f.level in failing for f in self.faults):
            return Exit.UNHEALTHY
        return Exit.HEALTHY if self.verdict in (Level.PASS, Level.WARN) else Exit.NO_VERDICT
