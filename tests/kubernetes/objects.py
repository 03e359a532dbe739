"""Made-up objects that look as a cluster's own do: with a uid, ages and managedFields."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

Object = dict[str, Any]

CREATED = timedelta(days=30)  # how old everything is
RECONCILED = timedelta(minutes=3)  # how long ago everything was reconciled


def make(
    api_version: str,
    kind: str,
    name: str,
    now: datetime,
    *,
    namespace: str | None = None,
    manager: str | None = None,
    labels: dict[str, str] | None = None,
    **content: Any,
) -> Object:
    """Return an object with the *content* (spec, status, …), as old as ``CREATED`` at *now*.

    Where a *manager* is named, it is a controller that has written the status and the finalizer.
    """
    metadata: Object = {
        "name": name,
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{api_version}/{kind}/{namespace}/{name}")),
        "generation": 1,
        "creationTimestamp": stamp(now - CREATED),
    }
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = labels
    if manager:
        metadata["finalizers"] = ["finalizers.fluxcd.io"]
        written = {"spec": content.get("spec", {})}
        if labels:
            written["metadata"] = {"labels": labels}
        metadata["managedFields"] = [
            _managed(api_version, "kustomize-controller", "Apply", written, now - CREATED),
            _managed(
                api_version, manager, "Update", {"status": content["status"]}, now - RECONCILED
            )
            | {"subresource": "status"},
        ]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def condition(
    kind: str, status: str, reason: str, message: str, now: datetime, *, age: timedelta = RECONCILED
) -> Object:
    """Return a condition of a Flux object, of the type *kind*, that has been so for *age*."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": 1,
        "lastTransitionTime": stamp(now - age),
    }


def stamp(moment: datetime) -> str:
    """Return *moment*, in UTC, as Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(*seed: str) -> str:
    """Return 64 hexadecimal digits that depend on *seed* alone."""
    return hashlib.sha256("/".join(seed).encode()).hexdigest()


def _managed(
    api_version: str, manager: str, operation: str, written: Object, moment: datetime
) -> Object:
    return {
        "apiVersion": api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": _fields(written),
        "manager": manager,
        "operation": operation,
        "time": stamp(moment),
    }


def _fields(value: Any) -> Object:
    if not isinstance(value, dict):  # of a list Flux owns the whole
        return {}
    return {f"f:{key}": _fields(one) for key, one in value.items()}
