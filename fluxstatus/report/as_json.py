"""A report for programs: one versioned JSON document, described by schema.json in this directory.

Every key is always there. Unknown values are an empty string, an empty list or null. Adding a key
keeps `schemaVersion`; removing one or changing its meaning increases it.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from fluxstatus import __version__
from fluxstatus.base.durations import stamp
from fluxstatus.model.findings import Acceptance, Changes, Finding, Level, Next, Past, Report
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref
from fluxstatus.report.look import Look

VERSION = 2  # of the report
_SMALL = {"None": "null", "True": "true", "False": "false", "[]": "[]", "()": "[]", "{}": "{}"}
"""Most values that are no text, by their names in Python."""


def versioned(content: Mapping[str, Any], version: int = 1, *, indent: bool = True) -> str:
    r"""Return *content* as a JSON document, ASCII only, with a newline at its end.

    *version* is its `schemaVersion`, 1 in every kind of document but the report. Without *indent*,
    the document is one line.
    """
    whole = {"schemaVersion": version, **content}
    return (_indented(whole) if indent else json.dumps(whole)) + "\n"


def _indented(value: Any, outer: str = "\n") -> str:
    """Return *value* as `json.dumps` with an indent of 2 does, in half of its time.

    With an indent, that encodes in Python, and is the slowest part of all formats. *outer* is what
    begins the line of the end of *value*.
    """
    inner = f"{outer}  "
    if value and isinstance(value, dict):
        named = [
            f"{_text(key)}: {_text(one) if isinstance(one, str) else _indented(one, inner)}"
            for key, one in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(named)}{outer}}}"
    if value and isinstance(value, list | tuple):
        entries = [_text(one) if isinstance(one, str) else _indented(one, inner) for one in value]
        return f"[{inner}{f',{inner}'.join(entries)}{outer}]"
    return _SMALL.get(repr(value)) or json.dumps(value)


def render(report: Report, look: Look) -> str:
    r"""Return *report* as a JSON document, ASCII only, with a newline at its end.

    *look* matters only for `everything`, which includes passes. Texts from the cluster are not
    truncated; control characters and non-ASCII characters in them are \u escapes.
    """
    return versioned(document(report, everything=look.everything), VERSION)


_made: list[tuple[Report, bool, dict[str, Any]]] = []
"""The last report, and its document: YAML beside JSON has the same."""


def document(report: Report, *, everything: bool) -> dict[str, Any]:
    """Return *report* as the value that `render` writes, which is not to be changed."""
    for known, whole, found in _made:
        if known is report and whole is everything:
            return found
    made = _document(report, everything=everything)
    _made[:] = [(report, everything, made)]
    return made


def _document(report: Report, *, everything: bool) -> dict[str, Any]:
    counts = report.counts
    return {
        "tool": {"name": "kubectl-flux-status", "version": __version__},
        "target": _target(report),
        "scope": {
            "namespaces": list(report.scope.namespaces),
            "applying": [object_json(ref) for ref in report.scope.applying],
            "skipped": list(report.scope.skipped),
        },
        "takenAt": time_json(report.taken_at),
        "durationSeconds": round(report.cost.seconds, 3),
        "cost": {"requests": report.cost.requests, "bytes": report.cost.bytes},
        "verdict": report.verdict,
        "summary": {level: counts[level] for level in Level}
        | {"habit": len(report.advice), "blocked": report.blocked}
        | {"accepted": len(report.accepted)},
        "steps": [step._asdict() for step in report.steps],
        "findings": [
            finding_json(finding)
            for finding in report.findings
            if everything or finding.level is not Level.PASS
        ],
        "acceptance": _acceptance(report.acceptance) if report.acceptance else None,
        "changes": changes_json(report.changes) if report.changes else None,
        "next": next_json(report.next) if report.next else None,
    }


def _acceptance(acceptance: Acceptance) -> dict[str, Any]:
    return {
        "source": acceptance.source,
        "accepted": [
            {"reason": reason, "until": f"{until}", "finding": finding_json(finding)}
            for finding, reason, until in acceptance.accepted
        ],
        "notes": list(acceptance.notes),
    }


def changes_json(changes: Changes) -> dict[str, Any]:
    """Return *changes* as JSON: ids of findings of the report, and the findings that it lacks."""
    return {
        "source": changes.source,
        "takenAt": time_json(changes.taken_at),
        "cluster": changes.cluster,
        "new": list(changes.new),
        "still": list(changes.still),
        "unseen": list(changes.unseen),
        "gone": list(map(past_json, changes.gone)),
        "unsure": list(map(past_json, changes.unsure)),
    }


def past_json(past: Past) -> dict[str, Any]:
    """Return *past* as JSON."""
    return {
        "step": past.step,
        "code": past.code,
        "id": past.id,
        "level": past.level,
        "object": ref_json(past.object) if past.object else None,
        "title": past.title,
    }


def _target(report: Report) -> dict[str, str]:
    target = report.target
    return {
        "context": target.context,
        "server": target.server,
        "user": target.user,
        "kubernetes": target.kubernetes,
        "flux": report.flux,
        "operator": report.operator,
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return *finding* as JSON."""
    return {
        "step": finding.step,
        "code": finding.code,
        "id": finding.id,
        "class": finding.category,
        "area": finding.area,
        "level": finding.level,
        "object": object_json(finding.object) if finding.object else None,
        "objects": [object_json(ref) for ref in finding.objects],
        "title": finding.title,
        "summary": finding.summary,
        "why": finding.why,
        "certainty": finding.certainty,
        "reason": finding.reason,
        "message": finding.message,
        "since": time_json(finding.since),
        "evidence": [{"path": path, "value": value} for path, value in finding.evidence],
        "blocks": [ref_json(ref) for ref in finding.blocks],
        "hints": [hint_json(hint) for hint in finding.hints],
        "docs": finding.docs,
    }


def object_json(ref: Ref) -> dict[str, str]:
    """Return *ref* as JSON, with its apiVersion."""
    return {"apiVersion": ref.api_version, **ref_json(ref)}


def ref_json(ref: Ref) -> dict[str, str]:
    """Return *ref* as JSON."""
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def hint_json(hint: Hint) -> dict[str, Any]:
    """Return *hint* as JSON."""
    return {"text": hint.text, "commands": commands_json(hint.commands)}


def next_json(step: Next) -> dict[str, Any]:
    """Return the next step as JSON."""
    return {"text": step.text, "commands": commands_json(step.commands), "prompt": step.prompt}


def commands_json(commands: Iterable[Command]) -> list[dict[str, Any]]:
    """Return *commands* as JSON."""
    return [{"argv": list(command.argv), "changes": command.changes} for command in commands]


def time_json(when: datetime | None) -> str | None:
    """Return *when* as JSON, null if it is unknown."""
    return stamp(when) if when else None
