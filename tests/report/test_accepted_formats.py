"""Accepted and new faults in the formats for CI."""

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from fluxstatus.model.findings import Acceptance, Accepted, Changes
from fluxstatus.report import RENDER, Format, Look
from fluxstatus.report.as_junit import render as junit
from fluxstatus.report.as_metrics import render as metrics
from tests.report.reports import NOW, failed, report

KNOWN = Accepted(failed(1), "the @server <b>moves</b>", date(2026, 12, 31))
ACCEPTED = report(failed(2))._replace(acceptance=Acceptance("x", (KNOWN,), ("one has expired",)))
NEW = replace(failed(3), new=True)
CHANGED = report(failed(2), NEW)._replace(changes=Changes("old.json", NOW, new=(NEW.id,)))


def test_an_accepted_fault_is_a_skipped_test() -> None:
    """It has the name that it has when it fails, and the reason; it is no failure."""
    [suite] = ET.fromstring(junit(ACCEPTED, Look()))
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["2", "1", "1"]
    case = suite.find("testcase[@name='GitRepository team/broken-1']")
    assert case is not None
    [skipped] = case
    assert skipped.tag == "skipped"
    assert "accepted until 2026-12-31: the @server <b>moves</b>" in str(skipped.get("message"))


def test_accepted_faults_are_counted() -> None:
    """There is a metric of them, and they are no findings."""
    lines = metrics(ACCEPTED, Look()).splitlines()
    assert 'flux_status_accepted{context="prod-eu"} 1' in lines
    assert 'flux_status_findings{context="prod-eu",step="sources",level="fail"} 1' in lines


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML])
def test_accepted_faults_are_listed(form: Format) -> None:
    """With the reason, whose words are no markup, and with the notes on their entries."""
    text = RENDER[form](ACCEPTED, Look())  # type: ignore[index]
    code = {Format.MARKDOWN: "the `@server`", Format.HTML: "the @server &lt;b&gt;moves"}
    assert code[form] in text
    assert "one has expired" in text


@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.HTML, Format.JUNIT, Format.GITHUB])
def test_new_faults_come_first(form: Format) -> None:
    """They are marked, and come before those that were there."""
    text = RENDER[form](CHANGED, Look()).replace("`", "")  # type: ignore[index]
    assert "new: GitRepository team/broken-3" in text
    if form is not Format.JUNIT:  # there the order is that of the report
        assert text.index("broken-3") < text.index("broken-2")
    if form in (Format.MARKDOWN, Format.HTML):
        assert "1 new" in text
