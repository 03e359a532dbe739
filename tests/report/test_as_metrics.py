"""Metrics, as the parser of Prometheus' client reads them."""

import re

import pytest
from hypothesis import given
from prometheus_client.parser import text_string_to_metric_families

from fluxstatus.base.visible import visible
from fluxstatus.model.findings import Level, Report, Verdict
from fluxstatus.report import Look
from fluxstatus.report.as_metrics import render
from tests.report.judged import NAMES, hostile, recorded
from tests.report.reports import PATIENT, REPORTS, SAMPLE


def samples(about: Report) -> dict[tuple[str, ...], float]:
    """Return the value of each series of *about*: its name and its labels but the context."""
    found = {}
    for family in text_string_to_metric_families(render(about, Look())):
        assert family.type == "gauge"
        assert family.documentation
        for sample in family.samples:
            assert sample.timestamp is None
            assert sample.labels.pop("context") == visible(about.target.context)
            series = sample.name.removeprefix("flux_status_"), *sample.labels.values()
            assert series not in found
            found[series] = sample.value
    return found


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_the_report(name: str) -> None:
    """The verdict, the causes by step and level, what is blocked, and when it was read."""
    about = recorded(name)
    found = samples(about)
    verdicts = {verdict: found["verdict", verdict] for verdict in Verdict}
    assert verdicts == {one: float(one is about.verdict) for one in Verdict}
    for level in (Level.FAIL, Level.WARN, Level.UNKNOWN):
        by_step = {step.id: found["findings", step.id, level] for step in about.steps}
        assert sum(by_step.values()) == about.count(level)
        assert [step.id for step in about.steps if step.level is Level.FAIL] == [
            step for step in by_step if found["findings", step, Level.FAIL]
        ]
    assert found["blocked_objects",] == about.blocked
    assert found["checked_timestamp_seconds",] == pytest.approx(about.taken_at.timestamp())


def test_the_series_do_not_depend_on_what_fails() -> None:
    """A healthy cluster and one with 80 causes have the same few series, so that alerts end."""
    found = [{key for key in samples(recorded(name)) if key[0] != "info"} for name in NAMES]
    assert all(one == found[0] for one in found)
    assert len(found[0]) < 50


def test_versions_are_labels() -> None:
    """The versions are the labels of one series."""
    [series] = [key for key in samples(SAMPLE) if key[0] == "info"]
    assert series[2:] == ("v1.35.2", "v2.9.4", "v0.59.0")


@PATIENT
@given(about=REPORTS)
def test_any_report_is_metrics(about: Report) -> None:
    """Whatever is in a report, each line is one that Prometheus knows."""
    assert samples(about)["verdict", about.verdict] == 1
    line = re.compile(r'(?:# (?:HELP|TYPE) flux_status_\w+ .+|flux_status_\w+\{.*"\} [\d.e+-]+)')
    for text in render(about, Look()).removesuffix("\n").split("\n"):
        assert line.fullmatch(text), text
        assert visible(text) == text


def test_hostile_words_are_labels() -> None:
    """Hostile words in any field of the objects make no line and no series."""
    for about in hostile():
        assert samples(about)["verdict", about.verdict] == 1
