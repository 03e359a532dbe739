"""The JSON document matches its schema, whatever the cluster reports."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from fluxstatus import __version__
from fluxstatus.model.evidence import Cost
from fluxstatus.model.findings import Level, Report
from fluxstatus.report import Look, as_json
from tests.report.reports import PATIENT, REJECTED, REPORTS, SAMPLE, kustomizations, report

SCHEMA = json.loads(resources.files("fluxstatus.report").joinpath("schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
BRIEF = Look()
ALL = Look(everything=True)

GOLDEN = r"""{
  "schemaVersion": 2,
  "tool": {
    "name": "kubectl-flux-status",
    "version": "VERSION"
  },
  "target": {
    "context": "prod-eu",
    "server": "https://10.0.0.1:6443",
    "user": "alice",
    "kubernetes": "v1.35.2",
    "flux": "v2.9.4",
    "operator": "v0.59.0"
  },
  "scope": {
    "namespaces": [],
    "applying": [],
    "skipped": []
  },
  "takenAt": "2026-11-23T04:12:00Z",
  "durationSeconds": 0.42,
  "cost": {
    "requests": 24,
    "bytes": 3100000
  },
  "verdict": "fail",
  "summary": {
    "pass": 0,
    "warn": 0,
    "fail": 1,
    "unknown": 0,
    "wait": 0,
    "skip": 0,
    "habit": 0,
    "blocked": 1,
    "accepted": 0
  },
  "steps": [
    {
      "id": "sources",
      "title": "Sources",
      "level": "fail"
    }
  ],
  "findings": [
    {
      "step": "sources",
      "code": "source-auth",
      "id": "6431ad8f199b",
      "class": "fault",
      "area": "",
      "level": "fail",
      "object": {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "namespace": "team-a",
        "name": "app"
      },
      "objects": [
        {
          "apiVersion": "source.toolkit.fluxcd.io/v1",
          "kind": "GitRepository",
          "namespace": "team-a",
          "name": "app"
        }
      ],
      "title": "GitRepository team-a/app: the password in Secret team-a/app-auth is rejected",
      "summary": "the password in Secret team-a/app-auth is rejected",
      "why": "the Git server does not accept the user name or the password",
      "certainty": null,
      "reason": "GitOperationFailed",
      "message": "failed to checkout and determine revision: unable to clone \
'https://git.example.com/team-a/app.git': authentication required:\n\u001b[2Jremote: \
\u202eHTTP Basic: Access denied\r\n",
      "since": "2026-11-23T03:58:00Z",
      "evidence": [
        {
          "path": "status.conditions[Ready]",
          "value": "False"
        }
      ],
      "blocks": [
        {
          "kind": "Kustomization",
          "namespace": "team-a",
          "name": "app-0"
        }
      ],
      "hints": [
        {
          "text": "put a valid token into the Secret; Flux retries by itself",
          "commands": [
            {
              "argv": [
                "flux-operator",
                "create",
                "secret",
                "basic-auth",
                "app-auth",
                "-n",
                "team-a",
                "--username=git",
                "--password-stdin"
              ],
              "changes": true
            }
          ]
        }
      ],
      "docs": "https://fluxcd.io/flux/components/source/gitrepositories/"
    }
  ],
  "acceptance": null,
  "changes": null,
  "next": {
    "text": "Ask your assistant with live access to this cluster (read-only)",
    "commands": [
      {
        "argv": [
          "kubectl",
          "flux-status",
          "mcp",
          "setup"
        ],
        "changes": false
      }
    ],
    "prompt": "Why does GitRepository team-a/app fail?"
  }
}
"""


def rendered(result: Report, look: Look = BRIEF) -> Any:
    """Return the document that a reader of the JSON gets."""
    return json.loads(as_json.render(result, look))


def test_the_whole_document() -> None:
    """Every key and every value has its place."""
    finding = replace(REJECTED, blocks=kustomizations(1))
    result = report(finding, cost=SAMPLE.cost, goes_on=SAMPLE.next)
    expected = GOLDEN.replace("\\\n", "").replace("VERSION", __version__)
    assert as_json.render(result, BRIEF) == expected


@PATIENT
@given(REPORTS, st.booleans())
def test_any_document_follows_the_schema(shown: Report, everything: bool) -> None:
    """The document is ASCII and valid, whatever is in it."""
    text = as_json.render(shown, Look(everything=everything))
    assert text.isascii()
    assert text.endswith("}\n")
    VALIDATOR.validate(json.loads(text))


def test_the_schema_is_one() -> None:
    """The schema itself follows its own, and is of the version that is written."""
    Draft202012Validator.check_schema(SCHEMA)
    written = json.loads(as_json.render(SAMPLE, BRIEF))["schemaVersion"]
    assert SCHEMA["properties"]["schemaVersion"]["const"] == written


def objects_of(schema: Any) -> list[Any]:
    """Return every description of an object within *schema*."""
    if isinstance(schema, list):
        return [found for entry in schema for found in objects_of(entry)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + objects_of(list(schema.values()))


def test_the_schema_allows_no_key_beyond_those_it_demands() -> None:
    """A key that is added or lost fails here before it surprises anybody."""
    found = objects_of(SCHEMA)
    assert len(found) == 19
    for each in found:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_a_key_too_many_or_too_few_is_no_document() -> None:
    """The schema does refuse."""
    for spoilt in (rendered(SAMPLE) | {"extra": 1}, {"schemaVersion": 2}):
        with pytest.raises(ValidationError):
            VALIDATOR.validate(spoilt)


def test_passes_are_findings_only_when_asked_for() -> None:
    """`--all` adds the passes and changes nothing else; the report's order is kept."""
    brief, everything = rendered(SAMPLE), rendered(SAMPLE, ALL)
    assert [f["title"] for f in everything["findings"]] == [f.title for f in SAMPLE.findings]
    assert brief["findings"] == [f for f in everything["findings"] if f["level"] != "pass"]
    assert {**brief, "findings": []} == {**everything, "findings": []}


