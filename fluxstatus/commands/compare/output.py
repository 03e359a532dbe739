"""The difference between two snapshots, as text and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fluxstatus.base.durations import age
from fluxstatus.base.plurals import counted
from fluxstatus.commands.compare.difference import Change, Difference, grouped, sentence
from fluxstatus.model.findings import Changes, Finding, Level, Past, Report
from fluxstatus.report.as_json import past_json, ref_json, time_json, versioned
from fluxstatus.report.layout import INDENT, Cell, Page, put_head
from fluxstatus.report.look import Look
from fluxstatus.state.state import State

_SHOWN = 40  # lines of a list; --all shows all
_BEFORE = 20  # of these, before the first fault
_TIME = "%Y-%m-%d %H:%M:%S"
_AT = len("2026-12-31 00:00:00  ")


class _Line(NamedTuple):
    """A line in order of time: a change, or with a `level` the beginning of a fault."""

    at: datetime
    text: str
    level: str = ""


def _new(report: Report) -> list[Finding]:
    return [one for one in report.findings if one.new]


def _changes(report: Report) -> Changes:
    return report.changes or Changes("", report.taken_at)


def _first_fault(report: Report) -> datetime | None:
    """Return when the first new failure began, or else the first new warning; None if unknown."""
    new = _new(report)
    failures = [one for one in new if one.level is Level.FAIL]
    return min((one.since for one in failures or new if one.since), default=None)


def as_text(before: State, report: Report, difference: Difference, look: Look) -> str:
    """Return the faults, then all changes in order of time, then those without a time."""
    found = _new(report)
    page = Page(look, ("maybe gone",), (step.id for step in report.steps))
    _put_title(page, before, report, is_same=difference.same_cluster)
    _put_faults(page, report)
    lines = sorted((*_faults(found), *_timed(difference)), key=lambda line: (line.at, line.level))
    _put_times(page, lines)
    put = _list(page)
    put("Between the two, at an unknown time", _untimed(difference))
    put("New faults that began at an unknown time", [f"{f.title}" for f in found if not f.since])
    put("Not compared", difference.unread)
    return "\n".join(page.lines) + "\n"


def _put_title(page: Page, before: State, report: Report, *, is_same: bool | None) -> None:
    context = report.target.context
    texts = [f"context {context}"] if context else []
    if is_same is not True:
        may = "is" if is_same is False else "may be"
        old = before.evidence.target
        name = f"context {old.context}" if old.context != context else old.server
        texts.append(f"the earlier snapshot {may} of another cluster: {name}")
    page.put(
        f"{before.now:%Y-%m-%d %H:%M} UTC compared with {report.taken_at:%Y-%m-%d %H:%M} UTC, "
        f"{age(max(report.taken_at - before.now, timedelta()))} later"
    )
    if texts:
        page.put("; ".join(texts))


def _put_faults(page: Page, report: Report) -> None:
    """Add the faults that are new, gone, or not comparable, and how many are still there."""
    changes = _changes(report)
    by_id = {one.id: Past.of(one) for one in report.findings}
    put_head(page, "Faults")
    rows: tuple[tuple[str, Past], ...] = (
        *(("new", by_id[one]) for one in changes.new),
        *(("unseen", by_id[one]) for one in changes.unseen),
        *(("gone", one) for one in changes.gone),
        *(("maybe gone", one) for one in changes.unsure),
    )
    for word, one in rows if page.look.everything else rows[:_SHOWN]:
        page.state(word, one.step, f"{one.title} [{one.code}]")
    if len(rows) > _SHOWN and not page.look.everything:
        page.put(f"{len(rows) - _SHOWN} more: --all shows them", Cell("", INDENT))
    number = len(changes.still)
    still = counted(number, "fault is", "faults are") if number else "no fault is"
    page.put(f"{still} in both" if number or rows else "none in either", Cell("", INDENT))


def _faults(found: Iterable[Finding]) -> Iterator[_Line]:
    for one in found:
        if one.since:
            yield _Line(one.since, f"{one.title} [{one.code}]", one.level)


def _timed(difference: Difference) -> Iterator[_Line]:
    for change, number in grouped(difference.timed):
        if change.at:
            yield _Line(change.at, sentence(change, number))


def _untimed(difference: Difference) -> list[str]:
    return [sentence(*one) for one in grouped(c for c in difference.changes if not c.at)]


def _put_times(page: Page, lines: Sequence[_Line]) -> None:
    """Add *lines*; of many, those around the first fault."""
    put_head(page, "In order of time (UTC)")
    fault = next((number for number, line in enumerate(lines) if line.level), 0)
    start = 0 if page.look.everything else max(0, min(fault - _BEFORE, len(lines) - _SHOWN))
    end = len(lines) if page.look.everything else start + _SHOWN
    if start:
        page.put(f"{start} earlier: --all shows them", Cell("", INDENT))
    for line in lines[start:end]:
        level = Cell(line.level, len("change") + 2, line.level)
        what = level if line.level else Cell("change", len("change") + 2, "label")
        page.put(line.text, Cell("", INDENT), Cell(f"{line.at:{_TIME}}", _AT), what)
    if end < len(lines):
        page.put(f"{len(lines) - end} later: --all shows them", Cell("", INDENT))
    if not lines:
        page.put("nothing is known to have changed", Cell("", INDENT))


def _list(page: Page) -> Any:
    def put(title: str, texts: Sequence[str]) -> None:
        if not texts:
            return
        put_head(page, title)
        for text in texts if page.look.everything else texts[:_SHOWN]:
            page.put(text, Cell("", INDENT))
        if len(texts) > _SHOWN and not page.look.everything:
            page.put(f"{len(texts) - _SHOWN} more: --all shows them", Cell("", INDENT))

    return put


def as_json(before: State, report: Report, difference: Difference) -> str:
    """Return the same as a JSON document; every key is always present."""
    changes, first = _changes(report), _first_fault(report)
    by_id = {one.id: one for one in report.findings}
    ordered = (*difference.timed, *(one for one in difference.changes if not one.at))
    document = {
        "before": {"context": before.evidence.target.context, "takenAt": time_json(before.now)},
        "after": {"context": report.target.context, "takenAt": time_json(report.taken_at)},
        "sameCluster": difference.same_cluster,
        "faults": {
            "new": [_fault(by_id[one]) for one in changes.new],
            "unseen": [_fault(by_id[one]) for one in changes.unseen],
            "still": [_fault(by_id[one]) for one in changes.still],
            "gone": list(map(past_json, changes.gone)),
            "unsure": list(map(past_json, changes.unsure)),
        },
        "firstNewFault": time_json(first),
        "changes": [_change(one, first) for one in ordered],
        "notCompared": list(difference.unread),
    }
    return versioned(document)


def _fault(finding: Finding) -> dict[str, Any]:
    return past_json(Past.of(finding)) | {"since": time_json(finding.since)}


def _change(change: Change, first: datetime | None) -> dict[str, Any]:
    return {
        "what": change.what,
        "object": ref_json(change.ref),
        "before": change.before,
        "after": change.after,
        "at": time_json(change.at),
        "beforeFault": change.at <= first if change.at and first else None,
        "text": sentence(change),
    }
