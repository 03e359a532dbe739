"""Step 2: is the Flux Operator there and at work?"""

import re
from collections.abc import Iterator
from datetime import timedelta

from fluxstatus.base.durations import age, duration, seconds, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.unavailable import is_operator
from fluxstatus.checks.controllers import of_component
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    UNREAD_CODES,
    cause_finding,
    passed,
    state_codes,
    unread_finding,
)
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import CONTROLLERS, OPERATORS, Component, managed_by
from fluxstatus.state.state import State

STEP_ID = "operator"
REPORT = KINDS["FluxReport"]
REPORT_EVERY = timedelta(minutes=5)
"""The operator's default --reporting-interval (FO cmd/operator/main.go)."""

_WHOLE_SECONDS = re.compile(r"finished in \d+s$")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge the operator's Deployment and pods, its report, and the CLI's version beside it."""
    state = analysis.state
    answer = state.evidence.answer(OPERATORS)
    stopped = [cause for cause in analysis.causes.all if is_operator(state, cause.ref)]
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in stopped)
    for operator in state.operators:
        if not operator.unavailable:
            yield from of_component(STEP_ID, analysis, operator)
            if pods_unread := state.evidence.answer("pods").unread:
                yield unread_finding(STEP_ID, f"the pods of {operator.ref}", pods_unread)
            yield passed(STEP_ID, _doing_well(operator))
    for operator in state.operators:
        if operator.starting:
            title = f"{operator.ref} is starting"
            yield Finding(step=STEP_ID, code="reconciling", level=Level.SKIP, title=title)
    if not state.operators and not stopped:
        unread = answer.unread or state.evidence.answer(CONTROLLERS).unread
        yield (
            unread_finding(STEP_ID, "the Deployments of Flux", unread) if unread else _absent(state)
        )
    if any(not operator.unavailable for operator in state.operators):
        yield from _report(state)
    yield from _command_line(state)


def _doing_well(operator: Component) -> str:
    ref = operator.ref
    return (
        f"{ref.namespace}/{ref.name} {operator.version}".rstrip()
        + f", {operator.ready}/{operator.wanted} ready"
    )


def _absent(state: State) -> Finding:
    if state.components or state.resources:
        how = managed_by(state.components)
        came = f"Flux came by {how}" if how else "Flux is here without it"
        return Finding(
            step=STEP_ID,
            code="operator-absent",
            level=Level.SKIP,
            title=f"no Flux Operator: {came}",
        )
    return Finding(
        step=STEP_ID,
        code="not-installed",
        level=Level.FAIL,
        title="Flux is not installed: no Flux Operator and no Flux controllers",
        why="no Deployment carries the labels of the Flux Operator or of Flux, in any namespace",
        hints=(
            Hint(
                "install the Flux Operator, then apply a FluxInstance named flux",
                (
                    Command(
                        ("helm", "install", "flux-operator",
                         "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator",
                         "--namespace", "flux-system", "--create-namespace"),
                        changes=True,
                    ),
                ),
            ),
        ),
        docs="https://fluxoperator.dev/docs/guides/install/",
        trivial=True,
    )  # fmt: skip


def _report(state: State) -> Iterator[Finding]:
    """Judge whether the operator still writes its report; what it says of health is not used."""
    answer = state.evidence.answer(REPORT.resource)
    if answer.unread:
        yield unread_finding(STEP_ID, "FluxReport", answer.unread)
        return
    operator = next(o for o in state.operators if not o.unavailable)
    started = when(map_of(operator.deployment.get("metadata")).get("creationTimestamp"))
    new = started is None or state.now - started < 2 * REPORT_EVERY
    if not answer.items and not new:
        yield Finding(
            step=STEP_ID,
            code="report-missing",
            level=Level.WARN,
            title="the operator runs and has written no FluxReport",
            why="it writes one at its start and every five minutes",
            hints=(_log(operator.ref),),
        )
    for report in answer.items:
        old, every = _report_age(state, report), _report_interval(operator, report)
        if old and old > 3 * every:
            yield Finding(
                step=STEP_ID,
                code="report-old",
                level=Level.WARN,
                title=f"the FluxReport has not been renewed for {age(old)}",
                why=f"the operator renews it every {duration(every.total_seconds())} when it works",
                hints=(_log(operator.ref),),
            )


def _report_age(state: State, report: Object) -> timedelta | None:
    """Return the age of *report*; None when its time tells nothing.

    The only time it has moves with the message, and a message in whole seconds ("finished in
    2s") may stay the same from one report to the next.
    """
    for condition in maps_of(map_of(report.get("status")).get("conditions")):
        at = when(condition.get("lastTransitionTime"))
        if at and not _WHOLE_SECONDS.search(text_of(condition.get("message"))):
            return state.now - at
    return None


def _report_interval(operator: Component, report: Object) -> timedelta:
    """Return how often *operator* renews *report*, as its arguments or an annotation tell."""
    told = next((a for a in operator.args if a.startswith("--reporting-interval=")), "")
    annotations = map_of(map_of(report.get("metadata")).get("annotations"))
    own = annotations.get("fluxcd.controlplane.io/reconcileEvery") or told.partition("=")[2]
    return timedelta(seconds=seconds(own, REPORT_EVERY.total_seconds()))


def _log(ref: Ref) -> Hint:
    argv = ("kubectl", "logs", "-n", ref.namespace, f"deployment/{ref.name}", "--tail=50")
    return Hint("read the operator's log", (Command(argv),))


def _command_line(state: State) -> Iterator[Finding]:
    """Compare the flux-operator CLI with the operator; not having it is no fault."""
    client = state.evidence.programs.get("flux-operator")
    server = next((operator.version for operator in state.operators), "")
    if not isinstance(client, str):
        return
    here, there = minor_of(client), minor_of(server)
    if here and there and here != there:
        yield Finding(
            step=STEP_ID,
            code="cli-version-skew",
            level=Level.WARN,
            title=f"the flux-operator CLI here is {client}, the operator {server}",
            why="commands and their output differ between minor versions",
            hints=(
                Hint(
                    "bring the CLI to the operator's version",
                    (Command(("brew", "upgrade", "flux-operator"), changes=True),),
                ),
            ),
            kind="habit",
            trivial=True,
        )


CODES = {
    "operator-absent": "Flux is here without the operator",
    "not-installed": "neither the operator nor Flux is installed",
    "reconciling": "starting, no verdict yet",
    **state_codes(of_controllers=True),
    "replicas-missing": "fewer replicas are ready than wanted",
    "restarted": "a container has restarted within the last hour",
    "report-missing": "the operator runs and writes no FluxReport",
    "report-old": "the FluxReport is not renewed",
    "cli-version-skew": "the flux-operator CLI here and the operator differ by a minor version",
    "mcp-read-write": "an MCP client on this machine may change the cluster",
    **UNREAD_CODES,
}
STEP = Step(
    STEP_ID,
    "Flux Operator",
    (OPERATORS, CONTROLLERS, "pods", REPORT.resource, "flux-operator"),
    CODES,
    examine,
)