def test_the_summary_counts_the_passes_too() -> None:
    """The counts are of all findings, shown or not; what is blocked twice counts once."""
    assert rendered(SAMPLE)["summary"] == {
        "pass": 3, "warn": 1, "fail": 1, "unknown": 0, "wait": 1, "skip": 1,
        "habit": 0, "blocked": 49, "accepted": 0,
    }  # fmt: skip


def test_what_is_unknown_is_empty() -> None:
    """An absent part is there with an empty value, so that no reader has to look for keys."""
    document = rendered(report())
    assert document["next"] is None
    assert document["verdict"] == Level.UNKNOWN
    assert document["cost"] == {"requests": 0, "bytes": 0}
    finding = rendered(SAMPLE)["findings"][2]
    assert finding["object"] is None
    assert finding["since"] is None
    assert finding["message"] == ""


@pytest.mark.parametrize("seconds", [0.0, 0.1234567, 12.0])
def test_the_duration_is_in_milliseconds_at_most(seconds: float) -> None:
    """No more digits than anybody measured."""
    assert rendered(report(cost=Cost(1, 1, seconds)))["durationSeconds"] == round(seconds, 3)


def test_times_are_in_utc() -> None:
    """Whatever zone a time was read in, it is written in one."""
    there = timezone(timedelta(hours=5, minutes=30))
    result = report(replace(REJECTED, since=datetime(2026, 11, 23, 9, 28, tzinfo=there)))
    document = rendered(result._replace(taken_at=result.taken_at.astimezone(there)))
    assert document["takenAt"] == "2026-11-23T04:12:00Z"
    assert document["findings"][0]["since"] == "2026-11-23T03:58:00Z"


def test_the_message_is_whole() -> None:
    """What text cuts, JSON keeps, to the last character."""
    assert rendered(SAMPLE)["findings"][0]["message"] == REJECTED.message


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(Level.FAIL)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.just(())
    ),
)


@PATIENT
@given(value=VALUES)
def test_the_document_is_what_the_standard_library_writes(value: object) -> None:
    """The indented document is that of json.dumps, for any value."""
    written = as_json.versioned({"value": value}, 7)
    assert written == json.dumps({"schemaVersion": 7, "value": value}, indent=2) + "\n"
