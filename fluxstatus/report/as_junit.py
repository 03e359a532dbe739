"""A report as JUnit XML: a suite for each step, and a test for each object that was judged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from fluxstatus.model.findings import Finding, Level, Report, StepResult
from fluxstatus.report.look import Look
from fluxstatus.report.markup import ascii_only, shown, shown_lines
from fluxstatus.report.sentences import (
    acceptance_of,
    by_blocked,
    details_of,
    facts_of,
    hint_lines,
    steps_of,
    title_of,
)

_NAMES = 100  # of blocked objects in a test
_SUSPENDED = "suspended"  # the code
_TAGS = {
    Level.FAIL: "failure",
    Level.UNKNOWN: "error",
    Level.WAIT: "skipped",
    Level.SKIP: "skipped",
}
_Test: TypeAlias = tuple[Finding, str]
"""The subject of a test, and its result."""

_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""The attribute of a suite that counts the tests with a tag."""


def render(report: Report, _: Look) -> str:
    r"""Return *report* as an XML document, ASCII only, with a newline at its end.

    A failure is a `failure`, what could not be read an `error`. What is suspended or accepted, does
    not apply or has no result yet is `skipped`. A warning passes, with its text in `system-out`; so
    does advice, in that of its suite. A test has the name of the object, so that it is the same one
    before and after a failure.
    """
    suites, totals, faults = [], Counter[str](), [*_judged(report)]
    for step in steps_of(report):
        found = [one for one in faults if one.step == step.id]
        accepted = [
            one for one in report.accepted
            if one.finding.step == step.id and one.finding.category == "fault"
        ]  # fmt: skip
        counts = Counter(tests=len(found) + len(accepted), skipped=len(accepted))
        counts.update(_COUNTED[tag] for tag in map(_tag, found) if tag)
        tests = [(one, _result(one, report.taken_at)) for one in found]
        tests += [(one.finding, _skipped(acceptance_of(one))) for one in accepted]
        suites.append("\n".join(_suite(step, report, tests, counts)))
        totals += counts
    head = f'<testsuites name="kubectl flux-status"{_attributes(totals)}'
    return ascii_only(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'{head} time="{report.cost.seconds:.3f}">\n{"".join(suites)}</testsuites>\n'
    )


def _judged(report: Report) -> Iterator[Finding]:
    """Yield the faults of *report*: nothing is known to fail in an unreachable cluster."""
    for one in report.faults:
        is_unknown = report.unreachable and one.level is Level.FAIL
        yield replace(one, level=Level.UNKNOWN) if is_unknown else one


def _attributes(counts: Mapping[str, int]) -> str:
    return "".join(f' {name}="{counts[name]}"' for name in ("tests", *_COUNTED.values()))


def _suite(
    step: StepResult, report: Report, tests: Iterable[_Test], counts: Mapping[str, int]
) -> Iterator[str]:
    """Yield the lines of the suite of *step*; the last one is empty."""
    when = f"{report.taken_at:%Y-%m-%dT%H:%M:%S}"
    yield f'<testsuite name="{shown(step.id)}"{_attributes(counts)} timestamp="{when}">'
    facts = (f'<property name="{n}" value="{shown(value)}"/>' for n, value in facts_of(report))
    yield f"<properties>{''.join(facts)}</properties>"
    classname = f"flux-status.{shown(step.id)}"
    for name, result in _named(step, tests):
        head = f'<testcase classname="{classname}" name="{shown(name)}"'
        yield f"{head}>{result}</testcase>" if result else f"{head}/>"
    if advice := by_blocked(one for one in report.advice if one.step == step.id):
        texts = "\n\n".join(_text(one, report.taken_at) for one in advice)
        yield f"<system-out>{texts}</system-out>"
    yield "</testsuite>\n"


def _named(step: StepResult, tests: Iterable[_Test]) -> Iterator[tuple[str, str]]:
    """Yield the name and result of each test; of several with one name, the later have the code."""
    seen: Counter[str] = Counter()
    for finding, result in tests:
        name = f"{finding.object or step.title}"
        name = f"{name} [{finding.code}]" if seen[name] else name
        seen[name] += 1
        yield f"{name} {seen[name]}" if seen[name] > 1 else name, result


def _tag(finding: Finding) -> str:
    """Return the tag of the result of a test; empty if it passes."""
    if finding.code == _SUSPENDED and finding.level is Level.WARN:
        return "skipped"
    return _TAGS.get(finding.level, "")


def _result(finding: Finding, now: datetime) -> str:
    """Return what is in a test; empty for a pass."""
    tag = _tag(finding)
    if not tag:
        is_pass = finding.level is Level.PASS
        return "" if is_pass else f"<system-out>{_text(finding, now)}</system-out>"
    if tag == "skipped":
        return _skipped(title_of(finding))
    head = f'<{tag} message="{shown(title_of(finding))}" type="{shown(finding.code)}"'
    return f"{head}>{_text(finding, now)}</{tag}>"


def _skipped(message: str) -> str:
    return f'<skipped message="{shown(message)}"/>'


def _text(finding: Finding, now: datetime) -> str:
    """Return all that is known of *finding* as lines: its title, its details, its commands."""
    lines = [f"{finding.title} [{finding.code}]"]
    lines += [f"{label}: {text}" for label, text in details_of(finding, now, _NAMES)]
    lines += hint_lines(finding)
    lines += [f"more: {finding.docs}"] if finding.docs else []
    return shown_lines("\n".join(lines))
