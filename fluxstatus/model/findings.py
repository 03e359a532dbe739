"""Findings about a cluster, the report that they make up, and its exit code."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Literal, NamedTuple, Self, TypeAlias, get_args

from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Key, Ref

_ID = 12  # digits


class Level(StrEnum):
    """The level of a finding or of a step.

    UNKNOWN is what could not be checked, WAIT what has no result yet or waits for something that is
    reported elsewhere, SKIP what does not apply.
    """

    PASS = "pass"  # noqa: S105 - a level, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAIT = "wait"
    SKIP = "skip"


Category: TypeAlias = Literal["fault", "habit"]

Area: TypeAlias = Literal[
    "", "security", "tenancy", "reliability", "versions", "upgrades", "intervals", "monitoring"
]
"""What a piece of advice is about; empty for what is no advice."""

AREAS: tuple[Area, ...] = get_args(Area)
"""All areas, in the order in which they are shown."""

Certainty: TypeAlias = Literal["certain", "likely", "one-of", "unknown"]
"""How certain a cause is. Causes that are `likely` or `one-of` have to be confirmed before a
fix."""


@dataclass(slots=True)
class Finding:
    """One result of a check.

    `title` names the object and the fault in one line; `why` explains the cause, and `explanation`
    is what it says beyond the title, None if nothing of it is in the title. `reason` and
    `message` are the controller's, unabridged. `since` is when it began, None if unknown.
    `others` are further objects that it is about as much as about `object`. `evidence` are (path,
    value) pairs. `blocks` are the objects that it affects. A finding of the category "habit" is
    advice on an `area`: it is never above warn and hides no fault, and `count` is the number of
    objects that it is about. A `trivial` finding needs no investigation, so none is suggested. A
    `final` one cannot recover: Flux does not try again until something changes. `certainty` is how
    sure the cause of a fault is, None for what is only observed. `part` tells apart findings that
    have the same step, code and object. `waits_for` are the objects that what waits waits for.
    `new` is whether an earlier report lacks it, if there is one to compare with.
    """

    step: str
    code: str
    level: Level
    title: str
    object: Ref | None = None
    others: tuple[Ref, ...] = ()
    why: str = ""
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Ref, ...] = ()
    hints: tuple[Hint, ...] = ()
    docs: str = ""
    category: Category = "fault"
    count: int = 0
    trivial: bool = False
    final: bool = False
    certainty: Certainty | None = None
    explanation: str | None = None
    part: str = ""
    waits_for: tuple[Ref, ...] = ()
    new: bool = False
    area: Area = ""

    @property
    def id(self) -> str:
        """12 hexadecimal digits that stand for its step, its code and its object.

        They are the same in every run and on every machine, whatever the title, the level and the
        other objects are.
        """
        # The apiVersion changes when Flux is upgraded, and the object is still the same.
        return _id_of(self.step, self.code, self.part, self.object.key if self.object else ())

    def waits_only_for(self, keys: Collection[Key]) -> bool:
        """Return whether it is about what waits, and for nothing but the objects *keys*."""
        awaited = self.waits_for if self.level is Level.WAIT else ()
        return bool(awaited) and all(ref.key in keys for ref in awaited)

    @property
    def summary(self) -> str:
        """The title without the object."""
        return self.title.removeprefix(f"{self.object}: ")

    @property
    def objects(self) -> tuple[Ref, ...]:
        """All objects that it is about."""
        return (self.object, *self.others) if self.object else self.others


@lru_cache(maxsize=4096)  # each format of the report has them
def _id_of(step: str, code: str, part: str, key: tuple[str, ...]) -> str:
    from hashlib import sha256  # noqa: PLC0415 - most runs do without

    named = ", ".join(map(encode_basestring_ascii, (step, code, part)))
    keyed = f"[{', '.join(map(encode_basestring_ascii, key))}]" if key else ""
    return sha256(f"[{named}, [{keyed}]]".encode()).hexdigest()[:_ID]


class Verdict(StrEnum):
    """The verdict of a report: PROGRESSING if nothing failed, but something still waits."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    PROGRESSING = "progressing"


