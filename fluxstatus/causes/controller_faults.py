"""The faults of controllers: unavailable, inactive, missing, without a CRD, or failing objects."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from fluxstatus.base.durations import ago, duration
from fluxstatus.base.fields import text_of
from fluxstatus.base.plurals import counted, joined, noun_for
from fluxstatus.causes.faults import Fault, object_fields
from fluxstatus.knowledge import diagnose_state, workload_diagnosis
from fluxstatus.knowledge.headline import short
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.liveness import Liveness
from fluxstatus.state.overdue import Overdue
from fluxstatus.state.pods import last_restart
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

RESTARTED_WITHIN = timedelta(hours=1)
"""The age up to which a restart shows that a controller keeps restarting."""

_CODES_OF_PROBLEMS = {
    "scaled-to-zero": "controller-scaled-to-zero",
    "oom": "controller-out-of-memory",
    "crash-loop": "controller-crash-loop",
    "failed": "controller-crash-loop",
    "config": "controller-not-ready",
    "image-pull": "controller-image-pull",
    "pending": "controller-not-scheduled",
    "not-ready": "controller-not-ready",
}
"""Codes of controller faults, by the code of the PodProblem."""

_OF_CONTAINERS = frozenset({"controller-crash-loop", "controller-out-of-memory"})
"""Codes whose title is what a container did, in few words, and its last ones."""

_LOOPING = "its pod is in CrashLoopBackOff, and "

_OF_PODS = frozenset({"controller-not-ready", "controller-not-scheduled"})
"""Codes whose next steps also depend on the text about the pod."""


def fault_of_component(state: State, component: Component, kinds: str) -> Fault:
    """Return the fault of *component*, which is unavailable and should reconcile *kinds*."""
    problem = component.problem
    code = _CODES_OF_PROBLEMS.get(problem.code if problem else "", "controller-not-ready")
    text = (
        problem.text if problem else f"{component.ready} of {component.wanted} replicas are ready"
    )
    if code == "controller-not-ready" and problem and problem.pod:
        text = f"its pod {text}"
    crashed = problem if code in _OF_CONTAINERS else None
    fields = {"name": component.ref.name, "ns": component.ref.namespace, "kinds": kinds,
              "trouble": crashed.brief if crashed else text,
              "looping": _LOOPING if crashed and crashed.is_looping else ""}  # fmt: skip
    diagnosis = diagnose_state(code, None, {**state.template_fields, **fields})
    if crashed:
        return Fault(diagnosis.adding(quote=short(crashed.words)), "", crashed.words)
    if code in _OF_PODS:  # a quota or a policy may reject its pods
        of_pods = workload_diagnosis(text, fields)
        diagnosis = diagnosis.adding(first=of_pods.hints if of_pods else ())
    return Fault(diagnosis, code, text)


def fault_of_inactive(state: State, found: Liveness) -> Fault:
    """Return the fault of a controller that is ready, but hangs or does not reconcile."""
    ref, lease, now = found.component.ref, found.lease, state.now
    late = sorted(found.overdue, key=lambda one: (one.due, one.resource.ref))
    fields = {
        "name": ref.name,
        "ns": ref.namespace,
        "lease": lease.name if lease else "",
        "overdue": _overdue(late),
        "example": f"{late[0].resource.ref}" if late else "",
        "age": ago(found.last, now),
        "every": duration(interval_of(late[0].resource)) if late else "",
    }
    renewed = ago(lease.renewed, now) if lease else ""
    if found.hangs:
        code, fields["unrenewed"] = "controller-lease-expired", renewed
        also = f"the last reconciliation was {fields['age']} ago, and {fields['overdue']}"
        more = also if late else ""
    else:
        code = "controller-overdue"
        alive = f"its Lease was renewed {renewed} ago, so the process is alive"
        more = f"{alive}, but its workers are probably stuck" if lease else ""
    diagnosis = diagnose_state(code, None, {**state.template_fields, **fields})
    return Fault(diagnosis.adding(more), "", "")


def _overdue(late: Sequence[Overdue]) -> str:
    """Return how many objects are *late*, by kind, as the start of a sentence."""
    kinds = Counter(one.resource.ref.kind for one in late)
    names = " and ".join(counted(number, kind) for kind, number in kinds.most_common())
    return f"{names} {noun_for(len(late), 'is', 'are')} overdue"


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
        **object_fields(state, instance),
        "names": joined([component.ref.name for component in found]),
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
        "names": joined([component.ref.name for component in found]),
        "cluster_type": said if instance and cluster_type != "openshift" else "",
    }
    text = next((component.problem.text for component in found if component.problem), "")
    return Fault(diagnose_state("instance-scc", None, fields), "FailedCreate", text)


def fault_of_deleted_instance(state: State, ref: Ref, missing: Sequence[Ref]) -> Fault:
    """Return the fault of the FluxInstance *ref*, deleted together with *missing* controllers."""
    hanging = _being_deleted(state)
    noun = "1 object is" if hanging == 1 else f"{hanging} objects are"
    pending = f"; {noun} being deleted, blocked by a finalizer that no controller removes"
    fields = {
        **state.template_fields,
        "ns": ref.namespace,
        "names": joined(sorted(one.name for one in missing)),
        "pending": pending if hanging else "",
    }
    return Fault(diagnose_state("instance-deleted", None, fields), "", "")


def fault_of_namespace(state: State, ref: Ref) -> Fault:
    """Return the fault of the operator *ref*, whose namespace is probably being deleted."""
    count = _being_deleted(state, ref.namespace)
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    return Fault(diagnose_state("operator-namespace-terminating", None, fields), "", "")


def _being_deleted(state: State, namespace: str = "") -> int:
    """Return how many objects are being deleted, in *namespace* or in all namespaces."""
    return sum(
        resource.verdict is Verdict.TERMINATING and namespace in ("", resource.ref.namespace)
        for resource in state.resources.values()
    )


def fault_of_unresponsive_controller(state: State, component: Component, count: int) -> Fault:
    """Return the fault of *component*, which is ready and ignores *count* of its objects.

    Its container may keep terminating, so that it is only ready for the moment.
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
    """Return the fault of *component*, which is running, but causes *count* objects to fail.

    *one* is the fault of one of these objects.
    """
    ref = component.ref
    fields = {**state.template_fields, "name": ref.name, "ns": ref.namespace, "count": str(count)}
    return Fault(diagnose_state(code, None, fields), one.reason, one.message)
