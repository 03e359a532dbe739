"""A fleet as one report, for the formats of reports: each cluster is a step of it."""

from collections.abc import Iterator
from dataclasses import replace

from fluxstatus.base.plurals import counted, listed
from fluxstatus.checks.wording import OK
from fluxstatus.commands.fleet.fleet import Fleet
from fluxstatus.commands.fleet.joining import Shared
from fluxstatus.commands.fleet.members import Member
from fluxstatus.commands.fleet.text import command_for
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import Finding, Level, Report, StepResult, Verdict
from fluxstatus.model.hints import Hint

NO_REPORT = Code(
    "cluster-not-checked",
    "A cluster has no verdict, because its check did not finish or its file cannot be used.",
)
CODES = (NO_REPORT,)
SHARED = "shared"
_OBJECTS, _SEVERAL = 10, 2  # of a finding of a plan; the title has the only one
_LEVELS = {
    Verdict.FAIL: Level.FAIL,
    Verdict.UNKNOWN: Level.UNKNOWN,
    Verdict.PROGRESSING: Level.WAIT,
    Verdict.WARN: Level.WARN,
    Verdict.PASS: Level.PASS,
}


def report_of_fleet(fleet: Fleet) -> Report:
    """Return *fleet* as a report.

    A fault that several clusters have is in the step `shared`, and in those of the clusters, too.
    """
    to = fleet.upgrade_to
    findings = [
        *(_shared(one, "blocker" if to else "fault") for one in fleet.shared),
        *(f for one in fleet.members for f in _findings(one, to)),
    ]
    steps = [StepResult(one.name, _title(one), _LEVELS[one.verdict]) for one in fleet.members]
    costs = [one.report.cost for one in fleet.members if one.report]
    return Report(
        target=Target(),
        flux="",
        operator="",
        taken_at=fleet.taken_at,
        cost=Cost(
            sum(one.requests for one in costs),
            sum(one.bytes for one in costs),
            sum(one.seconds for one in costs),
        ),
        steps=tuple(steps),
        findings=tuple(findings),
        subject=f"Upgrade to Flux {to}" if to else "Flux",
    )


def _title(member: Member) -> str:
    report = member.known
    if report is None:
        return member.problem
    known = (
        ("Kubernetes", report.target.kubernetes),
        ("Flux", report.flux),
        ("operator", report.operator),
    )
    also = f"also {listed(member.also, 3)}" if member.also else ""
    return ", ".join(
        filter(None, (member.part, *(f"{n} {value}" for n, value in known if value), also))
    )


def _findings(member: Member, to: str) -> Iterator[Finding]:
    """Yield the findings about *member*, at least one that has its verdict.

    They are of its check, or of the plan for the upgrade *to* a version.
    """
    report = member.known
    found = [_of(member, one, to) for one in report.findings if one.step] if report else []
    yield from found
    levels = {one.level for one in found if one.category == "fault"}
    if member.verdict is Verdict.UNKNOWN and Level.UNKNOWN not in levels:
        title = f"cluster {member.name}: {member.worst}"
        yield Finding(member.name, NO_REPORT, Level.UNKNOWN, title, why=member.worst)
    passed = (
        report.count(Level.PASS) - sum(one.level is Level.PASS for one in found) if report else 0
    )
    if passed > 0:  # which the report does not list
        what = "nothing blocks the upgrade" if to else f"{counted(passed, 'check')} passed"
        yield Finding(member.name, OK, Level.PASS, f"cluster {member.name}: {what}")


def _of(member: Member, finding: Finding, to: str) -> Finding:
    """Return *finding* as one about *member*; nothing is known to fail if that is unreachable."""
    is_dark = member.report is not None and member.report.unreachable
    level = Level.UNKNOWN if is_dark and finding.level is Level.FAIL else finding.level
    command = command_for(member, to) if level in (Level.FAIL, Level.UNKNOWN) else None
    what = "show the whole plan" if to else "check this cluster alone"
    alone = (Hint(what, (command,), "more"),) if command else ()
    hints = (*finding.hints, *alone)
    finding = replace(finding, step=member.name, level=level, part=finding.step, hints=hints)
    return _with_objects(finding) if to else finding


def _with_objects(finding: Finding) -> Finding:
    """Return *finding* of a plan with the first objects that it is about, if those are several."""
    if len(finding.evidence) < _SEVERAL:
        return finding
    more = len(finding.evidence) - _OBJECTS
    rest = ((f"and {more:,} more", ""),) if more > 0 else ()
    evidence = (*finding.evidence[:_OBJECTS], *rest)
    return replace(finding, evidence=evidence, count=len(evidence))


def _shared(shared: Shared, noun: str) -> Finding:
    names = listed(shared.clusters, len(shared.clusters))
    return Finding(
        SHARED,
        shared.code,
        shared.level,
        f"in {len(shared.clusters)} clusters: {shared.text}",
        why=f"the same {noun} is in {names}",
        part=shared.text,
    )
