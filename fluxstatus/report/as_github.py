"""A report as annotations of a GitHub workflow: a command to the runner for each finding."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from fluxstatus.base.plurals import counted
from fluxstatus.base.visible import visible
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import by_blocked, counts_of, details_of, hint_lines, title_of

_NAMES = 10  # of blocked objects
_MOST = 500  # faults; GitHub shows 50 of a job
_COMMANDS = {Level.FAIL: "error", Level.WARN: "warning", Level.UNKNOWN: "warning"}
_ESCAPES = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PROPERTIES = (*_ESCAPES, (":", "%3A"), (",", "%2C"))
"""The characters that the runner decodes (actions/toolkit packages/core/src/command.ts)."""


def render(report: Report, look: Look) -> str:
    """Return a line for each fault of *report*, the worst first, and then one that counts all.

    A failure is an error, a warning and what could not be read are warnings; advice is a notice,
    with `look.advice` only. GitHub shows ten errors and ten warnings of a step, and the log has
    more; of very many faults, those that block the least are only counted.
    """
    faults = by_blocked(report.faults)
    lines = [
        _line(_COMMANDS[finding.level], finding, report.taken_at, ascii_only=look.ascii)
        for finding in faults[:_MOST]
    ]
    if more := len(faults) - len(lines):
        lines.append(counted(more, "more finding"))
    if look.advice:
        found = by_blocked(report.advice)
        lines += [_line("notice", one, report.taken_at, ascii_only=look.ascii) for one in found]
    counts = visible(counts_of(report), ascii_only=look.ascii)
    return "".join(f"{line}\n" for line in (*lines, f"{report.verdict}: {counts}"))


def _line(command: str, finding: Finding, now: datetime, *, ascii_only: bool) -> str:
    """Return *finding* as a *command*; nothing in it ends the line or begins another command."""
    title = visible(f"{finding.step}: {finding.code}", ascii_only=ascii_only)
    lines = "\n".join(_texts(finding, now)).split("\n")
    text = "\n".join(visible(line, ascii_only=ascii_only) for line in lines)
    return f"::{command} title={_escaped(title, _IN_PROPERTIES)}::{_escaped(text, _ESCAPES)}"


def _escaped(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    """Return *text* with *escapes*: for some characters of many, translate() takes longer."""
    for char, escape in escapes:
        text = text.replace(char, escape)
    return text


def _texts(finding: Finding, now: datetime) -> Iterator[str]:
    yield title_of(finding)
    for label, text in details_of(finding, now, _NAMES):
        if label != "message":  # the log of the step has it
            yield f"{label}: {text}"
    yield from hint_lines(finding)
