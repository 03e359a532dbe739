"""The fault of one object, explained by its state and the controller's message."""

from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.missing import Suggestions, missing_target
from fluxstatus.knowledge import diagnose, diagnose_state
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT
from fluxstatus.model.kinds import KINDS, OPERATOR, SHARD_KEY, full_name
from fluxstatus.model.ref import Key
from fluxstatus.state.last_attempt import is_failed_retry, reason_and_message_of
from fluxstatus.state.liveness import is_untouched
from fluxstatus.state.references import health_checked, naming
from fluxstatus.state.resource import (
    Resource,
    Verdict,
    suspender_of,
    switch_of,
    target_namespace,
)
from fluxstatus.state.state import State

_REMEDIATED = {
    "RollbackSucceeded": "the upgrade was rolled back, so the previous version is running",
    "RollbackFailed": "the rollback to the previous version also failed",
    "UninstallSucceeded": "remediation uninstalled the release, so none of its objects are running",
    "UninstallFailed": "remediation could not uninstall the release",
    "MissingRollbackTarget": "there is no previous version to roll back to",
}
"""The result of remediation, by the reason of Ready or Stalled (helm-controller)."""

_COMPLETE = frozenset(
    {"upgrade-rolled-back", "rollback-failed", "uninstall-failed", "helm-no-rollback-target"}
)
"""Codes of diagnoses that already mention the remediation."""


class Fault(NamedTuple):
    """A fault: the unabridged reason and message of the controller, and their diagnosis.

    `missing` is the referenced object, if it does not exist; `unread` is the object that is waited
    for, if it could not be read.
    """

    diagnosis: Diagnosis
    reason: str
    message: str
    missing: Key | None = None
    unread: Key | None = None


def fault_of(
    state: State, suggestions: Suggestions, resource: Resource, *, is_watched: bool
) -> Fault:
    """Return the fault of *resource*, which is not healthy.

    *is_watched* is whether a controller was found that reconciles it.
    """
    reason, message = reason_and_message_of(state, resource)
    verdict = resource.verdict
    fields = object_fields(state, resource)
    if verdict is Verdict.SUSPENDED:
        reason = message = ""  # they are older than the suspension, and not about it
        by_spec = resource.spec.get("suspend") is True
        code = "suspended" if by_spec else "suspended-by-annotation"
    elif verdict is Verdict.TERMINATING:
        code = "terminating" if is_watched else "terminating-without-controller"
    elif not is_watched:
        code = "shard-without-controller" if SHARD_KEY in resource.labels else "never-reconciled"
    elif missing := missing_target(state, resource, reason, message):
        return _fault_of_missing(suggestions, resource, missing, (reason, message), fields)
    elif not_installed := _not_installed(state, resource, message):
        diagnosis = diagnose_state("component-not-installed", resource, {**fields, **not_installed})
        return Fault(diagnosis, reason, message)
    else:
        return _by_verdict(state, resource, reason, message, fields)
    diagnosis = diagnose_state(code, resource, fields)
    if code == "terminating":
        diagnosis = _with_last_attempt(state, diagnosis, resource, (reason, message), fields)
    return Fault(diagnosis, reason, message)


def _fault_of_missing(
    suggestions: Suggestions,
    resource: Resource,
    missing: Key,
    reason_and_message: tuple[str, str],
    fields: Mapping[str, str],
) -> Fault:
    """Return the fault of *resource*, whose reference is to an object that is *missing*.

    A dependency on another kind is a fault of its own, because the object waits forever: a
    HelmRelease can only depend on HelmReleases, and a Kustomization on Kustomizations
    (helm-controller and kustomize-controller api, spec.dependsOn).
    """
    kind, namespace, name = missing
    reference = naming(resource, missing)
    other = suggestions.of_another_kind(missing)
    if other and reference == "spec.dependsOn" and kind == resource.ref.kind:
        about = {"wrong_target": f"{kind} {namespace}/{name}", "other_kind": other}
        diagnosis = diagnose_state("dependency-wrong-kind", resource, {**fields, **about})
        return Fault(diagnosis, *reason_and_message, missing)
    about = {
        "missing_target": f"{kind} {namespace}/{name} does not exist"
        f"{suggestions.suggest(missing, resource.ref.key)}",
        "target_resource": full_name(kind),
        "referrers": f"{resource.ref} refers",
        "reference": reference,
    }
    diagnosis = diagnose_state("target-missing", resource, {**fields, **about})
    return Fault(diagnosis, *reason_and_message, missing)


