"""The health of an object of any kind."""

from typing import Any

import pytest

from fluxstatus.lookup.health import health_of
from fluxstatus.model.evidence import Unread, Why
from tests.builders import NOW, container, crashing, flux, pod


def thing(kind: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return an object of *kind*."""
    return {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": "a", "generation": 2},
            "spec": spec, "status": status}  # fmt: skip


def conditions(**known: str) -> dict[str, Any]:
    """Return a status with these conditions, each "status message"."""
    return {"conditions": [
        {"type": name, "status": result.partition(" ")[0], "message": result.partition(" ")[2]}
        for name, result in known.items()
    ]}  # fmt: skip


CASES = [
    (flux("Kustomization", "a"), True, "ready"),
    (flux("Kustomization", "a", {"Ready": "False BuildFailed: no"}), False, "failed: no"),
    (flux("Kustomization", "a", spec={"suspend": True}), None, "suspended"),
    (flux("Alert", "a", {}), True, "has no status"),
    (thing("Deployment", {"readyReplicas": 2}, replicas=2), True, "2 of 2 ready"),
    (thing("Deployment", {"readyReplicas": 1}, replicas=2), None, "1 of 2 ready"),
    (thing("Deployment", {}, replicas=2), False, "0 of 2 ready"),
    (thing("Deployment", {}, replicas=0), True, "0 of 0 ready"),
    (thing("Deployment", {"observedGeneration": 1, "readyReplicas": 2}, replicas=2), None, "older"),
    (
        thing("Deployment", {"readyReplicas": 1, **conditions(Progressing="False too slow")},
              replicas=2),
        False, "1 of 2 ready: too slow",
    ),
    (
        thing("Deployment", conditions(ReplicaFailure="True over quota"), replicas=1),
        False, "0 of 1 ready: over quota",
    ),
    (thing("Job", conditions(Suspended="True Job suspended"), suspend=True), None, "Job suspended"),
    (
        thing("PersistentVolumeClaim", {"phase": "Pending"}, storageClassName="fast"),
        False, "Pending (StorageClass fast)",
    ),
    (thing("Service", {"loadBalancer": {}}, type="LoadBalancer"), None, "waits for the address"),
    (
        thing("Service", {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}, type="LoadBalancer"),
        True, "exists",
    ),
    (thing("Service", {"loadBalancer": {}}, type="ClusterIP"), True, "exists"),
    (thing("DaemonSet", {"desiredNumberScheduled": 3, "numberReady": 3}), True, "3 of 3"),
    (thing("Job", conditions(Failed="True gave up")), False, "failed: gave up"),
    (thing("Job", conditions(Complete="True")), True, "complete"),
    (thing("Job", {"active": 1}), None, "in progress"),
    (thing("PersistentVolumeClaim", {"phase": "Pending"}), False, "Pending"),
    (thing("Namespace", {"phase": "Active"}), True, "Active"),
    (thing("Thing", conditions(Ready="True")), True, "ready"),
    (thing("Thing", conditions(Ready="False no room")), False, "Ready is False: no room"),
    (thing("Thing", conditions(Ready="Unknown")), None, "Ready is Unknown"),
    (thing("Thing", conditions(Stalled="True bad", Ready="True")), False, "stalled: bad"),
    (thing("Thing", conditions(Established="True")), True, "established"),
    (thing("ConfigMap", {}), True, "exists"),
    (pod("a/b", container(ready=True, running={})), True, "running and ready"),
    (pod("a/b", crashing()), False, "CrashLoopBackOff"),
    (None, False, "does not exist"),
    (Unread(Why.FORBIDDEN, "not allowed"), None, "was not read: not allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "healthy", "text"), CASES)
def test_health(item: Any, *, healthy: bool | None, text: str) -> None:
    """Health is by kind or by conditions; unknown is not healthy."""
    found = health_of(item, NOW)
    assert found.healthy is healthy
    assert text in found.text


def test_what_is_being_deleted_is_not_well() -> None:
    """A deletion in progress takes precedence."""
    item = thing("Thing", conditions(Ready="True"))
    item["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z"
    assert health_of(item, NOW).healthy is None


def test_a_credential_in_a_message_is_masked() -> None:
    """Credentials in the message of a condition are masked."""
    item = thing("Thing", conditions(Ready="False https://me:hunter2@git.example.com"))
    assert "hunter2" not in health_of(item, NOW).text
