"""The end of a text report: accepted faults, the counts, what has changed, and the next step."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from fluxstatus.base.plurals import counted
from fluxstatus.model.findings import Accepted, Changes, Next, Past, Report
from fluxstatus.report.layout import Cell, Page
from fluxstatus.report.sentences import changes_of, counts_of
from fluxstatus.report.terminal import marked

T = TypeVar("T")
ACCEPTED = "accept"
_NEXT, _NEXT_LINES = len("next  "), 4
_NOTE = Cell("note", len("note  "), "label")
_SHOWN = 5  # accepted faults, or faults that are gone; --all shows all


def put_ending(page: Page, report: Report) -> None:
    """Add all of it."""
    put_acceptance(page, report)
    page.gap()
    put_counts(page, report)
    if report.next:
        put_next(page, report.next)


def put_counts(page: Page, report: Report) -> None:
    """Add the line that counts what was found, and what has changed."""
    page.put(counts_of(report))
    if report.changes:
        _put_changes(page, report.changes)


def put_acceptance(page: Page, report: Report) -> None:
    """Add the accepted faults in short, and the notes on their entries."""
    for one in _first(page, report.accepted):
        _put_accepted(page, one)
    left = len(report.accepted) - _SHOWN
    if left > 0 and not page.look.everything:
        page.state(ACCEPTED, "", f"{left} more: --all shows them")
    for note in report.acceptance.notes if report.acceptance else ():
        page.put(note, Cell("", 1), _NOTE)


def _put_accepted(page: Page, accepted: Accepted) -> None:
    finding, reason, until = accepted
    blocks = f", blocks {counted(len(finding.blocks), 'object')}" if finding.blocks else ""
    page.state(ACCEPTED, finding.step, f"{finding.title} [{finding.code}]{blocks}")
    page.detail("until", f"{until}: {reason}")


def _put_changes(page: Page, changes: Changes) -> None:
    """Add how many faults are new, and those that are gone."""
    page.put(changes_of(changes))
    for word, found in (("gone", changes.gone), ("maybe gone", changes.unsure)):
        for line in _lines(page, found):
            page.put(line, Cell("", 1), Cell(word, len(word) + 2, "label"))


def _lines(page: Page, found: tuple[Past, ...]) -> Iterator[str]:
    for one in _first(page, found):
        yield f"{one.title} [{one.code}]"
    left = len(found) - _SHOWN
    if left > 0 and not page.look.everything:
        yield f"{left} more: --all shows them"


def _first(page: Page, found: Sequence[T]) -> Sequence[T]:
    return found if page.look.everything else found[:_SHOWN]


def put_next(page: Page, step: Next) -> None:
    """Add the next step: at most four lines, of which the commands are whole."""
    label, below = Cell("next", _NEXT, "label"), Cell("", _NEXT)
    lines = [marked(command, ascii_only=page.look.ascii) for command in step.commands]
    if len(lines) == 1 and page.fits(f"{step.text}: {lines[0]}", _NEXT, lines=1):
        page.put(f"{step.text}: {lines[0]}", label, one_line=True)
        return
    room = max(_NEXT_LINES - len(lines), 1)
    page.put(page.shortened(f"{step.text}:" if lines else step.text, _NEXT, lines=room), label)
    for line in lines:
        page.put(line, below, style="command", one_line=True)
