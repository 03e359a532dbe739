"""Run the steps of the check on an analysis: the report with all findings, sorted."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fluxstatus.advice import CHECK_CRASHED
from fluxstatus.advice.view import View
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.namespaces import narrowed
from fluxstatus.checks.step import Step
from fluxstatus.model.findings import (
    WORST_FIRST,
    Acceptance,
    Finding,
    Level,
    Report,
    Scope,
    StepResult,
    worst,
)
from fluxstatus.model.hints import hint
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.model.accept_list import AcceptList

_OF_OBJECTS = ("sources", "reconcilers")
_VAGUE = frozenset({"not-ready", "waits", "waits-unread", "attempt-failed", "stuck"})
"""Codes of faults whose cause is mostly unknown."""


BUG = "this is a bug in kubectl flux-status"


class Choice(NamedTuple):
    """The steps, codes and namespaces to report.

    `steps` are ids, empty for all; `skip` are ids of steps, and codes, as the Analysis has them;
    `namespaces` are those of the State, empty for all. `accept` has the faults that are accepted.
    """

    steps: Collection[str] = ()
    skip: Collection[str] = ()
    namespaces: Collection[str] = ()
    accept: "AcceptList | None" = None


ALL = Choice()

ByStep: TypeAlias = list[tuple[Step, list[Finding]]]
"""The findings of each step."""

Adviser: TypeAlias = Callable[[], Iterable[Finding]]
"""A function that returns additional advice for a step."""

NO_ADVISERS: Mapping[str, Adviser] = {}


def run_checks(
    analysis: Analysis, choice: Choice = ALL, advisers: Mapping[str, Adviser] = NO_ADVISERS
) -> Report:
    """Return the report of every step in *choice*; its `next` is left empty.

    *advisers* add advice to the steps with these ids, from data that is not in the cluster.
    """
    state = analysis.state
    evidence = state.evidence
    view = _view(analysis, choice)
    by_step: ByStep = []
    for step in _chosen(state, choice):
        found = [*_examine(step, analysis), *_advise(step, view, advisers)]
        about = _narrowed(step, [one for one in found if one.code not in choice.skip], analysis)
        by_step.append((step, about))
    by_step, acceptance = _settled(by_step, choice, state)
    order = {step.id: number for number, step in enumerate(STEPS)}
    target_flags = for_target(evidence.target)
    findings = sorted(
        (target_flags.finding(f) for _, found in by_step for f in found),
        key=lambda f: _rank(f, order, state),
    )
    results = tuple(
        StepResult(step.id, step.title, worst(f.level for f in found if f.category == "fault"))
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
        scope=_scope(state, choice),
        acceptance=acceptance,
    )


def _view(analysis: Analysis, choice: Choice) -> View:
    """Return what advice is based on, with what is accepted of it."""
    if choice.accept is None:
        return View(analysis)
    from fluxstatus.checks.acceptance import is_accepted_by  # noqa: PLC0415 - most runs do without

    state = analysis.state
    return View(analysis, is_accepted_by(choice.accept, *_where_and_when(state)))


def _where_and_when(state: State) -> tuple[str, date]:
    """Return the context and the day for which faults are accepted."""
    return state.evidence.target.context, state.now.astimezone(UTC).date()


def _settled(by_step: ByStep, choice: Choice, state: State) -> tuple[ByStep, Acceptance | None]:
    """Return the findings without the accepted ones, and these; nothing is of no cluster."""
    if choice.accept is None or state.evidence.unreachable is not None:
        return by_step, None
    from fluxstatus.checks.acceptance import (  # noqa: PLC0415 - most runs accept nothing
        acceptance_of,
        without_accepted,
    )

    found = [one for _, each in by_step for one in each]
    acceptance = acceptance_of(found, choice.accept, *_where_and_when(state))
    return [(step, without_accepted(each, acceptance)) for step, each in by_step], acceptance


def _scope(state: State, choice: Choice) -> Scope:
    """Return what the report is about; a crash costs the names of objects, not the report."""
    namespaces = tuple(sorted(state.namespaces))
    skipped = tuple(sorted({*choice.skip}.difference(step.id for step in STEPS)))
    try:
        applying = tuple(sorted(state.resources[key].ref for key in state.applying))
    except Exception:  # noqa: BLE001 - the steps have reported it
        applying = ()
    return Scope(namespaces, applying, skipped)


def _chosen(state: State, choice: Choice) -> list[Step]:
    """Return the steps to run; only the first if the cluster cannot be read at all."""
    chosen = [
        step
        for step in STEPS
        if (not choice.steps or step.id in choice.steps) and step.id not in choice.skip
    ]
    if state.evidence.unreachable is not None or state.refused:
        return [step for step in chosen if step.id == "cluster"] or [STEPS[0]]
    return chosen


def _advise(step: Step, view: View, advisers: Mapping[str, Adviser]) -> Iterator[Finding]:
    """Yield the advice of a step, about the cluster and about this machine.

    A crash is reported as skipped advice, never as a fault.
    """
    try:
        yield from step.advise(view)
        if adviser := advisers.get(step.id):
            yield from adviser()
    except Exception as error:  # noqa: BLE001 - a bug in advice must not hide a fault
        yield replace(_crashed(step, error), level=Level.SKIP, category="habit")


def _examine(step: Step, analysis: Analysis) -> Iterator[Finding]:
    """Yield the findings of a step; a crash becomes an unknown and never affects other steps."""
    try:
        yield from step.examine(analysis)
    except Exception as error:  # noqa: BLE001 - a bug in one step must not hide the others
        yield _crashed(step, error)


def _crashed(step: Step, error: Exception) -> Finding:
    return Finding(
        step=step.id,
        code=CHECK_CRASHED,
        level=Level.UNKNOWN,
        title=f"this check crashed: {type(error).__name__}: {error}",
        why=f"{BUG}, not in the cluster",
        hints=(hint("report it and attach a snapshot created with --save FILE"),),
    )


def _narrowed(step: Step, found: list[Finding], analysis: Analysis) -> list[Finding]:
    """Return those of *found* that concern the chosen namespaces; all of them after a crash."""
    if not analysis.state.namespaces:
        return found
    try:
        return list(narrowed(step.id, found, analysis))
    except Exception as error:  # noqa: BLE001 - a bug there must not hide the findings
        return [*found, _crashed(step, error)]


def _rank(finding: Finding, order: Mapping[str, int], state: State) -> tuple[object, ...]:
    """Return the sort key: worst first, then by step, then what blocks most and is most certain.

    Only objects that the report is about count as blocked.

    The steps go from the cluster up, so that an unavailable controller comes before its objects.
    The two steps about Flux objects have the same rank.
    """
    objects = finding.step in _OF_OBJECTS
    return (
        WORST_FIRST.index(finding.level),
        finding.category == "habit",
        order[_OF_OBJECTS[0]] if objects else order[finding.step],
        -sum(map(state.covers, finding.blocks)),
        finding.code in _VAGUE,
        order[finding.step],
        finding.object or ("",),
        finding.code,
        finding.title,
    )
