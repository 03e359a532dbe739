"""The details of an object as text: its status, the cause and the fix, then the rest."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.base.visible import visible
from fluxstatus.commands.explain.codes import Case, CodeDetails
from fluxstatus.commands.explain.details import Details, HistoryEntry
from fluxstatus.lookup.chain import has_broken
from fluxstatus.lookup.events import merged
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import by_reason
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.report.as_text import put_finding
from fluxstatus.report.ending import put_next
from fluxstatus.report.layout import (
    INDENT,
    Cell,
    Page,
    put_command,
    put_head,
    put_hint,
    put_pairs,
    put_title,
)
from fluxstatus.report.look import Look
from fluxstatus.report.secrets import put_secret, unread_rows, words_in
from fluxstatus.report.sentences import context_of, word_of
from fluxstatus.report.terminal import columns
from fluxstatus.report.tree import branches
from fluxstatus.state.revisions import abbreviated

_NODES = 6  # below one object
_EVENTS, _MESSAGES = 5, 5
_WIDEST = 22  # columns for a name to the left
_LABEL = 12
_STATUS = len("Unknown")
_CAUSE = "  <- the cause"
_TELLING = 20  # characters of a message that is not part of another one by chance
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?(?:[mµun]?s|[hm])?)+")
"""A number, or a duration as Go writes it."""
_ATTEMPTED = "attempted"


def render(explained: Details | CodeDetails, look: Look) -> str:
    """Return *explained* as lines, with the width and the cuts of a report."""
    page = (
        _code(explained, look) if isinstance(explained, CodeDetails) else _details(explained, look)
    )
    return "\n".join(page.lines) + "\n"


def _details(details: Details, look: Look) -> Page:
    rows = [(word_of(finding), finding.step) for finding in details.findings]
    levels, steps = zip(
        *(rows or [(details.verdict, "")]), *words_in(details.credentials), strict=True
    )
    page = Page(look, levels, steps)
    since = f" for {ago(details.since, details.taken_at)}" if details.since else ""
    put_title(
        page, f"{details.ref}", f"{details.status}{since}", context=context_of(details.target)
    )
    page.gap()
    _put_findings(page, details.findings, details)
    if wrong := any(one.problems for one in details.credentials):
        _put_credentials(page, details)  # most likely the cause
    page.gap()
    _put_chain(page, details)
    suspended = [(f"{ref}", _suspension(at, by)) for ref, at, by in details.suspended]
    shown = _Shown(page, details)
    _put_section(page, "revisions", list(_revisions(details)))
    _put_section(page, "suspended", suspended)
    _put_conditions(page, details, shown)
    _put_section(page, "events", list(_events(page, details, shown)))
    _put_section(page, "history", list(_history(details)))
    _put_section(page, "controller logs, last hour", list(_log(page, details)))
    if not wrong:
        _put_credentials(page, details)
    _put_section(page, "not read", list(_not_read(details)))
    _put_commands(page, "related commands", details.commands)
    if details.next:
        page.gap()
        put_next(page, details.next)
    return page


def _put_section(page: Page, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Add names and values below *title*; a single one stands beside it."""
    if len(pairs) != 1:
        put_pairs(page, title, pairs, gap=False)
        return
    (name, value), width = pairs[0], columns(title) + 2
    page.put(": ".join(filter(None, (name, value))), Cell(title, width, "label"))


def _revisions(details: Details) -> Iterator[tuple[str, str]]:
    """Yield the revisions, those that are the same in one row.

    That of the last attempt is one of its own: without one, the last attempt succeeded.
    """
    names: dict[str, list[str]] = {}
    for name, value in details.revisions:
        names.setdefault(value, []).append(name)
    for value, same in names.items():
        yield ", ".join(name for name in same if name != _ATTEMPTED or len(same) == 1), value


