"""A report for people: how each step stands, and of what is wrong the cause and the fix."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from fluxstatus.base.durations import ago
from fluxstatus.model.evidence import Cost
from fluxstatus.model.findings import Finding, Level, Next, Report, StepResult, worst
from fluxstatus.model.hints import Command
from fluxstatus.model.ref import Ref
from fluxstatus.report.layout import Cell, Page
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import command_line

_TROUBLE = (Level.FAIL, Level.WARN, Level.UNKNOWN)
_ADVICE = "advice"
_AT_MOST = 10  # told one by one; who wants more than a glance asks for `--all`
_SCREEN = 48  # lines: what is not more is told in full
_IN_FULL = 24  # lines that the worst may take where all is more: the rest of a screen is for others
_NAMES = 40  # tried of a list: more never fit its two lines
_NEXT = len("next  ")


def render(report: Report, look: Look) -> str:
    """Return *report* as lines of at most `look.width` columns, but never of fewer than 40.

    Only commands, links and a prompt may be longer: they are there to be copied. Nothing from
    the cluster gets through unescaped. Unless `look.everything`, passes are summed up, long
    texts are cut with a mark, the worst are told with all details and others briefly, and of
    what is wrong beyond the ten worst there is a count. Advice is one line, unless `look.advice`
    or `look.everything`.
    """
    habits, report = report.habits, report._replace(findings=report.faults)
    one_by_one = habits if look.advice or look.everything else ()
    steps = _steps(report)
    levels = *(step.level for step in steps), *map(word_of, (*report.findings, *one_by_one))
    names = *(step.id for step in steps), *(habit.step for habit in one_by_one)
    page = Page(look, levels, names)
    if header := _header(report):
        page.put(header)
        page.gap()
    told, counted = (report.findings, []) if look.everything else _sifted(report)
    scratch = Page(look, levels, names)
    brief = set() if look.everything else _too_many_for_details(scratch, told, report.taken_at)
    for step in steps:
        _put_step(page, step, report, (_of(step, told), _of(step, counted)), brief)
    for habit in one_by_one:
        put_finding(page, habit, report.taken_at)
    if not one_by_one:
        _sum_up(page, habits)
    page.gap()
    page.put(_footer(report))
    if report.next:
        _put_next(page, report.next)
    return "\n".join(page.lines) + "\n"


def word_of(finding: Finding) -> str:
    """Return the word for how bad *finding* is: advice is no warning."""
    return finding.level if finding.kind == "fault" else _ADVICE


def _sum_up(page: Page, habits: Iterable[Finding]) -> None:
    """Add what is said of *habits* in short: two lines, however many there are."""
    counts: Counter[str] = Counter()
    for habit in habits:
        if habit.level is Level.WARN:
            counts[habit.code] += habit.count
    names = [f"{code} ({n} objects)" if n > 1 else code for code, n in counts.items()]
    for n in range(len(names), 0, -1):
        more = ", …" if n < len(names) else ""
        told = f"{_count(len(names), 'habit')} worth changing: {', '.join(names[:n])}{more}"
        text = f"{told}; --advice shows {'it' if len(names) == 1 else 'them'}"
        word = Cell(_ADVICE, len(_ADVICE) + 2, _ADVICE)  # it has no step, nor its column
        if n == 1 or page.fits(text, 1 + word.width, lines=2):
            page.put(text, Cell("", 1), word)
            break


def _header(report: Report) -> str:
    known = (
        ("context", report.target.context),
        ("Kubernetes", report.target.kubernetes),
        ("Flux", report.flux),
        ("operator", report.operator),
    )
    return " · ".join(f"{name} {value}" for name, value in known if value)


def _steps(report: Report) -> Sequence[StepResult]:
    """Return the steps of *report*; a finding of a step that is not listed must not be lost."""
    steps = {step.id: step for step in report.steps}
    for name in {finding.step: None for finding in report.findings if finding.step not in steps}:
        levels = (finding.level for finding in report.findings if finding.step == name)
        steps[name] = StepResult(name, name, worst(levels))
    return tuple(steps.values())


def _of(step: StepResult, findings: Iterable[Finding]) -> Sequence[Finding]:
    return [finding for finding in findings if finding.step == step.id]


def _sifted(report: Report) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """Return the findings to tell one by one, and those to count; the rest goes without saying.

    That is each object that is well or waits for another, and the word on a whole step that
    has trouble.
    """
    blocked = {ref for finding in report.findings for ref in finding.blocks}
    troubled = {finding.step for finding in report.findings if finding.level in _TROUBLE}

    def goes_without_saying(finding: Finding) -> bool:
        if finding.level is Level.PASS:
            return finding.object is not None or finding.step in troubled
        return finding.level is Level.SKIP and finding.object in blocked

    said = [finding for finding in report.findings if not goes_without_saying(finding)]
    own = [finding for finding in said if finding.level in _TROUBLE or finding.object]
    counted = own[_AT_MOST:]  # the report has the worst first
    left_out = set(map(id, counted))
    return [finding for finding in said if id(finding) not in left_out], counted


def _too_many_for_details(page: Page, told: Iterable[Finding], now: datetime) -> set[int]:
    """Return the ids of the findings to tell briefly: the worst of those *told* have the room.

    *page* is one to try on. The first is always told in full.
    """
    ends: list[tuple[Finding, int]] = []
    for finding in told:
        put_finding(page, finding, now)
        ends.append((finding, len(page.lines)))
    if len(page.lines) <= _SCREEN:
        return set()
    return {id(f) for f, end in ends[1:] if end > _IN_FULL and f.level in _TROUBLE}


def _put_step(
    page: Page,
    step: StepResult,
    report: Report,
    findings: tuple[Sequence[Finding], Sequence[Finding]],
    brief: Collection[int],
) -> None:
    told, counted = findings
    for finding in told:
        if id(finding) in brief:
            _put_briefly(page, finding)
        else:
            put_finding(page, finding, report.taken_at)
    if counted:
        levels = [finding.level for finding in counted]
        counts = ", ".join(f"{n} {level}" for level, n in Counter(levels).items())
        page.state(worst(levels), step.id, f"and {counts} more: --all shows them")
    if not told and not counted:
        page.state(step.level, step.id, _summary(_of(step, report.findings)) or step.title)


def _summary(findings: Sequence[Finding]) -> str:
    levels = Counter(finding.level for finding in findings)
    parts = (
        (levels[Level.PASS], f"{_count(levels[Level.PASS], 'check')} passed"),
        (levels[Level.SKIP], f"{_count(levels[Level.SKIP], 'object')} blocked"),
    )
    return ", ".join(text for n, text in parts if n)


def put_finding(page: Page, finding: Finding, now: datetime) -> None:
    """Add *finding*, with its details if it is trouble."""
    page.state(word_of(finding), finding.step, finding.title)
    if finding.level in _TROUBLE or (page.look.everything and finding.level is not Level.PASS):
        _put_details(page, finding, now)


def _put_briefly(page: Page, finding: Finding) -> None:
    """Add *finding* with how much it blocks, and the command that tells the rest."""
    page.state(finding.level, finding.step, finding.title)
    if len(finding.blocks) > 1:
        page.detail("blocks", _blocked(page, finding.blocks))
    more = [command for hint in finding.hints if hint.label == "more" for command in hint.commands]
    fix = next((hint.text for hint in finding.hints if hint.label == "fix"), "")
    page.detail("fix", "" if more else fix)
    _put_commands(page, more, "more")


def _put_details(page: Page, finding: Finding, now: datetime) -> None:
    page.detail("why", _why(finding))
    page.detail("says", _message(finding))
    page.detail("since", _since(finding.since, now) if finding.since else "")
    page.detail("blocks", _blocked(page, finding.blocks) if finding.blocks else "")
    for path, value in finding.evidence if page.look.everything or finding.count else ():
        if finding.count != 1 or path not in finding.title:
            page.detail("seen", f"{path}: {value}" if value else path)
    for hint in finding.hints:
        text = hint.text if hint.label == "fix" else ""  # a command to read more says enough
        page.detail(hint.label, text)
        _put_commands(page, hint.commands, label="" if text else hint.label)
    page.detail("more", finding.docs, whole=True)


def _why(finding: Finding) -> str:
    """Return the cause, without the part of it that is the title."""
    if finding.why in finding.title:
        return ""
    headline = finding.title.partition(": ")[2]
    for mark in (": ", "; "):
        if finding.why.startswith(headline + mark):
            return finding.why.removeprefix(headline + mark)
    return finding.why


def _message(finding: Finding) -> str:
    """Return the controller's own words, unless they have been said already."""
    if finding.message and finding.message.strip() in f"{finding.title}\n{finding.why}":
        return ""
    return ": ".join(part for part in (finding.reason, finding.message) if part)


