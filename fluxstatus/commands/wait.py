"""`--wait`: look again until all is well, the time is over, or waiting cannot help."""

import time
from collections.abc import Callable

from fluxstatus.commands import console
from fluxstatus.commands.watch import stamp
from fluxstatus.model.evidence import Evidence, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report

PAUSE = 3.0  # seconds between two looks
_CANNOT_BEGIN = (Why.NO_PROGRAM, Why.NO_CONFIG)


def wait(
    read: Callable[[], Evidence],
    assess: Callable[[Evidence], Report],
    seconds: float,
    fail_on: Level,
    *,
    fail_fast: bool,
) -> Report:
    """Return the last of the looks that *seconds* allow: the first that finds all well and done.

    A look that has begun is finished. Meanwhile standard error tells what is waited for: in a
    line that is written over on a terminal, else in a new line for each change.
    """
    end = time.monotonic() + seconds
    live, told = console.LiveLine(), ""
    while True:
        evidence = read()
        report = assess(evidence)
        left = end - time.monotonic()
        if exit_code(report, fail_on) is Exit.HEALTHY or left <= 0:
            break
        guilty = _guilty(report, fail_on)
        if _cannot_begin(evidence) or (fail_fast and any(one.final for one in guilty)):
            break
        reason = _reason(guilty)
        if live.on:
            live.show(f"{left:.0f} s left: {reason}")
        elif reason != told:
            console.note(f"{stamp(report)} {reason}")
        told = reason
        time.sleep(min(PAUSE, left))
    live.clear()
    return report


def exit_code(report: Report, fail_on: Level) -> Exit:
    """Return the exit code after waiting: what is still on its way has not arrived."""
    code = report.exit_code(fail_on)
    return Exit.UNHEALTHY if code is Exit.HEALTHY and _on_its_way(report) else code


def _on_its_way(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == "reconciling"]


def _guilty(report: Report, fail_on: Level) -> list[Finding]:
    """Return what is waited for, the worst first."""
    levels = (Level.FAIL, fail_on, Level.UNKNOWN)
    bad = [finding for finding in report.faults if finding.level in levels]
    bad.sort(key=lambda finding: levels.index(finding.level))
    return bad or _on_its_way(report)


def _reason(guilty: list[Finding]) -> str:
    if not guilty:
        return "nothing can be seen yet"
    first, *more = guilty
    others = f" (and {len(more)} more)" if more else ""
    return f"{first.level} {first.step}: {first.title}{others}"


def _cannot_begin(evidence: Evidence) -> bool:
    return evidence.unreachable is not None and evidence.unreachable.why in _CANNOT_BEGIN