RECONCILING = "reconciling"
"""The code of findings about objects that have no result yet."""


NEW = "new"
"""The value of `--fail-on` for faults that an earlier report does not contain."""


class Exit(IntEnum):
    """The exit codes, which are the same for every output format."""

    HEALTHY = 0
    UNHEALTHY = 1
    USAGE = 2
    NO_VERDICT = 3
    INTERRUPTED = 130


WORST_FIRST = (Level.FAIL, Level.WARN, Level.UNKNOWN, Level.WAIT, Level.SKIP, Level.PASS)
"""The order of findings in a report."""


def worst(levels: Iterable[Level]) -> Level:
    """Return the worst of *levels*, SKIP without any.

    WAIT is worse than WARN: what waits may still fail. PASS is worse than SKIP, so that a level is
    SKIP only if nothing applied.
    """
    present = set(levels)
    order = (Level.FAIL, Level.UNKNOWN, Level.WAIT, Level.WARN, Level.PASS)
    return next((level for level in order if level in present), Level.SKIP)


class StepResult(NamedTuple):
    """The result of a step of the check: its id, its title and its worst level."""

    id: str
    title: str
    level: Level


class Next(NamedTuple):
    """The next step after the report: a sentence, commands, and a prompt for an AI assistant."""

    text: str
    commands: tuple[Command, ...] = ()
    prompt: str = ""


class Scope(NamedTuple):
    """What a report is about: `namespaces`, empty for all, and the objects `applying` into them.

    These are in other namespaces. `skipped` are the codes that are left out.
    """

    namespaces: tuple[str, ...] = ()
    applying: tuple[Ref, ...] = ()
    skipped: tuple[str, ...] = ()


class Accepted(NamedTuple):
    """A fault or advice that is accepted, for a `reason`, up to and including the day `until`."""

    finding: Finding
    reason: str
    until: date


class Acceptance(NamedTuple):
    """What came of the entries in a list of accepted faults.

    `source` is where they are from. `accepted` are the faults that they match, and `notes` are
    sentences on entries that have expired, match nothing, or could not be read.
    """

    source: str
    accepted: tuple[Accepted, ...] = ()
    notes: tuple[str, ...] = ()


class Past(NamedTuple):
    """What is known of a finding of any report, also of one that was printed as JSON."""

    id: str
    step: str
    code: str
    level: Level
    title: str
    objects: tuple[Ref, ...] = ()
    category: Category = "fault"

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """Return what is known of *finding*."""
        return cls(
            finding.id, finding.step, finding.code, finding.level, finding.title,
            finding.objects, finding.category,
        )  # fmt: skip

    @property
    def object(self) -> Ref | None:
        """The object that it is about."""
        return next(iter(self.objects), None)


class Changes(NamedTuple):
    """How the faults of a report differ from those of an earlier one.

    `source` is where the earlier one is from, and `taken_at` when its cluster was read. `new` and
    `still` are ids of faults of the report. Its `unseen` ones may be old: the earlier one did not
    look at what they are about, or the report has read less of it. `gone` are faults of the earlier
    one. Its `unsure` ones may be there still: the report did not look at what they are about.
    `cluster` is the context of the earlier one, or the server without one, if neither is that of
    the report: it is empty else.
    """

    source: str
    taken_at: datetime
    new: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    gone: tuple[Past, ...] = ()
    unsure: tuple[Past, ...] = ()
    cluster: str = ""


def _counted(finding: Finding, changes: Changes, old: Collection[Key]) -> Finding:
    """Return *finding* as it counts where only new faults do; *old* are the objects of others."""
    if finding.id in changes.still:
        return replace(finding, level=Level.PASS)
    if finding.id in changes.unseen and finding.level is Level.FAIL:
        return replace(finding, level=Level.UNKNOWN)
    return replace(finding, level=Level.SKIP) if finding.waits_only_for(old) else finding


