"""The faults of references to objects that are missing, unread or have no known fault."""

from collections.abc import Sequence

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.causes.faults import Fault, object_fields
from fluxstatus.causes.missing import Suggestions
from fluxstatus.knowledge import diagnose_state
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Key
from fluxstatus.state.last_attempt import reason_and_message_of
from fluxstatus.state.references import dependency_named, naming, needs_of, ready_expression
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_STATUS = late_pattern(r"not ready: status (\w+)")


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
    """Return the fault of *target*, which could not be read and which *count* objects wait for."""
    about = {"waiting": f"{count} objects are waiting", "target": "this object"}
    fields = {**state.template_fields, **about, "target_resource": full_name(target[0])}
    return Fault(diagnose_state("waits-unread", None, fields), "", "", unread=target)


def fault_of_waiting(state: State, resource: Resource) -> Fault:
    """Return the fault of *resource*, which waits for an object without a known fault.

    The object that it waits for is healthy, is not a Flux object, or could not be read.
    """
    reason, message = reason_and_message_of(state, resource)
    named = dependency_named(resource, message)
    targets = list(needs_of(resource, message))
    targets = [named] if named else [t for t in targets if t[2] in message] or targets
    unread = next((t for t in targets if _is_unread(state, t)), None)
    code, about = _how_it_waits(state, resource, message, named)
    if unread:
        code, about = "waits-unread", {"waiting": "waiting", **_target_fields(unread)}
    target = ", ".join(f"{kind} {namespace}/{name}" for kind, namespace, name in targets)
    fields = {"target": target or "another object", **object_fields(state, resource), **about}
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
    """Whether *target* could not be read, so that it is unknown whether it exists."""
    known = target in state.resources or state.known_missing(target)
    return target[0] in KINDS and not known
