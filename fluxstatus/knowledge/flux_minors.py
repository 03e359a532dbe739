"""The changes between minor versions of Flux, with the source of each fact."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Minor: TypeAlias = tuple[int, int]


class FluxMinor(NamedTuple):
    """A minor version of Flux.

    `kubernetes` is the oldest Kubernetes version that it supports, and `tested` are the oldest and
    newest versions in its announcement. `operator` is the first minor version of the Flux Operator
    that can install it, None if unknown. `deprecates` are API versions that it still serves, with a
    warning, and `removes` API versions that are no longer in its CRDs. `enables` are feature gates
    that are off by default in earlier versions, and `retires` feature gates that no longer exist,
    because their features are always on. `announcement` is the page of the release, and `upstream`
    the source of these facts (F fluxcd/flux2, W fluxcd/website, FO Flux Operator).
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
"""The feature gate of kustomize-controller that makes an unset variable an error."""

OBJECT_IDENTITY = "ObjectLevelWorkloadIdentity"
"""The feature gate that lets an object log in to a cloud with its own ServiceAccount."""

GCR_LOGIN: Minor = (2, 9)
"""The first minor version in which a Receiver of type gcr authenticates callers.

Upstream: notification-controller CHANGELOG.md, 1.9.0.
"""

SELF_CONTAINED_KUBECONFIG: Minor = (2, 10)
"""The first minor version that rejects a kubeconfig with file paths (fluxcd/pkg runtime/client)."""

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
"""The known minor versions of Flux, oldest first."""

NEWEST = max(FLUX_MINORS)

OPERATOR_KNOWN: Minor = (0, 59)
"""The newest minor version of the Flux Operator whose installable Flux versions are known.

It can install no Flux version newer than those with an `operator` in the table
(flux-operator config/data/flux).
"""

SUPPORTED_MINORS = 3
"""The number of supported minor versions of Flux, including the newest (fluxcd.io/flux/releases)."""


def facts_of(minor: Minor) -> FluxMinor | None:
    """Return the facts about a *minor* version of Flux, or None if it is older than the table.

    A version newer than the table has the facts of the newest known version.
    """
    return FLUX_MINORS.get(min(minor, NEWEST))


def is_newer(minor: Minor) -> bool:
    """Return whether this plugin does not know the *minor* version of Flux yet."""
    return minor > NEWEST


def is_supported(minor: Minor) -> bool:
    """Return whether the *minor* version of Flux still gets fixes, judging by the newest known one."""
    return minor > (NEWEST[0], NEWEST[1] - SUPPORTED_MINORS)


REMOVED_IN: Mapping[str, Minor] = {
    version: minor for minor, facts in FLUX_MINORS.items() for version in facts.removes
}
"""The minor version of Flux that removes each API version."""

DEPRECATED_IN: Mapping[str, Minor] = {
    version: minor for minor, facts in FLUX_MINORS.items() for version in facts.deprecates
}
"""The minor version of Flux that deprecates each API version that no known version removes."""

ENABLED_IN: Mapping[str, Minor] = {
    gate: minor for minor, facts in FLUX_MINORS.items() for gate in facts.enables
}
"""The minor version of Flux that enables each feature gate."""

RETIRED_IN: Mapping[str, Minor] = {
    gate: minor for minor, facts in FLUX_MINORS.items() for gate in facts.retires
}
"""The minor version of Flux that retires each feature gate."""
