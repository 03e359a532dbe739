"""What all formats for people say about a report and its findings, in the same words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from fluxstatus.base.durations import ago
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.plurals import counted, listed
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import (
    AREAS,
    RECONCILING,
    Accepted,
    Area,
    Changes,
    Finding,
    Level,
    Report,
    StepResult,
    worst,
)
from fluxstatus.model.kubectl_flags import DEMO
from fluxstatus.model.ref import Ref
from fluxstatus.report.terminal import marked

TROUBLE = (Level.FAIL, Level.WARN, Level.UNKNOWN)
"""The levels of faults, the worst first."""

ADVICE = "advice"
_LINK = late_pattern(r"https://[\w./#-]+", re.ASCII)


def by_blocked(findings: Iterable[Finding]) -> list[Finding]:
    """Return the faults among *findings*, which are in the order of a report.

    What is new comes first, then the worst level, then what blocks most.
    """
    found = (finding for finding in findings if finding.level in TROUBLE)
    order = TROUBLE.index
    return sorted(found, key=lambda one: (not one.new, order(one.level), -len(one.blocks)))


def by_area(advice: Iterable[Finding]) -> Iterator[tuple[Area, list[Finding]]]:
    """Yield each area that some of *advice* is about, with that advice; notes on advice first."""
    known = list(advice)
    for area in AREAS:
        if found := [one for one in known if one.area == area]:
            yield area, found


def title_of(finding: Finding, about: Ref | None = None) -> str:
    """Return the title of *finding*, with a mark if it is new; without its object if *about* it."""
    title = finding.summary if about and finding.object == about else finding.title
    return f"new: {title}" if finding.new else title


def steps_of(report: Report) -> Sequence[StepResult]:
    """Return the steps of *report*, and those that only its findings name."""
    steps = {step.id: step for step in report.steps}
    for name in {finding.step: None for finding in report.findings if finding.step not in steps}:
        levels = (finding.level for finding in report.findings if finding.step == name)
        steps[name] = StepResult(name, name, worst(levels))
    return tuple(steps.values())


def word_of(finding: Finding) -> str:
    """Return the word for the level of *finding*: advice is not a warning."""
    return finding.level if finding.category == "fault" else ADVICE


def why_of(finding: Finding) -> str:
    """Return the cause, without the part that is in the title."""
    if finding.explanation is not None:
        return finding.explanation
    if finding.why in finding.title:
        return ""
    for mark in (": ", "; "):
        if finding.why.startswith(finding.summary + mark):
            return finding.why.removeprefix(finding.summary + mark)
    return finding.why


def message_of(finding: Finding) -> str:
    """Return the controller's message, unless it is in the title or the cause."""
    if finding.message and finding.message.strip() in f"{finding.title}\n{finding.why}":
        return ""
    return ": ".join(part for part in (finding.reason, finding.message) if part)


def acceptance_of(one: Accepted) -> str:
    """Return a fault that is accepted, with the last day and the reason."""
    return f"{one.finding.title}; accepted until {one.until}: {one.reason}"


def changes_of(changes: Changes) -> str:
    """Return the line that counts what has changed since the earlier report."""
    numbers = (
        (len(changes.new), "new"),
        (len(changes.still), "still there"),
        (len(changes.gone), "gone"),
        (len(changes.unseen), "not comparable: only one of the checks looked for it"),
        (len(changes.unsure), "may be gone: this check did not look for it"),
    )
    counts = ", ".join(f"{number} {what}" for number, what in numbers if number)
    when = minute_of(changes.taken_at)
    of = f", from another context and server: {changes.cluster}" if changes.cluster else ""
    return f"since {when} ({changes.source}{of}): {counts or 'no faults before or now'}"


def kinds_of(refs: Iterable[Ref]) -> str:
    """Return the number of objects of each kind in *refs*, the most first."""
    kinds = Counter(ref.kind for ref in refs).most_common()
    return ", ".join(counted(n, kind) for kind, n in kinds)


def name_of(ref: Ref) -> str:
    """Return the namespace and the name of an object, without its kind."""
    return f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name


def details_of(finding: Finding, now: datetime, names: int) -> Iterator[tuple[str, str]]:
    """Yield what is known of *finding* beyond its title as (label, text), without its hints.

    Of the objects that it blocks, at most so many *names* are in the text.
    """
    known = (
        ("why", why_of(finding)),
        ("message", message_of(finding)),
        (
            "since",
            f"{ago(finding.since, now)} ({minute_of(finding.since)})" if finding.since else "",
        ),
        ("blocks", blocks_of(finding.blocks, names)),
    )
    yield from ((label, text) for label, text in known if text)
    for path, value in finding.evidence if finding.count else ():
        yield "affects", f"{path}: {value}" if value else path


def hint_lines(finding: Finding) -> Iterator[str]:
    """Yield the hints of *finding* as lines, each command below its sentence.

    A command for details needs no sentence.
    """
    for hint in finding.hints:
        commands = [marked(command) for command in hint.commands]
        if hint.label == "fix" or not commands:
            yield f"{hint.label}: {hint.text}"
            yield from (f"  {line}" for line in commands)
        else:
            yield from (f"{hint.label}: {line}" for line in commands)


def link_of(finding: Finding) -> str:
    """Return the address of the documentation of *finding*; empty for anything else."""
    return finding.docs if _LINK.fullmatch(finding.docs) else ""


def blocks_of(refs: Sequence[Ref], names: int) -> str:
    """Return the number of objects of each kind in *refs*, with so many *names*; empty for none."""
    listing = listed([name_of(ref) for ref in refs], names)
    return f"{kinds_of(refs)}: {listing}" if refs else ""


def facts_of(report: Report) -> tuple[tuple[str, str], ...]:
    """Return what is known of the cluster and its versions, as (name, value)."""
    known = (
        ("context", context_of(report.target)),
        ("Kubernetes", report.target.kubernetes),
        ("Flux", report.flux),
        ("operator", report.operator),
    )
    return tuple((name, value) for name, value in known if value)


def context_of(target: Target) -> str:
    """Return the context of *target* as a page for people has it; empty if unknown."""
    bundled = " (bundled: kubectl commands do not run)" if target.saved == DEMO else ""
    return f"{target.context}{bundled}" if target.context else ""


@lru_cache(maxsize=4096)  # each format has the same times
def minute_of(when: datetime) -> str:
    """Return *when* to the minute, in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def time_of(when: datetime) -> str:
    """Return *when* to the second, in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def counts_of(report: Report) -> str:
    """Return the line that counts what was found."""
    unfinished = sum(max(len(finding.evidence), 1) for finding in report.in_progress)
    waiting = len({one.step for one in report.waiting if one.code != RECONCILING})
    found, blocked = report.counts, report.blocked
    counts = (
        (unfinished, "in progress", "in progress"),
        (0 if blocked else waiting, "step waits", "steps wait"),
        (found[Level.FAIL], "cause", ""),
        (blocked, "object blocked", "objects blocked"),
        (found[Level.WARN], "warning", ""),
        (found[Level.UNKNOWN], "unknown", "unknown"),
        (found[Level.PASS], "pass", "pass"),
        (len(report.accepted), "accepted", "accepted"),
    )
    parts = [counted(n, one, many) for n, one, many in counts if n]
    if report.cost != Cost():
        parts.append(f"{counted(report.cost.requests, 'request')}, {report.cost.seconds:.1f} s")
    return " · ".join(parts) or "nothing was checked"
