"""A plan for an upgrade as a report: a part of the plan is a step of it.

What blocks is a failure and what changes is a warning, so that the outcome is the verdict.
"""

from collections.abc import Mapping
from typing import Any

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.checks.upgrade.plan import Outcome
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import Finding, Level, Report, StepResult, Verdict, worst
from fluxstatus.report.as_plan import PARTS
from fluxstatus.report.whole import finding_in

_OF_VERDICT: Mapping[Verdict, Outcome] = {Verdict.FAIL: "blocked", Verdict.UNKNOWN: "unknown"}


def report_of_plan(document: Mapping[str, Any], *, with_commands: bool) -> Report:
    """Return the report that says what *document* does, the JSON of `upgrade plan`.

    A command is only left in it *with_commands*: a file may come from anyone. Raises ValueError.
    """
    if (taken_at := when(document.get("takenAt"))) is None:
        raise ValueError("is damaged: takenAt is not a time")
    found = map_of(document.get("findings"))
    if missing := [part for part in PARTS if not isinstance(found.get(part), list)]:
        raise ValueError(f"is damaged: its findings lack {missing[0]}")
    parts = {
        part: tuple(finding_in(one, with_commands=with_commands) for one in maps_of(found[part]))
        for part in PARTS
    }
    levels = {part: worst(one.level for one in found) for part, found in parts.items()}
    outcome = text_of(document.get("outcome"))
    # A plan with a failure has another outcome than "blocked" only if the cluster was unreachable.
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
    if outcome_in(report.verdict) != outcome:
        raise ValueError(f"is damaged: its findings do not have the outcome {outcome!r}")
    return report


def outcome_in(verdict: Verdict) -> Outcome:
    """Return the outcome of the plan whose report has this *verdict*."""
    return _OF_VERDICT.get(verdict, "clear")
