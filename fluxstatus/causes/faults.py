"""The fault of one object or controller, explained by its state and the controller's message."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fluxstatus.base.fields import text_of
from fluxstatus.causes.missing import Suggestions, missing_target
from fluxstatus.knowledge import (
    UNKNOWN_FAULT,
    Diagnosis,
    diagnose,
    diagnose_state,
    workload_hints,
)
from fluxstatus.model.kinds import KINDS, OPERATOR, SHARD_KEY, full_name
from fluxstatus.model.ref import Key
from fluxstatus.state.deployments import Component
from fluxstatus.state.last_attempt import reason_and_message_of
from fluxstatus.state.references import (
    dependency_named,
    naming,
    needs_of,
    ready_expression,
)
from fluxstatus.state.resource import Resource, Verdict, switch_of
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
    else:
        return _by_verdict(state, resource, reason, message, fields)
    diagnosis = diagnose_state(code, resource, fields)
    if code == "terminating":
        diagnosis = _with_last_attempt(state, diagnosis, resource, (reason, message), fields)
    return Fault(diagnosis, reason, message)


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
    return diagnosis.adding(f"its last attempt: {found.why}", found.hints)


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
    code, about = _how_it_waits(resource, message, named)
    if unread:
        code, about = "waits-unread", {"waiting": "it is waiting", **_target_fields(unread)}
    target = ", ".join(f"{kind} {namespace}/{name}" for kind, namespace, name in targets)
    fields = {"target": target or "something", **_fields(state, resource), **about}
    return Fault(diagnose_state(code, resource, fields), reason, message, unread=unread)


def _how_it_waits(
    resource: Resource, message: str, named: Key | None
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
    if code:
        return Fault(diagnose_state(code, resource, fields), reason, message)
    diagnosis = diagnose(resource, reason, message, fields, state)
    if diagnosis.code in _COMPLETE:
        return Fault(diagnosis, reason, message)
    for known in dict.fromkeys((resource.reason, resource.condition("Stalled").get("reason"))):
        if added := _REMEDIATED.get(text_of(known)):
            diagnosis = diagnosis.adding(added)
    return Fault(diagnosis, reason, message)


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


def fault_of_unresponsive_controller(state: State, component: Component, count: int) -> Fault:
    """Return the fault of *component*, which is ready and ignores *count* of its objects."""
    ref = component.ref
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    return Fault(diagnose_state("controller-hangs", None, fields), "", "")


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
        "generation": str(resource.generation),
        "observed": str(observed),
        "finalizers": ", ".join(map(str, finalizers)) if isinstance(finalizers, list) else "",
    }
