"""The owners of an object that Flux applied, from its labels."""

from collections.abc import Iterator, Mapping

from fluxstatus.base.fields import text_of
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key

_LABELS = (
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("resourceset.fluxcd.controlplane.io", "ResourceSet"),
    ("fluxcd.controlplane.io", "FluxInstance"),
)
"""The prefixes of the labels /name and /namespace that a kind sets on the objects it applies."""


def creators_of(labels: Mapping[str, object]) -> Iterator[Key]:
    """Return the Flux objects that applied an object, according to its *labels*."""
    for prefix, kind in _LABELS:
        name = text_of(labels.get(f"{prefix}/name"))
        if name and kind in KINDS:
            yield kind, text_of(labels.get(f"{prefix}/namespace")), name


def creator_of(labels: Mapping[str, object], kind: str) -> Key | None:
    """Return the object of *kind* that applied an object, according to its *labels*, or None."""
    return next((creator for creator in creators_of(labels) if creator[0] == kind), None)


def labels_of(creator: Key) -> Mapping[str, str]:
    """Return the labels of what *creator* applied; empty for a kind that applies nothing."""
    kind, namespace, name = creator
    prefix = next((prefix for prefix, known in _LABELS if known == kind), "")
    return {f"{prefix}/name": name, f"{prefix}/namespace": namespace} if prefix else {}
