"""The meaning of the conditions of Flux objects.

Upstream: fluxcd/pkg apis/meta/conditions.go, source-controller api/v1/condition_types.go,
helm-controller api/v2/condition_types.go, kustomize-controller api/v1/kustomization_types.go.
"""

from collections.abc import Mapping

_TRUE, _FALSE = "True", "False"

_MEANINGS: Mapping[str, Mapping[str, str]] = {
    "Ready": {
        _TRUE: "the last reconciliation succeeded",
        _FALSE: "the last reconciliation failed",
        "Unknown": "a reconciliation is in progress",
    },
    "Reconciling": {
        _TRUE: "the controller is reconciling the object, or will retry automatically",
        _FALSE: "the controller is not reconciling the object",
    },
    "Stalled": {
        _TRUE: "the object failed, and the controller does not retry until something changes",
        _FALSE: "the controller has not given up on the object",
    },
    "Healthy": {
        _TRUE: "the applied objects pass their health checks",
        _FALSE: "the applied objects do not pass their health checks",
        "Unknown": "the health checks are in progress",
    },
    "ArtifactInStorage": {
        _TRUE: "the artifact is available to consumers",
        _FALSE: "no artifact is available to consumers",
    },
    "ArtifactOutdated": {
        _TRUE: "the artifact is older than the source",
        _FALSE: "the artifact is up to date with the source",
    },
    "FetchFailed": {
        _TRUE: "the source could not be fetched",
        _FALSE: "the source was fetched",
    },
    "StorageOperationFailed": {
        _TRUE: "the controller's storage failed",
        _FALSE: "the controller's storage is working",
    },
    "IncludeUnavailable": {
        _TRUE: "an included repository has no artifact",
        _FALSE: "all included repositories have an artifact",
    },
    "SourceVerified": {
        _TRUE: "the signature was made with a trusted key",
        _FALSE: "the signature is missing, or was not made with a trusted key",
    },
    "BuildFailed": {
        _TRUE: "the chart could not be packaged",
        _FALSE: "the chart was packaged",
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
        _FALSE: "the cluster matches the release",
    },
}

_RETRYING = "the last attempt failed, and the controller is retrying"


_WAITS = "the object is waiting for another Flux object"


def meaning_of(kind: str, status: str, reason: str, *, waits: bool = False) -> str:
    """Return the meaning of a condition of type *kind* with *status*, or "" if it is unknown.

    *waits* is whether the message of the object is about others that it waits for.
    """
    if waits and (kind, status) == ("Ready", _FALSE):
        return _WAITS
    if (kind, status, reason) == ("Reconciling", _TRUE, "ProgressingWithRetry"):
        return _RETRYING
    return _MEANINGS.get(kind, {}).get(status, "")
