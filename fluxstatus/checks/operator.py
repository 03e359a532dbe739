"""Step 2: is the Flux Operator there and healthy?"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fluxstatus.base.durations import age, duration, seconds, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.unavailable import is_operator
from fluxstatus.checks.cause_findings import cause_finding
from fluxstatus.checks.controllers import REPLICAS_MISSING, RESTARTED, of_component
from fluxstatus.checks.namespaces import ELSEWHERE
from fluxstatus.checks.progress import waiting
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    PRINT_INSTANCE,
    RECONCILING,
    UNREAD,
    WAITING,
    passed,
    state_codes,
    unread_finding,
)
from fluxstatus.checks.work import ASLEEP, asleep, shown_by
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CONTROLLERS, OPERATORS, Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.model.kinds import KINDS, OPERATOR_GUIDE
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component, managed_by
from fluxstatus.state.intervals import EVERY
from fluxstatus.state.state import State

STEP_ID = "operator"
REPORT = KINDS["FluxReport"]
REPORT_EVERY = timedelta(minutes=5)
"""The operator's default --reporting-interval (flux-operator cmd/operator/main.go)."""

_OPERATOR_ABSENT = Code(
    "operator-absent", "Flux is present in the cluster, but the Flux Operator is not."
)
_NOT_INSTALLED = Code("not-installed", "Neither the Flux Operator nor Flux is installed.")
_REPORT_MISSING = Code(
    "report-missing", "The Flux Operator is running but has not written a FluxReport."
)
_REPORT_OLD = Code("report-old", "The Flux Operator no longer updates the FluxReport on schedule.")
CLI_VERSION_SKEW = Code(
    "cli-version-skew",
    "The flux-operator CLI and the Flux Operator have different minor versions.",
)
MCP_READ_WRITE = Code(
    "mcp-read-write",
    "An MCP client on this machine is configured to allow changes to the cluster.",
)
"""Reported by an adviser (mcp/), which this step knows only by its code."""

_WHOLE_SECONDS = late_pattern(r"finished in \d+s$")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check the operator's Deployment and pods, its report, and the version of its CLI."""
    state = analysis.state
    unavailable = [cause for cause in analysis.causes.all if is_operator(state, cause.ref)]
    running = [operator for operator in state.operators if not operator.unavailable]
    causes = analysis.causes.by_object
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in unavailable)
    for operator in running:
        others = [c for c in causes.get(operator.ref.key, ()) if c.ref != operator.ref]
        if others:
            yield waiting(analysis, STEP_ID, operator.ref, others)
        elif operator.ref.key in causes:
            yield from of_component(STEP_ID, analysis, operator)
        else:
            yield from _running(analysis, operator)
    for operator in state.operators:
        if operator.starting:
            title = f"{operator.ref} is starting"
            yield Finding(step=STEP_ID, code=RECONCILING, level=Level.WAIT, title=title)
    if not state.operators and not unavailable:
        yield _missing(state)
    yield from asleep(STEP_ID, analysis, operator=True)
    liveness = analysis.controllers.liveness
    working = [one for one in running if liveness[one.ref].works and not liveness[one.ref].asleep]
    if working:  # the report is one of the things that are due
        yield from _report(state, working[0])
    yield from _command_line(state)


def _running(analysis: Analysis, operator: Component) -> Iterator[Finding]:
    """Check a running *operator*."""
    yield from of_component(STEP_ID, analysis, operator)
    if pods_unread := operator.pods.unread:
        yield unread_finding(STEP_ID, f"the pods of {operator.ref}", pods_unread)
    if analysis.controllers.liveness[operator.ref].asleep:
        return
    shown = shown_by(analysis.controllers.liveness, [operator], analysis.state.now)
    yield passed(STEP_ID, f"{_summary(operator)}{shown}")


def _missing(state: State) -> Finding:
    """Return why no operator was found."""
    for query in (OPERATORS, CONTROLLERS):
        unread = state.evidence.answer(query).unread
        if unread:
            return unread_finding(STEP_ID, "the Deployments of Flux", unread)
    return _absent(state)


def _summary(operator: Component) -> str:
    ref = operator.ref
    return (
        f"{ref.namespace}/{ref.name} {operator.version}".rstrip()
        + f", {operator.ready}/{operator.wanted} ready"
    )


def _absent(state: State) -> Finding:
    if state.components or state.resources:
        how = managed_by(state.components)
        installed = f"Flux was installed by {how}" if how else "Flux was installed without it"
        return Finding(
            step=STEP_ID,
            code=_OPERATOR_ABSENT,
            level=Level.SKIP,
            title=f"no Flux Operator: {installed}",
        )
    return Finding(
        step=STEP_ID,
        code=_NOT_INSTALLED,
        level=Level.FAIL,
        title="Flux is not installed: no Flux Operator and no Flux controllers",
        why="no Deployment in any namespace has the labels of Flux or the Flux Operator",
        hints=(
            hint(
                'install the Flux Operator, then apply a FluxInstance named "flux"; '
                "`preflight --manifest` prints one to start with",
                Command(
                    ("helm", "install", "flux-operator",
                     "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator",
                     "--namespace", "flux-system", "--create-namespace"),
                    changes=True,
                ),
                PRINT_INSTANCE,
            ),
        ),
        docs=OPERATOR_GUIDE,
        trivial=True,
    )  # fmt: skip