def _code(code: CodeDetails, look: Look) -> Page:
    page = Page(look, (), ())
    page.put(f"{code.code}: {code.meaning}")
    page.gap()
    page.put(", ".join(code.steps), Cell("steps", _LABEL, "label"))
    by_why: dict[str, list[Case]] = {}
    for case in code.cases:
        by_why.setdefault(case.why, []).append(case)
    for why, cases in by_why.items():
        if why != code.meaning:
            page.gap()
            page.put(why, Cell("why", _LABEL, "label"))
        _put_cases(page, cases)
    return page


def _put_cases(page: Page, cases: Iterable[Case]) -> None:
    """Add the kinds, reasons and fixes of *cases*, which have one cause; each fix only once."""
    kinds: tuple[str, ...] = ()
    shown: set[Hint] = set()
    for case in cases:
        hints = [hint for hint in case.hints if hint not in shown]
        if shown and not hints:
            continue
        shown.update(hints)
        if case.kinds != kinds:
            page.put(", ".join(case.kinds) or "all others", Cell("kinds", _LABEL, "label"))
            kinds = case.kinds
        if case.reasons:
            page.put(", ".join(case.reasons), Cell("reasons", _LABEL, "label"))
        for hint in hints:
            put_hint(page, hint, "fix", _LABEL)
        if case.docs:
            page.put(case.docs, Cell("more", _LABEL, "label"), one_line=True)


def _put_findings(page: Page, findings: Sequence[Finding], details: Details) -> None:
    for finding in findings:
        put_finding(page, finding, details.taken_at, about=details.ref)
    if not findings:
        text = "no problem found" if details.level is Level.PASS else "no verdict yet"
        partly = " in the data that could be read" if details.verdict is not details.level else ""
        page.state(details.verdict, "", f"{text}{partly}: {details.status}")


def _suspension(when: datetime | None, by: str) -> str:
    since = f"since {when:%Y-%m-%d %H:%M} UTC" if when else "since an unknown time"
    return f"{since}, by {by}" if by else since


def _put_chain(page: Page, details: Details) -> None:
    if details.needs or details.needed_by:
        put_head(page, "chain", gap=False)
        own = any(f.object == details.ref and f.level is Level.FAIL for f in details.findings)
        cause = _CAUSE if own and not has_broken(details.needs) else ""
        page.put(f"{details.ref}: {details.status}{cause}", Cell("", INDENT))
        _put_nodes(page, (*details.needs, *details.needed_by))


def _put_nodes(page: Page, nodes: Sequence[Node]) -> None:
    def limit(siblings: Sequence[Node]) -> int:
        return len(siblings) if page.look.everything else max(_NODES, _required(siblings))

    for prefix, node in branches(nodes, ascii_only=page.look.ascii, limit=limit):
        text = _node(node) if isinstance(node, Node) else f"and {node} more: --all shows them"
        page.put(text, Cell("", INDENT), Cell(prefix, len(prefix)))


def _required(nodes: Sequence[Node]) -> int:
    """Return how many nodes must be shown so that none that leads to the cause is left out."""
    leading = (n for n, node in enumerate(nodes, 1) if any(one.cause for one in node.all()))
    return max(leading, default=0)


def _node(node: Node) -> str:
    cause = _CAUSE if node.cause else ""
    return f"{node.relation.label} {node.ref}: {node.health.text}{cause}"


def _put_conditions(page: Page, details: Details, shown: "_Shown") -> None:
    if not details.conditions:
        return
    put_head(page, "conditions", gap=False)
    names = [visible(one.type, ascii_only=page.look.ascii) for one in details.conditions]
    width = min(max(map(columns, names)), _WIDEST)
    for name, one in zip(names, details.conditions, strict=True):
        status = visible(one.status, ascii_only=page.look.ascii)[:_STATUS]
        age = ago(one.since, details.taken_at) if one.since else ""
        left = (
            Cell("", INDENT), Cell(name[:width], width + 2), Cell(status, _STATUS + 2),
            Cell(age, 6),
        )  # fmt: skip
        reason = shown.reason(one.reason, one.message)
        page.put(": ".join(filter(None, (one.meaning, reason))), *left)


