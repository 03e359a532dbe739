"""Requests to reconcile an object: annotations that its controller handles once."""

from datetime import datetime, timedelta

from fluxstatus.base.durations import stamp, when
from fluxstatus.base.fields import text_of
from fluxstatus.model.hints import Command, command
from fluxstatus.state.resource import Resource, Verdict

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
_UNRECORDED = frozenset({"image.toolkit.fluxcd.io/v1beta1", "image.toolkit.fluxcd.io/v1beta2"})
"""The API versions in which an ImagePolicy has no lastHandledReconcileAt (until Flux 2.6)."""

HANDLED_WITHIN = timedelta(minutes=5)
"""How long a controller may take to handle a reconcile request."""


def pending_request(resource: Resource) -> str:
    """Return the reconcile request that is not handled yet; empty without one.

    It is the value of an annotation, by convention a time.
    """
    if REQUESTED_AT not in resource.annotations:
        return ""
    requested = text_of(resource.annotations[REQUESTED_AT])
    if requested == resource.status.get("lastHandledReconcileAt"):
        return ""
    return requested if _records_requests(resource) else ""


def _records_requests(resource: Resource) -> bool:
    """Return whether the status of *resource* records which request its controller has handled."""
    if resource.ref.kind == "ImagePolicy" and resource.ref.api_version in _UNRECORDED:
        return False
    return resource.kind.handles_requests and resource.verdict is not Verdict.STATIC


def unhandled_since(resource: Resource, now: datetime) -> datetime | None:
    """Return the time of a reconcile request that is not handled and overdue, or None."""
    request = pending_request(resource)
    at = when(request) if request else None
    return at if at and now - at > HANDLED_WITHIN else None


def request_command(resource: Resource, now: datetime, *more: str) -> Command | None:
    """Return the command that requests a reconciliation of *resource* at *now*.

    *more* are further annotations that it sets to the same time. None if a name is not valid.
    """
    annotations = " ".join(f"{name}={stamp(now)}" for name in (REQUESTED_AT, *more))
    return command(
        f"kubectl annotate --overwrite {resource.kind.resource}/{{name}} -n {{ns}} {annotations}",
        {"name": resource.ref.name, "ns": resource.ref.namespace},
        changes=True,
    )
