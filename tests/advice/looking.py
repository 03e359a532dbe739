"""Helpers to test a single piece of advice."""

from collections.abc import Iterable
from typing import Any

from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.findings import Finding
from tests.builders import HEALTHY, evidence, judge


def habits(
    *objects: Object,
    namespaces: Iterable[str] = (),
    system: Iterable[Object] = HEALTHY,
    **more: Any,
) -> dict[str, Finding]:
    """Return the advice on a healthy Flux with *objects*, by its code."""
    return advice(evidence(*system, *objects, **more), namespaces)


def advice(known: Evidence, namespaces: Iterable[str] = ()) -> dict[str, Finding]:
    """Return the advice on what is *known*, by its code; a code of two steps is here twice."""
    report = judge(known, Choice(namespaces=tuple(namespaces)))
    found: dict[str, Finding] = {}
    for habit in report.advice:
        key = habit.code if habit.code not in found else f"{habit.code}/{habit.step}"
        found[key] = habit
    return found


def seen(finding: Finding) -> list[str]:
    """Return the objects that the advice lists, as "what: value"."""
    return [f"{path}: {value}" if value else path for path, value in finding.evidence]
