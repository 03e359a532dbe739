"""Who made an object of Flux or one that Flux applied: its labels tell."""

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
"""The labels, less /name and /namespace, that a kind puts on what it makes."""


def makers_of(labels: Mapping[str, object]) -> Iterator[Key]:
    """Return the objects of Flux that, by the *labels* of an object, have made it."""
    for prefix, kind in _LABELS:
        name = text_of(labels.get(f"{prefix}/name"))
        if name and kind in KINDS:
            yield kind, text_of(labels.get(f"{prefix}/namespace")), name


def labels_of(maker: Key) -> Mapping[str, str]:
    """Return the labels of what *maker* has made; empty for a kind that makes nothing."""
    kind, namespace, name = maker
    prefix = next((prefix for prefix, known in _LABELS if known == kind), "")
    return {f"{prefix}/name": name, f"{prefix}/namespace": namespace} if prefix else {}
