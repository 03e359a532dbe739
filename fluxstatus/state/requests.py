"""Requests to reconcile an object: annotations that its controller handles once."""

from datetime import datetime, timedelta

from fluxstatus.base.durations import stamp, when
from fluxstatus.base.fields import text_of
from fluxstatus.model.hints import Command, kubectl
from fluxstatus.state.resource import Resource, Verdict

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
HANDLED_WITHIN = timedelta(minutes=5)
"""How long a controller may take to handle a reconcile request."""


def pending_request(resource: Resource) -> str:
    """Return the reconcile request that is not handled yet; empty without one.

    It is the value of an annotation, by convention a time. Some kinds handle no requests.
    """
    requested = text_of(resource.annotations.get(REQUESTED_AT))
    if requested == resource.status.get("lastHandledReconcileAt"):
        return ""
    handles = resource.kind.handles_requests and resource.verdict is not Verdict.STATIC
    return requested if handles else ""


def unhandled_since(resource: Resource, now: datetime) -> datetime | None:
    """Return the time of a reconcile request that is not handled and overdue, or None."""
    at = when(pending_request(resource))
    return at if at and now - at > HANDLED_WITHIN else None


def request_command(resource: Resource, now: datetime, *more: str) -> Command:
    """Return the command that requests a reconciliation of *resource* at *now*.

    *more* are further annotations that it sets to the same time.
    """
    annotations = (f"{name}={stamp(now)}" for name in (REQUESTED_AT, *more))
    return kubectl(
        "annotate", "--overwrite", resource.kind.resource, resource.ref.name,
        "-n", resource.ref.namespace, *annotations,
        changes=True,
    )  # fmt: skip