def _report(state: State, operator: Component) -> Iterator[Finding]:
    """Check whether *operator* still writes its report; the health in the report is not used."""
    answer = state.evidence.answer(REPORT.resource)
    if answer.unread:
        yield unread_finding(STEP_ID, "FluxReport", answer.unread)
        return
    started = when(map_of(operator.deployment.get("metadata")).get("creationTimestamp"))
    new = started is None or state.now - started < 2 * REPORT_EVERY
    if not answer.items and not new:
        yield Finding(
            step=STEP_ID,
            code=_REPORT_MISSING,
            level=Level.WARN,
            title="the operator is running but has not written a FluxReport",
            why="the operator writes the report at startup and every five minutes",
            hints=(_log(operator.ref),),
        )
    for report in answer.items:
        old, every = age_of_report(report, state.now), _report_interval(operator, report)
        if old and is_report_late(report, operator, state.now):
            yield Finding(
                step=STEP_ID,
                code=_REPORT_OLD,
                level=Level.WARN,
                title=f"the FluxReport has not been updated for {age(old)}",
                why=f"a healthy operator updates the report every "
                f"{duration(every.total_seconds())}",
                hints=(_log(operator.ref),),
            )


def is_report_late(report: Object, operator: Component | None, now: datetime) -> bool | None:
    """Return whether *operator* should have updated *report* by now, None if that is not known.

    Its only time changes with its message, and a message in whole seconds ("finished in 2s") may
    stay the same from one report to the next.
    """
    old = age_of_report(report, now)
    if old is None or old <= 3 * _report_interval(operator, report):
        return None if old is None else False
    messages = (text_of(one.get("message")) for one in _conditions(report))
    return None if any(map(_WHOLE_SECONDS.search, messages)) else True


def age_of_report(report: Object, now: datetime) -> timedelta | None:
    """Return how long ago *report* is known to have been updated, None if it has no time."""
    times = (when(condition.get("lastTransitionTime")) for condition in _conditions(report))
    at = max(filter(None, times), default=None)
    return now - at if at else None


def _conditions(report: Object) -> Sequence[Object]:
    return maps_of(map_of(report.get("status")).get("conditions"))


def _report_interval(operator: Component | None, report: Object) -> timedelta:
    """Return how often *operator* updates *report*: by its arguments or an annotation."""
    args = operator.args if operator else ()
    argument = next((a for a in args if a.startswith("--reporting-interval=")), "")
    annotations = map_of(map_of(report.get("metadata")).get("annotations"))
    own = annotations.get(EVERY) or argument.partition("=")[2]
    return timedelta(seconds=seconds(own, REPORT_EVERY.total_seconds()))


def _log(ref: Ref) -> Hint:
    fields = {"ns": ref.namespace, "name": ref.name}
    log = command("kubectl logs -n {ns} deployment/{name} --tail=50", fields)
    return hint("check the operator's logs", log)


def _command_line(state: State) -> Iterator[Finding]:
    """Compare the versions of the flux-operator CLI, if it is installed, and the operator."""
    client = state.evidence.programs.get("flux-operator")
    server = next((operator.version for operator in state.operators), "")
    if not isinstance(client, str):
        return
    here, there = minor_of(client), minor_of(server)
    if here and there and here != there:
        yield Finding(
            step=STEP_ID,
            code=CLI_VERSION_SKEW,
            level=Level.WARN,
            title=f"the flux-operator CLI is {client}, but the operator is {server}",
            why="commands and their output can change between minor versions",
            hints=(
                hint(
                    "install the CLI version that matches the operator",
                    Command(("brew", "upgrade", "flux-operator"), changes=True),
                ),
            ),
            category="habit",
            area="upgrades",
            trivial=True,
        )


def _codes() -> tuple[Code, ...]:
    return (
        _OPERATOR_ABSENT,
        _NOT_INSTALLED,
        RECONCILING,
        WAITING,
        *state_codes(of_controllers=True),
        REPLICAS_MISSING,
        RESTARTED,
        ASLEEP,
        _REPORT_MISSING,
        _REPORT_OLD,
        ELSEWHERE,
        *UNREAD,
    )


STEP = Step(
    STEP_ID,
    "Flux Operator",
    (OPERATORS, CONTROLLERS, "pods", REPORT.resource, "flux-operator"),
    _codes,
    examine,
    advice_codes=(CLI_VERSION_SKEW, MCP_READ_WRITE),
)
