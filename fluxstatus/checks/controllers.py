"""Step 4: are the controllers there that should be, and do they work?"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from fluxstatus.base.durations import ago
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.unavailable import is_operator
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    UNREAD_CODES,
    cause_finding,
    passed,
    state_codes,
    unread_finding,
)
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS, OPERATOR, RESOURCES
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import CONTROLLERS, Component
from fluxstatus.state.pods import last_restart
from fluxstatus.state.state import State

STEP_ID = "components"
RECENT = timedelta(hours=1)
_CRD = "CustomResourceDefinition"


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge each Flux controller, and whether one is missing."""
    state = analysis.state
    answer = state.evidence.answer(CONTROLLERS)
    if answer.unread:
        yield unread_finding(STEP_ID, "the controllers' Deployments", answer.unread)
    stopped = [
        cause
        for cause in analysis.causes.all
        if (cause.ref.kind == "Deployment" and not is_operator(state, cause.ref))
        or (cause.ref.kind == _CRD and (cause.blocks or _is_of_operator(cause.ref)))
    ]
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in stopped)
    working = [component for component in state.components if not component.unavailable]
    for component in working:
        yield from of_component(STEP_ID, analysis, component)
    if working and (pods_unread := state.evidence.answer("pods").unread):
        yield unread_finding(STEP_ID, "the controllers' pods", pods_unread)
    yield from _versions(working)
    yield from _not_served(state, {cause.ref.name for cause in stopped})
    told = {cause.ref for cause in stopped}
    awaited = [c.ref for c in state.components if c.unavailable and c.ref not in told]
    awaited += analysis.causes.not_installed
    if working and not (stopped or awaited):
        yield passed(STEP_ID, _doing_well(working))
    for component in working:
        if component.problem is None:
            yield passed(STEP_ID, f"{component.ref.name} {component.version}: ready", component.ref)
    if awaited:
        yield _awaited(analysis, awaited)
    elif not (answer.unread or stopped or working):
        yield Finding(
            step=STEP_ID, code="no-controllers", level=Level.SKIP, title="no Flux controllers here"
        )


def _awaited(analysis: Analysis, refs: Sequence[Ref]) -> Finding:
    """Tell that these controllers wait for what is told at the FluxInstance."""
    state = analysis.state
    names = ", ".join(ref.name for ref in refs)
    starting = any(c.starting for c in state.components)
    causes = {str(c.ref) for ref in refs for c in analysis.causes.by_object.get(ref.key, ())}
    if state.instance and not causes:
        own = analysis.causes.by_object.get(state.instance.ref.key, ())
        causes = {str(cause.ref) for cause in own}
    because = ", ".join(sorted(causes))
    return Finding(
        step=STEP_ID,
        code="waiting" if because else "reconciling",
        level=Level.SKIP,
        title=f"not there yet because of {because}: {names}"
        if because
        else f"{'starting' if starting else 'being installed for the first time'}: {names}",
    )


def of_component(step: str, analysis: Analysis, component: Component) -> Iterator[Finding]:
    """Judge a Deployment that works: are all replicas ready, has it restarted lately?"""
    ref, now = component.ref, analysis.state.now
    pods = ("kubectl", "get", "pods", "-n", ref.namespace)
    logs = ("kubectl", "logs", "-n", ref.namespace, f"deployment/{ref.name}", "--previous",
            "--tail=50")  # fmt: skip
    if component.problem and ref.key not in analysis.causes.by_object:
        yield Finding(
            step=step,
            code="replicas-missing",
            level=Level.WARN,
            title=f"{ref}: {_replicas(component)}",
            object=ref,
            why=f"{component.problem.pod} {component.problem.text}".strip(),
            hints=(Hint("look at its pods", (Command(pods),)),),
        )
    for pod, at, how, count in last_restart(component.pods):
        if now - at < RECENT:
            yield Finding(
                step=step,
                code="restarted",
                level=Level.WARN,
                title=f"{ref}: restarted {count} times, last {ago(at, now)} ago",
                object=ref,
                why=f"its pod {pod} ended with {how}",
                since=at,
                hints=(Hint(_after_restart(how), (Command(logs),)),),
            )


def _after_restart(how: str) -> str:
    if "OOMKilled" in how:
        return (
            "raise its memory limit if it comes again (FluxInstance: spec.cluster.size or "
            "spec.kustomize.patches); read what it logged before"
        )
    return "read what it logged before"


def _replicas(component: Component) -> str:
    if component.ready < component.wanted:
        return f"{component.ready} of {component.wanted} replicas ready"
    return "a new pod does not start, the old one works on"


def _versions(working: list[Component]) -> Iterator[Finding]:
    versions = {c.distribution: c.ref.name for c in working}
    versions.pop("", None)
    if len(versions) > 1:
        said = ", ".join(f"{name} {version}" for version, name in sorted(versions.items()))
        yield Finding(
            step=STEP_ID,
            code="mixed-versions",
            level=Level.WARN,
            title=f"the controllers are of different Flux versions: {said}",
            why="an upgrade stopped half-way, or two installations overlap",
            hints=(
                Hint(
                    "look at who installed which, and finish the upgrade",
                    (Command(("kubectl", "get", "deployments", "--all-namespaces",
                              "-l", "app.kubernetes.io/part-of=flux", "--show-labels")),),
                ),
            ),
        )  # fmt: skip


def _is_of_operator(crd: Ref) -> bool:
    """Whether without *crd* the operator has nothing to do: then all of Flux is without a hand."""
    return RESOURCES[crd.name].controller == OPERATOR


def _not_served(state: State, told: Collection[str]) -> Iterator[Finding]:
    """Tell of kinds without a CRD where nothing here needs them: no fault has been *told*."""
    served = state.evidence.served
    if served is None:
        return
    here = {component.name for component in state.components}
    here -= {kind.controller for name, kind in RESOURCES.items() if name in told}
    names = [k.name for k in KINDS.values() if k.resource not in served and k.controller in here]
    if names:
        unread = Unread(Why.ABSENT, "their CRDs are not installed")
        yield unread_finding(STEP_ID, ", ".join(sorted(names)), unread)


def _doing_well(working: list[Component]) -> str:
    names = ", ".join(c.ref.name.removesuffix("-controller") for c in working)
    ready, wanted = sum(c.ready for c in working), sum(c.wanted for c in working)
    return f"{names}: {ready}/{wanted} ready"


CODES = {
    **state_codes(of_controllers=True),
    "replicas-missing": "fewer replicas are ready than wanted",
    "restarted": "a container has restarted within the last hour",
    "mixed-versions": "the controllers are of different Flux versions",
    "no-controllers": "there are no Flux controllers",
    "waiting": "not there because of a cause that is told elsewhere",
    "reconciling": "on its way, no verdict yet",
    **UNREAD_CODES,
}
STEP = Step(STEP_ID, "controller pods", (CONTROLLERS, "pods", "apis"), CODES, examine)
