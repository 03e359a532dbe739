"""A report as Markdown, for a job summary or a comment: causes first, the rest folded."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from fluxstatus.base.plurals import counted
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.model.hints import Command
from fluxstatus.report.look import Look
from fluxstatus.report.markdown_text import block, code, html, inline
from fluxstatus.report.mermaid import blocked_graph
from fluxstatus.report.sentences import (
    acceptance_of,
    by_area,
    by_blocked,
    changes_of,
    counts_of,
    details_of,
    facts_of,
    link_of,
    minute_of,
    steps_of,
    title_of,
    word_of,
)
from fluxstatus.report.terminal import command_line

_LIMIT = 59_000  # bytes: GitHub and GitLab refuse a longer comment, or fold a summary
_IN_FULL = 5  # causes; the others are folded
_NAMES = 20  # of blocked objects in a list
_NODES = 12  # of blocked objects in the graph
_ROWS = 20  # steps, or pieces of advice
_TITLE, _TEXT, _MESSAGE, _COMMAND = 300, 1000, 2000, 1000  # characters
_STEPS, _COMMANDS = 6, 4  # of a finding, and of a step of its fix
_LINE, _FOR_LINES = 150, 20_000  # bytes for the title of a fault, and for those of all
_MORE = 60  # bytes for the line that counts the rest


def render(report: Report, _: Look) -> str:
    """Return *report* as Markdown of GitHub and GitLab, of less than 60 kB in UTF-8.

    The first causes are in full, the largest of them with a graph of what it blocks; each other
    fault is folded, and so is the table of the steps. What has no room is counted.
    """
    head = _head(report)
    tail = _accepted(report) + _steps(report) + _advice(report.advice)
    room = _LIMIT - _bytes(head) - _bytes(tail) - _MORE
    faults = by_blocked(report.faults)
    largest = max(faults, key=lambda one: len(one.blocks), default=None)
    parts: list[str] = []
    for number, fault in enumerate(faults):
        left = len(faults) - number
        in_full = number < _IN_FULL and fault.level is Level.FAIL
        part = (_in_full if in_full else _folded)(fault, report.taken_at, graph=fault is largest)
        if number and _bytes(part) > room - min(left * _LINE, _FOR_LINES):
            part = _title(fault)
        if _bytes(part) > room:
            parts.append(f"… and {counted(left, 'more finding')}\n\n")
            break
        parts.append(part)
        room -= _bytes(part)
    return (head + "".join(parts) + tail).rstrip("\n") + "\n"


def _bytes(text: str) -> int:
    return len(text.encode())


def _head(report: Report) -> str:
    """Return the heading with the verdict, the counts, and what is known of the cluster."""
    known = [f"{name} {code(value, _TITLE)}" for name, value in facts_of(report)]
    known.append(f"read {minute_of(report.taken_at)}")
    since = f"{inline(changes_of(report.changes), _TEXT)}\n\n" if report.changes else ""
    head = (
        f"### {inline(report.subject, _TITLE)}: {report.verdict}\n\n{counts_of(report)}\n\n{since}"
    )
    return f"{head}{' · '.join(known)}\n\n"


def _in_full(fault: Finding, now: datetime, *, graph: bool) -> str:
    return f"#### {inline(title_of(fault), _TITLE)}\n\n" + _body(fault, now, graph=graph)


def _folded(fault: Finding, now: datetime, *, graph: bool) -> str:
    return _fold(_summary(fault), _body(fault, now, graph=graph))


def _title(fault: Finding) -> str:
    """Return *fault* where there is no room for more."""
    return f"**{word_of(fault)}** {inline(title_of(fault), _TITLE)}\n\n"


def _summary(finding: Finding) -> str:
    return f"<b>{word_of(finding)}</b> {html(title_of(finding), _TITLE)}"


def _fold(summary: str, body: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{body}</details>\n\n"


def _body(fault: Finding, now: datetime, *, graph: bool) -> str:
    where = f"**{word_of(fault)}** in {inline(fault.step, _TITLE)}, {code(fault.code, _TITLE)}\n\n"
    drawn = graph and fault.blocks
    picture = block(blocked_graph(fault, _NODES), _LIMIT, "mermaid") + "\n" if drawn else ""
    return where + "".join(_details(fault, now)) + picture + "".join(_fixes(fault))


def _details(fault: Finding, now: datetime) -> Iterator[str]:
    for label, text in details_of(fault, now, _NAMES):
        if label == "message":
            yield block(text.strip(), _MESSAGE) + "\n"
        else:
            yield f"**{label}** {inline(text, _TEXT)}\n\n"


def _fixes(fault: Finding) -> Iterator[str]:
    for hint in fault.hints[:_STEPS]:
        text = hint.text if hint.label == "fix" else ""  # a command for details needs no sentence
        yield f"**{hint.label}** {inline(text, _TEXT)}".rstrip() + "\n\n"
        lines = [line for command in hint.commands[:_COMMANDS] for line in _lines(command)]
        if lines:
            yield block("\n".join(lines), _LIMIT, "sh") + "\n"
    if link := link_of(fault):
        yield f"**more** <{link}>\n\n"


def _lines(command: Command) -> Iterator[str]:
    """Yield the lines of *command*; one that is too long to be shown whole is left out."""
    line = command_line(command.argv)
    if len(line) <= _COMMAND:
        if command.changes:
            yield "# changes the cluster"
        yield line


def _steps(report: Report) -> str:
    steps = steps_of(report)[:_ROWS]
    rows = [
        f"| {step.level} | {inline(step.id, 40)} | {inline(step.title, 80)} |" for step in steps
    ]
    table = "\n".join(["| level | step | |", "|---|---|---|", *rows])
    return _fold(counted(len(steps), "step"), f"{table}\n\n") if steps else ""


def _accepted(report: Report) -> str:
    """Return the accepted faults, and the notes on their entries."""
    notes = report.acceptance.notes if report.acceptance else ()
    texts = [*map(acceptance_of, report.accepted), *notes]
    return _listed(counted(len(report.accepted), "accepted fault"), texts)


def _advice(advice: Sequence[Finding]) -> str:
    given = (one for one in advice if one.level is Level.WARN)
    by_its_area = ((area, one) for area, found in by_area(given) for one in found)
    texts = [": ".join(filter(None, (area, one.title))) for area, one in by_its_area]
    return _listed(counted(len(texts), "recommendation"), texts)


def _listed(summary: str, texts: Sequence[str]) -> str:
    """Return *texts* as a list below *summary*; empty without any."""
    lines = [f"- {inline(text, _TITLE)}" for text in texts[:_ROWS]]
    if more := len(texts) - len(lines):
        lines.append(f"- … and {more} more")
    text = "\n".join(lines)
    return _fold(summary, f"{text}\n\n") if texts else ""
