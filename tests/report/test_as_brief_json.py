"""The short JSON document: it matches its schema, has a limit, and loses no count."""

import json
from dataclasses import replace
from importlib import resources
from typing import Any

from hypothesis import given
from jsonschema import Draft202012Validator

from fluxstatus.model.findings import Next, Report
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref
from fluxstatus.report import RENDER, Format, Look
from fluxstatus.report.sentences import TROUBLE
from tests.conftest import RECORDED, Program
from tests.report.reports import REPORTS, SAMPLE

_FILE = resources.files("fluxstatus.report").joinpath("brief.schema.json")
VALIDATOR = Draft202012Validator(json.loads(_FILE.read_text()))
LIMIT = 20_000


def rendered(report: Report) -> dict[str, Any]:
    """Return the document of *report*, which is valid and short."""
    text = RENDER[Format.JSON](report, Look(brief=True))
    assert len(text.encode()) < LIMIT
    document: dict[str, Any] = json.loads(text)
    VALIDATOR.validate(document)
    return document


@given(REPORTS)
def test_each_report(report: Report) -> None:
    """Whatever the cluster says, all faults are in the document or counted."""
    document = rendered(report)
    faults = [one for one in report.faults if one.level in TROUBLE]
    assert len(document["causes"]) + document["omitted"] == len(faults)
    assert document["verdict"] == report.verdict


def test_the_zoo(flux_status: Program) -> None:
    """Of 88 faults, those that block most are in the document, the first five with their fix."""
    result = flux_status("--from", RECORDED / "zoo.json.gz", "-o", "json", "--brief")
    assert (result.returncode, len(result.stdout.encode()) < LIMIT) == (1, True)
    document = json.loads(result.stdout)
    VALIDATOR.validate(document)
    whole = json.loads(flux_status("--from", RECORDED / "zoo.json.gz", "-o", "json").stdout)
    faults = [
        one
        for one in whole["findings"]
        if one["class"] == "fault" and one["level"] in ("fail", "warn", "unknown")
    ]
    assert len(document["causes"]) + document["omitted"] == len(faults) > len(document["causes"])
    failures = [one["blocks"] for one in document["causes"] if one["level"] == "fail"]
    assert failures == sorted(failures, reverse=True)
    assert failures[0] == max(len(one["blocks"]) for one in faults)
    assert [bool(one.get("hints")) for one in document["causes"]].count(True) <= 5
    assert document["causes"][0]["hints"][0]["text"]


def test_long_texts_from_the_cluster() -> None:
    """Neither a title nor a prompt makes the document long; half a prompt is not printed."""
    fault = replace(SAMPLE.faults[0], title=f"start{'é' * 5000}end")
    step = Next("text" * 1000, prompt='"é' * 5000)
    document = rendered(SAMPLE._replace(findings=(fault,) * 300, next=step))
    assert document["causes"][0]["title"].startswith("start")
    assert document["causes"][0]["title"].endswith("end")
    assert len(document["causes"]) >= 5
    assert document["omitted"] == 300 - len(document["causes"])
    assert document["next"]["prompt"] == ""


def test_long_details() -> None:
    """A cause whose details do not fit is listed without them, before those that block less."""
    fault = SAMPLE.faults[0]
    long = replace(fault, object=Ref("v1", "Kind", "apps", "n" * LIMIT))
    document = rendered(SAMPLE._replace(findings=(long, fault)))
    assert [one.get("object") is None for one in document["causes"]] == [True, False]
    assert document["omitted"] == 0


def test_long_commands() -> None:
    """A command that does not fit is left out whole, and not cut; the others stay."""
    short, long = Command(("kubectl", "get", "pods")), Command(("kubectl", "x" * LIMIT))
    fault = replace(SAMPLE.faults[0], hints=(Hint("do it", (long, short)),))
    document = rendered(SAMPLE._replace(findings=(fault,), next=Next("go on", (long, short))))
    for step in (document["next"], document["causes"][0]["hints"][0]):
        assert [one["argv"] for one in step["commands"]] == [["kubectl", "get", "pods"]]
