"""Steps 5 and 6: the Flux objects, each cause told once and what waits for it folded under it."""

from collections.abc import Collection, Iterator

from fluxstatus.base.fields import text_of
from fluxstatus.base.similar import similar
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.notifications import CODES as NOTIFICATIONS
from fluxstatus.checks.notifications import notifications
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    UNREAD_CODES,
    cause_finding,
    fault_codes,
    on_the_way,
    passed,
    unread_finding,
)
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Key
from fluxstatus.state.references import provider_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.revisions import short
from fluxstatus.state.state import State


def examine(step: str, analysis: Analysis) -> Iterator[Finding]:
    """Judge the objects of the kinds that belong to *step*."""
    kinds = _kinds_of(step)
    state, causes = analysis.state, analysis.causes
    for kind in kinds:
        unread = state.evidence.answer(kind.resource).unread
        if unread and unread.why is not Why.ABSENT:
            yield unread_finding(step, kind.name, unread)
    for cause in causes.all:
        if cause.ref.kind in {kind.name for kind in kinds}:
            yield cause_finding(step, analysis, cause)
    objects = [r for r in state.of_kind(*(k.name for k in kinds)) if state.covers(r.ref.namespace)]
    yield from on_the_way(step, [r for r in objects if r.ref.key in causes.in_progress], state.now)
    used = {provider_of(alert) for alert in state.of_kind("Alert")}
    known = [r for r in objects if r.verdict is not Verdict.STATIC or _is_of_use(state, r, used)]
    well = [r for r in known if r.verdict in HEALTHY and r.ref.key not in causes.stale_causes]
    yield from (passed(step, f"{r.ref}: {_says(r)}", r.ref, r.since) for r in well)
    if well:
        yield passed(step, f"{len(well)} of {len(known)} are well")
    if not objects and all(_is_known(state, kind) for kind in kinds):
        title = f"there are no {step}{state.namespace_suffix}"
        yield Finding(step=step, code="none", level=Level.SKIP, title=title)


def _empty_namespaces(state: State) -> Iterator[Finding]:
    """Tell of those namespaces in which Flux certainly has nothing: they may be mistyped.

    Nothing that is told of them could be bad, and that is no sign of health.
    """
    flux_namespaces = {resource.ref.namespace for resource in state.resources.values()}
    flux_namespaces |= {
        component.ref.namespace for component in (*state.components, *state.operators)
    }
    for namespace in sorted(state.namespaces - flux_namespaces):
        if not all(_is_known(state, kind, namespace) for kind in KINDS.values()):
            continue
        near = similar(namespace, flux_namespaces)
        meant = f" (is {near[0]} meant?)" if near else ""
        yield Finding(
            step=RECONCILERS.id,
            code="namespace-empty",
            level=Level.WARN,
            title=f"Flux has no object in namespace {namespace}{meant}",
            why="nothing was judged there; what runs there may be applied from another namespace",
            hints=(Hint("look where Flux has objects", (_LIST_ALL,)),),
            trivial=True,
        )


def _is_known(state: State, kind: Kind, namespace: str = "") -> bool:
    """Whether it is certain which objects of *kind* there are, in all or just one *namespace*."""
    answer = state.evidence.answer(kind.resource)
    unread = answer.unread
    return unread is None or unread.why is Why.ABSENT or namespace in answer.namespaces


def _is_of_use(state: State, static: Resource, used: Collection[Key]) -> bool:
    """Whether something shows that *static*, which has no status, does what it is for.

    *used* are the Providers that Alerts send to.
    """
    if static.ref.kind == "Alert":
        return bool(provider_of(static)[2]) and provider_of(static) in state.resources
    if static.ref.kind == "Provider":
        return bool(static.ref.name) and static.ref.key in used
    return True


def _kinds_of(step: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS.values() if kind.step == step)


def _says(resource: Resource) -> str:
    if resource.verdict is Verdict.STATIC:
        return "has no status of its own; what refers to it, or it refers to, is there"
    revision = resource.status.get("lastAppliedRevision") or resource.get(
        "status", "artifact", "revision"
    )
    return short(text_of(revision)) or resource.message or "ready"


_LIST_ALL = Command(("kubectl", "get", KINDS["Kustomization"].resource, "--all-namespaces"))
CODES = {
    "reconciling": "on its way, no verdict yet",
    "none": "there are no such objects",
    **UNREAD_CODES,
}


def _step(name: str, title: str, *of_others: str) -> Step:
    """Make the step *name*; a fault of a kind in *of_others* is told by it as well."""
    kinds = _kinds_of(name)
    codes = fault_codes([*(kind.name for kind in kinds), *of_others]) | CODES
    reads = (*(kind.resource for kind in kinds), "events", "workload-pods")
    return Step(name, title, reads, codes, lambda analysis: examine(name, analysis))


def _reconcilers(analysis: Analysis) -> Iterator[Finding]:
    yield from examine(RECONCILERS.id, analysis)
    yield from _empty_namespaces(analysis.state)
    yield from notifications(analysis)


SOURCES = _step("sources", "sources (Git, OCI, Helm, buckets)")
_OBJECTS = _step("reconcilers", "reconciliation (Kustomizations, HelmReleases, …)", "HelmChart")
RECONCILERS = _OBJECTS._replace(
    codes={
        **_OBJECTS.codes,
        **NOTIFICATIONS,
        "namespace-empty": "Flux has no object in a namespace that -n names",
    },
    examine=_reconcilers,
)
