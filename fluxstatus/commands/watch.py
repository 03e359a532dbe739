"""`--watch`: repeat the check; redraw it on a terminal, else print what changed."""

import shutil
from collections.abc import Callable, Hashable
from math import ceil

from fluxstatus.base.durations import stamp
from fluxstatus.base.visible import visible
from fluxstatus.commands import console
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.report.terminal import columns, without_colors

PAUSE = 5.0  # seconds between two checks
_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
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
    """Return *text* as a page that replaces the previous one on a terminal.

    A long command takes several rows, so that it can be copied. Of a text with more rows than the
    terminal, the lines before its last paragraph, which has the counts, are left out.
    """
    width, height = shutil.get_terminal_size()
    lines = _shortened(text.splitlines(), width, max(height - 3, 1))
    when = report.taken_at.astimezone()
    lines += ["", f"{when:%H:%M:%S}, every {PAUSE:.0f} s; Ctrl-C to quit"]
    body = "\n".join(_cleared(line, width) for line in lines)
    return f"{_HOME}{body}\n{_CLEAR_BELOW}"


def _shortened(lines: list[str], width: int, room: int) -> list[str]:
    """Return what *room* rows can show of *lines*, with how many are left out."""
    rows = [_rows(line, width) for line in lines]
    if sum(rows) <= room:
        return lines
    last = max((n for n, line in enumerate(lines) if not line), default=len(lines))
    if sum(rows[last:]) > room // 2:
        last = len(lines)
    left, shown = room - 1 - sum(rows[last:]), 0
    while shown < last and rows[shown] <= left:
        left -= rows[shown]
        shown += 1
    return [*lines[:shown], f"({last - shown} more lines)", *lines[last:]]


def _rows(line: str, width: int) -> int:
    return max(ceil(columns(without_colors(line)) / width), 1)


def _cleared(line: str, width: int) -> str:
    """Return *line* such that nothing of the previous page remains in its rows.

    After a full row the cursor is still on the last column, which must not be cleared.
    """
    used = columns(without_colors(line))
    rest = "" if used and used % width == 0 else _CLEAR_LINE
    return f"{_CLEAR_LINE}{line}{rest}"


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
