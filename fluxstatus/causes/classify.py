"""Classifying each unhealthy object: it has a fault, waits for other objects, or is in progress."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from fluxstatus.causes.bringers import BROUGHT, bringer_hints, bringer_of, keeps_away
from fluxstatus.causes.cause import Cause
from fluxstatus.causes.context import Context
from fluxstatus.causes.faults import Fault, fault_of
from fluxstatus.causes.missing import missing_target
from fluxstatus.causes.reference_faults import fault_of_waiting
from fluxstatus.causes.unavailable import UNTOUCHED
from fluxstatus.knowledge.fields import flux_kind_in
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.deadlines import is_deletion_within
from fluxstatus.state.last_attempt import deletion_failed, is_failed_retry, since_of
from fluxstatus.state.references import dependency_named, template_owner
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, Resource, Verdict, is_recent

_CANCELED = "HealthCheckCanceled"  # a newer attempt has replaced it, and starts immediately


class Classified(NamedTuple):
    """The reason why an object is not healthy: a `cause` of its own, a wait for objects, or both.

    An object with neither is in progress. `effect` is a clause about the object that the causes of
    the objects in `waits_for` report.
    """

    cause: Cause | None = None
    waits_for: frozenset[Key] = frozenset()
    effect: str = ""

    @property
    def in_progress(self) -> bool:
        """Whether the object needs no intervention."""
        return self.cause is None and not self.waits_for


_PROGRESSING = Classified()


def classify(context: Context) -> Mapping[Key, Classified]:
    """Return the class of each object that is not healthy."""
    return {
        key: _class_of(context, resource)
        for key, resource in context.state.resources.items()
        if resource.verdict not in HEALTHY
    }


def _class_of(context: Context, resource: Resource) -> Classified:
    is_watched = context.controllers.is_watched(resource)
    blocking = context.of_controllers.blocking(resource)
    instance = context.state.instance
    if instance and context.of_controllers.is_to_be_installed(resource):
        return Classified(waits_for=frozenset({instance.ref.key}))
    if blocking and not _fails_anyway(context, resource):
        about_others = context.waits.is_about_others(resource)
        waits_for = _unhealthy_dependencies(context, resource) if about_others else frozenset()
        return Classified(blocking, waits_for)
    if resource.verdict is Verdict.SUSPENDED or not is_watched:
        return Classified(own_cause(context, resource, is_watched=is_watched))
    if _is_in_progress(context, resource):
        return _PROGRESSING
    return _class_of_failing(context, resource)


def _class_of_failing(context: Context, resource: Resource) -> Classified:
    """Return the class of *resource*, which fails, or failed in its last attempt."""
    if (installer := _installer_of_kind(context, resource)) is not None:
        effect = f"{resource.ref} fails until {installer.ref} has installed the CRD that it needs"
        return Classified(None, frozenset({installer.ref.key}), effect)
    if context.waits.is_about_others(resource):
        if dependencies := _unhealthy_dependencies(context, resource):
            return Classified(waits_for=dependencies)
        if context.waits.just_became_healthy(resource):
            return _PROGRESSING
    cause = own_cause(context, resource)
    if _may_recover(context, resource, cause):
        return _PROGRESSING
    diagnosis = cause.fault.diagnosis
    bringer = _bringer_of(context, resource, cause)
    if bringer is not None and keeps_away(bringer, diagnosis.code):
        lack = diagnosis.why.partition(": ")[0].partition("; ")[0]
        effect = f"{resource.ref} fails until {bringer.ref} is ready because {lack}"
        return Classified(None, frozenset({bringer.ref.key}), effect)
    if bringer is not None:
        known = diagnosis.explained() if bringer.verdict in HEALTHY else diagnosis
        added = known.adding(last=bringer_hints(bringer, diagnosis.code))
        cause = replace(cause, fault=cause.fault._replace(diagnosis=added))
    checked = context.waits.unhealthy_in_health_check(resource)
    return Classified(cause, _without_pending(context, resource, checked))


def _installer_of_kind(context: Context, resource: Resource) -> Resource | None:
    """Return the FluxInstance that has not installed the Flux kind that *resource* lacks yet.

    An object of a kind that is not served is missing, whatever else the message says.
    """
    state = context.state
    if not context.of_controllers.not_installed or resource.spec.get("kubeConfig") is not None:
        return None
    reason, message = context.waits.reason_and_message(resource)
    missing = missing_target(state, resource, reason, message)
    said = flux_kind_in(message)
    kind = said[0] if said else KINDS.get(missing[0]) if missing else None
    served = state.evidence.served
    if kind is None or served is None or kind.resource in served:
        return None
    return state.instance if context.of_controllers.installs(kind) else None


def _is_in_progress(context: Context, resource: Resource) -> bool:
    """Whether *resource* is being reconciled, or its controller has only just started."""
    if resource.verdict in UNTOUCHED:
        return context.controllers.has_just_started(resource)
    if resource.verdict not in IN_PROGRESS or is_failed_retry(context.state, resource):
        return False
    return not context.controllers.is_ignored(resource)


def _bringer_of(context: Context, resource: Resource, cause: Cause) -> Resource | None:
    """Return the HelmRelease that should install what *resource* requires, or None."""
    diagnosis = cause.fault.diagnosis
    if diagnosis.code not in BROUGHT:
        return None
    return bringer_of(context.state, resource, diagnosis.code, diagnosis.fields())


def _fails_anyway(context: Context, resource: Resource) -> bool:
    """Whether *resource* fails for a reason that a working controller would report again."""
    final = (Verdict.FAILED, Verdict.STALLED, Verdict.SUSPENDED)
    missing_crd = context.of_controllers.missing_crd_for(resource)
    if missing_crd and resource.verdict is not Verdict.SUSPENDED:
        return False
    waits = context.waits
    return resource.verdict in final and (
        _refers_to_missing(context, resource)
        or not (waits.is_about_others(resource) or waits.cannot_download(resource))
    )


def _refers_to_missing(context: Context, resource: Resource) -> bool:
    """Whether *resource* names a missing object that no controller creates."""
    reason, message = context.waits.reason_and_message(resource)
    missing = missing_target(context.state, resource, reason, message)
    return missing is not None and missing[0] != "ExternalArtifact"


def _may_recover(context: Context, resource: Resource, cause: Cause) -> bool:
    """Whether *resource* is new or being deleted, so that its fault may be temporary."""
    now = context.state.now
    young = is_recent(resource.created, now)
    began = is_recent(cause.since, now)
    if resource.verdict is Verdict.TERMINATING:
        failed = deletion_failed(context.state, resource)
        return began or (is_deletion_within(resource, now) and not failed)
    canceled = began and resource.reason == _CANCELED
    return canceled or (young and cause.fault.diagnosis.rule.transient)


def _unhealthy_dependencies(context: Context, resource: Resource) -> frozenset[Key]:
    """Return the unhealthy objects and controllers that *resource* waits for."""
    found = context.waits.unhealthy(resource)
    if resource.ref.kind == "FluxInstance":
        found |= {ref.key for ref in context.of_controllers.causes}
    return _without_pending(context, resource, found)


def _without_pending(context: Context, resource: Resource, keys: set[Key]) -> frozenset[Key]:
    """Return the *keys*, for a FluxInstance without the objects that wait for it."""
    if resource.ref.kind != "FluxInstance":
        return frozenset(keys)
    resources, of_controllers = context.state.resources, context.of_controllers
    return frozenset(
        key
        for key in keys
        if key not in resources or not of_controllers.is_to_be_installed(resources[key])
    )


def own_cause(context: Context, resource: Resource, *, is_watched: bool = True) -> Cause:
    """Return the cause of *resource* itself.

    *is_watched* is whether a controller was found that reconciles it.
    """
    state = context.state
    fault = fault_of(state, context.suggestions, resource, is_watched=is_watched)
    if _waits_without_reason(context, resource, fault):
        fault = fault_of_waiting(state, resource)
    owner = _release_of(context, resource) or resource
    return Cause(owner.ref, fault, owner, since_of(state, resource, fault.reason))


def _waits_without_reason(context: Context, resource: Resource, fault: Fault) -> bool:
    """Whether *resource* reports that it waits for an object without a known fault."""
    if fault.missing or fault.reason not in ("DependencyNotReady", resource.reason):
        return False
    _, message = context.waits.reason_and_message(resource)
    named = dependency_named(resource, message) and fault.reason == "DependencyNotReady"
    unknown = fault.diagnosis.code == UNKNOWN_FAULT.code
    return bool(named) or (unknown and context.waits.is_about_others(resource))


def _release_of(context: Context, chart: Resource) -> Resource | None:
    """Return the HelmRelease whose chart template the HelmChart *chart* was created from.

    The user corrects the release, and helm-controller updates the chart.
    """
    if chart.ref.kind != "HelmChart":
        return None
    creator = template_owner(chart)
    found = context.state.resources.get(creator) if creator else None
    return found or context.releases_by_chart.get(chart.ref.key)
