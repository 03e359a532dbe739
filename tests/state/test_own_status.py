"""What the status of an object of any kind says of its health."""

from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.state.own_status import Trouble, is_ready_now, trouble_of

FORBIDDEN = 'pods "web-1-x" is forbidden: exceeded quota: compute'
FAILED = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
OF_OLD = {"observedGeneration": 1}
PAUSED = {"replicas": 2, "paused": True}
HAS_ALL: dict[str, Any] = {
    "replicas": 2,
    "readyReplicas": 2,
    "updatedReplicas": 2,
    "availableReplicas": 2,
}


def of(kind: str, *conditions: Object, spec: Object | None = None, **status: Any) -> Object:
    """Return an object of *kind* in generation 2, whose status is of that generation."""
    seen = {"observedGeneration": 2, **status}
    metadata = {"name": "web", "namespace": "apps", "generation": 2}
    return {
        "kind": kind,
        "metadata": metadata,
        "spec": spec or {"replicas": 2},
        "status": {**seen, "conditions": list(conditions)},
    }


def said(name: str, status: str, message: str = "so it is", reason: str = "Why") -> Object:
    """Return a condition."""
    return {"type": name, "status": status, "reason": reason, "message": message}


@pytest.mark.parametrize(
    ("item", "trouble"),
    [
        (of("Deployment", FAILED | {"message": FORBIDDEN}), ("FailedCreate", FORBIDDEN)),
        (
            of("Deployment", STUCK | {"message": "late"}, FAILED | {"message": FORBIDDEN}),
            ("FailedCreate", FORBIDDEN),
        ),
        (of("Deployment", STUCK | {"message": "late"}), ("ProgressDeadlineExceeded", "late")),
        (
            of("Deployment", spec={"paused": True}),
            ("DeploymentPaused", "Deployment is paused"),
        ),
        (
            of("Deployment", spec=PAUSED, updatedReplicas=1),
            ("DeploymentPaused", "Deployment is paused"),
        ),
        (of("ReplicaSet", FAILED | {"message": FORBIDDEN}), ("FailedCreate", FORBIDDEN)),
        (of("Job", said("Failed", "True")), ("Why", "so it is")),
        (of("Job", said("Suspended", "True")), ("Why", "so it is")),
        (of("Namespace", said("NamespaceContentRemaining", "True")), ("Why", "so it is")),
        (of("CustomResourceDefinition", said("NamesAccepted", "False")), ("Why", "so it is")),
        (of("APIService", said("Available", "False")), ("Why", "so it is")),
        (of("Certificate", said("Ready", "False")), ("Why", "so it is")),
        (of("Certificate", said("Ready", "False"), said("Issuing", "False", "no")), ("Why", "no")),
        (of("Certificate", said("Issuing", "True"), said("Ready", "False", "n")), ("Why", "n")),
        (of("Bucket", said("Ready", "False", "so"), said("Synced", "False", "no")), ("Why", "no")),
        (of("Bucket", said("Synced", "True"), said("Ready", "False", "so")), ("Why", "so")),
        (of("Gateway", said("Programmed", "False", "no")), ("Why", "no")),
        (of("Gateway", said("Accepted", "Unknown", "none")), ("Why", "none")),
        (of("Service", said("cilium.io/IPAMRequestSatisfied", "False", "no")), ("Why", "no")),
        (of("Certificate", said("Ready", "Unknown", reason="")), ("Ready", "so it is")),
        (
            of("Certificate", said("Ready", "False") | {"observedGeneration": 2}),
            ("Why", "so it is"),
        ),
        (
            of("Certificate", said("Stalled", "True", "old") | OF_OLD, said("Ready", "False")),
            ("Why", "so it is"),
        ),
        (of("Cluster", said("Ready", "False"), said("Stalled", "True", "dead")), ("Why", "dead")),
    ],
)
def test_the_condition_that_says_why_is_found(item: Object, trouble: tuple[str, str]) -> None:
    """The best one counts, with its reason and message; its type stands for a missing reason."""
    assert trouble_of(item) == Trouble(*trouble)


@pytest.mark.parametrize(
    "item",
    [
        of("Deployment"),
        of("Deployment", said("Available", "False")),  # only the symptom
        of("Deployment", FAILED | {"status": "False", "message": FORBIDDEN}),
        of("Deployment", FAILED | {"message": FORBIDDEN}, observedGeneration=1),
        of("Deployment", said("Progressing", "Unknown", reason="DeploymentResumed")),
        of("Deployment", spec=PAUSED, updatedReplicas=2, unavailableReplicas=1),  # by its pods
        of("Certificate", said("Ready", "True")),
        of("Certificate", said("Ready", "False", message=" ")),
        of("Certificate", said("Ready", "False") | OF_OLD),
        of("Rollout", said("Available", "False"), observedGeneration="1"),
        of("Job", said("Complete", "True")),
        {"kind": "Deployment", "metadata": {}, "status": {"conditions": ["odd"]}},
        {"kind": "Certificate"},
        {},
    ],
)
def test_what_says_nothing_is_no_cause(item: Object) -> None:
    """Neither a healthy, nor an outdated, nor a malformed status, nor one without words is one."""
    assert trouble_of(item) is None


@pytest.mark.parametrize(
    ("item", "ready"),
    [
        (of("Deployment", **HAS_ALL), True),
        (of("Deployment", **HAS_ALL | {"replicas": 3}), False),  # an old pod is still there
        (of("Deployment", **HAS_ALL | {"updatedReplicas": 1}), False),
        (of("Deployment", **HAS_ALL | {"observedGeneration": 1}), False),
        (of("Deployment", **HAS_ALL, spec={"paused": False}), False),
        (of("Deployment"), False),
        (of("StatefulSet", **HAS_ALL), True),
        (of("DaemonSet", said("Ready", "True"), **HAS_ALL), False),
        (of("Job", said("Complete", "True")), True),
        (of("Job", said("Failed", "True")), False),
        (of("PersistentVolumeClaim", phase="Bound"), True),
        (of("PersistentVolumeClaim", phase="Pending"), False),
        (of("Certificate", said("Ready", "True")), True),
        (of("Certificate", said("Ready", "True") | {"observedGeneration": 2}), True),
        (of("Certificate", said("Ready", "True") | OF_OLD), False),
        (of("Rollout", said("Ready", "True"), observedGeneration="2"), True),
        (of("Rollout", said("Ready", "True"), observedGeneration="1"), False),
        (of("Certificate", said("Ready", "False")), False),
        (of("Certificate"), False),
        ({}, False),
    ],
)
def test_ready_takes_positive_evidence(item: Object, ready: bool) -> None:
    """Only a status of the current generation that says so is healthy."""
    assert is_ready_now(item) is ready


def test_what_is_being_deleted_is_not_ready() -> None:
    """Its status is of the time before."""
    item = of("Certificate", said("Ready", "True"))
    item["metadata"]["deletionTimestamp"] = "2026-11-23T12:00:00Z"
    assert not is_ready_now(item)
