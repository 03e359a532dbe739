"""The fault of one object or controller, explained by its state and the controller's message."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.missing import Suggestions, missing_target
from fluxstatus.knowledge import (
    UNKNOWN_FAULT,
    Diagnosis,
    diagnose,
    diagnose_state,
    workload_hints,
)
from fluxstatus.model.kinds import KINDS, OPERATOR, SHARD_KEY, full_name
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.last_attempt import reason_and_message_of
from fluxstatus.state.pods import last_restart
from fluxstatus.state.references import (
    dependency_named,
    health_checked,
    naming,
    needs_of,
    ready_expression,
)
from fluxstatus.state.resource import Resource, Verdict, suspender_of, switch_of
from fluxstatus.state.state import State

_STATUS = re.compile(r"not ready: status (\w+)")
_REMEDIATED = {
    "RollbackSucceeded": "the upgrade was rolled back, so the previous version is running",
    "RollbackFailed": "the rollback to the previous version also failed",
    "UninstallSucceeded": "remediation uninstalled the release, so none of it is running",
    "UninstallFailed": "remediation could not uninstall the release",
    "MissingRollbackTarget": "there is no previous version to roll back to",
}
"""What a reason of Ready or Stalled adds to the failure of a release (HC internal/reconcile)."""

RESTARTED_WITHIN = timedelta(hours=1)
"""A controller that was terminated longer ago has worked since."""

_COMPLETE = frozenset(
    {"upgrade-rolled-back", "rollback-failed", "uninstall-failed", "helm-no-rollback-target"}
)
"""Codes of diagnoses that include the remediation."""

_CODES_OF_PROBLEMS = {
    "scaled-to-zero": "controller-scaled-to-zero",
    "oom": "controller-out-of-memory",
    "crash-loop": "controller-crash-loop",
    "failed": "controller-crash-loop",
    "config": "controller-crash-loop",
    "image-pull": "controller-image-pull",
    "pending": "controller-not-scheduled",
    "not-ready": "controller-not-ready",
}
"""Codes of faults of a controller, by the code of its PodProblem."""


class Fault(NamedTuple):
    """A fault: the unabridged reason and message of the controller, and their diagnosis.

    `missing` is the object that does not exist, if the fault is a reference to it; `unread` is
    the object that it waits for, if that object could not be read.
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
    fields = _fields(state, resource)
    if verdict is Verdict.SUSPENDED:
        reason = message = ""  # they are older than the suspension, and not about it
        by_spec = resource.spec.get("suspend") is True
        code = "suspended" if by_spec else "suspended-by-annotation"
    elif verdict is Verdict.TERMINATING:
        code = "terminating" if is_watched else "terminating-without-controller"
    elif not is_watched:
        code = "shard-without-controller" if SHARD_KEY in resource.labels else "never-reconciled"
    elif missing := missing_target(state, resource, reason, message):
        kind, namespace, name = missing
        meant = suggestions.suggest(missing, resource.ref.key)
        about = {
            "missing_target": f"{kind} {namespace}/{name} does not exist{meant}",
            "target_resource": full_name(kind),
            "referrers": f"{resource.ref} refers",
            "reference": naming(resource, missing),
        }
        diagnosis = diagnose_state("target-missing", resource, {**fields, **about})
        return Fault(diagnosis, reason, message, missing)
    elif not_installed := _not_installed(state, resource, message):
        diagnosis = diagnose_state("component-not-installed", resource, {**fields, **not_installed})
        return Fault(diagnosis, reason, message)
    else:
        return _by_verdict(state, resource, reason, message, fields)
    diagnosis = diagnose_state(code, resource, fields)
    if code == "terminating":
        diagnosis = _with_last_attempt(state, diagnosis, resource, (reason, message), fields)
    return Fault(diagnosis, reason, message)


