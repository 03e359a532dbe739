"""Step 3: is the FluxInstance there and healthy?"""

from collections.abc import Iterator

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.cause_findings import cause_finding
from fluxstatus.checks.namespaces import ELSEWHERE
from fluxstatus.checks.progress import in_progress, waiting
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    PRINT_INSTANCE,
    READY_WITHOUT_RESULT,
    RECONCILING,
    UNREAD,
    WAITING,
    docs_of,
    fault_codes,
    passed,
    unread_finding,
    without_result,
)
from fluxstatus.checks.work import OVERDUE, overdue_findings
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import OPERATORS
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint, kubectl
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import HEALTHY, Resource
from fluxstatus.state.state import State

STEP_ID = "instance"
INSTANCE = KINDS["FluxInstance"]

_INSTANCE_MISSING = Code(
    "instance-missing",
    "The Flux Operator has nothing to install because no FluxInstance exists.",
)
_INSTANCE_IGNORED = Code(
    "instance-ignored",
    "A FluxInstance is never reconciled because it is not in the operator's namespace.",
)
IMAGE_DIFFERS = Code(
    "image-differs", "Some controllers are not running the version specified in the FluxInstance."
)
_NO_INSTANCE = Code(
    "no-instance", "There is no FluxInstance, as expected without the Flux Operator."
)


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check the FluxInstance, and whether there are others that the operator ignores."""
    state = analysis.state
    answer = state.evidence.answer(INSTANCE.resource)
    instance = state.instance
    operator_unread = state.evidence.answer(OPERATORS).unread
    others = [] if operator_unread else state.of_kind("FluxInstance")
    ignored = [other for other in others if other is not instance]
    gone = [c for c in analysis.causes.all if c.ref.kind == INSTANCE.name and not c.resource]
    if instance is not None:
        yield from _of_instance(analysis, instance)
    elif gone:
        yield from (cause_finding(STEP_ID, analysis, cause) for cause in gone)
    elif answer.unread and (state.operators or operator_unread):
        yield unread_finding(STEP_ID, "FluxInstance", answer.unread)
    elif operator_unread and not ignored:
        yield unread_finding(STEP_ID, "the Flux Operator", operator_unread)
    elif not ignored:
        yield _none(state)
    for other in ignored:
        yield _ignored(state, other, Level.WARN if instance else Level.FAIL)


def _none(state: State) -> Finding:
    if not state.operators:
        return Finding(
            step=STEP_ID,
            code=_NO_INSTANCE,
            level=Level.SKIP,
            title="there is no FluxInstance, as expected without the Flux Operator",
        )
    ref = Ref("fluxcd.controlplane.io/v1", "FluxInstance", state.operators[0].ref.namespace, "flux")
    return Finding(
        step=STEP_ID,
        code=_INSTANCE_MISSING,
        level=Level.FAIL,
        title=f"{ref} does not exist: the operator is running but has nothing to install",
        object=ref,
        why="the operator installs Flux only from a FluxInstance",
        hints=(
            hint(
                f'apply a FluxInstance named "flux" in namespace "{ref.namespace}"; '
                "`preflight --manifest` prints one to start with",
                PRINT_INSTANCE,
                kubectl("explain", "fluxinstances.spec"),
                kubectl("apply", "-f", "flux-instance.yaml", changes=True),
            ),
        ),
        docs="https://fluxoperator.dev/docs/crd/fluxinstance/",
        trivial=True,
    )


def _of_instance(analysis: Analysis, instance: Resource) -> Iterator[Finding]:
    state = analysis.state
    key = instance.ref.key
    causes = analysis.causes.by_object.get(key) or analysis.causes.stale_causes.get(key, ())
    own = [cause for cause in analysis.causes.all if cause.ref == instance.ref]
    yield from (cause_finding(STEP_ID, analysis, cause) for cause in own)
    others = [cause for cause in causes if cause.ref != instance.ref]
    if others and not own:
        yield waiting(analysis, STEP_ID, instance.ref, others)
    if key in analysis.causes.in_progress:
        yield in_progress(STEP_ID, state, instance)
    late = list(overdue_findings(STEP_ID, analysis, [INSTANCE.name]))
    yield from late
    if not (causes or own or late) and instance.verdict in HEALTHY:
        finding = without_result(STEP_ID, instance, state.now)
        yield finding or passed(STEP_ID, _summary(state, instance))
    yield from _images(state, instance)


def _summary(state: State, instance: Resource) -> str:
    history = next(iter(maps_of(instance.status.get("history"))), {})
    last = when(history.get("lastReconciled")) or instance.since
    ref = instance.ref
    return (
        f"FluxInstance {ref.namespace}/{ref.name} {state.flux_version}, "
        f"reconciled {ago(last, state.now)} ago"
    )


def _ignored(state: State, other: Resource, level: Level) -> Finding:
    names = sorted({operator.ref.namespace for operator in state.operators})
    namespaces = ", ".join(f'"{name}"' for name in names)
    resource, ref = INSTANCE.resource, other.ref
    return Finding(
        step=STEP_ID,
        code=_INSTANCE_IGNORED,
        level=level,
        title=f"{ref} is never reconciled",
        object=ref,
        why=f"the operator reconciles a FluxInstance only in its own namespace, {namespaces}",
        hints=(
            hint(
                f"delete this FluxInstance; if namespace {namespaces} has no FluxInstance, "
                "create one there",
                command(
                    f"kubectl delete {resource}/{{name}} -n {{ns}}",
                    {"name": ref.name, "ns": ref.namespace},
                    changes=True,
                ),
            ),
        ),
        docs=docs_of("FluxInstance"),
        trivial=True,
    )


def _images(state: State, instance: Resource) -> Iterator[Finding]:
    """Compare the image tags in the status of the instance with those of the Deployments."""
    wanted = {
        text_of(entry.get("name")): text_of(entry.get("tag"))
        for entry in maps_of(instance.status.get("components"))
    }
    differing = [
        (component, tag)
        for component in state.components
        if (tag := wanted.get(component.ref.name)) and component.version not in ("", tag)
    ]
    if not differing:
        return
    (first, tag), *others = differing
    title = f"{first.ref} is running {first.version}, but the FluxInstance specifies {tag}"
    fields = {"name": first.ref.name, "ns": first.ref.namespace}
    look = command("kubectl get deployment/{name} -n {ns} -o wide", fields)
    check = "check the Deployment's image, and which field manager set it"
    if others:
        title = (
            f"{len(differing)} controllers are not running the version specified in {instance.ref}"
        )
        look = command(
            "kubectl get deployments -n {ns} -l app.kubernetes.io/part-of=flux -o wide", fields
        )
        check = "check the images of the Deployments, and which field manager set them"
    yield Finding(
        step=STEP_ID,
        code=IMAGE_DIFFERS,
        level=Level.WARN,
        title=title,
        object=instance.ref if others else first.ref,
        why=(
            "an upgrade has not been rolled out completely, or the Deployments were changed "
            "manually"
            if others
            else "the Deployment was changed manually, or an upgrade has not been rolled out"
        ),
        evidence=tuple(
            (str(component.ref), f"{component.version} instead of {tag}")
            for component, tag in differing
        ),
        hints=(hint(check, look),),
    )


def _codes() -> tuple[Code, ...]:
    return (
        _INSTANCE_MISSING,
        _INSTANCE_IGNORED,
        IMAGE_DIFFERS,
        _NO_INSTANCE,
        WAITING,
        READY_WITHOUT_RESULT,
        RECONCILING,
        *fault_codes([INSTANCE.name]),
        OVERDUE,
        ELSEWHERE,
        *UNREAD,
    )


STEP = Step(
    STEP_ID,
    "FluxInstance",
    (INSTANCE.resource,),
    _codes,
    examine,
)
