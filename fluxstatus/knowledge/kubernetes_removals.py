"""The APIs that minor versions of Kubernetes no longer serve.

Upstream: APILifecycleRemoved in k8s.io/api, zz_generated.prerelease-lifecycle.go, of 1.37; the
removals of later versions are planned there. The guide for people is DOCS.
"""

from collections.abc import Mapping

from fluxstatus.knowledge.flux_minors import Minor

DOCS = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"

KUBERNETES_NEWEST: Minor = (1, 38)
"""The newest minor version of Kubernetes whose removals are known."""

_ADMISSION, _AUTHENTICATION = "admissionregistration.k8s.io", "authentication.k8s.io"
_FLOW, _RESOURCE = "flowcontrol.apiserver.k8s.io", "resource.k8s.io"

_REMOVED: Mapping[Minor, Mapping[str, str]] = {
    (1, 29): {f"{_FLOW}/v1beta2": "FlowSchema PriorityLevelConfiguration"},
    (1, 32): {
        f"{_ADMISSION}/v1alpha1": "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        f"{_AUTHENTICATION}/v1alpha1": "SelfSubjectReview",
        f"{_FLOW}/v1beta3": "FlowSchema PriorityLevelConfiguration",
    },
    (1, 33): {f"{_AUTHENTICATION}/v1beta1": "SelfSubjectReview"},
    (1, 34): {
        f"{_ADMISSION}/v1beta1": "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    },
    (1, 35): {
        "apidiscovery.k8s.io/v2beta1": "APIGroupDiscovery",
        "storage.k8s.io/v1alpha1": "VolumeAttributesClass",
    },
    (1, 37): {
        "certificates.k8s.io/v1alpha1": "ClusterTrustBundle",
        "networking.k8s.io/v1beta1": "IPAddress ServiceCIDR",
        "storage.k8s.io/v1beta1": "VolumeAttributesClass",
    },
    (1, 38): {
        f"{_ADMISSION}/v1alpha1": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding",
        "coordination.k8s.io/v1alpha2": "LeaseCandidate",
        f"{_RESOURCE}/v1beta1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    },
}

REMOVED_KINDS: Mapping[str, Minor] = {
    f"{version} {kind}": minor
    for minor, by_version in _REMOVED.items()
    for version, kinds in by_version.items()
    for kind in kinds.split()
}
"""The minor version of Kubernetes that stops serving each API ("group/version Kind")."""
