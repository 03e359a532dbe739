"""A report as one HTML page that requests nothing: no font, no image, no script of elsewhere."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from fluxstatus.base import packaged
from fluxstatus.base.plurals import counted
from fluxstatus.model.findings import Finding, Level, Next, Report
from fluxstatus.model.hints import Command
from fluxstatus.report.as_html.graph import graph
from fluxstatus.report.look import Look
from fluxstatus.report.markup import ascii_only, shown, shown_lines
from fluxstatus.report.sentences import (
    TROUBLE,
    acceptance_of,
    by_blocked,
    changes_of,
    counts_of,
    details_of,
    facts_of,
    kinds_of,
    link_of,
    minute_of,
    steps_of,
    title_of,
    word_of,
)
from fluxstatus.report.terminal import command_line

_OPEN = 3  # findings whose details are shown at first
_FEW = 12  # blocked objects that are shown without a click
_POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'"


def render(report: Report, look: Look) -> str:
    r"""Return *report* as an HTML page, ASCII only, with a newline at its end.

    Passes are on it with `look.everything` only. The page can be searched and filtered with its
    script; without it, all is there. Its policy lets browsers run nothing but that script.
    """
    style, script = (_read(name) for name in ("page.css", "page.js"))
    policy = f"{_POLICY}; style-src {_hash(style)}; script-src {_hash(script)}"
    found = _in_order(report, everything=look.everything)
    anchors = _anchors(found)
    context = f" in {report.target.context}" if report.target.context else ""
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{shown(report.subject)}: {report.verdict}{shown(context)}</title>",
        f"<style>{style}</style>\n</head>\n<body>",
        '<a class="jump" href="#findings">Skip to the findings</a>',
        _head(report),
        f"<main>{graph([one for one in found if one.level in TROUBLE], anchors)}",
        f'<section><h2 id="findings">Findings</h2>{_form(found)}',
        *(
            _finding(one, anchors[id(one)], report.taken_at, is_open=number < _OPEN)
            for number, one in enumerate(found)
        ),
        "</section>",
        _accepted(report),
        _next(report.next) if report.next else "",
        f"</main>\n<script>{script}</script>\n</body>\n</html>\n",
    ]
    return ascii_only("\n".join(parts))


def _read(name: str) -> str:
    return packaged.read(Path(__file__).with_name(name)).decode("ascii")


def _hash(text: str) -> str:
    """Return *text* as a source of a Content Security Policy."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _in_order(report: Report, *, everything: bool) -> list[Finding]:
    """Return the findings for the page: faults, what waits or does not apply, advice, passes."""
    faults = by_blocked(report.faults)
    others = [one for one in report.faults if one.level in (Level.WAIT, Level.SKIP)]
    passes = [one for one in report.faults if one.level is Level.PASS] if everything else []
    return [*faults, *others, *report.advice, *passes]


def _anchors(found: Iterable[Finding]) -> Mapping[int, str]:
    """Return the id of the element about each of *found*; of equal ones the later have a number."""
    seen: Counter[str] = Counter()
    anchors = {}
    for one in found:
        name = one.id
        seen[name] += 1
        anchors[id(one)] = f"f-{name}-{seen[name]}" if seen[name] > 1 else f"f-{name}"
    return anchors


def _head(report: Report) -> str:
    known = (*facts_of(report), ("read", minute_of(report.taken_at)))
    facts = " &middot; ".join(f"{name} {shown(value)}" for name, value in known)
    rows = (
        f"<tr><td>{_level(step.level)}</td><td>{shown(step.id)}</td><td>{shown(step.title)}</td></tr>"
        for step in steps_of(report)
    )
    since = f"<p>{shown(changes_of(report.changes))}</p>" if report.changes else ""
    return (
        f"<header><h1>{shown(report.subject)}: {_level(report.verdict)}</h1>"
        f"<p>{shown(counts_of(report))}</p>{since}"
        f'<p class="facts">{facts}</p><table>{"".join(rows)}</table></header>'
    )


def _level(word: str) -> str:
    return f'<span class="level {word}">{word}</span>'


def _form(found: Sequence[Finding]) -> str:
    """Return the search field and the filters, which the script shows."""
    levels = Counter(map(word_of, found))
    boxes = "".join(
        f'<label><input type="checkbox" value="{word}" checked> {word} ({number})</label>'
        for word, number in levels.items()
    )
    steps = dict.fromkeys(one.step for one in found)
    options = "".join(f'<option value="{shown(step)}">{shown(step)}</option>' for step in steps)
    return (
        '<form role="search" hidden><input type="search" id="search" aria-label="Search" '
        'placeholder="Search ( / )" autocomplete="off">'
        f"<fieldset>{boxes}</fieldset>"
        f'<label>Step <select id="step"><option value="">all</option>{options}</select></label>'
        f'<output id="count">{counted(len(found), "finding")}</output></form>'
    )


def _finding(finding: Finding, anchor: str, now: datetime, *, is_open: bool) -> str:
    word, step = word_of(finding), shown(finding.step)
    summary = f'{_level(word)} <span class="dim">{step}</span> {shown(title_of(finding))}'
    return (
        f'<details class="finding" id="{anchor}" data-level="{word}" data-step="{step}"'
        f"{' open' if is_open else ''}><summary>{summary}</summary><div>"
        f"{''.join(_body(finding, now))}</div></details>"
    )


def _body(finding: Finding, now: datetime) -> Iterator[str]:
    yield f'<p class="dim">{shown(finding.code)} &middot; {finding.id}</p>'
    for label, text in details_of(finding, now, 0):
        if label == "message":
            yield f'<pre class="message">{shown_lines(text.strip())}</pre>'
        elif label != "blocks":
            yield f"<p><b>{label}</b> {shown(text)}</p>"
    if finding.blocks:
        names = "".join(f"<li>{shown(f'{ref}')}</li>" for ref in finding.blocks)
        few = " open" if len(finding.blocks) <= _FEW else ""
        kinds = shown(kinds_of(finding.blocks))
        yield f'<details class="blocked"{few}><summary><b>blocks</b> {kinds}</summary>'
        yield f"<ul>{names}</ul></details>"
    for hint in finding.hints:
        text = hint.text if hint.label == "fix" else ""  # a command for details needs no sentence
        yield f"<p><b>{hint.label}</b> {shown(text)}</p>"
        yield from map(_command, hint.commands)
    if link := link_of(finding):
        yield f'<p><b>more</b> <a href="{link}" rel="noreferrer">{link}</a></p>'


def _command(command: Command) -> str:
    note = '<span class="changes">changes the cluster</span>' if command.changes else ""
    return f"{note}{_copied(command_line(command.argv))}"


def _copied(text: str) -> str:
    button = '<button type="button" class="copy" hidden>Copy</button>'
    return f'<div class="command"><pre>{shown_lines(text)}</pre>{button}</div>'


def _accepted(report: Report) -> str:
    """Return the section about accepted faults, and the notes on their entries; empty without."""
    notes = report.acceptance.notes if report.acceptance else ()
    texts = [*map(acceptance_of, report.accepted), *notes]
    items = "".join(f"<li>{shown(text)}</li>" for text in texts)
    return f"<section><h2>Accepted</h2><ul>{items}</ul></section>" if items else ""


def _next(step: Next) -> str:
    commands = "".join(map(_command, step.commands))
    prompt = _copied(step.prompt) if step.prompt else ""
    return f"<section><h2>Next</h2><p>{shown(step.text)}</p>{commands}{prompt}</section>"
