"""Annotations, as the runner of GitHub Actions reads them."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from fluxstatus.base.visible import visible, visible_lines
from fluxstatus.model.findings import Level, Report
from fluxstatus.report import Look
from fluxstatus.report.as_github import render
from tests.report.judged import NAMES, hostile, recorded
from tests.report.reports import PATIENT, REPORTS, SAMPLE, passed, report

COMMAND = re.compile(r"::(\w+) title=([^:,]*)::(.*)")


def decoded(text: str, escapes: str) -> str:
    """Return *text* as actions/runner unescapes it (src/Runner.Common/ActionCommand.cs)."""
    for code in escapes.split():
        text = text.replace(code, chr(int(code[1:], 16)))
    return text.replace("%25", "%")


def annotations(about: Report, look: Look | None = None) -> list[tuple[str, str, str]]:
    """Return the commands on *about* as (name, title, text); only the last line is none."""
    *lines, last = render(about, look or Look()).removesuffix("\n").split("\n")
    assert not last.startswith("::")
    found = []
    for line in lines:
        command = COMMAND.fullmatch(line)
        assert command, line
        name, title, text = command.groups()
        found.append((name, decoded(title, "%0D %0A %3A %2C"), decoded(text, "%0D %0A")))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_fault_is_an_annotation(name: str) -> None:
    """A failure is an error; a warning and what could not be read are warnings."""
    about = recorded(name)
    found = [command for command, _, _ in annotations(about)]
    assert found.count("error") == about.count(Level.FAIL)
    assert found.count("warning") == about.count(Level.WARN) + about.count(Level.UNKNOWN)
    assert "notice" not in found


def test_of_very_many_faults_the_rest_is_counted() -> None:
    """The log of a job is no place for thousands of them; the last line still counts all."""
    many = [replace(SAMPLE.findings[0], title=f"failure {number}") for number in range(650)]
    *lines, more, last = render(report(*many), Look()).splitlines()
    assert len(lines) == 500
    assert all(COMMAND.fullmatch(line) for line in lines)
    assert more == "150 more findings"
    assert "650 causes" in last


def test_an_annotation_has_the_cause_and_the_fix() -> None:
    """Its title is the step and the code; its text has the cause, what is blocked, the command."""
    command, title, text = annotations(SAMPLE)[0]
    assert (command, title) == ("error", "sources: source-auth")
    lines = text.split("\n")
    assert lines[0] == SAMPLE.findings[0].title
    assert "why: the Git server does not accept the user name or the password" in lines
    assert lines[-1].startswith("  flux-operator create secret basic-auth app-auth -n team-a ")
    assert any(line.startswith("blocks: 37 Kustomizations, 12 HelmReleases: ") for line in lines)


def test_advice_is_a_notice_if_asked_for() -> None:
    """Without --advice there is none of it."""
    about = recorded("zoo")
    found = annotations(about, Look(advice=True))
    notices = [text for command, _, text in found if command == "notice"]
    assert [text.split("\n")[0] for text in notices] == [one.title for one in about.advice]


def test_a_healthy_cluster_has_no_annotation() -> None:
    """The log still says what was checked."""
    assert render(report(passed("sources", "all well")), Look()) == "pass: 1 pass\n"


@PATIENT
@given(about=REPORTS)
def test_no_word_is_a_command(about: Report) -> None:
    """Whatever is in a report: a line for each fault, and only what can be seen is decoded."""
    found = annotations(about)
    faults = [one for one in about.faults if one.level in (Level.FAIL, Level.WARN, Level.UNKNOWN)]
    assert len(found) == len(faults)
    for _, title, text in found:
        assert visible(title) == title
        assert visible_lines(text) == text
    assert render(about, Look(ascii=True)).isascii()


def test_hostile_words_are_no_command() -> None:
    """Nor are hostile words in any field of the objects."""
    for about in hostile():
        assert all(visible_lines(text) == text for _, _, text in annotations(about))
