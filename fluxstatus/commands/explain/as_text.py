"""A story for people: how it stands, the cause and the fix; then all the rest."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.commands.explain.codes import Case, CodeDetails
from fluxstatus.commands.explain.details import Details, HistoryEntry
from fluxstatus.lookup.chain import Node
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command
from fluxstatus.report.as_text import put_finding, word_of
from fluxstatus.report.layout import INDENT, Cell, Page, put_command, put_head, put_pairs
from fluxstatus.report.look import Look
from fluxstatus.report.secrets import put_secret, unread_rows, words_in
from fluxstatus.report.terminal import columns, visible

_NODES = 6  # that hang on one object and are told one by one
_EVENTS, _LINES = 5, 5
_WIDEST = 22  # columns for a name to the left
_LABEL = 12
_STATUS = len("Unknown")
_CAUSE = "  <- the cause"
_BRANCHES = ("├─ ", "└─ ", "│  ", "   ")
_ASCII_BRANCHES = ("|- ", "`- ", "|  ", "   ")


def render(told: Details | CodeDetails, look: Look) -> str:
    """Return *told* as lines; how wide they are, and what is cut, is as in a report."""
    page = _code(told, look) if isinstance(told, CodeDetails) else _details(told, look)
    return "\n".join(page.lines) + "\n"


def _details(details: Details, look: Look) -> Page:
    told = [(word_of(finding), finding.step) for finding in details.findings] or [(Level.PASS, "")]
    levels, steps = zip(*told, *words_in(details.credentials), strict=True)
    page = Page(look, levels, steps)
    since = f" for {ago(details.since, details.taken_at)}" if details.since else ""
    context = f" · context {details.context}" if details.context else ""
    page.put(f"{details.ref} · {details.stands}{since}{context}")
    page.gap()
    _put_findings(page, details.findings, details)
    if wrong := any(one.problems for one in details.credentials):
        _put_credentials(page, details)  # most likely the cause
    _put_chain(page, details)
    put_pairs(page, "revisions", details.revisions)
    put_pairs(page, "suspended", [(f"{ref}", _since(at)) for ref, at in details.suspended])
    _put_conditions(page, details)
    put_pairs(page, "events", list(_events(page, details)))
    put_pairs(page, "history", list(_history(details)))
    put_pairs(page, "log of the controller in the last hour", list(_log(page, details)))
    if not wrong:
        _put_credentials(page, details)
    _put_commands(page, "the same by other means", details.commands)
    return page


def _code(code: CodeDetails, look: Look) -> Page:
    page = Page(look, (), ())
    page.put(f"{code.code}: {code.meaning}")
    page.gap()
    page.put(", ".join(code.steps), Cell("steps", _LABEL, "label"))
    for case in code.cases:
        _put_case(page, case, alone=case.why == code.meaning)
    return page


def _put_case(page: Page, case: Case, *, alone: bool) -> None:
    if not alone:
        page.gap()
    rows = (
        ("why", "" if alone else case.why),
        ("kinds", ", ".join(case.kinds)),
        ("reasons", ", ".join(case.reasons)),
        ("says", case.says),
    )
    for label, text in rows:
        if text:
            page.put(text, Cell(label, _LABEL, "label"))
    for hint in case.hints:
        page.put(hint.text, Cell("fix", _LABEL, "label"))
        for command in hint.commands:
            put_command(page, command, _LABEL)
    page.put(case.upstream, Cell("upstream", _LABEL, "label"))


def _put_findings(page: Page, findings: Sequence[Finding], details: Details) -> None:
    for finding in findings:
        put_finding(page, finding, details.taken_at)
    if not findings:
        well = details.level is Level.PASS
        says = "nothing is known to be wrong with it" if well else "no verdict yet"
        page.state(details.level, "", f"{says}: {details.stands}")


def _since(when: datetime | None) -> str:
    return f"since {when:%Y-%m-%d %H:%M} UTC" if when else "nothing tells since when"


def _put_chain(page: Page, details: Details) -> None:
    if details.needs or details.needed_by:
        put_head(page, "chain")
        own = any(f.object == details.ref and f.level is Level.FAIL for f in details.findings)
        cause = _CAUSE if own else ""
        page.put(f"{details.ref}: {details.stands}{cause}", Cell("", INDENT))
        _put_nodes(page, (*details.needs, *details.needed_by), "")


def _put_nodes(page: Page, nodes: Sequence[Node], before: str) -> None:
    branch, last, trunk, blank = _ASCII_BRANCHES if page.look.ascii else _BRANCHES
    shown = nodes if page.look.everything else nodes[: max(_NODES, _needed(nodes))]
    left_out = len(nodes) - len(shown)
    for number, node in enumerate(shown, 1):
        ends = number == len(nodes)
        prefix = before + (last if ends else branch)
        page.put(_node(node), Cell("", INDENT), Cell(prefix, len(prefix)))
        _put_nodes(page, node.children, before + (blank if ends else trunk))
    if left_out:
        prefix = before + last
        page.put(f"and {left_out} more: --all shows them", Cell("", INDENT),
                 Cell(prefix, len(prefix)))  # fmt: skip


def _needed(nodes: Sequence[Node]) -> int:
    """Count the nodes up to the last that leads to the cause: those are never left out."""
    leading = (n for n, node in enumerate(nodes, 1) if any(one.cause for one in node.all()))
    return max(leading, default=0)


def _node(node: Node) -> str:
    cause = _CAUSE if node.cause else ""
    return f"{node.relation} {node.ref}: {node.stands}{cause}"


def _put_conditions(page: Page, details: Details) -> None:
    if not details.conditions:
        return
    put_head(page, "conditions")
    names = [visible(one.type, ascii_only=page.look.ascii) for one in details.conditions]
    width, told = min(max(map(columns, names)), _WIDEST), {f.message for f in details.findings}
    for name, one in zip(names, details.conditions, strict=True):
        status = visible(one.status, ascii_only=page.look.ascii)[:_STATUS]
        age = ago(one.since, details.taken_at) if one.since else ""
        left = (
            Cell("", INDENT), Cell(name[:width], width + 2), Cell(status, _STATUS + 2),
            Cell(age, 6),
        )  # fmt: skip
        said = _said(one.reason, one.message, told)
        told.add(one.message)
        page.put(one.meaning or said, *left)
        if one.meaning:
            page.put(said, *(Cell("", cell.width) for cell in left))


def _said(reason: str, message: str, told: Collection[str]) -> str:
    """Return the controller's own words; a *message* that has been *told* is not repeated."""
    return f"{reason}: {message}" if message and message not in told else reason


