"""Step 4: are all expected controllers there, and are they healthy?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from fluxstatus.base.durations import ago
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.unavailable import is_operator
from fluxstatus.checks.cause_findings import cause_finding
from fluxstatus.checks.namespaces import ELSEWHERE
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    RECONCILING,
    UNREAD,
    WAITING,
    passed,
    pods_in,
    state_codes,
    unread_finding,
)
from fluxstatus.checks.work import ASLEEP, LEASES_UNREAD, asleep, leases_unread, shown_by
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CONTROLLERS, LEASES, Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint, kubectl
from fluxstatus.model.kinds import KINDS, OPERATOR, RESOURCES
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.liveness import Liveness
from fluxstatus.state.pods import last_restart
from fluxstatus.state.state import State

STEP_ID = "components"
RECENT = timedelta(hours=1)
_CRD = "CustomResourceDefinition"

REPLICAS_MISSING = Code(
    "replicas-missing", "A Flux controller is running, but some of its pods are not ready."
)
RESTARTED = Code("restarted", "A container of a Flux controller restarted within the last hour.")
MIXED_VERSIONS = Code("mixed-versions", "The Flux controllers are from different Flux versions.")
_NO_CONTROLLERS = Code("no-controllers", "There are no Flux controllers in the cluster.")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check each Flux controller, and whether one is missing."""
    state = analysis.state
    answer = state.evidence.answer(CONTROLLERS)
    if answer.unread:
        yield unread_finding(STEP_ID, "the controllers' Deployments", answer.unread)
    unavailable = _unavailable(analysis)
    causes = analysis.causes.by_object
    running = [
        component
        for component in state.components
        if not component.unavailable and component.ref.key not in causes
    ]
    awaited = _awaited(analysis, unavailable)
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in unavailable)
    yield from _problems(analysis, running)
    yield from _not_served(state, {cause.ref.name for cause in unavailable})
    liveness = {c.ref: analysis.controllers.liveness[c.ref] for c in running}
    silent = list(asleep(STEP_ID, analysis))
    yield from silent
    yield from _resuming(running, liveness, state.now)
    if running:
        yield from leases_unread(STEP_ID, analysis)
    complete = not (unavailable or awaited or silent)
    shown = shown_by(liveness, running, state.now)
    yield from _healthy(running, shown, complete=complete)
    if awaited:
        yield _not_there_yet(analysis, awaited)
    elif not (answer.unread or unavailable or running):
        yield Finding(
            step=STEP_ID,
            code=_NO_CONTROLLERS,
            level=Level.SKIP,
            title="no Flux controllers in this cluster",
        )


def _unavailable(analysis: Analysis) -> list[Cause]:
    """Return the causes that are an unavailable controller or a missing CRD that it needs."""
    return [
        cause
        for cause in analysis.causes.all
        if (cause.ref.kind == "Deployment" and not is_operator(analysis.state, cause.ref))
        or (cause.ref.kind == _CRD and (cause.blocks or _is_needed(analysis.state, cause.ref)))
    ]


def _awaited(analysis: Analysis, unavailable: Sequence[Cause]) -> list[Ref]:
    """Return the controllers that are not running yet, without those that are a cause."""
    causes = {cause.ref for cause in unavailable}
    down = [c.ref for c in analysis.state.components if c.unavailable and c.ref not in causes]
    return [*down, *analysis.causes.not_installed]


def _problems(analysis: Analysis, running: list[Component]) -> Iterator[Finding]:
    """Check the replicas, restarts and versions of the *running* controllers."""
    for component in running:
        yield from of_component(STEP_ID, analysis, component)
    for pods_unread in dict.fromkeys(filter(None, (one.pods.unread for one in running))):
        yield unread_finding(STEP_ID, "the controllers' pods", pods_unread)
    yield from _versions(running)


def _resuming(
    running: list[Component], liveness: Mapping[Ref, Liveness], now: datetime
) -> Iterator[Finding]:
    """Yield the controllers that have just started after a long time in which nothing worked."""
    found = [liveness[c.ref] for c in running if liveness[c.ref].resuming]
    if found:
        names = ", ".join(one.component.ref.name for one in found)
        last = max((one.last for one in found if one.last), default=None)
        yield Finding(
            step=STEP_ID,
            code=RECONCILING,
            level=Level.WAIT,
            title=f"reconciling again after a gap of {ago(last, now)} (the cluster was probably "
            f"suspended); no result yet: {names}",
        )


def _healthy(running: list[Component], shown: str, *, complete: bool) -> Iterator[Finding]:
    """Yield the passed checks; one for all controllers only if they are *complete*.

    *shown* is what they show of their work.
    """
    if running and complete:
        yield passed(STEP_ID, f"{_summary(running)}{shown}")
    for component in running:
        if component.problem is None:
            yield passed(STEP_ID, f"{component.ref.name} {component.version}: ready", component.ref)