def _not_installed(state: State, resource: Resource, message: str) -> dict[str, str]:
    """Return the fields about Flux objects that a health check waits for without a controller.

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
        "components": f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'}",
        "component_names": " and ".join(names),
        "deletion": ": no controller removes their finalizers" if going else "",
        "until": ", at least until these objects are gone" if going else "",
        "by_hand": "; to delete them without the controllers, remove their finalizers by hand"
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
    """Return *diagnosis*, of a blocked deletion, with the failure of the last attempt at it."""
    from_before = reason_and_message[0] == resource.reason and resource.ready
    found = diagnose(resource, *reason_and_message, fields, state)
    if from_before or found.code == UNKNOWN_FAULT.code:
        return diagnosis
    told = found.fields()
    left_over = (
        f"; Service {told['hook_ns']}/{told['hook_service']} does not exist, so the webhook is "
        "probably left over from an operator that was uninstalled first"
        if found.code == "admission-unreachable" and "not found" in told.get("detail", "")
        else ""
    )
    return diagnosis.adding(f"its last attempt: {found.why}{left_over}", found.hints)


def fault_of_absence(
    state: State, suggestions: Suggestions, target: Key, referrers: Sequence[Key]
) -> Fault:
    """Return the fault of the missing *target* of several *referrers*."""
    meant = suggestions.suggest(target, referrers[0])
    fields = {
        **state.template_fields,
        "missing_target": f"does not exist{meant}",
        "target_resource": full_name(target[0]),
        "referrers": f"{len(referrers)} objects refer",
        "reference": _fields_naming(state, referrers, target),
    }
    return Fault(diagnose_state("target-missing", None, fields), "", "", target)


def _fields_naming(state: State, referrers: Sequence[Key], target: Key) -> str:
    found = [state.resources[key] for key in referrers if key in state.resources]
    return " or ".join(dict.fromkeys(naming(resource, target) for resource in found))


def fault_of_unread(state: State, target: Key, count: int) -> Fault:
    """Return the fault of *target*, which could not be read, and which *count* objects wait for."""
    about = {"waiting": f"{count} objects are waiting", "target": "it"}
    fields = {**state.template_fields, **about, "target_resource": full_name(target[0])}
    return Fault(diagnose_state("waits-unread", None, fields), "", "", unread=target)


def fault_of_waiting(state: State, resource: Resource) -> Fault:
    """Return the fault of *resource*, which waits for an object without a known fault.

    That object is healthy, is not a Flux object, or could not be read.
    """
    reason, message = reason_and_message_of(state, resource)
    named = dependency_named(resource, message)
    targets = list(needs_of(resource, message))
    targets = [named] if named else [t for t in targets if t[2] in message] or targets
    unread = next((t for t in targets if _is_unread(state, t)), None)
    code, about = _how_it_waits(state, resource, message, named)
    if unread:
        code, about = "waits-unread", {"waiting": "it is waiting", **_target_fields(unread)}
    target = ", ".join(f"{kind} {namespace}/{name}" for kind, namespace, name in targets)
    fields = {"target": target or "something", **_fields(state, resource), **about}
    return Fault(diagnose_state(code, resource, fields), reason, message, unread=unread)


def _how_it_waits(
    state: State, resource: Resource, message: str, named: Key | None
) -> tuple[str, dict[str, str]]:
    """Return the code and the fields of *resource*, which waits for the dependency *named*."""
    if named is None:
        return "waits", {}
    expression, about = ready_expression(resource, named), _target_fields(named)
    if named[0] not in KINDS:
        status = _STATUS.search(message)
        expected = f" according to the expression {expression}" if expression else (
            f" (status {status[1]})" if status else ""
        )  # fmt: skip
        about |= {"target": f"{named[0]} {named[2]}", "expected": expected}
        if not _names_namespace(resource, named):  # it may be cluster-wide
            about |= {"target_resource": "", "target_cluster_resource": full_name(named[0])}
        return "dependency-unready", about
    if expression and "expr" in message.lower():
        return "dependency-expression", {**about, "expression": expression}
    dependency = state.resources.get(named)
    observed = dependency.status.get("observedGeneration") if dependency else None
    if dependency and isinstance(observed, int) and observed != dependency.generation:
        generations = {
            "target_generation": str(dependency.generation),
            "target_observed": str(observed),
        }
        return "dependency-unobserved", {**about, **generations}
    return "waits", about


def _names_namespace(resource: Resource, dependency: Key) -> bool:
    listed = resource.spec.get("dependsOn")
    entries = listed if isinstance(listed, list) else []
    return any(
        entry.get("name") == dependency[2] and bool(entry.get("namespace"))
        for entry in entries
        if isinstance(entry, dict)
    )


def _target_fields(target: Key) -> dict[str, str]:
    kind, namespace, name = target
    return {
        "target": f"{kind} {namespace}/{name}",
        "target_resource": full_name(kind),
        "target_name": name,
        "target_ns": namespace,
    }


def _is_unread(state: State, target: Key) -> bool:
    """Whether *target* could not be read, so it may exist or not."""
    known = target in state.resources or state.known_missing(target)
    return target[0] in KINDS and not known


def _by_verdict(
    state: State, resource: Resource, reason: str, message: str, fields: Mapping[str, str]
) -> Fault:
    codes = {Verdict.NEVER: "never-reconciled", Verdict.OUTDATED: "outdated"}
    code = codes.get(resource.verdict, "")
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
    "ArtifactFailed": "its artifact could not be downloaded",
    "BuildFailed": "its manifests could not be built",
    "ReconciliationFailed": "its manifests could not be applied",
    "HealthCheckFailed": "an object that it applied did not become healthy",
    "PruneFailed": "an object could not be pruned",
}
"""What a failed status in status.history means (KC, FO internal/controller)."""


def _failures(resource: Resource) -> dict[str, str]:
    """Return the fields about the failed attempts of *resource* that status.history has."""
    newest = next(iter(maps_of(resource.status.get("history"))), {})
    status = text_of(newest.get("lastReconciledStatus"))
    how = _STAGES.get(status)
    if how is None:
        return {"failures": "its last attempt failed", "and_objects": "", "pods_ns": ""}
    count, first = newest.get("totalReconciliations"), when(newest.get("firstReconciled"))
    several = isinstance(count, int) and count > 1 and first is not None
    often = f", {count} times since {first:%Y-%m-%d %H:%M} UTC" if several and first else ""
    namespace = text_of(resource.spec.get("targetNamespace")) or resource.ref.namespace
    applied = status == "HealthCheckFailed"
    return {
        "failures": f"{how} ({status} in status.history{often})",
        "and_objects": "; check the pods of the objects that it applied" if applied else "",
        "pods_ns": namespace if applied else "",
    }


def fault_of_component(state: State, component: Component, kinds: str) -> Fault:
    """Return the fault of *component*, which is unavailable and should reconcile *kinds*."""
    problem = component.problem
    code = _CODES_OF_PROBLEMS.get(problem.code if problem else "", "controller-not-ready")
    text = (
        problem.text if problem else f"{component.ready} of {component.wanted} replicas are ready"
    )
    if code == "controller-not-ready" and problem and problem.pod:
        text = f"its pod {text}"
    fields = {"name": component.ref.name, "ns": component.ref.namespace, "kinds": kinds,
              "trouble": text}  # fmt: skip
    diagnosis = diagnose_state(code, None, {**state.template_fields, **fields})
    if code == "controller-not-ready":  # a quota or a policy may reject its pods
        diagnosis = diagnosis.adding(first=workload_hints(text, fields))
    return Fault(diagnosis, code, text)


def fault_of_missing(state: State, name: str, kinds: str) -> Fault:
    """Return the fault of the missing controller *name*."""
    instance = state.instance
    fields = {
        "name": name,
        "ns": instance.ref.namespace if instance else state.namespace,
        "kinds": kinds,
    }
    code = "operator-missing" if name == OPERATOR else "controller-missing"
    return Fault(diagnose_state(code, None, {**state.template_fields, **fields}), "", "")


def fault_of_unserved(state: State, controller: str, kinds: str) -> Fault:
    """Return the fault of *controller*, which reconciles *kinds* whose CRDs are missing."""
    code = "operator-crd-missing" if controller == OPERATOR else "controller-crd-missing"
    fields = {**state.template_fields, "controller": controller, "kinds": kinds}
    return Fault(diagnose_state(code, None, fields), "", "")


def fault_of_images(state: State, instance: Resource, components: Iterable[Component]) -> Fault:
    """Return the fault of *instance*, whose *components* have images that cannot be pulled."""
    found = list(components)
    fields = {
        **_fields(state, instance),
        "names": ", ".join(component.ref.name for component in found),
        "registry": text_of(instance.get("spec", "distribution", "registry")),
    }
    text = "; ".join(component.problem.text for component in found if component.problem)
    return Fault(diagnose_state("instance-images", instance, fields), "ImagePullBackOff", text)


def fault_of_scc(state: State, ref: Ref, components: Iterable[Component]) -> Fault:
    """Return the fault of *components*, whose pods OpenShift rejects."""
    found, instance = list(components), state.instance
    cluster_type = text_of(instance.get("spec", "cluster", "type")) if instance else ""
    said = f": spec.cluster.type of the FluxInstance is {cluster_type or 'not set'}"
    fields = {
        **state.template_fields,
        "ns": ref.namespace,
        "names": ", ".join(component.ref.name for component in found),
        "cluster_type": said if instance and cluster_type != "openshift" else "",
    }
    text = next((component.problem.text for component in found if component.problem), "")
    return Fault(diagnose_state("instance-scc", None, fields), "FailedCreate", text)


def fault_of_deleted_instance(state: State, ref: Ref, missing: Sequence[Ref]) -> Fault:
    """Return the fault of the FluxInstance *ref*, which is gone with the *missing* controllers."""
    hanging = _being_deleted(state)
    noun = "1 object is" if hanging == 1 else f"{hanging} objects are"
    pending = f"; {noun} being deleted, blocked by a finalizer that no controller removes"
    fields = {
        **state.template_fields,
        "ns": ref.namespace,
        "names": ", ".join(sorted(one.name for one in missing)),
        "pending": pending if hanging else "",
    }
    return Fault(diagnose_state("instance-deleted", None, fields), "", "")


def fault_of_namespace(state: State, ref: Ref) -> Fault:
    """Return the fault of the operator *ref*, whose namespace is probably being deleted."""
    count = _being_deleted(state, ref.namespace)
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    return Fault(diagnose_state("operator-namespace-terminating", None, fields), "", "")


def _being_deleted(state: State, namespace: str = "") -> int:
    """Return how many objects are being deleted, in *namespace* or in all."""
    return sum(
        resource.verdict is Verdict.TERMINATING and namespace in ("", resource.ref.namespace)
        for resource in state.resources.values()
    )


def fault_of_unresponsive_controller(state: State, component: Component, count: int) -> Fault:
    """Return the fault of *component*, which is ready and ignores *count* of its objects.

    It may have been terminated again and again, and look ready only at the moment.
    """
    ref = component.ref
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    restarts = [
        one for one in last_restart(component.pods.known)
        if one[3] > 1 and state.now - one[1] < RESTARTED_WITHIN
    ]  # fmt: skip
    if not restarts:
        return Fault(diagnose_state("controller-hangs", None, fields), "", "")
    _, at, how, times = max(restarts, key=lambda one: one[1])
    fields["trouble"] = f"{how}, {times} restarts, last {ago(at, state.now)} ago"
    memory = "OOMKilled" in how
    code = "controller-keeps-running-out-of-memory" if memory else "controller-keeps-restarting"
    return Fault(diagnose_state(code, None, fields), "", "")


def fault_of_running_controller(
    state: State, component: Component, code: str, one: Fault, count: int
) -> Fault:
    """Return the fault of *component*, which runs and fails *count* objects.

    *one* is the fault of one of them.
    """
    ref = component.ref
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    return Fault(diagnose_state(code, None, fields), one.reason, one.message)


def _fields(state: State, resource: Resource) -> dict[str, str]:
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
        "observed": str(observed),
        "finalizers": ", ".join(map(str, finalizers)) if isinstance(finalizers, list) else "",
    }
