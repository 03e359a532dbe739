"""A report for people: the status of each step, and the cause and fix of each fault."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.base.plurals import counted, noun_for
from fluxstatus.model.findings import (
    RECONCILING,
    Finding,
    Level,
    Report,
    Scope,
    StepResult,
)
from fluxstatus.model.hints import Command
from fluxstatus.model.ref import Ref
from fluxstatus.report.ending import ACCEPTED, put_acceptance, put_counts, put_ending
from fluxstatus.report.layout import Cell, Page, put_head
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import (
    ADVICE,
    TROUBLE,
    by_area,
    by_blocked,
    facts_of,
    kinds_of,
    message_of,
    minute_of,
    name_of,
    steps_of,
    time_of,
    title_of,
    why_of,
    word_of,
)
from fluxstatus.report.table import Table
from fluxstatus.report.terminal import marked

_AT_MOST = 10  # findings that are shown without `--all`; the rest are counted
_SCREEN = 48  # lines; a shorter report has all details
_IN_FULL = 24  # lines for the worst faults of a longer report; the others are shown briefly
_ALWAYS = frozenset({"mcp-read-write"})
"""Advice that is a warning line, whether asked for or not: an assistant may act on it."""

_NAMES = 40  # names of a list to try: more never fit into two lines


def render(report: Report, look: Look) -> str:
    """Return *report* as lines of at most `look.width` columns, or of 40 if that is narrower.

    Only commands, links and a prompt may be longer, as they are meant to be copied. All text from
    the cluster is escaped. Faults come first, the one that blocks most at the top, whatever its
    step is; then a line for each other step. Without `look.everything`, passes are summarized, long
    texts are truncated with a mark, only the first faults have all details, and faults beyond the
    first ten are counted. Advice is one line, unless `look.advice` or `look.everything`.
    """
    if look.brief:
        return _briefly(report, look)
    advice, report = report.advice, report._replace(findings=report.faults)
    one_by_one = advice if look.advice or look.everything else ()
    always = [replace(f, category="fault") for f in advice if not one_by_one and f.code in _ALWAYS]
    steps = steps_of(report)
    listed = (*one_by_one, *always)
    levels = *(step.level for step in steps), *map(word_of, (*report.findings, *listed))
    names = *(step.id for step in steps), *(one.step for one in listed)
    levels = (*levels, *(ACCEPTED for _ in report.accepted[:1]))
    names = (*names, *(one.finding.step for one in report.accepted))
    page = Page(look, levels, names)
    _put_head(page, report)
    shown, counted = (report.findings, []) if look.everything else _selected(report)
    trial = Page(look._replace(wide=False), levels, names)  # what -o wide adds takes no room
    brief = set() if look.everything else _without_details(trial, shown, report.taken_at)
    for fault in by_blocked(shown):
        if id(fault) in brief:
            _put_briefly(page, fault, report.taken_at)
        else:
            put_finding(page, fault, report.taken_at)
    _put_rest(page, [finding for finding in counted if finding.level in TROUBLE])
    for step in steps:
        _put_step(page, step, report, (_of(step, shown), _of(step, counted)))
    _put_advice(page, one_by_one, report.taken_at)
    for one in always:
        put_finding(page, one, report.taken_at)
    if not one_by_one:
        _put_advice_summary(page, [one for one in advice if one.code not in _ALWAYS])
    put_ending(page, report)
    return "\n".join(page.lines) + "\n"


def _briefly(report: Report, look: Look) -> str:
    """Return a row for each fault in *report*, and for each piece of advice if asked for.

    The titles are whole, whatever the width is: on a terminal, a long one takes several lines.
    """
    page = Page(look, (ACCEPTED,), (one.finding.step for one in report.accepted))
    found = by_blocked(report.faults) + by_blocked(report.advice if look.advice else ())
    _put_head(page, report)
    if found:
        tables = [_table(found, look, _CODE), *([_table(found, look, ())] if look.fitted else ())]
        page.lines += [*min(tables, key=len), ""]
    put_acceptance(page, report)
    put_counts(page, report)
    return "\n".join(page.lines) + "\n"


_WIDE = ("SINCE", "STEP", "ID")


_CODE = ("CODE",)


def _table(found: Sequence[Finding], look: Look, code: tuple[str, ...]) -> list[str]:
    """Return the lines of a table of *found*; without a column for the *code* the cause has it."""
    heads = ("LEVEL", "BLOCKS", *(_WIDE if look.wide else ()), *code, "CAUSE")
    rows = (_row(one, look, with_code=bool(code)) for one in found)
    return Table(heads, look, fitted=look.fitted).lines(rows).splitlines()


def _row(finding: Finding, look: Look, *, with_code: bool) -> tuple[str, ...]:
    since = time_of(finding.since) if finding.since else ""
    wide = (since, finding.step, finding.id) if look.wide else ()
    start, title = (word_of(finding), str(len(finding.blocks)), *wide), title_of(finding)
    return (*start, finding.code, title) if with_code else (*start, f"{title} [{finding.code}]")


def _put_advice(page: Page, advice: Iterable[Finding], now: datetime) -> None:
    """Add *advice* by its area, below a line that counts it."""
    for area, found in by_area(advice):
        if area:
            objects = sum(one.count for one in found)
            counts = (counted(len(found), "recommendation"), counted(objects, "object"))
            put_head(page, f"{area}: {', '.join(counts if objects else counts[:1])}")
        for one in found:
            put_finding(page, one, now)


def _put_advice_summary(page: Page, advice: Iterable[Finding]) -> None:
    """Add a summary of *advice*: at most two lines."""
    counts: Counter[str] = Counter()
    for one in advice:
        if one.level is Level.WARN:
            counts[one.code] += one.count
    names = [f"{code} ({counted(n, 'object')})" if n > 1 else code for code, n in counts.items()]
    total = counted(len(names), "recommendation")
    for n in range(len(names), 0, -1):
        more = ", …" if n < len(names) else ""
        shows = f"--advice shows {noun_for(len(names), 'it', 'them')}"
        text = f"{total}: {', '.join(names[:n])}{more}; {shows}"
        word = Cell(ADVICE, len(ADVICE) + 2, ADVICE)  # without the column of a step
        if n == 1 or page.fits(text, 1 + word.width, lines=2):
            page.put(text, Cell("", 1), word)
            break


def _put_head(page: Page, report: Report) -> None:
    """Add what the report is about: the cluster, its versions and the namespaces."""
    scope = _scope(page, report.scope)
    lines = [*_header(page, report), *([scope] if scope else ())]
    for line in lines:
        page.put(line)
    if lines:
        page.gap()


def _header(page: Page, report: Report) -> Iterator[str]:
    """Yield the line about the cluster and its versions; lines are broken between two of them."""
    read = _read(report, page.look)
    when = ("snapshot of" if report.target.saved else "read", read)
    line = ""
    for name, value in (*facts_of(report), *((when,) if read else ())):
        longer = f"{line} · {name} {value}" if line else f"{name} {value}"
        if line and not page.fits(longer, 0, lines=1):
            yield line
            longer = f"{name} {value}"
        line = longer
    if line:
        yield line


def _read(report: Report, look: Look) -> str:
    """Return when the cluster was read; empty if that was just now and nobody asked."""
    if look.wide:
        return time_of(report.taken_at)
    return minute_of(report.taken_at) if report.target.saved else ""


def _scope(page: Page, scope: Scope) -> str:
    """Return which namespaces the report is about, and which objects elsewhere; empty for all."""
    if not scope.namespaces:
        return ""
    names = ", ".join(f'"{name}"' for name in scope.namespaces)
    noun = noun_for(len(scope.namespaces), "namespace")
    into = noun_for(len(scope.namespaces), "it", "them")
    more = f", and objects that deploy to {into}: {_blocked(page, scope.applying)}"
    return f"{noun} {names}{more if scope.applying else ''}"


def _of(step: StepResult, findings: Iterable[Finding]) -> Sequence[Finding]:
    return [finding for finding in findings if finding.step == step.id]


def _selected(report: Report) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """Return the findings to show, and those to count; the others are left out.

    Left out are healthy objects, the passes of a step that has faults, and what only waits in a
    step that fails: what waits is in the faults as blocked.
    """
    faulty = {finding.step for finding in report.findings if finding.level in TROUBLE}
    failed = {finding.step for finding in report.findings if finding.level is Level.FAIL}

    def is_left_out(finding: Finding) -> bool:
        if finding.level is Level.PASS:
            return finding.object is not None or finding.step in faulty
        only_waits = finding.level is Level.WAIT and finding.code != RECONCILING
        return only_waits and finding.step in failed

    shown = [finding for finding in report.findings if not is_left_out(finding)]
    faults = by_blocked(shown)
    others = [one for one in shown if one.level is Level.SKIP and one.object]
    counted = [*faults, *others][_AT_MOST:]
    if len(counted) == 1:  # its line takes no more room than that about it
        counted = []
    ids = set(map(id, counted))
    return [finding for finding in shown if id(finding) not in ids], counted


def _without_details(trial: Page, shown: Iterable[Finding], now: datetime) -> set[int]:
    """Return the ids of the findings to show briefly, so that the worst have room for details.

    The findings are put on the *trial* page to count their lines. The first always has details.
    """
    ends: list[tuple[Finding, int]] = []
    faults = by_blocked(shown)
    for finding in (*faults, *(one for one in shown if one.level not in TROUBLE)):
        put_finding(trial, finding, now)
        ends.append((finding, len(trial.lines)))
    if len(trial.lines) <= _SCREEN:
        return set()
    return {id(f) for f, end in ends[1:] if end > _IN_FULL and f.level in TROUBLE}


def _put_rest(page: Page, left: Sequence[Finding]) -> None:
    """Add how many faults are not shown, and what shows them."""
    if left:
        levels = Counter(finding.level for finding in left)
        (worst_level, number), *others = levels.items()
        first = f"{number} more {noun_for(number, *_NOUNS[worst_level])}"
        *counts, last = first, *(counted(n, *_NOUNS[level]) for level, n in others)
        text = " and ".join(filter(None, (", ".join(counts), last)))
        page.state(worst_level, "", f"{text}: --brief lists them, --all shows them in full")


_NOUNS = {
    Level.FAIL: ("failure", "failures"),
    Level.WARN: ("warning", "warnings"),
    Level.UNKNOWN: ("unknown", "unknown"),
}


def _put_step(
    page: Page,
    step: StepResult,
    report: Report,
    findings: tuple[Sequence[Finding], Sequence[Finding]],
) -> None:
    """Add what is no fault of *step*: *findings* are those to show and those to count."""
    shown, counted = findings
    for finding in shown:
        if finding.level not in TROUBLE:
            put_finding(page, finding, report.taken_at)
    if rest := sum(finding.level not in TROUBLE for finding in counted):
        page.state(Level.SKIP, step.id, f"{rest} more: --all shows them")
    if not shown and not counted:
        page.state(step.level, step.id, _summary(step, report) or step.title)


def _summary(step: StepResult, report: Report) -> str:
    passed = sum(finding.level is Level.PASS for finding in _of(step, report.findings))
    accepted = sum(one.finding.step == step.id for one in report.accepted)
    parts = (
        f"{counted(passed, 'check')} passed" if passed else "",
        f"{accepted} accepted" if accepted else "",
    )
    return ", ".join(filter(None, parts))


def put_finding(page: Page, finding: Finding, now: datetime, about: Ref | None = None) -> None:
    """Add *finding*, with its details and its code if it is a fault.

    The title does not repeat the object that the whole page is *about*.
    """
    if finding.level in TROUBLE:
        _put_title(page, finding, about)
        _put_details(page, finding, now)
        return
    since = f", since {time_of(finding.since)}" if page.look.wide and finding.since else ""
    page.state(word_of(finding), finding.step, f"{finding.title}{since}")
    if page.look.everything and finding.level is not Level.PASS:
        _put_details(page, finding, now)


def _put_title(page: Page, finding: Finding, about: Ref | None = None) -> None:
    title = title_of(finding, about)
    page.state(word_of(finding), finding.step, f"{title} [{finding.code}]")


def _put_briefly(page: Page, finding: Finding, now: datetime) -> None:
    """Add *finding* with the objects that it blocks, and the command that shows the details."""
    _put_title(page, finding)
    if page.look.wide and finding.since:
        page.detail("since", _since(finding.since, now, page.look))
    if len(finding.blocks) > 1:
        page.detail("blocks", _blocked(page, finding.blocks))
    more = [command for hint in finding.hints if hint.label == "more" for command in hint.commands]
    _put_commands(page, more, "more")
    fixes = [] if more else [hint for hint in finding.hints if hint.label == "fix"]
    if fixes:  # no command of its own shows them
        text = fixes[0].text
        longer = f"{text} (--all shows details)" if len(fixes) > 1 or fixes[0].commands else text
        lines = next((n for n in (1, 2) if page.fits(text, page.column, lines=n)), 0)
        page.detail("fix", longer if page.fits(longer, page.column, lines=lines) else text)


def _put_details(page: Page, finding: Finding, now: datetime) -> None:
    in_full = page.look.everything or page.look.wide
    page.detail("why", why_of(finding))
    page.detail("message", message_of(finding))
    page.detail("since", _since(finding.since, now, page.look) if finding.since else "")
    page.detail("blocks", _blocked(page, finding.blocks) if finding.blocks else "")
    label = "affects" if finding.count else "evidence"  # the places that advice is about
    for path, value in finding.evidence if in_full or finding.count else ():
        if finding.count != 1 or path not in finding.title:
            page.detail(label, f"{path}: {value}" if value else path)
    for hint in finding.hints:
        text = hint.text if hint.label == "fix" else ""  # a command for details needs no sentence
        page.detail(hint.label, text)
        _put_commands(page, hint.commands, label="" if text else hint.label)
    page.detail("more", finding.docs, one_line=True)
    page.detail("id", finding.id if page.look.wide else "")


def _since(since: datetime, now: datetime, look: Look) -> str:
    time = time_of(since) if look.wide else minute_of(since)
    return f"{ago(since, now)} ({time})"


def _blocked(page: Page, refs: Sequence[Ref]) -> str:
    """Return the number of each kind, and as many names as fit into two lines."""
    counts = kinds_of(refs)
    names = [name_of(ref) for ref in refs]
    if page.look.everything:
        return f"{counts}: {', '.join(names)}"
    for n in range(min(len(names), _NAMES), 0, -1):
        more = f", … and {len(names) - n} more" if n < len(names) else ""
        text = f"{counts}: {', '.join(names[:n])}{more}"
        if page.fits(text, page.column, lines=2):
            return text
    return counts


def _put_commands(page: Page, commands: Iterable[Command], label: str) -> None:
    for command in commands:
        line = marked(command, ascii_only=page.look.ascii)
        page.detail(label, line, style="command", one_line=True)
        label = ""