def _since(since: datetime, now: datetime) -> str:
    return f"{ago(since, now)} ({since.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def _blocked(page: Page, refs: Sequence[Ref]) -> str:
    """Return how many of which kind, and as many names as fit two lines."""
    kinds = Counter(ref.kind for ref in refs).most_common()
    counts = ", ".join(_count(n, kind) for kind, n in kinds)
    names = [f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name for ref in refs]
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
        line = command_line(command.argv, ascii_only=page.look.ascii)
        note = "   (changes the cluster)" if command.changes else ""
        page.detail(label, line + note, style="command", whole=True)
        label = ""


def _footer(report: Report) -> str:
    counts = (
        (report.count(Level.FAIL), "cause", None),
        (report.blocked, "object blocked", "objects blocked"),
        (report.count(Level.WARN), "warning", None),
        (report.count(Level.UNKNOWN), "unknown", "unknown"),
        (report.count(Level.PASS), "pass", "pass"),
    )
    parts = [_count(n, one, many) for n, one, many in counts if n]
    if report.cost != Cost():
        parts.append(f"{_count(report.cost.requests, 'request')}, {report.cost.seconds:.1f} s")
    return " · ".join(parts) or "nothing was checked"


def _put_next(page: Page, step: Next) -> None:
    label, below = Cell("next", _NEXT, "label"), Cell("", _NEXT)
    lines = [command_line(command.argv, ascii_only=page.look.ascii) for command in step.commands]
    if len(lines) == 1 and page.fits(f"{step.text}: {lines[0]}", _NEXT, lines=1):
        page.put(f"{step.text}: {lines[0]}", label, whole=True)
        return
    prompt = "" if lines else step.prompt
    page.put(f"{step.text}:" if lines or prompt else step.text, label)
    for line in lines or prompt.splitlines():
        page.put(line, below, style="command", whole=True)


def _count(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or _plural(one)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