def _not_installed(state: State, resource: Resource, message: str) -> dict[str, str]:
    """Return the fields about awaited Flux objects whose controllers are not installed.

    The result is empty if there are none.
    """
    if not state.controllers_read or not state.components:
        return {}
    found = {component.name for component in state.components}
    waited = [
        one
        for one in health_checked(resource, message)
        if one.kind in KINDS and one.status != "NotFound" and not KINDS[one.kind].static
        and KINDS[one.kind].controller not in {*found, OPERATOR}
    ]  # fmt: skip
    if not waited:
        return {}
    first = waited[0]
    more = f" and {len(waited) - 1} more" if len(waited) > 1 else ""
    names = sorted({KINDS[one.kind].controller for one in waited})
    going = first.status == "Terminating"
    state_of = "being deleted" if going else "not reconciled"
    verb = "are" if more else "is"
    return {
        "objects": f"{first.kind} {first.namespace}/{first.name}{more} {verb} {state_of}",
        "components": f"{'but' if going else 'because'} {' and '.join(names)}"
        f" {'are' if len(names) > 1 else 'is'}",
        "component_names": " and ".join(names),
        "deletion": ", so no controller removes the finalizers" if going else "",
        "until": ", at least until these objects are gone" if going else "",
        "by_hand": "; to delete the objects while these controllers are not installed, remove the "
        "finalizers manually"
        if going
        else "",
    }


def _with_last_attempt(
    state: State,
    diagnosis: Diagnosis,
    resource: Resource,
    reason_and_message: tuple[str, str],
    fields: Mapping[str, str],
) -> Diagnosis:
    """Return *diagnosis* of a blocked deletion, with the failure of its last attempt."""
    from_before = reason_and_message[0] == resource.reason and resource.ready
    found = diagnose(resource, *reason_and_message, fields, state)
    if from_before or found.code == UNKNOWN_FAULT.code:
        return diagnosis
    told = found.fields()
    left_over = (
        f"; Service {told['hook_ns']}/{told['hook_service']} does not exist, so the webhook is "
        f"probably left over from an uninstalled operator"
        if found.code == "admission-unreachable" and "not found" in told.get("detail", "")
        else ""
    )
    return diagnosis.adding(
        f"the last attempt failed: {found.why}{left_over}", found.hints, quote=found.headline
    )


def _by_verdict(
    state: State, resource: Resource, reason: str, message: str, fields: Mapping[str, str]
) -> Fault:
    codes = {Verdict.NEVER: "never-reconciled", Verdict.OUTDATED: "outdated"}
    code = codes.get(resource.verdict, "")
    if is_untouched(resource) and not is_failed_retry(state, resource):
        code = "never-reconciled" if resource.verdict is Verdict.STARTING else "outdated"
    if not code and resource.verdict in (Verdict.STUCK, Verdict.RECONCILING):
        progressing = not message or message == resource.message
        stuck = "stuck" if resource.verdict is Verdict.STUCK else "attempt-failed"
        code = stuck if progressing else ""
    if code == "attempt-failed":
        fields = {**fields, **_failures(resource)}
    if code:
        return Fault(diagnose_state(code, resource, fields), reason, message)
    diagnosis = diagnose(resource, reason, message, fields, state)
    if diagnosis.code in _COMPLETE:
        return Fault(diagnosis, reason, message)
    for known in dict.fromkeys((resource.reason, resource.condition("Stalled").get("reason"))):
        if added := _REMEDIATED.get(text_of(known)):
            diagnosis = diagnosis.adding(added)
    return Fault(diagnosis, reason, message)


_STAGES = {
    "ArtifactFailed": "the artifact could not be downloaded",
    "BuildFailed": "the manifests could not be built",
    "ReconciliationFailed": "the manifests could not be applied",
    "HealthCheckFailed": "an applied object did not become healthy",
    "PruneFailed": "an object could not be pruned",
}
"""The meaning of failed statuses in status.history (kustomize-controller, flux-operator)."""


def _failures(resource: Resource) -> dict[str, str]:
    """Return the fields about the failed attempts of *resource* in status.history."""
    newest = next(iter(maps_of(resource.status.get("history"))), {})
    status = text_of(newest.get("lastReconciledStatus"))
    how = _STAGES.get(status)
    if how is None:
        return {"failures": "the last attempt failed", "and_objects": "", "pods_ns": ""}
    count, first = newest.get("totalReconciliations"), when(newest.get("firstReconciled"))
    several = isinstance(count, int) and count > 1 and first is not None
    often = f", {count} times since {first:%Y-%m-%d %H:%M} UTC" if several and first else ""
    applied = status == "HealthCheckFailed"
    return {
        "failures": f"{how} ({status} in status.history{often})",
        "and_objects": "; check the pods of the applied objects" if applied else "",
        "pods_ns": target_namespace(resource.object) if applied else "",
    }


def object_fields(state: State, resource: Resource) -> dict[str, str]:
    """Return the fields of *resource* and of the cluster for the templates of sentences."""
    observed = resource.condition("Ready").get("observedGeneration")
    if observed is None:
        observed = resource.status.get("observedGeneration")
    finalizers = resource.get("metadata", "finalizers")
    return {
        **state.template_fields,
        "controller": resource.kind.controller,
        "shard": text_of(resource.labels.get(SHARD_KEY)),
        "switch": switch_of(resource.kind.name),
        "suspended_by": f" by {suspender}" if (suspender := suspender_of(resource)) else "",
        "generation": str(resource.generation),
        "observed": "not set" if observed is None else str(observed),
        "finalizers": ", ".join(map(str, finalizers)) if isinstance(finalizers, list) else "",
    }
