"""`--watch`: repeat the check; redraw it on a terminal, else print what changed."""

import shutil
from collections.abc import Callable, Hashable

from fluxstatus.base.durations import stamp
from fluxstatus.base.visible import visible
from fluxstatus.commands import console
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Finding, Level, Report

PAUSE = 5.0  # seconds between two checks
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_QUIET = (Level.PASS, Level.WAIT, Level.SKIP)


def watch(
    read: Callable[[], Evidence],
    assess: Callable[[Evidence], Report],
    show: Callable[[Report | None, Report], str],
) -> Report:
    """Print what *show* returns for each report and the previous one, until the reader is gone.

    Returns the last report. Ctrl-C raises KeyboardInterrupt.
    """
    before = None
    while True:
        report = assess(read())
        if not console.put_report(show(before, report)) or not console.pause(PAUSE):
            return report
        before = report


def page(text: str, report: Report) -> str:
    """Return *text* as a page that replaces the previous one on a terminal."""
    room = max(shutil.get_terminal_size().lines - 3, 1)
    lines = text.splitlines()
    if len(lines) > room:
        lines[room - 1 :] = [f"({len(lines) - room + 1} more lines)"]
    when = report.taken_at.astimezone()
    lines += ["", f"{when:%H:%M:%S}, every {PAUSE:.0f} s; Ctrl-C to quit"]
    body = "\n".join(line + _CLEAR_LINE for line in lines)
    return f"{_HOME}{_NO_WRAP}{body}{_WRAP}\n{_CLEAR_BELOW}"


def changes(before: Report | None, after: Report) -> str:
    """Return a line for each problem that is new, has another level or is gone in *after*."""
    old, new = _problems(before), _problems(after)
    lines = [
        *(_line(f.level, f) for key, f in new.items() if key not in old),
        *(_line("gone", f) for key, f in old.items() if key not in new),
    ]
    if before is None or before.verdict is not after.verdict:
        lines.append(f"verdict  {after.verdict}")
    return "".join(f"{stamp(after.taken_at)} {visible(line)}\n" for line in lines)


def _problems(report: Report | None) -> dict[Hashable, Finding]:
    # A title may contain an age, so it does not identify a problem.
    found = report.faults if report else ()
    return {(f.step, f.code, f.object, f.level): f for f in found if f.level not in _QUIET}


def _line(word: str, finding: Finding) -> str:
    return f"{word:8} {finding.step}: {finding.title}"
