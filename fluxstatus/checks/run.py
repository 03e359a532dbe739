"""From an analysis to a report: every step that was asked for, its findings sorted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from fluxstatus.advice.view import View
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.step import Step
from fluxstatus.model.findings import WORST_FIRST, Finding, Level, Report, StepResult, worst
from fluxstatus.model.hints import Hint
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

_EVERYWHERE = frozenset({"cluster", "operator", "instance", "components", "ui"})
"""Steps about the whole cluster: they are told whatever namespaces were asked for."""

_OF_OBJECTS = ("sources", "reconcilers")
_VAGUE = frozenset({"not-ready", "waits", "waits-unread", "attempt-failed", "stuck"})
"""Codes that tell that something is wrong, and hardly what."""


BUG = "this is a bug of flux-status"


class Choice(NamedTuple):
    """What of the findings was asked for.

    `steps` empty means all; `skip` are ids of steps and codes; `namespaces` empty means all, and
    they are those of the State.
    """

    steps: Collection[str] = ()
    skip: Collection[str] = ()
    namespaces: Collection[str] = ()


ALL = Choice()

Adviser: TypeAlias = Callable[[], Iterable[Finding]]
"""What adds advice to a step."""

NO_ADVISERS: Mapping[str, Adviser] = {}


def run_checks(
    analysis: Analysis, choice: Choice = ALL, advisers: Mapping[str, Adviser] = NO_ADVISERS
) -> Report:
    """Return the report of every step that *choice* asks for; its `next` is left empty.

    *advisers* add advice to the steps with these ids, from what is not in the cluster.
    """
    state = analysis.state
    evidence = state.evidence
    chosen = [s for s in STEPS if (not choice.steps or s.id in choice.steps)
              and s.id not in choice.skip]  # fmt: skip
    if evidence.unreachable is not None or evidence.refused:
        chosen = [step for step in chosen if step.id == "cluster"] or [STEPS[0]]
    view = View(analysis)
    by_step = [
        (
            step,
            [
                finding
                for finding in (*_examine(step, analysis), *_advise(step, view, advisers))
                if _is_wanted(finding, choice, state)
            ],
        )
        for step in chosen
    ]
    order = {step.id: number for number, step in enumerate(STEPS)}
    target_flags = for_target(evidence.target)
    findings = sorted(
        (target_flags.finding(f) for _, found in by_step for f in found),
        key=lambda f: _rank(f, order),
    )
    results = tuple(
        StepResult(step.id, step.title, worst(f.level for f in found if f.kind == "fault"))
        for step, found in by_step
    )
    return Report(
        target=evidence.target,
        flux=state.flux_version,
        operator=next((o.version for o in state.operators), ""),
        taken_at=evidence.taken_at,
        cost=evidence.cost,
        steps=results,
        findings=tuple(findings),
        unreachable=evidence.unreachable is not None,
    )


def _advise(step: Step, view: View, advisers: Mapping[str, Adviser]) -> Iterator[Finding]:
    """Return the habits that a step advises against, in the cluster and on this machine.

    If that crashes it is told, and as little of a fault as any advice.
    """
    try:
        yield from step.advise(view)
        if adviser := advisers.get(step.id):
            yield from adviser()
    except Exception as error:  # noqa: BLE001 - a bug in advice must not hide a fault
        yield replace(_crashed(step, error), level=Level.SKIP, kind="habit")


def _examine(step: Step, analysis: Analysis) -> Iterator[Finding]:
    """Run one step; a step that crashes is an unknown, and never takes the others with it."""
    try:
        yield from step.examine(analysis)
    except Exception as error:  # noqa: BLE001 - a bug in one step must not hide the others
        yield _crashed(step, error)


def _crashed(step: Step, error: Exception) -> Finding:
    return Finding(
        step=step.id,
        code="check-crashed",
        level=Level.UNKNOWN,
        title=f"this check crashed: {type(error).__name__}: {error}",
        why=f"{BUG}, not of the cluster",
        hints=(Hint("report it with a snapshot made by --save FILE"),),
    )


def _is_wanted(finding: Finding, choice: Choice, state: State) -> bool:
    """Whether *finding* is about a namespace that was asked about, or blocks something there."""
    if finding.code in choice.skip:
        return False
    if finding.object is None or finding.step in _EVERYWHERE:
        return True
    return any(state.covers(ref.namespace) for ref in (finding.object, *finding.blocks))


def _rank(finding: Finding, order: Mapping[str, int]) -> tuple[object, ...]:
    """Worst first, then by step, and in a step what blocks most and is most certain.

    The steps go from the cluster up, so that a dead controller comes before what it leaves. The
    objects of Flux are one rank, whichever of their steps tells them.
    """
    objects = finding.step in _OF_OBJECTS
    return (
        WORST_FIRST.index(finding.level),
        finding.kind == "habit",
        order[_OF_OBJECTS[0]] if objects else order[finding.step],
        -len(finding.blocks),
        finding.code in _VAGUE,
        order[finding.step],
        finding.object or ("",),
        finding.code,
        finding.title,
    )
