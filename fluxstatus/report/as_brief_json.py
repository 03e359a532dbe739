"""The causes of a report as a short JSON document, described by brief.schema.json.

It is for programs that read all of it, such as assistants, so its size is limited: of very many
causes, those that block the least are only counted. `-o json` has everything.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from fluxstatus.base.quoting import shortened
from fluxstatus.model.findings import Finding, Level, Next, Report
from fluxstatus.model.hints import Command
from fluxstatus.report.as_json import commands_json, object_json, time_json, versioned
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import by_blocked, why_of

_LIMIT = 19_500  # bytes of the document
_TEXT = 300  # characters of a text
_WHOLE = 4_000  # bytes of a prompt or command; a longer one is left out: half of it may be misread
_DETAILED = 5  # causes with their explanation and fix
_HINTS = 2  # of a cause
_COMMANDS = 3  # of a hint
_NAMESPACES = 20


def render(report: Report, _: Look) -> str:
    r"""Return the causes in *report* as a JSON document below 20 kB, ASCII only, with a newline."""
    content: dict[str, Any] = {
        "context": shortened(report.target.context, _TEXT),
        "namespaces": [shortened(name, _TEXT) for name in report.scope.namespaces[:_NAMESPACES]],
        "takenAt": time_json(report.taken_at),
        "verdict": report.verdict,
        "summary": {level: report.count(level) for level in Level}
        | {"blocked": report.blocked, "accepted": len(report.accepted)},
        "next": _next(report.next) if report.next else None,
    }
    faults = by_blocked(report.faults)
    causes = list(_that_fit(faults, _LIMIT - len(json.dumps(content))))
    content |= {"causes": causes, "omitted": len(faults) - len(causes)}
    return versioned(content, indent=False)


def _that_fit(faults: Sequence[Finding], room: int) -> Iterator[dict[str, Any]]:
    """Yield *faults* as JSON, as long as there is *room*, in bytes; details give way to causes."""
    for number, fault in enumerate(faults):
        cause = _cause(fault)
        detailed = cause | _details(fault) if number < _DETAILED else cause
        chosen = detailed if _size(detailed) <= room else cause
        room -= _size(chosen)
        if room < 0:
            return
        yield chosen


def _size(content: object) -> int:
    """Return the bytes of *content* in a list."""
    return len(json.dumps(content)) + len(", ")


def _commands(commands: Sequence[Command]) -> list[dict[str, Any]]:
    """Return the first of *commands* as JSON, without those that are too long."""
    return [one for one in commands_json(commands[:_COMMANDS]) if _size(one) <= _WHOLE]


def _cause(fault: Finding) -> dict[str, Any]:
    return {
        "level": fault.level,
        "code": fault.code,
        "certainty": fault.certainty,
        "title": shortened(fault.title, _TEXT),
        "blocks": len(fault.blocks),
    }


def _details(fault: Finding) -> dict[str, Any]:
    return {
        "object": object_json(fault.object) if fault.object else None,
        "since": time_json(fault.since),
        "why": shortened(why_of(fault), _TEXT),
        "hints": [
            {"text": shortened(hint.text, _TEXT), "commands": _commands(hint.commands)}
            for hint in fault.hints[:_HINTS]
        ],
    }


def _next(step: Next) -> dict[str, Any]:
    return {
        "text": shortened(step.text, _TEXT),
        "commands": _commands(step.commands),
        "prompt": step.prompt if _size(step.prompt) <= _WHOLE else "",
    }
