"""A report as JUnit XML: a suite for each step, and a test for each object that was judged."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # nothing is parsed

from fluxstatus.base.visible import visible, visible_lines
from fluxstatus.model.findings import Finding, Level, Report, StepResult
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import by_blocked, details_of, facts_of, hint_lines, steps_of

_NAMES = 100  # of blocked objects in a test
_SUSPENDED = "suspended"  # the code
_TAGS = {
    Level.FAIL: "failure",
    Level.UNKNOWN: "error",
    Level.WAIT: "skipped",
    Level.SKIP: "skipped",
}
_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}
"""The attribute of a suite that counts the tests with a tag."""

_Judged: TypeAlias = tuple[str, Finding, str]
"""The name of a test, its finding, and the tag of its result; the tag is empty if it passes."""


def render(report: Report, _: Look) -> str:
    r"""Return *report* as an XML document, ASCII only, with a newline at its end.

    A failure is a `failure`, what could not be read an `error`. What is suspended, does not apply
    or has no result yet is `skipped`. A warning passes, with its text in `system-out`; so does
    advice, in that of its suite. A test has the name of the object, so that it is the same one
    before and after a failure.
    """
    root = Element("testsuites", name="kubectl flux-status")
    totals: Counter[str] = Counter()
    for step in steps_of(report):
        totals += _add_suite(root, step, report)
    _count(root, totals)
    root.set("time", f"{report.cost.seconds:.3f}")
    indent(root)
    document: bytes = tostring(root, "us-ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document.decode()}\n'


def _judged(step: StepResult, found: Iterable[Finding]) -> Iterator[_Judged]:
    """Yield the tests of *step*; of several with one name, the later ones also have their code."""
    seen: Counter[str] = Counter()
    for finding in found:
        name = visible(f"{finding.object or step.title}")
        name = f"{name} [{visible(finding.code)}]" if seen[name] else name
        seen[name] += 1
        yield f"{name} {seen[name]}" if seen[name] > 1 else name, finding, _tag(finding)


def _tag(finding: Finding) -> str:
    if finding.code == _SUSPENDED and finding.level is Level.WARN:
        return "skipped"
    return _TAGS.get(finding.level, "")


def _count(suite: Element, counts: Counter[str]) -> None:
    for name in ("tests", *_COUNTED.values()):
        suite.set(name, str(counts[name]))


def _add_suite(root: Element, step: StepResult, report: Report) -> Counter[str]:
    """Add the suite of *step*, and return its counts."""
    judged = list(_judged(step, [one for one in report.faults if one.step == step.id]))
    counts = Counter({"tests": len(judged)})
    counts.update(_COUNTED[tag] for _, _, tag in judged if tag)
    suite = SubElement(root, "testsuite", name=visible(step.id))
    _count(suite, counts)
    suite.set("timestamp", f"{report.taken_at:%Y-%m-%dT%H:%M:%S}")
    properties = SubElement(suite, "properties")
    for name, value in facts_of(report):
        SubElement(properties, "property", name=name, value=visible(value))
    for name, finding, tag in judged:
        _add_test(suite, name, finding, tag, report.taken_at)
    advice = by_blocked(one for one in report.advice if one.step == step.id)
    if advice:
        texts = [_text(one, report.taken_at) for one in advice]
        SubElement(suite, "system-out").text = "\n\n".join(texts)
    return counts


def _add_test(suite: Element, name: str, finding: Finding, tag: str, now: datetime) -> None:
    classname = f"flux-status.{suite.get('name')}"
    test = SubElement(suite, "testcase", classname=classname, name=name)
    title = visible(finding.title)
    if tag:
        result = SubElement(test, tag, message=title)
        if tag != "skipped":
            result.set("type", visible(finding.code))
            result.text = _text(finding, now)
    elif finding.level is not Level.PASS:
        SubElement(test, "system-out").text = _text(finding, now)


def _text(finding: Finding, now: datetime) -> str:
    """Return all that is known of *finding* as lines: its title, its details, its commands."""
    lines = [f"{finding.title} [{finding.code}]"]
    lines += [f"{label}: {text}" for label, text in details_of(finding, now, _NAMES)]
    lines += hint_lines(finding)
    lines += [f"more: {finding.docs}"] if finding.docs else []
    return visible_lines("\n".join(lines))
