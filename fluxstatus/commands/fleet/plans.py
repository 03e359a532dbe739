"""Plans for an upgrade of each cluster, as reports: a part of a plan is a step of its report.

What blocks is a failure and what changes is a warning, so that the outcome is the verdict.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.checks.upgrade.move import BLOCKERS, CHANGES
from fluxstatus.checks.upgrade.needs import OPERATOR, OPERATOR_UNKNOWN
from fluxstatus.checks.upgrade.plan import NOTHING, TARGET_UNKNOWN, Outcome
from fluxstatus.commands.fleet.members import Member
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import Finding, Level, Report, StepResult, Verdict, worst
from fluxstatus.report.as_plan import PARTS
from fluxstatus.report.whole import finding_in

OUTCOMES: tuple[Outcome, ...] = ("blocked", "unknown", "clear")
"""The outcomes, the worst first."""

_OF_VERDICT: Mapping[Verdict, Outcome] = {Verdict.FAIL: "blocked", Verdict.UNKNOWN: "unknown"}
_OPERATOR_FIRST = {OPERATOR: "yes", OPERATOR_UNKNOWN: "unknown"}


def report_of_plan(document: Mapping[str, Any]) -> Report:
    """Return the report that says what *document* does, the JSON of `upgrade plan`.

    Raises ValueError.
    """
    if (taken_at := when(document.get("takenAt"))) is None:
        raise ValueError("is damaged: takenAt is not a time")
    parts = {
        part: tuple(
            finding_in(one, with_commands=True)
            for one in maps_of(map_of(document.get("findings")).get(part))
        )
        for part in PARTS
    }
    levels = {part: worst(one.level for one in found) for part, found in parts.items()}
    outcome = text_of(document.get("outcome"))
    report = Report(
        target=Target(
            context=text_of(document.get("context")), kubernetes=text_of(document.get("kubernetes"))
        ),
        flux=text_of(document.get("flux")),
        operator=text_of(document.get("operator")),
        taken_at=taken_at,
        cost=Cost(0, 0, 0.0),
        steps=tuple(StepResult(part, part, level) for part, level in levels.items()),
        findings=tuple(one for found in parts.values() for one in found),
        unreachable=outcome == "unknown" and Level.FAIL in levels.values(),
    )
    if outcome == "clear":  # of notes alone, a report has no verdict
        report = report._replace(findings=(*report.findings, Finding("", "ok", Level.PASS, "")))
    if _OF_VERDICT.get(report.verdict, "clear") != outcome:
        raise ValueError(f"is damaged: its findings do not have the outcome {outcome!r}")
    return report


def outcome_of(member: Member) -> Outcome:
    """Return whether the upgrade of *member* is blocked, or whether that is not known."""
    return _OF_VERDICT.get(member.verdict, "clear")


def counts_of(member: Member) -> tuple[int, int, int] | None:
    """Return the number of blockers, of changes, and of what is unknown; None without a plan."""
    if member.known is None:
        return None
    found = member.known.findings
    blockers = sum(one.step == BLOCKERS and one.level is Level.FAIL for one in found)
    changes = sum(one.step == CHANGES for one in found)
    return blockers, changes, sum(one.level is Level.UNKNOWN for one in found)


def operator_first(member: Member) -> str:
    """Return whether the operator of *member* is upgraded first, empty if none is known."""
    report = member.known
    found = [_OPERATOR_FIRST.get(one.code, "") for one in report.findings] if report else []
    return next(filter(None, found), "no" if report and report.operator else "")


def target_unknown(members: Iterable[Member]) -> str:
    """Return that the target is newer than this plugin, empty if it is not."""
    reports = (one.known for one in members)
    found = (one for report in reports if report for one in report.findings)
    return next((one.title for one in found if one.code == TARGET_UNKNOWN), "")


def reason_of(member: Member) -> str:
    """Return the first blocker of *member* or what is unknown first, and how many there are more.

    If Flux already has the target, it says that.
    """
    found = member.known.findings if member.known else ()
    blockers = [one.title for one in found if one.step == BLOCKERS and one.level is Level.FAIL]
    unknown = [one.title for one in found if one.level is Level.UNKNOWN]
    titles = blockers or unknown
    if member.problem or not titles:
        done = [one.title for one in found if one.code == NOTHING]
        return member.problem or next(iter(done), "")
    return titles[0] + (f" (and {len(titles) - 1} more)" if len(titles) > 1 else "")