def _events(page: Page, details: Details) -> Iterator[tuple[str, str]]:
    events = details.events.items
    shown = events if page.look.everything else events[:_EVENTS]
    told = {finding.message for finding in details.findings}
    for event in shown:
        when = f"{event.type}, {_times(event.times)}{ago(event.last, details.taken_at)} ago"
        yield when, _said(event.reason, event.message, told)
    yield from _more(len(events) - len(shown))
    yield from unread_rows(details.events.unread)


def _times(count: int) -> str:
    return f"{count} times, " if count > 1 else ""


def _more(count: int) -> Iterator[tuple[str, str]]:
    if count:
        yield "", f"and {count} more: --all shows them"


def _history(details: Details) -> Iterator[tuple[str, str]]:
    for past in details.history:
        yield (f"{ago(past.last, details.taken_at)} ago" if past.last else ""), _past(past)
    if details.history and not details.history[0].good:
        good = (
            f"{ago(details.last_good, details.taken_at)} ago"
            if details.last_good
            else "none of these"
        )
        yield "last good", good


def _past(past: HistoryEntry) -> str:
    often = f"{past.times} times since {past.first:%Y-%m-%d %H:%M} UTC" if past.first else ""
    took = f"took {past.took}" if past.took else ""
    return ", ".join(filter(None, (past.text, often if past.times > 1 else "", took)))


def _log(page: Page, details: Details) -> Iterator[tuple[str, str]]:
    lines = details.log.lines if page.look.everything else details.log.lines[:_LINES]
    for line in lines:
        when = f" {ago(line.last, details.taken_at)} ago" if line.last else ""
        yield f"{line.level}{when}", f"{line.text}{f' ({line.times} times)' * (line.times > 1)}"
    yield from _more(len(details.log.lines) - len(lines))
    yield from unread_rows(details.log.unread)
    if not details.log.lines and not details.log.unread and details.log.controller:
        yield "", f"{details.log.controller} says nothing about it"


def _put_credentials(page: Page, details: Details) -> None:
    put_pairs(page, "credentials", list(unread_rows(details.credentials_unread)))
    for one in details.credentials:
        put_secret(page, one, details.taken_at)


def _put_commands(page: Page, title: str, commands: Iterable[Command]) -> None:
    put_head(page, title)
    for command in commands:
        put_command(page, command, INDENT)
