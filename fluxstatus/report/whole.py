"""A whole report from its JSON, also from that of a fleet: the other way round of as_json.

What the JSON does not have is left out: `next`, the changes, and what only the text report uses.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.checks.wording import SHOW_DETAILS
from fluxstatus.model.evidence import Cost, Target
from fluxstatus.model.findings import (
    AREAS,
    Acceptance,
    Accepted,
    Certainty,
    Finding,
    Level,
    Report,
    Scope,
    StepResult,
    Verdict,
)
from fluxstatus.model.hints import Command, Hint
from fluxstatus.report.from_json import document_in, known, ref_of, texts_of

FLEET_VERSION = 1
"""The schemaVersion of the JSON of `fleet`."""

_PLAN_VERSION = 1  # as_plan.VERSION, whose module imports all that makes plans
_MOST = 2**53  # above it, a number in JSON is not what was written
_MOST_PASSES = 1_000_000
_CERTAINTIES: tuple[Certainty, ...] = ("certain", "likely", "one-of", "unknown")


_REPORTS = (
    "is a report, which does not contain the objects; save a snapshot with --save and --advice, or "
    "the plans with --upgrade-to and -o json"
)
"""Why a report says nothing about an upgrade, after the name of its file."""


class Member(NamedTuple):
    """A cluster of a fleet: its report or plan as JSON, or the `problem` if there is none."""

    name: str
    document: Mapping[str, Any] | None
    problem: str
    uid: str
    also: tuple[str, ...]


def members_in(data: bytes, upgrade_to: str = "") -> list[Member] | None:
    """Return the clusters in *data*, the JSON of `fleet`, None if it is that of something else.

    They have plans for the upgrade to the version *upgrade_to*, reports if that is empty. Raises
    ValueError if it cannot be read, or has something else.
    """
    document = document_in(data)
    if not isinstance(document.get("clusters"), list):
        if upgrade_to:
            raise ValueError(_REPORTS)
        return None
    planned = text_of(document.get("upgradeTo"))
    if planned != upgrade_to:
        raise ValueError(_plans_of(planned) if planned else _REPORTS)
    if document.get("schemaVersion") != FLEET_VERSION:
        raise ValueError(f"is not a fleet report with schemaVersion {FLEET_VERSION}")
    clusters = maps_of(document["clusters"])
    if len(clusters) != len(document["clusters"]):
        raise ValueError("is damaged: a cluster is not an object")
    return [_member(one, upgrade_to) for one in clusters]


def _plans_of(planned: str) -> str:
    """Return what is said of plans for another version: the text is of whoever wrote the file."""
    minor = minor_of(planned)
    if minor is None or dotted(minor) != planned:
        return "has plans for the upgrade to something else than a version of Flux"
    return f"has plans for the upgrade to Flux {planned}: join them with --upgrade-to {planned}"


def _member(found: Mapping[str, Any], upgrade_to: str) -> Member:
    what = "plan" if upgrade_to else "report"
    document = found.get(what)
    problem = mask(text_of(found.get("problem")))
    if not isinstance(document, dict):
        document, problem = None, problem or f"the {what} is missing"
    if not (name := text_of(found.get("name"))):
        raise ValueError("is damaged: a cluster has no name")
    if document and upgrade_to:
        _refuse_other_plans(document, upgrade_to)
    elif document:
        report_of(known(document))
    return Member(name, document, problem, text_of(found.get("uid")), texts_of(found.get("also")))


def _refuse_other_plans(document: Mapping[str, Any], upgrade_to: str) -> None:
    """Raise ValueError if *document* is not a plan for the upgrade to that version."""
    is_one = document.get("schemaVersion") == _PLAN_VERSION and "outcome" in document
    if not is_one or document.get("to") != upgrade_to:
        raise ValueError(f"is damaged: a plan is not one for the upgrade to Flux {upgrade_to}")


def report_of(document: Mapping[str, Any], *, with_commands: bool = False) -> Report:
    """Return the report that *document* is the JSON of.

    A command is only left in it *with_commands*: a file may come from anyone. Raises ValueError.
    """
    target, cost = map_of(document.get("target")), map_of(document.get("cost"))
    scope = map_of(document.get("scope"))
    if (taken_at := when(document.get("takenAt"))) is None:
        raise ValueError("is damaged: takenAt is not a time")
    findings = [
        finding_in(one, with_commands=with_commands) for one in maps_of(document.get("findings"))
    ]
    report = Report(
        target=Target(
            context=_text(target, "context"),
            server=_text(target, "server"),
            user=_text(target, "user"),
            kubernetes=_text(target, "kubernetes"),
        ),
        flux=_text(target, "flux"),
        operator=_text(target, "operator"),
        taken_at=taken_at,
        cost=Cost(_number(cost, "requests"), _number(cost, "bytes"), _seconds(document)),
        steps=tuple(map(_step, maps_of(document.get("steps")))),
        findings=(*findings, *_passes(document, findings)),
        scope=Scope(
            texts_of(scope.get("namespaces")),
            tuple(map(ref_of, maps_of(scope.get("applying")))),
            texts_of(scope.get("skipped")),
        ),
        acceptance=_acceptance(document.get("acceptance"), with_commands),
    )
    return _with_verdict(report, text_of(document.get("verdict")))


def _with_verdict(report: Report, verdict: str) -> Report:
    """Return *report* if it has this *verdict*. Raises ValueError for another one.

    Where failures do not make it `fail`, the cluster was unreachable.
    """
    is_dark = verdict == Verdict.UNKNOWN and report.verdict is not Verdict.UNKNOWN
    report = report._replace(unreachable=is_dark)
    if report.verdict != verdict:
        raise ValueError(f"is damaged: its findings do not have the verdict {verdict!r}")
    return report


def _passes(document: Mapping[str, Any], findings: list[Finding]) -> list[Finding]:
    """Return as many passes as are counted: without --all, the findings do not have them.

    Raises ValueError for a number that would fill the memory.
    """
    counted = _number(map_of(document.get("summary")), "pass")
    if counted > _MOST_PASSES:
        raise ValueError(f"is damaged: its summary counts {counted} passes")
    there = sum(one.level is Level.PASS and one.category == "fault" for one in findings)
    return [Finding("", "ok", Level.PASS, "")] * (counted - there)


def finding_in(found: Mapping[str, Any], *, with_commands: bool) -> Finding:
    """Return the finding that *found* is the JSON of. Raises ValueError."""
    objects = tuple(map(ref_of, maps_of(found.get("objects"))))
    own = ref_of(map_of(found["object"])) if found.get("object") else None
    certainty = text_of(found.get("certainty"))
    is_advice = found.get("class") == "habit"
    evidence = tuple(
        (_text(one, "path"), _text(one, "value")) for one in maps_of(found.get("evidence"))
    )
    return Finding(
        step=_text(found, "step"),
        code=_text(found, "code"),
        level=_level(found),
        title=_text(found, "title"),
        object=own,
        others=objects[1:] if own else objects,
        why=_text(found, "why"),
        reason=_text(found, "reason"),
        message=_text(found, "message"),
        since=when(found.get("since")),
        evidence=evidence,
        blocks=tuple(map(ref_of, maps_of(found.get("blocks")))),
        hints=tuple(_hint(one, with_commands) for one in maps_of(found.get("hints"))),
        docs=_text(found, "docs"),
        category="habit" if is_advice else "fault",
        area=next((one for one in AREAS if one == found.get("area")), "") if is_advice else "",
        count=(len(objects) or len(evidence)) if is_advice else 0,
        certainty=next((one for one in _CERTAINTIES if one == certainty), None),
    )


def _hint(found: Mapping[str, Any], with_commands: bool) -> Hint:
    commands = (
        Command(texts_of(one.get("argv")), changes=one.get("changes") is not False)
        for one in maps_of(found.get("commands"))
        if with_commands
    )
    text = _text(found, "text")
    return Hint(text, tuple(commands), "more" if text == SHOW_DETAILS else "fix")


def _acceptance(found: Any, with_commands: bool) -> Acceptance | None:
    if not isinstance(found, dict):
        return None
    accepted = (
        Accepted(
            finding_in(map_of(one.get("finding")), with_commands=with_commands),
            _text(one, "reason"),
            day,
        )
        for one in maps_of(found.get("accepted"))
        if (day := _day(one.get("until")))
    )
    notes = tuple(map(mask, texts_of(found.get("notes"))))
    return Acceptance(_text(found, "source"), tuple(accepted), notes)


def _day(value: Any) -> date | None:
    at = when(text_of(value))
    return at.date() if at else None


def _step(found: Mapping[str, Any]) -> StepResult:
    return StepResult(_text(found, "id"), _text(found, "title"), _level(found))


def _level(found: Mapping[str, Any]) -> Level:
    try:
        return Level(text_of(found.get("level")))
    except ValueError as error:
        raise ValueError(f"is damaged: {error}") from error


def _text(found: Mapping[str, Any], name: str) -> str:
    return mask(text_of(found.get(name)))


def _seconds(document: Mapping[str, Any]) -> float:
    value = document.get("durationSeconds")
    return float(value) if isinstance(value, int | float) and 0 <= value < _MOST else 0.0


def _number(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    return value if type(value) is int and 0 <= value < _MOST else 0
