"""Steps 5 and 6: the Flux objects. Each cause is one finding, which lists what it blocks."""

from collections.abc import Collection, Iterable, Iterator

from fluxstatus.base.fields import text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.cause_findings import cause_finding
from fluxstatus.checks.image_updates import CODES as IMAGE_UPDATES
from fluxstatus.checks.image_updates import image_updates
from fluxstatus.checks.namespaces import NAMESPACE_EMPTY, chosen_namespaces
from fluxstatus.checks.notifications import codes as codes_of_notifications
from fluxstatus.checks.notifications import notifications
from fluxstatus.checks.progress import summary
from fluxstatus.checks.related import CODES as RELATED
from fluxstatus.checks.related import related
from fluxstatus.checks.resource_sets import CODES as RESOURCE_SETS
from fluxstatus.checks.resource_sets import resource_sets
from fluxstatus.checks.step import Step
from fluxstatus.checks.webhooks import CODES as WEBHOOKS
from fluxstatus.checks.webhooks import webhooks
from fluxstatus.checks.wording import (
    READY_WITHOUT_RESULT,
    RECONCILING,
    UNREAD,
    WAITING,
    fault_codes,
    passed,
    unread_finding,
    unread_object,
    without_result,
)
from fluxstatus.checks.work import (
    OVERDUE,
    SOURCE_BEHIND,
    behind_twins,
    overdue_alone,
    overdue_findings,
    sources_behind,
)
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import NAMESPACES, WORKLOAD_PODS
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import provider_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.revisions import short
from fluxstatus.state.state import State

_NONE = Code("none", "There are no Flux objects of the kinds that this step checks.")


def examine(
    step: str, analysis: Analysis, faulty: Collection[Ref] = frozenset()
) -> Iterator[Finding]:
    """Check the objects of the kinds that belong to *step*; the *faulty* have other findings."""
    kinds = _kinds_of(step)
    state = analysis.state
    names = tuple(kind.name for kind in kinds)
    objects = state.covered(state.of_kind(*names))
    yield from _unread(step, state, kinds)
    for cause in analysis.causes.all:
        if cause.ref.kind in names:
            yield cause_finding(step, analysis, cause)
    yield from overdue_findings(step, analysis, names)
    yield from _ready(step, analysis, objects, faulty)
    if not objects and not any(state.unread(kind.resource) for kind in kinds):
        title = f"there are no {step}{state.namespace_suffix}"
        yield Finding(step=step, code=_NONE, level=Level.SKIP, title=title)


def _unread(step: str, state: State, kinds: Iterable[Kind]) -> Iterator[Finding]:
    """Yield the *kinds* that could not be read."""
    for kind in kinds:
        answer = state.evidence.answer(kind.resource)
        if answer.objects:
            yield from (unread_object(step, one) for one in answer.objects)
        elif unread := state.unread(kind.resource):
            yield unread_finding(step, kind.name, unread)


def _ready(
    step: str, analysis: Analysis, objects: Iterable[Resource], faulty: Collection[Ref]
) -> Iterator[Finding]:
    """Yield the *objects* that are ready, how many these are, and what the others wait for."""
    state = analysis.state
    used = {provider_of(alert) for alert in state.of_kind("Alert")}
    known = [r for r in objects if r.verdict is not Verdict.STATIC or _is_in_use(state, r, used)]
    late = overdue_alone(analysis).keys() | behind_twins(analysis).keys()
    not_updated = analysis.causes.stale_causes.keys() | late
    ready = [r for r in known if r.verdict in HEALTHY and r.key not in not_updated]
    ready = [r for r in ready if r.ref not in faulty]
    healthy = 0
    for resource in ready:
        if finding := without_result(step, resource, state.now):
            yield finding
        else:
            healthy += 1
            title = f"{resource.ref}: {_status(resource)}"
            yield passed(step, title, resource.ref, resource.since)
    yield from summary(step, analysis, known, healthy)


def _is_in_use(state: State, static: Resource, used: Collection[Key]) -> bool:
    """Return whether *static*, which has no status, is referenced or has a valid reference.

    *used* are the Providers that Alerts send to.
    """
    if static.ref.kind == "Alert":
        provider = state.resources.get(provider_of(static))
        known = provider is not None and provider.verdict is Verdict.STATIC
        return known and bool(provider_of(static)[2])  # else neither has a name
    if static.ref.kind == "Provider":
        return bool(static.ref.name) and static.ref.key in used
    return True


def _kinds_of(step: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS.values() if kind.step == step)


def _status(resource: Resource) -> str:
    if resource.verdict is Verdict.STATIC:
        return _STATIC[resource.ref.kind]
    revision = resource.status.get("lastAppliedRevision") or resource.get(
        "status", "artifact", "revision"
    )
    return short(text_of(revision)) or resource.message or "ready"


_STATIC = {
    "Alert": "its Provider exists (Alerts have no status)",
    "Provider": "used by an Alert (Providers have no status)",
    "HelmRepository": "type oci (has no status)",
}
"""The reason why an object without a status counts as healthy, by its kind."""


def _step(name: str, title: str, *more_kinds: str) -> Step:
    """Return the step *name*; it also reports the faults of *more_kinds*."""
    kinds = _kinds_of(name)

    def codes() -> tuple[Code, ...]:
        faults = fault_codes([*(kind.name for kind in kinds), *more_kinds])
        return (*faults, READY_WITHOUT_RESULT, RECONCILING, WAITING, _NONE, *UNREAD)

    reads = (*(kind.resource for kind in kinds), "events", WORKLOAD_PODS)
    return Step(name, title, reads, codes, lambda analysis: examine(name, analysis))


def _codes_of_reconcilers() -> tuple[Code, ...]:
    more = (OVERDUE, *codes_of_notifications(), *RESOURCE_SETS, *IMAGE_UPDATES, *WEBHOOKS, *RELATED)
    return (*_OBJECTS.codes(), *more, NAMESPACE_EMPTY)


def _examine_reconcilers(analysis: Analysis) -> Iterator[Finding]:
    found = list(notifications(analysis))
    faulty = {ref for one in found for ref in (*one.objects, *one.blocks)}
    yield from examine(RECONCILERS.id, analysis, faulty)
    yield from chosen_namespaces(RECONCILERS.id, analysis.state)
    yield from found
    yield from resource_sets(analysis)
    yield from image_updates(analysis)
    yield from webhooks(analysis)
    yield from related(analysis)


def _examine_sources(analysis: Analysis) -> Iterator[Finding]:
    yield from examine(SOURCES.id, analysis)
    yield from sources_behind(SOURCES.id, analysis)


_FETCHED = _step("sources", "sources (Git, OCI, Helm, buckets)")
SOURCES = _FETCHED._replace(
    codes=lambda: (*_FETCHED.codes(), SOURCE_BEHIND), examine=_examine_sources
)
_OBJECTS = _step("reconcilers", "reconciliation (Kustomizations, HelmReleases, …)", "HelmChart")
RECONCILERS = _OBJECTS._replace(
    reads=(*_OBJECTS.reads, NAMESPACES),
    codes=_codes_of_reconcilers,
    examine=_examine_reconcilers,
)
