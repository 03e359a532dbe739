"""The finding for a cause: what is wrong, why, what it blocks, how to fix it, and its context.

The context is other causes, suspended owners, and the pods and events behind a failed health check.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from fluxstatus.base.durations import stamp
from fluxstatus.base.plurals import counted, noun_for
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.workloads import (
    Unhealthy,
    unhealthy_hook,
    unhealthy_release,
    unhealthy_workloads,
)
from fluxstatus.checks.wording import docs_of, explained, read_whole
from fluxstatus.model.findings import Certainty, Finding, Level
from fluxstatus.model.hints import Hint, hint
from fluxstatus.model.inventory import Entry, entry_of
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.inventories import ids_of, target_of
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import template_owner
from fluxstatus.state.resource import Verdict
from fluxstatus.state.revisions import lag_of, short
from fluxstatus.state.state import State

_OF_SOURCE = "spec.sync.url, spec.sync.ref and spec.sync.pullSecret"
_CREATED_FROM: Mapping[str, Mapping[str, str]] = {
    "FluxInstance": {
        "Kustomization": "spec.sync.path",
        **dict.fromkeys(("GitRepository", "OCIRepository", "Bucket"), _OF_SOURCE),
    },
    "ResourceSet": {"": "spec.resources and its inputs"},
    "HelmRelease": {"OCIRepository": "spec.chart.spec"},
}
"""The fields from which a controller creates an object, by the kinds of the owner and the
object."""

_AT_MOST = 3  # other causes that a finding names
_FROZEN = 20  # objects of a suspended one that are evidence


def cause_finding(step: str, analysis: Analysis, cause: Cause) -> Finding:
    """Return the finding for *cause*."""
    fault, resource = cause.fault, cause.resource
    diagnosis, unhealthy = fault.diagnosis, _workloads_behind(analysis.state, cause)
    texts = (*(one.text for one in unhealthy), *_context(analysis, cause))
    why = "; ".join(dict.fromkeys((diagnosis.why, *texts)))
    title, certainty, rest = _headline(cause, unhealthy)
    found = dict.fromkeys(hint for one in unhealthy for hint in one.hints)
    # The first hint of a health check is to check the pods, which has been done here.
    steps = diagnosis.explained().hints[1:] if found else diagnosis.hints
    return Finding(
        step=step,
        code=diagnosis.code,
        level=_level(cause),
        title=f"{cause.ref}: {title}",
        object=cause.ref,
        others=cause.others,
        why=why,
        explanation="; ".join(dict.fromkeys(filter(None, (rest, *texts)))),
        reason=fault.reason,
        message=fault.message,
        since=cause.since,
        evidence=tuple(_evidence(analysis, cause)),
        blocks=cause.blocks,
        hints=(*found, *steps, *_owner_hints(cause), *(explained(cause.ref) if resource else ())),
        docs=docs_of(cause.ref.kind),
        trivial=diagnosis.rule.trivial,
        certainty=certainty,
        final=resource is not None and resource.verdict is Verdict.STALLED,
    )


def headline_of(state: State, cause: Cause) -> str:
    """Return the title of the finding for *cause*, without its object."""
    return _headline(cause, _workloads_behind(state, cause))[0]


def _headline(cause: Cause, unhealthy: Sequence[Unhealthy]) -> tuple[str, Certainty, str]:
    """Return the cause in few words, how sure it is, and what its sentence says beyond that.

    A controller only knows the state of a workload that it waits for; its pods and events tell why.
    """
    diagnosis = cause.fault.diagnosis
    first = unhealthy[0] if unhealthy else None
    if not first or not first.cause or not first.target or not diagnosis.is_symptom:
        return diagnosis.headline, diagnosis.certainty, diagnosis.explanation
    kind, namespace, name, _ = first.target
    full = f"{kind} {namespace}/{name}"
    brief = f"{kind} {name}" if namespace == cause.ref.namespace else full
    title = diagnosis.headline_for(full, brief, first.cause)
    more = f" (and {counted(others, 'more workload')})" if (others := len(unhealthy) - 1) else ""
    certainty = first.certainty or diagnosis.certainty
    if not diagnosis.rule.symptom:
        return f"{title}{more}", certainty, diagnosis.why
    if certainty == "certain" != diagnosis.certainty:  # the message may be about something else
        certainty = "likely"
    return f"{title}{more}", certainty, ""


def _level(cause: Cause) -> Level:
    suspended = cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED
    kind = KINDS.get(cause.ref.kind)
    blocks_nothing = kind is not None and kind.static  # no object waits for an Alert or a Provider
    if (suspended and not cause.waiting) or blocks_nothing:
        return Level.WARN
    return Level.FAIL


def _evidence(analysis: Analysis, cause: Cause) -> Iterator[tuple[str, str]]:
    if cause.resource is not None:
        for name, condition in cause.resource.conditions.items():
            if name in ("Ready", "Stalled"):
                yield f"status.conditions[{name}]", str(condition.get("status"))
        artifact = cause.resource.get("status", "artifact", "revision")
        if artifact:
            yield "status.artifact.revision", str(artifact)
    yield from _frozen(cause)
    for event in analysis.state.warnings.get(cause.ref.key, ())[:3]:
        yield (
            f"event {event.reason}",
            f"{counted(event.times, 'time')}, last {stamp(event.last)}",
        )
    for other in _in_namespace(analysis, cause):
        yield (
            "another cause in this namespace",
            f"{other.ref}: {other.fault.diagnosis.headline}",
        )


def _frozen(cause: Cause) -> Iterator[tuple[str, str]]:
    """Yield the objects that a suspended object applied, but those of Flux: it blocks these."""
    resource = cause.resource
    if resource is None or resource.verdict is not Verdict.SUSPENDED:
        return
    remote = bool(target_of(resource.object))
    entries = filter(None, map(entry_of, ids_of(resource.object)))
    others = (Ref(*one) for one in entries if remote or not _is_of_flux(one))
    for ref in islice(others, _FROZEN):
        yield f"no longer updated{' in a remote cluster' if remote else ''}", str(ref)


def _is_of_flux(entry: Entry) -> bool:
    return entry.kind in KINDS and KINDS[entry.kind].group == entry.group


def _workloads_behind(state: State, cause: Cause) -> tuple[Unhealthy, ...]:
    """Return the unhealthy workloads in this cluster that *cause* waited for."""
    resource, message = cause.resource, cause.fault.message
    if resource is None or resource.spec.get("kubeConfig") is not None:
        return ()
    return (
        *unhealthy_workloads(state, resource, message),
        *unhealthy_release(state, resource, message),
        *unhealthy_hook(state, resource, message),
    )


def _context(analysis: Analysis, cause: Cause) -> Iterator[str]:
    """Yield what to know before fixing *cause*."""
    yield from _suspension(analysis.state, cause)
    yield from cause.effects[:_AT_MOST]
    yield from _other_causes(analysis, cause)
    owner = analysis.causes.suspended_owners.get(cause.ref.key)
    if owner is not None and owner is not cause:
        yield f"its owner {owner.ref} is suspended, so a fix in Git is not applied"


def _suspension(state: State, cause: Cause) -> Iterator[str]:
    """Yield the effect of a suspended object on others, and how far it is behind."""
    resource = cause.resource
    if resource is None or resource.verdict is not Verdict.SUSPENDED:
        return
    lag = lag_of(state, resource)
    if lag and lag.wanted != lag.applied:
        since = f" since {lag.since:%Y-%m-%d %H:%M} UTC" if lag.since else ""
        applied, wanted = short(lag.applied), short(lag.wanted)
        yield f"the last applied revision is {applied}, the source is at {wanted}{since}"
    if cause.waiting:
        yield "its dependents stay blocked"
    if frozen := len(ids_of(resource.object)):
        is_ = noun_for(frozen, "is", "are")
        yield f"{counted(frozen, 'object')} that it applied {is_} no longer updated"
    elif cause.not_updated:
        number = len(cause.not_updated)
        spec, is_ = noun_for(number, "spec"), noun_for(number, "is", "are")
        objects = counted(number, "object")
        yield f"the {spec} of {objects} that it applied {is_} no longer updated"


def _other_causes(analysis: Analysis, cause: Cause) -> Iterator[str]:
    """Yield the other causes that block the dependents of *cause*, or *cause* itself."""
    named = {cause}
    for ref in (cause.ref, *cause.waiting):
        for other in analysis.causes.by_object.get(ref.key, ()):
            if other in named:
                continue
            named.add(other)
            why = other.fault.diagnosis.headline
            if ref == other.ref:
                yield f"{ref} also has its own problem ({why})"
            else:
                yield f"{ref} is also waiting for {other.ref} ({why})"
            if len(named) > _AT_MOST:
                return


def _owner_hints(cause: Cause) -> Iterator[Hint]:
    """Yield where to correct the spec of an object that a controller creates and reverts."""
    resource, steps = cause.resource, [hint.text for hint in cause.fault.diagnosis.hints]
    if resource is None or not any("spec." in text or "correct" in text for text in steps):
        return
    for creator in creators_of(resource.labels):
        kind, namespace, name = creator
        if kind == "HelmRelease" and creator != template_owner(resource):
            continue  # its chart has the object
        fields = _CREATED_FROM.get(kind, {})
        field = fields.get(resource.ref.kind) or fields.get("")
        if field and not any(kind in text for text in steps):
            yield hint(
                f"correct the spec in {kind} {namespace}/{name}, which creates this object from "
                f"{field}; changes to the object itself are reverted",
                read_whole(kind, namespace, name),
            )


def _in_namespace(analysis: Analysis, cause: Cause) -> list[Cause]:
    """Return other, unrelated causes in the namespace of *cause*."""
    return [
        other
        for other in analysis.causes.by_namespace.get(cause.ref.namespace, ())[: _AT_MOST + 1]
        if other is not cause and cause.resource is not None
    ][:_AT_MOST]
