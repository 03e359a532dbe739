"""How often an object is reconciled, and which field sets it."""

from functools import cache

from fluxstatus.base.durations import seconds
from fluxstatus.base.fields import text_of
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.state.resource import Resource

EVERY = "fluxcd.controlplane.io/reconcileEvery"
"""The annotation with the interval of an object that the Flux Operator reconciles."""

GENERATOR_EVERY = "source.extensions.fluxcd.io/reconcileEvery"
"""The annotation with the interval of an ArtifactGenerator in Flux 2.10 and later (source-watcher
api/v1beta1)."""


def field_of(resource: Resource) -> str:
    """Return the place of the interval in *resource*."""
    annotation = _annotation_of(resource)
    return f"annotation {annotation}" if annotation else "spec.interval"


def written_interval(resource: Resource) -> str:
    """Return the interval as it is in *resource*; empty if it has none of its own."""
    annotation = _annotation_of(resource)
    if annotation:
        return text_of(resource.annotations.get(annotation))
    return text_of(resource.spec.get("interval"))


def interval_of(resource: Resource) -> float:
    """Return the seconds between two reconciliations of *resource*, 0 if unknown."""
    return _parsed(written_interval(resource), resource.kind.interval)


@cache
def _parsed(text: str, default: float) -> float:
    """Parse a duration; cached, as thousands of objects share a few values."""
    return seconds(text, default)


def _annotation_of(resource: Resource) -> str:
    """Return the annotation with the interval of *resource*, empty if spec.interval has it."""
    if resource.kind.controller == OPERATOR:
        return EVERY
    return GENERATOR_EVERY if resource.ref.kind == "ArtifactGenerator" else ""