class Report(NamedTuple):
    """The result of a run: all findings, including passes, in the order of the report.

    `flux` and `operator` are their versions in the cluster, empty when unknown. Accepted faults are
    only in `acceptance`, so that nothing counts them. `subject` is what has the verdict, in a
    heading.
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
    scope: Scope = Scope()
    acceptance: Acceptance | None = None
    changes: Changes | None = None
    subject: str = "Flux"

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """The accepted faults."""
        return self.acceptance.accepted if self.acceptance else ()

    @property
    def verdict(self) -> Verdict:
        """The worst level of all faults, UNKNOWN instead of SKIP, PROGRESSING instead of WAIT.

        It is UNKNOWN as well if all that was checked waits, or if the cluster was unreachable.
        Advice and accepted faults are ignored: it is PASS if nothing but accepted faults was found.
        """
        if self.unreachable:
            return Verdict.UNKNOWN
        levels = {finding.level for finding in self.faults}
        levels |= {Level.PASS for one in self.accepted if one.finding.category == "fault"}
        level = worst(levels - {Level.WAIT})
        if level is Level.SKIP:
            return Verdict.UNKNOWN
        if level in (Level.PASS, Level.WARN) and Level.WAIT in levels:
            return Verdict.PROGRESSING
        return Verdict(level.value)

    @property
    def waiting(self) -> tuple[Finding, ...]:
        """The findings about what waits."""
        return tuple(finding for finding in self.faults if finding.level is Level.WAIT)

    @property
    def in_progress(self) -> tuple[Finding, ...]:
        """The findings about objects that have no result yet."""
        return tuple(finding for finding in self.findings if finding.code == RECONCILING)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that are not advice, including passes."""
        return tuple(finding for finding in self.findings if finding.category == "fault")

    @property
    def advice(self) -> tuple[Finding, ...]:
        """The findings that are advice."""
        return tuple(finding for finding in self.findings if finding.category == "habit")

    @property
    def counts(self) -> Counter[Level]:
        """The number of findings at each level, without advice."""
        return Counter(finding.level for finding in self.faults)

    def count(self, level: Level) -> int:
        """Return the number of findings at *level*, without advice."""
        return self.counts[level]

    @property
    def blocked(self) -> int:
        """The number of objects that a fault of another object affects, each counted once."""
        return len({ref for finding in self.findings for ref in finding.blocks})

    def exit_code(self, fail_on: Collection[str] = ()) -> Exit:
        """Return the exit code; a warning or progress counts as unhealthy if *fail_on* has it.

        So does every fault that is NEW. If *fail_on* has that, but neither failures nor warnings,
        faults that are not new do not count. Advice (class "habit") never changes it.
        """
        if self.unreachable:
            return Exit.NO_VERDICT
        counted = self.counting(fail_on)
        failing = {Level.FAIL, *((Level.WARN,) if Verdict.WARN in fail_on else ())}
        unfinished = counted.verdict is Verdict.PROGRESSING and Verdict.PROGRESSING in fail_on
        is_new = NEW in fail_on and self.changes is not None and self.changes.new
        if unfinished or is_new or any(one.level in failing for one in counted.faults):
            return Exit.UNHEALTHY
        return Exit.NO_VERDICT if counted.verdict is Verdict.UNKNOWN else Exit.HEALTHY

    def counting(self, fail_on: Collection[str]) -> Self:
        """Return the report with what counts for the exit code.

        If only new faults count, an old one is a pass, and a failure is unknown of which it is not
        known whether it is new.
        """
        changes = self.changes
        if changes is None or NEW not in fail_on or {Verdict.FAIL, Verdict.WARN} & {*fail_on}:
            return self
        old = {ref.key for one in self.faults if one.id in changes.still for ref in one.objects}
        return self._replace(findings=tuple(_counted(one, changes, old) for one in self.faults))
