"""Step 3: does the FluxInstance stand as it should?"""

from collections.abc import Iterator

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    UNREAD_CODES,
    cause_finding,
    docs_of,
    fault_codes,
    on_the_way,
    passed,
    unread_finding,
    waiting,
)
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import OPERATORS
from fluxstatus.state.resource import HEALTHY, Resource
from fluxstatus.state.state import State

STEP_ID = "instance"
INSTANCE = KINDS["FluxInstance"]


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge the FluxInstance, and whether there is just the one that the operator takes."""
    state = analysis.state
    answer = state.evidence.answer(INSTANCE.resource)
    instance = state.instance
    ignored = [other for other in state.of_kind("FluxInstance") if other is not instance]
    if instance is not None:
        yield from _of_instance(analysis, instance)
    elif answer.unread and _may_be_there(state):
        yield unread_finding(STEP_ID, "FluxInstance", answer.unread)
    elif not ignored:
        yield _none(state)
    for other in ignored:
        yield _ignored(state, other, Level.WARN if instance else Level.FAIL)


def _may_be_there(state: State) -> bool:
    """Whether there is an operator, or nobody could look."""
    return bool(state.operators) or state.evidence.answer(OPERATORS).unread is not None


def _none(state: State) -> Finding:
    if not state.operators:
        return Finding(
            step=STEP_ID,
            code="no-instance",
            level=Level.SKIP,
            title="no Flux Operator, so no FluxInstance is expected",
        )
    ref = Ref("fluxcd.controlplane.io/v1", "FluxInstance", state.operators[0].ref.namespace, "flux")
    return Finding(
        step=STEP_ID,
        code="instance-missing",
        level=Level.FAIL,
        title=f"{ref} does not exist: the operator runs and has nothing to install",
        object=ref,
        why="the operator alone installs no Flux: a FluxInstance tells it what to install",
        hints=(
            Hint(
                f"apply a FluxInstance named flux in namespace {ref.namespace}",
                (
                    Command(("kubectl", "explain", "fluxinstances.spec")),
                    Command(("kubectl", "apply", "-f", "flux-instance.yaml"), changes=True),
                ),
            ),
        ),
        docs="https://fluxoperator.dev/docs/crd/fluxinstance/",
        trivial=True,
    )


def _of_instance(analysis: Analysis, instance: Resource) -> Iterator[Finding]:
    state = analysis.state
    key = instance.ref.key
    causes = analysis.causes.by_object.get(key) or analysis.causes.stale_causes.get(key) or []
    own = [cause for cause in analysis.causes.all if cause.ref == instance.ref]
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in own)
    others = [cause for cause in causes if cause.ref != instance.ref]
    if others and not own:
        yield waiting(STEP_ID, instance.ref, others)
    if key in analysis.causes.in_progress:
        yield from on_the_way(STEP_ID, [instance], state.now)
    if not (causes or own) and instance.verdict in HEALTHY:
        yield passed(STEP_ID, _doing_well(state, instance))
    yield from _images(state, instance)


def _doing_well(state: State, instance: Resource) -> str:
    history = next(iter(maps_of(instance.status.get("history"))), {})
    last = when(history.get("lastReconciled")) or instance.since
    ref = instance.ref
    return (
        f"FluxInstance {ref.namespace}/{ref.name} {state.flux_version}, "
        f"reconciled {ago(last, state.now)} ago"
    )


def _ignored(state: State, other: Resource, level: Level) -> Finding:
    namespaces = ", ".join(sorted({operator.ref.namespace for operator in state.operators}))
    argv = ("kubectl", "delete", INSTANCE.resource, other.ref.name, "-n", other.ref.namespace)
    return Finding(
        step=STEP_ID,
        code="instance-ignored",
        level=level,
        title=f"{other.ref} is never reconciled",
        object=other.ref,
        why=f"the operator only looks at its own namespace, {namespaces}",
        hints=(
            Hint(
                f"delete it, and put the FluxInstance into namespace {namespaces} if none is there",
                (Command(argv, changes=True),),
            ),
        ),
        docs=docs_of("FluxInstance"),
        trivial=True,
    )


def _images(state: State, instance: Resource) -> Iterator[Finding]:
    """Compare the images that the instance has rolled out with those of the Deployments."""
    wanted = {
        text_of(entry.get("name")): text_of(entry.get("tag"))
        for entry in maps_of(instance.status.get("components"))
    }
    for component in state.components:
        tag = wanted.get(component.ref.name)
        if tag and component.version and tag != component.version:
            argv = ("kubectl", "get", "deployment", component.ref.name, "-n",
                    component.ref.namespace, "-o", "wide")  # fmt: skip
            yield Finding(
                step=STEP_ID,
                code="image-differs",
                level=Level.WARN,
                title=f"{component.ref} runs {component.version}, the FluxInstance asks for {tag}",
                object=component.ref,
                why="somebody changed the Deployment, or an upgrade has not been rolled out",
                hints=(Hint("look at its image and who set it", (Command(argv),)),),
            )


CODES = {
    "instance-missing": "the operator runs and no FluxInstance exists",
    "instance-ignored": "a FluxInstance that the operator never looks at",
    "image-differs": "a controller runs another version than the FluxInstance asks for",
    "no-instance": "no FluxInstance is expected",
    "waiting": "not ready because of a cause that is told elsewhere",
    "reconciling": "on its way, no verdict yet",
    **fault_codes([INSTANCE.name]),
    **UNREAD_CODES,
}
STEP = Step(STEP_ID, "FluxInstance", (INSTANCE.resource,), CODES, examine)
