"""What changes from one minor version of Flux to the next."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Minor: TypeAlias = tuple[int, int]


class FluxMinor(NamedTuple):
    """A minor version of Flux.

    `kubernetes` is the oldest Kubernetes that it supports (F cmd/flux/check.go,
    kubernetesConstraints). `removes` are the API versions that are no longer in its CRDs (FO
    config/data/flux; upgrade procedures in fluxcd/website content/en/blog). `enables` are the
    feature gates that are off by default before (internal/features/features.go of each controller).
    """

    kubernetes: Minor
    removes: tuple[str, ...] = ()
    enables: tuple[str, ...] = ()


STRICT_SUBSTITUTION = "StrictPostBuildSubstitutions"
"""The feature gate of kustomize-controller with which an unset variable is an error."""

FLUX_MINORS: Mapping[Minor, FluxMinor] = {
    (2, 6): FluxMinor((1, 31)),
    (2, 7): FluxMinor(
        (1, 32),
        removes=(
            "source.toolkit.fluxcd.io/v1beta1",
            "kustomize.toolkit.fluxcd.io/v1beta1",
            "helm.toolkit.fluxcd.io/v2beta1",
            "notification.toolkit.fluxcd.io/v1beta1",
            "image.toolkit.fluxcd.io/v1beta1",
        ),
    ),
    (2, 8): FluxMinor(
        (1, 33),
        removes=(
            "source.toolkit.fluxcd.io/v1beta2",
            "kustomize.toolkit.fluxcd.io/v1beta2",
            "helm.toolkit.fluxcd.io/v2beta2",
        ),
    ),
    (2, 9): FluxMinor(
        (1, 33),
        removes=(
            "notification.toolkit.fluxcd.io/v1beta2",
            "image.toolkit.fluxcd.io/v1beta2",
        ),
        enables=(STRICT_SUBSTITUTION,),
    ),
}
"""The known minor versions of Flux, the newest last."""

NEWEST = max(FLUX_MINORS)

REMOVED_IN: Mapping[str, Minor] = {
    version: minor for minor, facts in FLUX_MINORS.items() for version in facts.removes
}
"""The minor version of Flux that removes an API version."""

ENABLED_IN: Mapping[str, Minor] = {
    gate: minor for minor, facts in FLUX_MINORS.items() for gate in facts.enables
}
"""The minor version of Flux that enables a feature gate."""