class _Shown:
    """The messages that are on a page: each is shown once, with short hashes of revisions.

    Those that differ only in numbers, such as how long an attempt took, are the same, and one that
    is a part of another is shown with that, unless all is to be shown.
    """

    def __init__(self, page: Page, details: Details) -> None:
        self._whole = page.look.everything
        self._messages = {self.key(finding.message) for finding in details.findings}

    def reason(self, reason: str, message: str) -> str:
        """Return the reason with its message, unless that is shown already."""
        is_new = not self._has(self.key(message))
        self._messages.add(self.key(message))
        text = message if self._whole else abbreviated(message)
        return f"{reason}: {text}" if message and is_new else reason

    def key(self, message: str) -> str:
        """Return what *message* has in common with those that are the same."""
        return message if self._whole else _NUMBER.sub("0", message)

    def _has(self, key: str) -> bool:
        is_part = len(key) >= _TELLING and not self._whole
        return key in self._messages or (is_part and any(key in one for one in self._messages))


def _events(page: Page, details: Details, shown: _Shown) -> Iterator[tuple[str, str]]:
    """Yield the events with when and how often, those with the same message in one row."""
    keyed = (
        ((one.type, one.reason, shown.key(one.message)), one, None) for one in details.events.items
    )
    events = [event for event, _ in merged(keyed).values()]
    listed = events if page.look.everything else events[:_EVENTS]
    for event in listed:
        when = f"{event.type}, {_times(event.times)}{ago(event.last, details.taken_at)} ago"
        yield when, shown.reason(event.reason, event.message)
    yield from _more(len(events) - len(listed))
    yield from unread_rows(details.events.unread)


def _times(count: int) -> str:
    return f"{count} times, " if count > 1 else ""


def _more(count: int) -> Iterator[tuple[str, str]]:
    if count:
        yield "", f"and {count} more: --all shows them"


def _history(details: Details) -> Iterator[tuple[str, str]]:
    """Yield the history and the last success.

    A single attempt of which no more is known than what its condition says is left out.
    """
    reasons = {one.reason for one in details.conditions}
    for past in details.history:
        is_known = past.text in reasons and past.times <= 1 and not past.took
        if is_known and len(details.history) == 1:
            break
        yield (f"{ago(past.last, details.taken_at)} ago" if past.last else ""), _past(past)
    if details.history and not details.history[0].good:
        good = (
            f"{ago(details.last_good, details.taken_at)} ago"
            if details.last_good
            else "none in the history"
        )
        yield "last good", good


def _past(past: HistoryEntry) -> str:
    often = f"{past.times} times since {past.first:%Y-%m-%d %H:%M} UTC" if past.first else ""
    took = f"took {past.took}" if past.took else ""
    return ", ".join(filter(None, (past.text, often if past.times > 1 else "", took)))


def _log(page: Page, details: Details) -> Iterator[tuple[str, str]]:
    log = details.log
    messages = log.messages if page.look.everything else log.messages[:_MESSAGES]
    for message in messages:
        when = f" {ago(message.last, details.taken_at)} ago" if message.last else ""
        times = f" ({message.times} times)" if message.times > 1 else ""
        yield f"{message.level}{when}", f"{message.text}{times}"
    yield from _more(len(log.messages) - len(messages))
    if not log.messages and not log.unread and log.controller:
        yield "", f"{log.controller} logged nothing about this object"


def _not_read(details: Details) -> Iterator[tuple[str, str]]:
    """Yield what could not be read, and why; what has the same reason only once."""
    parts = {"controller logs": details.log.unread, "credentials": details.credentials_unread}
    unread = {name: why for name, why in parts.items() if why}
    for names, why in (*by_reason(unread), *details.unread):
        yield names, why.full_text


def _put_credentials(page: Page, details: Details) -> None:
    for one in details.credentials:
        put_secret(page, one, details.taken_at)


def _put_commands(page: Page, title: str, commands: Iterable[Command]) -> None:
    put_head(page, title)
    for command in commands:
        put_command(page, command, INDENT)
