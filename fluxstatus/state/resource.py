"""A Flux object, judged: its verdict, and what the verdict rests on.

Plain kstatus is wrong for Flux: an object that fails and retries is "InProgress" there. The
verdict follows the order in which Flux itself writes conditions (fluxcd/pkg
runtime/conditions/setter.go, apis/meta/conditions.go).

Fields are read with plain paths, not with JMESPath as elsewhere: there may be ten thousand
objects, and an expression costs fifteen times as much as a path.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fluxstatus.base.durations import seconds, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import Kind
from fluxstatus.model.ref import Ref

YOUNG = timedelta(minutes=2)
"""How long after its creation an object may still be finding its sources and dependencies."""

HANDLED_WITHIN = timedelta(minutes=5)
"""How long a controller may take to see a request to reconcile."""

_HANDLES_NO_REQUEST = frozenset({"ExternalArtifact", "ImagePolicy"})
"""Kinds whose status has no lastHandledReconcileAt (SC api/v1, IRC api/v1beta2)."""

SUSPEND_ANNOTATIONS = (
    "fluxcd.controlplane.io/reconcile",
    "source.extensions.fluxcd.io/reconcile",
)
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


class Verdict(StrEnum):
    """How an object stands."""

    READY = "ready"
    STATIC = "static"  # has no status; judged by what it refers to
    STARTING = "starting"  # young, and not reconciled yet
    RECONCILING = "reconciling"  # at work, within its time
    SUSPENDED = "suspended"
    NEVER = "never reconciled"
    OUTDATED = "outdated"  # what it says is about an older spec
    STUCK = "stuck"  # at work for longer than its timeout
    FAILED = "failed"  # fails and is tried again
    STALLED = "stalled"  # fails and is not tried again until something changes
    TERMINATING = "terminating"  # deleted, and not gone


HEALTHY = frozenset({Verdict.READY, Verdict.STATIC})
IN_PROGRESS = frozenset({Verdict.STARTING, Verdict.RECONCILING})
BROKEN = frozenset(Verdict) - HEALTHY - IN_PROGRESS - {Verdict.SUSPENDED}


def switch_of(kind: str) -> str:
    """Return the annotation that switches the reconciliation of an object of *kind* on and off."""
    return SUSPEND_ANNOTATIONS[kind == "ArtifactGenerator"]


class Resource:
    """A Flux object, judged.

    `verdict`, `reason`, `message` and `since` say how it stands; `retrying` that an attempt has
    failed before even if the condition no longer says so (each retry wipes Ready).
    """

    __slots__ = (
        "_metadata", "annotations", "conditions", "generation", "kind", "labels",
        "message", "object", "reason", "ref", "retrying", "since", "spec", "status", "verdict",
    )  # fmt: skip

    def __init__(self, kind: Kind, item: Object, now: datetime) -> None:
        """Judge *item*, an object of *kind*, as of *now*."""
        self.kind = kind
        self.object = item
        metadata = self._metadata = map_of(item.get("metadata"))
        self.spec, self.status = map_of(item.get("spec")), map_of(item.get("status"))
        self.ref = Ref(
            text_of(item.get("apiVersion")), kind.name,
            text_of(metadata.get("namespace")), text_of(metadata.get("name")),
        )  # fmt: skip
        self.labels = map_of(metadata.get("labels"))
        self.annotations = map_of(metadata.get("annotations"))
        self.generation = metadata.get("generation")
        self.conditions = {
            text_of(c.get("type")): c for c in maps_of(self.status.get("conditions"))
        }
        history = next(iter(maps_of(self.status.get("history"))), {})
        last = text_of(history.get("lastReconciledStatus") or history.get("status"))
        self.retrying = (
            last.lower().endswith("failed")
            or self.condition("Reconciling").get("reason") == "ProgressingWithRetry"
            or self.condition("Released").get("status") == "False"
        )
        self.reason = self.message = ""
        self.since: datetime | None = None
        self.verdict = self._judge(now)

    def condition(self, name: str) -> dict[str, Any]:
        """Return the condition of type *name*, or an empty one."""
        return self.conditions.get(name, {})

    def get(self, *path: str) -> Any:
        """Return the value at *path* in the object, or None where the path ends early."""
        value: Any = self.object
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def created(self) -> datetime | None:
        """When it was created, None when it does not say."""
        return when(self._metadata.get("creationTimestamp"))

    @property
    def ready(self) -> bool:
        """Whether its last word was Ready=True, whatever else holds."""
        return self.condition("Ready").get("status") == "True"

    @property
    def suspended(self) -> bool:
        """Whether it is told not to reconcile, by its spec or by an annotation.

        What was made with the annotation is Ready=True, and nothing of it was ever applied.
        """
        return (
            self.spec.get("suspend") is True
            or "disabled" in map(self.annotations.get, SUSPEND_ANNOTATIONS)
            or self.condition("Ready").get("reason") == "ReconciliationDisabled"
        )

    def timeout(self) -> float:
        """How long one reconciliation may take, in seconds."""
        own = self.annotations.get("fluxcd.controlplane.io/reconcileTimeout")
        if self.kind.name == "Kustomization":  # defaults to the interval (KC api/v1)
            return seconds(self.spec.get("timeout") or self.spec.get("interval"), 600)
        return seconds(own or self.spec.get("timeout"), self.kind.timeout)

    def age(self, now: datetime) -> timedelta:
        """How long it has existed; a very long time when it does not say."""
        created = self.created
        return now - created if created else timedelta.max

    def _judge(self, now: datetime) -> Verdict:
        ready = self.condition("Ready")
        self._say(ready)
        if self._metadata.get("deletionTimestamp") is not None:
            self.since = when(self._metadata["deletionTimestamp"])
            return Verdict.TERMINATING
        if self.suspended:
            self.since = when(self._metadata.get("suspendedAt"))
            return Verdict.SUSPENDED
        oci = self.kind.name == "HelmRepository" and self.spec.get("type") == "oci"
        if self.kind.static or oci:
            return Verdict.STATIC
        if not ready:
            return self._judge_without_ready(now)
        observed = ready.get("observedGeneration")
        if isinstance(observed, int) and observed != self.generation:
            self.since = when(self._metadata.get("changedAt"))
            recent = self.since is not None and now - self.since < YOUNG
            return Verdict.RECONCILING if recent else Verdict.OUTDATED
        return self._judge_ready(ready, now)

    def _judge_without_ready(self, now: datetime) -> Verdict:
        if self.kind.name == "ExternalArtifact" and self.get("status", "artifact", "revision"):
            return Verdict.READY  # a third-party controller may set no condition
        self.since = self.created
        changed = when(self._metadata.get("changedAt")) or self.created
        young = changed is not None and now - changed < YOUNG
        return Verdict.STARTING if young else Verdict.NEVER

    def _judge_ready(self, ready: dict[str, Any], now: datetime) -> Verdict:
        stalled = self.condition("Stalled")
        if stalled.get("status") == "True":
            return Verdict.STALLED
        status = ready.get("status")
        if status == "True":
            return Verdict.READY
        if status == "False":
            return Verdict.FAILED
        limit = timedelta(seconds=self.timeout()) + YOUNG
        stuck = self.since is not None and now - self.since > limit
        return Verdict.STUCK if stuck else Verdict.RECONCILING

    def _say(self, condition: dict[str, Any]) -> None:
        self.reason = text_of(condition.get("reason"))
        self.message = text_of(condition.get("message")).strip()
        self.since = when(condition.get("lastTransitionTime"))


def unhandled_since(resource: Resource, now: datetime) -> datetime | None:
    """Return when *resource* was asked to reconcile, where that has not been done for too long."""
    asked = text_of(resource.annotations.get(REQUESTED_AT))
    at = when(asked)
    if at is None or asked == resource.status.get("lastHandledReconcileAt"):
        return None
    deaf = resource.ref.kind in _HANDLES_NO_REQUEST or resource.verdict is Verdict.STATIC
    return None if deaf or now - at <= HANDLED_WITHIN else at
