"""`--wait`: repeat the check until all is healthy, the time is up, or waiting cannot help."""

from collections.abc import Callable, Collection

from fluxstatus.commands.wait.loop import Look, poll
from fluxstatus.model.evidence import Evidence, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report, Verdict

PAUSE = 3.0  # seconds between two checks
_CANNOT_BEGIN = (Why.NO_PROGRAM, Why.NO_CONFIG)


def wait(
    read: Callable[[], Evidence],
    assess: Callable[[Evidence], Report],
    seconds: float,
    fail_on: Collection[str],
    *,
    fail_fast: bool,
) -> Report:
    """Return the first report with everything healthy and finished, or the last in *seconds*.

    A check that has begun is finished. Standard error shows what is waited for: in a status line
    on a terminal, else in a line for each change.
    """

    def look() -> Look[Report]:
        evidence = read()
        report = assess(evidence)
        awaited = _awaited(report.counting(fail_on), fail_on)
        is_final = fail_fast and any(one.final for one in awaited)
        is_healthy = exit_code(report, fail_on) is Exit.HEALTHY
        reason = _reason(awaited)
        over = is_healthy or is_final or _cannot_begin(evidence)
        return Look(report, report.taken_at, over, reason, {reason: reason})

    return poll(look, seconds, PAUSE).result


def exit_code(report: Report, fail_on: Collection[str]) -> Exit:
    """Return the exit code after waiting: 1 while an object is reconciling or waits for another."""
    code = report.exit_code(fail_on)
    waiting = report.counting(fail_on).waiting
    return Exit.UNHEALTHY if code is Exit.HEALTHY and waiting else code


def _awaited(report: Report, fail_on: Collection[str]) -> list[Finding]:
    """Return the findings that are waited for: the worst first, then what blocks most."""
    warnings = (Level.WARN,) if Verdict.WARN in fail_on else ()
    levels = (Level.FAIL, *warnings, Level.UNKNOWN)
    bad = [finding for finding in report.faults if finding.level in levels]
    bad.sort(key=lambda finding: (levels.index(finding.level), -len(finding.blocks)))
    return bad or list(report.waiting)


def _reason(awaited: list[Finding]) -> str:
    if not awaited:
        return "no result yet"
    first, *more = awaited
    others = f" (and {len(more)} more)" if more else ""
    return f"{first.level} {first.step}: {first.title}{others}"


def _cannot_begin(evidence: Evidence) -> bool:
    return evidence.unreachable is not None and evidence.unreachable.why in _CANNOT_BEGIN