def _not_there_yet(analysis: Analysis, refs: Sequence[Ref]) -> Finding:
    """Return the finding about controllers that do not run yet, with what they wait for."""
    state = analysis.state
    names = ", ".join(ref.name for ref in refs)
    starting = any(c.starting for c in state.components)
    causes = {c.ref for ref in refs for c in analysis.causes.by_object.get(ref.key, ())}
    if state.instance and not causes:
        own = analysis.causes.by_object.get(state.instance.ref.key, ())
        causes = {cause.ref for cause in own}
    if causes:
        title = f"not running yet because of {', '.join(sorted(map(str, causes)))}: {names}"
    else:
        title = f"{'starting' if starting else 'being installed for the first time'}: {names}"
    return Finding(
        step=STEP_ID,
        code=WAITING if causes else RECONCILING,
        level=Level.WAIT,
        title=title,
        waits_for=tuple(causes),
    )


def of_component(step: str, analysis: Analysis, component: Component) -> Iterator[Finding]:
    """Check a running Deployment: are all replicas ready, and has it restarted recently?"""
    ref, now = component.ref, analysis.state.now
    if component.problem and ref.key not in analysis.causes.by_object:
        yield Finding(
            step=step,
            code=REPLICAS_MISSING,
            level=Level.WARN,
            title=f"{ref}: {_replicas(component)}",
            object=ref,
            why=f"{component.problem.pod} {component.problem.text}".strip(),
            hints=(hint(_after_unready(component), pods_in(ref.namespace)),),
        )
    for pod, at, how, count in last_restart(component.pods.known):
        if now - at < RECENT:
            logs = command(
                "kubectl logs -n {ns} deployment/{name} --previous --tail=50",
                {"ns": ref.namespace, "name": ref.name},
            )
            yield Finding(
                step=step,
                code=RESTARTED,
                level=Level.WARN,
                title=f"{ref}: restarted {_times(count)} {ago(at, now)} ago",
                object=ref,
                why=f"a container of pod {pod} {how}",
                since=at,
                hints=(hint(_after_restart(how), logs),),
            )


def _after_unready(component: Component) -> str:
    """Return the next step for a *component* of which some pods are not ready.

    Only the leader of source-controller serves artifacts, so its other pods never become ready
    (fluxcd/source-controller main.go).
    """
    if component.ref.name == "source-controller" and component.wanted > 1 and component.ready == 1:
        return "set replicas to 1: only one pod of source-controller, the leader, becomes ready"
    return "check its pods"


def _times(count: int) -> str:
    return "once," if count == 1 else f"{count} times, most recently"


def _after_restart(how: str) -> str:
    if "OOMKilled" in how:
        return (
            "check the logs of the previous container; if it happens again, raise the memory limit "
            "with spec.cluster.size or spec.kustomize.patches of the FluxInstance"
        )
    return "check the logs of the previous container"


def _replicas(component: Component) -> str:
    if component.ready < component.wanted:
        return f"{component.ready} of {component.wanted} replicas are ready"
    return "a new pod does not start, but the old one is still running"


def _versions(running: list[Component]) -> Iterator[Finding]:
    versions = {c.distribution: c.ref.name for c in running}
    versions.pop("", None)
    if len(versions) > 1:
        names = ", ".join(f"{name} {version}" for version, name in sorted(versions.items()))
        yield Finding(
            step=STEP_ID,
            code=MIXED_VERSIONS,
            level=Level.WARN,
            title=f"the controllers are from different Flux versions: {names}",
            why="an upgrade was not completed, or two installations overlap",
            hints=(
                hint(
                    "check how each controller was installed, and complete the upgrade",
                    kubectl("get", "deployments", "--all-namespaces",
                            "-l", "app.kubernetes.io/part-of=flux", "--show-labels"),
                ),
            ),
        )  # fmt: skip


def _is_needed(state: State, crd: Ref) -> bool:
    """Return whether the missing *crd* is a failure even if no object needs it.

    Without a CRD of the operator, nothing manages Flux. If all CRDs of another controller are
    missing, no object is left that could need one.
    """
    controller, served = RESOURCES[crd.name].controller, state.evidence.served or {}
    kinds = (kind for kind in KINDS.values() if kind.controller == controller)
    return controller == OPERATOR or not any(kind.resource in served for kind in kinds)


def _not_served(state: State, reported: Collection[str]) -> Iterator[Finding]:
    """Yield the kinds without a CRD that no object here needs, unless they are *reported*."""
    served = state.evidence.served
    if served is None:
        return
    here = {component.name for component in state.components}
    here -= {kind.controller for name, kind in RESOURCES.items() if name in reported}
    names = [k.name for k in KINDS.values() if k.resource not in served and k.controller in here]
    if names:
        unread = Unread(Why.ABSENT, "their CRDs are not installed")
        yield unread_finding(STEP_ID, ", ".join(sorted(names)), unread)


def _summary(running: list[Component]) -> str:
    names = ", ".join(c.ref.name.removesuffix("-controller") for c in running)
    ready, wanted = sum(c.ready for c in running), sum(c.wanted for c in running)
    return f"{names}: {ready}/{wanted} ready"


def _codes() -> tuple[Code, ...]:
    return (
        *state_codes(of_controllers=True),
        REPLICAS_MISSING,
        RESTARTED,
        MIXED_VERSIONS,
        _NO_CONTROLLERS,
        ASLEEP,
        LEASES_UNREAD,
        WAITING,
        RECONCILING,
        ELSEWHERE,
        *UNREAD,
    )


STEP = Step(
    STEP_ID,
    "controller pods",
    (CONTROLLERS, "pods", LEASES, "apis"),
    _codes,
    examine,
)
