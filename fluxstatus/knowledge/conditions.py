"""What the conditions of Flux objects mean.

Upstream: fluxcd/pkg apis/meta/conditions.go, source-controller api/v1/condition_types.go,
helm-controller api/v2/condition_types.go, kustomize-controller api/v1/kustomization_types.go.
"""

from collections.abc import Mapping

_TRUE, _FALSE = "True", "False"

_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "Ready": {
        _TRUE: "the last reconciliation did what the spec says",
        _FALSE: "the last reconciliation failed",
        "Unknown": "a reconciliation is under way",
    },
    "Reconciling": {
        _TRUE: "the controller is at work on it, or will try again by itself",
        _FALSE: "the controller is not at work on it",
    },
    "Stalled": {
        _TRUE: "it failed and is not tried again until something is changed",
        _FALSE: "it is not given up",
    },
    "Healthy": {
        _TRUE: "what was applied passes its health checks",
        _FALSE: "what was applied does not pass its health checks",
        "Unknown": "the health checks are under way",
    },
    "ArtifactInStorage": {
        _TRUE: "the artifact that consumers fetch is there",
        _FALSE: "there is no artifact for consumers to fetch",
    },
    "ArtifactOutdated": {
        _TRUE: "the artifact is older than what the source has",
        _FALSE: "the artifact is what the source has",
    },
    "FetchFailed": {
        _TRUE: "the source could not be fetched",
        _FALSE: "the source could be fetched",
    },
    "StorageOperationFailed": {
        _TRUE: "the controller's own storage failed",
        _FALSE: "the controller's own storage works",
    },
    "IncludeUnavailable": {
        _TRUE: "a repository that it includes has no artifact",
        _FALSE: "all repositories that it includes are there",
    },
    "SourceVerified": {
        _TRUE: "the signature is that of a key it trusts",
        _FALSE: "the signature is missing, or of no key it trusts",
    },
    "BuildFailed": {
        _TRUE: "the chart could not be packed",
        _FALSE: "the chart could be packed",
    },
    "Released": {
        _TRUE: "the last Helm install or upgrade succeeded",
        _FALSE: "the last Helm install or upgrade failed",
    },
    "TestSuccess": {
        _TRUE: "the tests of the Helm release passed",
        _FALSE: "the tests of the Helm release failed",
    },
    "Remediated": {
        _TRUE: "a failed release was rolled back or uninstalled",
        _FALSE: "a failed release could not be rolled back or uninstalled",
    },
    "Drifted": {
        _TRUE: "the cluster differs from the release",
        _FALSE: "the cluster is as the release made it",
    },
}

_RETRYING = "the last attempt failed, and the controller tries again"


def meaning_of(kind: str, status: str, reason: str) -> str:
    """Return what a condition of type *kind* with *status* means; empty for one unknown to Flux."""
    if (kind, status, reason) == ("Reconciling", _TRUE, "ProgressingWithRetry"):
        return _RETRYING
    return _MEANINGS.get(kind, {}).get(status, "")
