"""What is told at a cause beside it: who else is to blame, who is frozen, what pods say."""

from collections.abc import Iterator, Mapping

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.workloads import Unhealthy, unhealthy_release, unhealthy_workloads
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import full_name
from fluxstatus.state.ownership import makers_of
from fluxstatus.state.resource import Verdict
from fluxstatus.state.revisions import lag_of, short
from fluxstatus.state.state import State

_OF_SOURCE = "spec.sync.url, spec.sync.ref and spec.sync.pullSecret"
_MADE_FROM: Mapping[str, Mapping[str, str]] = {
    "FluxInstance": {
        "Kustomization": "spec.sync.path",
        **dict.fromkeys(("GitRepository", "OCIRepository", "Bucket"), _OF_SOURCE),
    },
    "ResourceSet": {"": "spec.resources and its inputs"},
}
"""What the operator makes an object from, by its own kind and that of the object."""

_AT_MOST = 3  # of a sort: who wants all asks for each


def workloads_behind(state: State, cause: Cause) -> tuple[Unhealthy, ...]:
    """Return what the pods and events of this cluster tell of what *cause* waited for."""
    resource, message = cause.resource, cause.fault.message
    if resource is None or resource.spec.get("kubeConfig") is not None:
        return ()
    return (
        *unhealthy_workloads(state, message),
        *unhealthy_release(state, resource, message),
    )


def beside(analysis: Analysis, cause: Cause) -> Iterator[str]:
    """Say what an engineer should know before mending *cause*."""
    yield from _suspension(analysis.state, cause)
    yield from _other_causes(analysis, cause)
    parent = analysis.causes.suspended_owners.get(cause.ref.key)
    if parent is not None and parent is not cause:
        yield f"{parent.ref}, which made it, is suspended: what is mended in Git does not arrive"


def _suspension(state: State, cause: Cause) -> Iterator[str]:
    """Say what the suspension of an object does to others, and how far behind it is."""
    resource = cause.resource
    if resource is None or resource.verdict is not Verdict.SUSPENDED:
        return
    lag = lag_of(state, resource)
    if lag and lag.wanted != lag.applied:
        since = f" since {lag.since:%Y-%m-%d %H:%M} UTC" if lag.since else ""
        yield f"it runs {short(lag.applied)}, and its source has {short(lag.wanted)}{since}"
    if cause.waiting:
        yield "what waits for it waits for ever"
    if cause.not_updated:
        number = len(cause.not_updated)
        things = "1 object that it made" if number == 1 else f"{number} objects that it made"
        yield f"the spec of {things} does not change either"


def _other_causes(analysis: Analysis, cause: Cause) -> Iterator[str]:
    """Say what else keeps waiting what waits for *cause*, so that mending this is not enough."""
    told: set[int] = {id(cause)}
    for ref in (cause.ref, *cause.waiting):
        for other in analysis.causes.by_object.get(ref.key, ()):
            if id(other) not in told:
                told.add(id(other))
                because = f"({headline(other.fault.diagnosis.why)})"
                yield (
                    f"{ref} also waits for {other.ref} {because}"
                    if ref != other.ref
                    else (f"{ref} has a fault of its own, too {because}")
                )
                if len(told) > _AT_MOST:
                    return


def corrected_at(cause: Cause) -> Iterator[Hint]:
    """Say where the spec of an object is to be corrected that the operator makes, and undoes."""
    resource, steps = cause.resource, [hint.text for hint in cause.fault.diagnosis.hints]
    if resource is None or not any("spec." in text or "correct" in text for text in steps):
        return
    for kind, namespace, name in makers_of(resource.labels):
        field = _MADE_FROM.get(kind, {}).get(resource.ref.kind) or _MADE_FROM.get(kind, {}).get("")
        if field and not any(kind in text for text in steps):
            argv = ("kubectl", "get", full_name(kind), name, "-n", namespace, "-o", "yaml")
            yield Hint(
                f"its spec is to be corrected in {kind} {namespace}/{name}, which makes it from "
                f"{field}; what is changed on the object itself is undone",
                (Command(argv),),
            )


def neighbours(analysis: Analysis, cause: Cause) -> list[Cause]:
    """Return other causes in the namespace of *cause*, which have nothing to do with it."""
    return [
        other
        for other in analysis.causes.by_namespace.get(cause.ref.namespace, ())[: _AT_MOST + 1]
        if other is not cause and cause.resource is not None
    ][:_AT_MOST]


def headline(sentence: str) -> str:
    """Return the part of a *sentence* before its first colon or semicolon."""
    for mark in ("; ", ": "):
        sentence = sentence.partition(mark)[0]
    return sentence
