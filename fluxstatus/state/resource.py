"""A Flux object with its verdict.

Plain kstatus is wrong for Flux: an object that fails and retries is "InProgress" there. The
verdict follows the order in which Flux writes conditions (fluxcd/pkg runtime/conditions/setter.go,
apis/meta/conditions.go).

Fields are read with plain paths, unlike elsewhere with JMESPath: there may be ten thousand
objects, and an expression takes fifteen times as long as a path.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.plurals import noun_for
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import OPERATOR, SUSPEND_ANNOTATIONS, Kind
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deadlines import is_within

YOUNG = timedelta(minutes=2)
"""A younger object may still be waiting for its sources and dependencies."""


class Verdict(StrEnum):
    """The status of an object."""

    READY = "ready"
    STATIC = "static"  # has no status; only its references are checked
    STARTING = "starting"  # young, and not reconciled yet
    RECONCILING = "reconciling"  # in progress, within its timeout
    SUSPENDED = "suspended"
    NEVER = "never reconciled"
    OUTDATED = "outdated"  # its status is about an older spec
    STUCK = "stuck"  # in progress for longer than its timeout
    FAILED = "failed"  # fails and is retried
    STALLED = "stalled"  # fails and is not retried until something changes
    TERMINATING = "terminating"  # deleted, and still there


HEALTHY = frozenset({Verdict.READY, Verdict.STATIC})
IN_PROGRESS = frozenset({Verdict.STARTING, Verdict.RECONCILING})
BROKEN = frozenset(Verdict) - HEALTHY - IN_PROGRESS - {Verdict.SUSPENDED}


def switch_of(kind: str) -> str:
    """Return the annotation that suspends and resumes an object of *kind*."""
    return SUSPEND_ANNOTATIONS[kind == "ArtifactGenerator"]


_APPLIERS = frozenset({"kustomize-controller", "helm-controller"})
"""Field managers of fields that a manifest sets (kustomize-controller and helm-controller,
main.go)."""


def suspender_of(resource: "Resource") -> str:
    """Return who suspended *resource*, empty if unknown.

    This is the user of the operator's web UI, or else the field managers of spec.suspend or of the
    annotation. Those are programs, such as kubectl-patch; a controller that applies manifests only
    passes it on.
    """
    if user := text_of(resource.annotations.get("fluxcd.controlplane.io/suspendedBy")):
        return user
    found = resource.get("metadata", "suspendedBy")
    managers = list(map(text_of, found)) if isinstance(found, list) else []
    if not (resource.is_switched_off and any(managers)):
        return ""
    for applier in sorted(_APPLIERS.intersection(managers)):
        return f"a manifest that {applier} applies"
    return f"{noun_for(len(managers), 'field manager')} {' and '.join(managers)}"


class Resource:
    """A Flux object with its status.

    `verdict`, `reason`, `message` and `since` are its status, and `key` is that of `ref`. `source`
    is what `source_of` (references.py) has found, None before.
    """

    __slots__ = (
        "_metadata", "annotations", "conditions", "generation", "key", "kind", "labels",
        "message", "object", "reason", "ref", "since", "source", "spec", "status", "verdict",
    )  # fmt: skip

    def __init__(self, kind: Kind, item: Object, now: datetime) -> None:
        """Determine the verdict of *item*, an object of *kind*, at *now*."""
        self.kind = kind
        self.object = item
        metadata = self._metadata = map_of(item.get("metadata"))
        self.spec, self.status = map_of(item.get("spec")), map_of(item.get("status"))
        key = kind.name, text_of(metadata.get("namespace")), text_of(metadata.get("name"))
        self.ref, self.key = Ref(text_of(item.get("apiVersion")), *key), key
        self.labels = map_of(metadata.get("labels"))
        self.annotations = map_of(metadata.get("annotations"))
        self.generation = metadata.get("generation")
        conditions = maps_of(self.status.get("conditions"))
        self.conditions = {text_of(one.get("type")): one for one in conditions}
        self.reason = self.message = ""
        self.since: datetime | None = None
        self.source: tuple[Key | None] | None = None
        self.verdict = self._verdict_of(now)

    def condition(self, name: str) -> dict[str, Any]:
        """Return the condition of type *name*, empty without one."""
        return self.conditions.get(name, {})

    @property
    def written_as(self) -> Any:
        """The API versions that its spec was written in beside its own (see pruning.py)."""
        return self._metadata.get("writtenAs")

    @property
    def retrying(self) -> bool:
        """Whether the attempt before failed, also if Ready does not say so: a retry resets it."""
        history = next(iter(maps_of(self.status.get("history"))), {})
        last = text_of(history.get("lastReconciledStatus") or history.get("status"))
        return (
            (last.lower().endswith("failed") and not self.is_of_older_spec(_time_of(history)))
            or self.condition("Reconciling").get("reason") == "ProgressingWithRetry"
            or (self.condition("Released").get("status") == "False" and self.is_current("Released"))
        )

    @property
    def changed(self) -> datetime | None:
        """When its spec was last written, None if unknown."""
        return when(self._metadata.get("changedAt"))

    def is_of_older_spec(self, at: datetime | None) -> bool:
        """Return whether its spec has changed since *at*."""
        return at is not None and self.changed is not None and at < self.changed

    def is_current(self, name: str) -> bool:
        """Return whether the condition *name* is about the current spec, as far as is known."""
        observed = self.condition(name).get("observedGeneration")
        return not isinstance(observed, int) or observed == self.generation

    def get(self, *path: str) -> Any:
        """Return the value at *path* in the object, or None where the path ends early."""
        value: Any = self.object
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def created(self) -> datetime | None:
        """When it was created, None if unknown."""
        return when(self._metadata.get("creationTimestamp"))

    @property
    def ready(self) -> bool:
        """Whether its condition Ready is True, regardless of the verdict."""
        return self.condition("Ready").get("status") == "True"

    @property
    def suspended(self) -> bool:
        """Whether it is suspended, by its spec or by the annotation for its kind.

        An object that was created with the annotation is Ready, although it was never applied.
        """
        return self.is_switched_off or (
            self.condition("Ready").get("reason") == "ReconciliationDisabled"
        )

    @property
    def is_switched_off(self) -> bool:
        """Whether its spec or an annotation suspends it, whatever its conditions say."""
        if not self.annotations:  # as most
            return self.spec.get("suspend") is True
        return self.spec.get("suspend") is True or (
            self._has_switch and self._is_off(switch_of(self.kind.name))
        )

    @property
    def _has_switch(self) -> bool:
        """Whether an annotation suspends objects of this kind; others have spec.suspend."""
        return self.kind.controller == OPERATOR or self.kind.name == "ArtifactGenerator"

    @property
    def frozen(self) -> bool:
        """Whether an annotation keeps the Flux Operator from applying a ResourceSet to it.

        Its own controller reconciles it (flux-operator resourceset_controller.go ExclusionSelector,
        from 0.59 on); an object of the operator's kinds is suspended instead.
        """
        return not self._has_switch and self._is_off(SUSPEND_ANNOTATIONS[0])

    def _is_off(self, annotation: str) -> bool:
        """Return whether *annotation* is disabled; its controllers ignore the case.

        Upstream: flux-operator, source-watcher IsDisabled.
        """
        value = self.annotations.get(annotation)
        return value is not None and text_of(value).lower() == "disabled"

    def _verdict_of(self, now: datetime) -> Verdict:
        ready = self.condition("Ready")
        self._read_condition(ready)
        if self._metadata.get("deletionTimestamp") is not None:
            self.since = when(self._metadata["deletionTimestamp"])
            return Verdict.TERMINATING
        if self.suspended:
            self.since = when(self._metadata.get("suspendedAt"))
            return Verdict.SUSPENDED
        oci = self.kind.name == "HelmRepository" and self.spec.get("type") == "oci"
        failed = bool(ready) and ready.get("status") == "False"  # by Flux 2.2 and older
        if self.kind.static or (oci and not failed):
            return Verdict.STATIC
        if not ready:
            return self._verdict_without_ready(now)
        observed = ready.get("observedGeneration")
        if isinstance(observed, int) and observed != self.generation:
            began, self.since = self.since, self.changed
            recent = is_recent(self.since, now)
            busy = ready.get("status") == "Unknown" and is_within(self, began, now)
            return Verdict.RECONCILING if recent or busy else Verdict.OUTDATED
        return self._verdict_of_ready(ready, now)

    def _verdict_without_ready(self, now: datetime) -> Verdict:
        if self.kind.name == "ExternalArtifact" and self.get("status", "artifact", "revision"):
            return Verdict.READY  # a third-party controller may set no condition
        self.since = self.created
        young = is_recent(self.changed or self.created, now)
        return Verdict.STARTING if young else Verdict.NEVER

    def _verdict_of_ready(self, ready: dict[str, Any], now: datetime) -> Verdict:
        stalled = self.condition("Stalled")
        status = ready.get("status")
        if stalled.get("status") == "True":
            if status != "False":  # then only Stalled tells what is wrong
                self._read_condition(stalled)
            return Verdict.STALLED
        if status == "True":
            return Verdict.READY
        if status == "False":
            return Verdict.FAILED
        return Verdict.RECONCILING if is_within(self, self.since, now) else Verdict.STUCK

    def _read_condition(self, condition: dict[str, Any]) -> None:
        self.reason = text_of(condition.get("reason"))
        self.message = text_of(condition.get("message")).strip()
        self.since = when(condition.get("lastTransitionTime"))


def _time_of(entry: Mapping[str, Any]) -> datetime | None:
    """Return when the attempt in *entry*, of a status.history, ended or began (a Helm release)."""
    return when(entry.get("lastReconciled") or entry.get("lastDeployed"))


def is_recent(at: datetime | None, now: datetime) -> bool:
    """Return whether *at* was a few moments before *now*.

    It may be after *now* by as much, since the clocks of two machines differ, but a time in the
    distant future says nothing: anybody may have written it.
    """
    return at is not None and abs(now - at) < YOUNG


def target_namespace(item: Object) -> str:
    """Return the namespace that *item*, a HelmRelease or Kustomization, applies to by default.

    Upstream: helm-controller api/v2 GetReleaseNamespace.
    """
    return text_of(map_of(item.get("spec")).get("targetNamespace")) or Ref.of(item).namespace


def release_name(resource: Resource) -> str:
    """Return the name of the Helm release of *resource* (helm-controller api/v2 GetReleaseName)."""
    latest = next(iter(maps_of(resource.status.get("history"))), {})
    target = text_of(resource.spec.get("targetNamespace"))
    return (
        text_of(latest.get("name"))
        or text_of(resource.spec.get("releaseName"))
        or "-".join(filter(None, (target, resource.ref.name)))
    )
