"""What changes from one minor version of Flux to the next, with the source of each fact."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Minor: TypeAlias = tuple[int, int]


class FluxMinor(NamedTuple):
    """A minor version of Flux.

    `kubernetes` is the oldest Kubernetes with which it works, and `tested` are the oldest and the
    newest that its announcement names as supported. `operator` is the first minor version of the
    Flux Operator that can install it, None if that is not known. `deprecates` are API versions that
    it still serves, with a warning, and `removes` those that are no longer in its CRDs. `enables`
    are the feature gates that are off by default before, `retires` those that it no longer has,
    because what they enabled is always on. `announcement` is the page of its release, and
    `upstream` is where all that is from (F fluxcd/flux2, W fluxcd/website, FO the Flux Operator).
    """

    kubernetes: Minor
    tested: tuple[Minor, Minor]
    operator: Minor | None = None
    deprecates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    enables: tuple[str, ...] = ()
    retires: tuple[str, ...] = ()
    announcement: str = ""
    upstream: str = ""


STRICT_SUBSTITUTION = "StrictPostBuildSubstitutions"
"""The feature gate of kustomize-controller with which an unset variable is an error."""

OBJECT_IDENTITY = "ObjectLevelWorkloadIdentity"
"""The feature gate with which an object logs in to a cloud with a ServiceAccount of its own."""

GCR_LOGIN: Minor = (2, 9)
"""The minor version from which a Receiver of type gcr checks who calls (NC CHANGELOG.md, 1.9.0)."""

SELF_CONTAINED_KUBECONFIG: Minor = (2, 10)
"""The minor version from which a kubeconfig may not refer to files (PKG runtime/client)."""

_CHECK = "F cmd/flux/check.go kubernetesConstraints; FO config/data/flux"
_BLOG = "https://fluxcd.io/blog"

FLUX_MINORS: Mapping[Minor, FluxMinor] = {
    (2, 6): FluxMinor(
        (1, 31),
        tested=((1, 31), (1, 33)),
        operator=(0, 21),
        announcement=f"{_BLOG}/2025/05/flux-v2.6.0/",
        upstream=f"{_CHECK}; W blog/2025/05/flux-v2.6.0",
    ),
    (2, 7): FluxMinor(
        (1, 32),
        tested=((1, 32), (1, 34)),
        operator=(0, 30),
        announcement=f"{_BLOG}/2025/09/flux-v2.7.0/",
        removes=(
            "source.toolkit.fluxcd.io/v1beta1",
            "kustomize.toolkit.fluxcd.io/v1beta1",
            "helm.toolkit.fluxcd.io/v2beta1",
            "notification.toolkit.fluxcd.io/v1beta1",
            "image.toolkit.fluxcd.io/v1beta1",
        ),
        upstream=f"{_CHECK}; W blog/2025/09/flux-v2.7.0",
    ),
    (2, 8): FluxMinor(
        (1, 33),
        tested=((1, 33), (1, 35)),
        operator=(0, 42),
        announcement=f"{_BLOG}/2026/02/flux-v2.8.0/",
        removes=(
            "source.toolkit.fluxcd.io/v1beta2",
            "kustomize.toolkit.fluxcd.io/v1beta2",
            "helm.toolkit.fluxcd.io/v2beta2",
        ),
        upstream=f"{_CHECK}; W blog/2026/02/flux-v2.8.0",
    ),
    (2, 9): FluxMinor(
        (1, 33),
        tested=((1, 34), (1, 36)),
        operator=(0, 53),
        announcement=f"{_BLOG}/2026/06/flux-v2.9.0/",
        removes=(
            "notification.toolkit.fluxcd.io/v1beta2",
            "image.toolkit.fluxcd.io/v1beta2",
        ),
        enables=(STRICT_SUBSTITUTION,),
        upstream=f"{_CHECK}; W blog/2026/06/flux-v2.9.0; KC internal/features/features.go",
    ),
    (2, 10): FluxMinor(
        (1, 35),
        tested=((1, 35), (1, 37)),
        announcement="https://github.com/fluxcd/flux2/releases/tag/v2.10.0",
        deprecates=("notification.toolkit.fluxcd.io/v1beta3",),
        retires=(OBJECT_IDENTITY,),
        upstream="F release notes of v2.10.0 (Kubernetes compatibility); NC api/v1beta3 "
        "deprecatedversion; PKG auth/feature_gates.go",
    ),
}
"""The known minor versions of Flux, the newest last."""

NEWEST = max(FLUX_MINORS)

OPERATOR_KNOWN: Minor = (0, 59)
"""The newest minor version of the Flux Operator of which the installable versions are known.

It carries no newer Flux than those with an `operator` in the table (FO config/data/flux).
"""

SUPPORTED_MINORS = 3
"""How many minor versions of Flux are supported, the newest included (W flux/releases)."""


def facts_of(minor: Minor) -> FluxMinor | None:
    """Return what is known of the *minor* version of Flux, None of one before the table.

    A version after the newest known one supports no older Kubernetes than that one.
    """
    return FLUX_MINORS.get(min(minor, NEWEST))


def is_newer(minor: Minor) -> bool:
    """Return whether this plugin does not know the *minor* version of Flux yet."""
    return minor > NEWEST


def is_supported(minor: Minor) -> bool:
    """Return whether the *minor* version of Flux still gets fixes, by the newest known one."""
    return minor > (NEWEST[0], NEWEST[1] - SUPPORTED_MINORS)


REMOVED_IN: Mapping[str, Minor] = {
    version: minor for minor, facts in FLUX_MINORS.items() for version in facts.removes
}
"""The minor version of Flux that removes an API version."""

DEPRECATED_IN: Mapping[str, Minor] = {
    version: minor for minor, facts in FLUX_MINORS.items() for version in facts.deprecates
}
"""The minor version of Flux that deprecates an API version, which no known one removes."""

ENABLED_IN: Mapping[str, Minor] = {
    gate: minor for minor, facts in FLUX_MINORS.items() for gate in facts.enables
}
"""The minor version of Flux that enables a feature gate."""

RETIRED_IN: Mapping[str, Minor] = {
    gate: minor for minor, facts in FLUX_MINORS.items() for gate in facts.retires
}
"""The minor version of Flux that retires a feature gate."""
