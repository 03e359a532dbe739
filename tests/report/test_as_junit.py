"""JUnit XML, as junitparser and an XML parser read it."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from fluxstatus.base.visible import visible_lines
from fluxstatus.model.findings import Level, Report
from fluxstatus.report import Look
from fluxstatus.report.as_junit import render
from tests.report.judged import NAMES, hostile, recorded
from tests.report.reports import PATIENT, REPORTS, failed, passed, report


def suites(about: Report) -> dict[str, TestSuite]:
    """Return the suites of the document on *about*, as junitparser reads it."""
    return {suite.name: suite for suite in JUnitXml.fromstring(render(about, Look()).encode())}


def cases(about: Report, kind: type) -> list[TestCase]:
    """Return the tests with a result of *kind*."""
    found = [case for suite in suites(about).values() for case in suite]
    return [case for case in found if any(isinstance(one, kind) for one in case.result)]


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_of_the_report(name: str) -> None:
    """There is a suite for each step; failures, errors and tests are as many as findings."""
    about = recorded(name)
    root = JUnitXml.fromstring(render(about, Look()).encode())
    assert [suite.name for suite in root] == [step.id for step in about.steps]
    assert root.tests == len(about.faults) == sum(suite.tests for suite in root)
    assert len(cases(about, Failure)) == root.failures == about.count(Level.FAIL)
    assert len(cases(about, Error)) == root.errors == about.count(Level.UNKNOWN)
    assert len(cases(about, Skipped)) == root.skipped
    skips = {f"{one.object}" for one in about.faults if one.code == "suspended" and one.object}
    named = {case.name for kind in (Skipped, Failure) for case in cases(about, kind)}
    assert skips <= named


def test_a_failure_has_the_cause_and_the_fix() -> None:
    """The failure is at the object, with its code, the cause, what it blocks and the commands."""
    about = recorded("zoo")
    worst = next(one for one in about.faults if one.level is Level.FAIL)
    case = next(case for case in cases(about, Failure) if case.name == str(worst.object))
    [failure] = case.result
    assert (failure.type, failure.message) == (worst.code, worst.title)
    assert f"\nwhy: {worst.explanation}\n" in failure.text
    assert f"blocks: {len(worst.blocks)} Kustomizations: " in failure.text
    for hint in worst.hints:
        assert " ".join(hint.commands[0].argv[:4]) in failure.text


def test_advice_and_warnings_pass() -> None:
    """A warning is a test that passes, with its text; advice is in the output of its suite."""
    about = recorded("zoo")
    warning = next(one for one in about.faults if one.code == "drift-detected")
    drift = suites(about)["drift"]
    case = next(case for case in drift if case.name == str(warning.object))
    assert (case.result, warning.title in case.system_out) == ([], True)
    advice = next(one for one in about.advice if one.step == "drift")
    text = ET.fromstring(render(about, Look())).findtext("testsuite[@name='drift']/system-out")
    assert text is not None
    assert text.startswith(advice.title)


def test_a_test_keeps_its_name() -> None:
    """The test of an object has the same name when it passes and when it fails."""
    broken = failed(1)
    well = passed("sources", "GitRepository team/broken-1: fetched 3m ago", broken.object)
    names = [[case.name for case in suites(report(one))["sources"]] for one in (broken, well)]
    assert names == [["GitRepository team/broken-1"]] * 2


@pytest.mark.parametrize("name", NAMES)
def test_names_are_unique(name: str) -> None:
    """No two tests of a suite have the same name, as tools that keep a history need it."""
    for suite in suites(recorded(name)).values():
        names = [case.name for case in suite]
        assert len(names) == len(set(names))


def test_several_findings_about_an_object_are_told_apart() -> None:
    """The later ones have their code in the name, and the last a number."""
    named = [case.name for case in suites(report(failed(1), failed(1), failed(1)))["sources"]]
    name = "GitRepository team/broken-1"
    assert named == [name, f"{name} [broken]", f"{name} [broken] 2"]


def shown(text: str) -> bool:
    """Return whether *text* has only newlines and what can be seen."""
    return visible_lines(text) == text


@PATIENT
@given(about=REPORTS)
def test_any_report_is_xml(about: Report) -> None:
    """Whatever is in a report, the document is ASCII, can be parsed, and hides nothing."""
    text = render(about, Look())
    assert text.isascii()
    root = ET.fromstring(text)
    assert len(root) == len(
        {step.id for step in about.steps} | {one.step for one in about.findings}
    )
    for element in root.iter():
        assert shown("".join(element.itertext()))
        assert all(map(shown, element.attrib.values()))


def test_hostile_words_stay_words() -> None:
    """Hostile words in any field make no element and no control character."""
    tags = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error",
            "skipped", "system-out"}  # fmt: skip
    for about in hostile():
        root = ET.fromstring(render(about, Look()))
        assert {element.tag for element in root.iter()} <= tags
        assert shown("".join(root.itertext()))
