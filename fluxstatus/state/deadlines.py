"""How long one attempt at an object may take, before it counts as stuck.

A HelmRelease has a timeout for each action (helm-controller api/v2), and its controller writes the
one of the running action into the message. A Kustomization does the same for each stage of its
attempt.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fluxstatus.base.durations import parse_duration, seconds, when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.late_pattern import late_pattern

if TYPE_CHECKING:
    from fluxstatus.state.resource import Resource

MARGIN = timedelta(minutes=2)
"""The time that a controller may take beyond the timeout, for its queue, its writes and clock
skew."""

_TIMEOUT_ANNOTATION = "fluxcd.controlplane.io/reconcileTimeout"
_TIMEOUT_IN_MESSAGE = late_pattern(r"\bwith (?:a )?timeout of ([\d.hms]+)")
"""The timeout in the message of a running attempt (helm-controller atomic_release.go,
kustomize-controller reconcile)."""

_ACTIONS = ("install", "upgrade", "test", "rollback")
"""The actions of a HelmRelease that is not being deleted. Which one comes next is unknown."""

_OF_INTERVAL = {"Kustomization": (30.0, 30.0), "ImageRepository": (0.0, 1.0)}
"""Kinds whose timeout defaults to their interval: the seconds to subtract, and the minimum in
seconds.

Upstream: GetTimeout in kustomize-controller api/v1 and image-reflector-controller api/v1.
"""


def timeout_of(resource: "Resource", *, deleted: bool = False) -> timedelta:
    """Return how long one attempt at *resource* may take, or at its deletion if it is *deleted*.

    The timeout that the controller has written about a running attempt counts first.
    """
    reported = _reported_timeout(resource)
    return timedelta(
        seconds=reported if reported is not None else _of_spec(resource, deleted=deleted)
    )


def is_within(resource: "Resource", began: datetime | None, now: datetime) -> bool:
    """Return whether an attempt at *resource* that *began* then may still succeed."""
    began = max(filter(None, (began, _progressed_at(resource))), default=None)
    return began is None or abs(now - began) <= timeout_of(resource) + MARGIN


def is_deletion_within(resource: "Resource", now: datetime) -> bool:
    """Return whether the deletion of *resource* may still succeed without help."""
    began = max(filter(None, (resource.since, _progressed_at(resource))), default=None)
    return began is not None and abs(now - began) <= timeout_of(resource, deleted=True) + MARGIN


def _reported_timeout(resource: "Resource") -> float | None:
    """Return the seconds in the message of a running attempt, or None."""
    if resource.condition("Ready").get("status") != "Unknown":
        return None
    for name in ("Reconciling", "Ready"):
        found = _TIMEOUT_IN_MESSAGE.search(text_of(resource.condition(name).get("message")))
        if found and (reported := parse_duration(found[1])) is not None:
            return reported
    return None


def _progressed_at(resource: "Resource") -> datetime | None:
    """Return when the running attempt began its current stage, or None."""
    if resource.condition("Ready").get("status") != "Unknown":
        return None
    reconciling = resource.condition("Reconciling")
    running = reconciling.get("status") == "True"
    return when(reconciling.get("lastTransitionTime")) if running else None


def _of_spec(resource: "Resource", *, deleted: bool) -> float:
    spec, default = resource.spec, resource.kind.timeout
    if resource.kind.name in _OF_INTERVAL:
        less, least = _OF_INTERVAL[resource.kind.name]
        of_interval = seconds(spec.get("interval"), default + less) - less
        return max(seconds(spec.get("timeout"), of_interval), least)
    general = seconds(resource.annotations.get(_TIMEOUT_ANNOTATION) or spec.get("timeout"), default)
    if resource.kind.name != "HelmRelease":
        return general
    actions = ("uninstall",) if deleted else _ACTIONS
    return max(_of_action(spec, action, general) for action in actions)


def _of_action(spec: Mapping[str, Any], action: str, general: float) -> float:
    return seconds(map_of(spec.get(action)).get("timeout"), general)
