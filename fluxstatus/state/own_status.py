"""What the status of an object of any kind says of its health.

Events are gone after an hour; a status stays. It follows kstatus (fluxcd/cli-utils
pkg/kstatus/status), which the health checks of Flux use.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object

_Wanted = tuple[tuple[str, str], ...]

_OF_OTHERS: _Wanted = (
    ("Stalled", "True"),
    ("Synced", "False"),  # crossplane-runtime apis/common, sealed-secrets: why it is not Ready
    ("Ready", "False"),
    ("Available", "False"),
    ("Installed", "False"),  # crossplane apis/pkg
    ("Healthy", "False"),
    ("Accepted", "False"),  # gateway-api apis/v1
    ("Programmed", "False"),
    ("Accepted", "Unknown"),
    ("Ready", "Unknown"),
)
"""The conditions (type and status) that say why an object is not healthy, the best first.

Only those with a message count: a status alone says no more than the health check.
"""

_OF_REPLICAS: _Wanted = (("ReplicaFailure", "True"), ("Progressing", "False"))
_TELLING: Mapping[str, _Wanted] = {
    # kubernetes pkg/controller/deployment/util/deployment_util.go, pkg/controller/replicaset
    "Deployment": _OF_REPLICAS,
    "ReplicaSet": _OF_REPLICAS[:1],
    # kubernetes staging/src/k8s.io/api/batch/v1/types.go
    "Job": (("Failed", "True"), ("FailureTarget", "True"), ("Suspended", "True")),
    # kubernetes staging/src/k8s.io/api/core/v1/types.go
    "Namespace": (
        ("NamespaceDeletionDiscoveryFailure", "True"),
        ("NamespaceDeletionGroupVersionParsingFailure", "True"),
        ("NamespaceDeletionContentFailure", "True"),
        ("NamespaceFinalizersRemaining", "True"),
        ("NamespaceContentRemaining", "True"),
    ),
    # kubernetes staging/src/k8s.io/api/core/v1/types.go, cilium operator/pkg/lbipam; Knative
    "Service": (
        ("LoadBalancerPortsError", "True"),
        ("cilium.io/IPAMRequestSatisfied", "False"),
        *_OF_OTHERS,
    ),
    # kubernetes staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go
    "CustomResourceDefinition": (
        ("NamesAccepted", "False"),
        ("NonStructuralSchema", "True"),
        ("Established", "False"),
    ),
    # cert-manager pkg/apis/certmanager/v1: why the last attempt failed, unlike Ready
    "Certificate": (("Issuing", "False"), *_OF_OTHERS),
}

_PAUSED = "DeploymentPaused"  # kubernetes pkg/controller/deployment/util/deployment_util.go


class Trouble(NamedTuple):
    """Why an object is not healthy, as its own controller reports in its status."""

    reason: str
    message: str


def trouble_of(item: Object) -> Trouble | None:
    """Return why *item* is not healthy, None if its status does not say it.

    A status or condition for an older generation says nothing about the current one.
    """
    if is_behind(item):
        return None
    kind = text_of(item.get("kind"))
    if kind == "Deployment" and _is_held_by_pause(item):
        return Trouble(_PAUSED, "Deployment is paused")
    for name, wanted in _TELLING.get(kind, _OF_OTHERS):
        found = _current(item, name)
        message = text_of(found.get("message")).strip()
        if found.get("status") == wanted and message:
            return Trouble(text_of(found.get("reason")) or name, message)
    return None


def is_ready_now(item: Object) -> bool:
    """Return whether the status of *item* says that it is healthy, which must be certain."""
    metadata = map_of(item.get("metadata"))
    if metadata.get("deletionTimestamp") is not None or is_behind(item):
        return False
    own = _READY.get(text_of(item.get("kind")))
    return own(item) if own else _current(item, "Ready").get("status") == "True"


def is_behind(item: Object) -> bool:
    """Return whether the status of *item* is for an older generation."""
    return _is_older(map_of(item.get("status")), item)


def _is_older(part: Object, item: Object) -> bool:
    """Return whether *part*, the status or a condition of *item*, is for an older generation.

    An Argo Rollout writes the number as text (argoproj/argo-rollouts pkg/apis/rollouts/v1alpha1).
    """
    observed = part.get("observedGeneration")
    if isinstance(observed, str) and observed.isdecimal():
        observed = int(observed)
    generation = map_of(item.get("metadata")).get("generation")
    return isinstance(observed, int) and isinstance(generation, int) and observed < generation


def _current(item: Object, name: str) -> Object:
    """Return the condition *name* of *item*, an empty one if it is for an older generation.

    cert-manager and Gateway API have the generation in each condition, not in the status.
    """
    found = condition_of(item, name)
    return {} if _is_older(found, item) else found


def _is_held_by_pause(item: Object) -> bool:
    """Return whether a paused Deployment lacks pods of its current template.

    If it has them all, but they are not ready, it is not the pause that keeps them so.
    """
    spec, status = map_of(item.get("spec")), map_of(item.get("status"))
    wanted, updated = spec.get("replicas"), status.get("updatedReplicas", 0)
    has_all = isinstance(wanted, int) and isinstance(updated, int) and updated >= wanted
    return spec.get("paused") is True and not has_all


def condition_of(item: Object, name: str) -> Object:
    """Return the condition *name* of *item*, an empty one if it has none."""
    conditions = maps_of(map_of(item.get("status")).get("conditions"))
    return next((one for one in conditions if one.get("type") == name), {})


def _has_replicas(item: Object) -> bool:
    """Return whether a Deployment or StatefulSet has all its replicas, and no others."""
    status, wanted = map_of(item.get("status")), map_of(item.get("spec")).get("replicas")
    counts = [status.get(f"{name}Replicas") for name in ("updated", "ready", "available")]
    return (
        isinstance(wanted, int)
        and isinstance(status.get("observedGeneration"), int)
        and all(isinstance(count, int) and count >= wanted for count in counts)
        and status.get("replicas") == wanted
    )


_READY: Mapping[str, Callable[[Object], bool]] = {
    **dict.fromkeys(("Deployment", "StatefulSet"), _has_replicas),
    "Job": lambda item: condition_of(item, "Complete").get("status") == "True",
    "PersistentVolumeClaim": lambda item: map_of(item.get("status")).get("phase") == "Bound",
    "CustomResourceDefinition": lambda item: (
        condition_of(item, "Established").get("status") == "True"
    ),
    **dict.fromkeys(("ReplicaSet", "DaemonSet", "Service", "Namespace"), lambda _: False),
}
"""Whether an object of a kind is healthy; for some kinds, that is never known here."""
