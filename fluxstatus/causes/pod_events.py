"""The events that tell more about the problem of a pod than its status does."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TypeAlias
from weakref import WeakKeyDictionary

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.model.evidence import WORKLOAD_PODS, Object
from fluxstatus.model.ref import Key
from fluxstatus.state.own_status import is_ready_now
from fluxstatus.state.pods import PodProblem, claims_of
from fluxstatus.state.state import Event, State

_Warnings: TypeAlias = Mapping[str, Mapping[Key, list[Event]]]

UNSCHEDULED = "FailedScheduling"
_VAGUE = frozenset({"pending", "not-ready"})  # an event of the pod has more details
_EXITED = frozenset({"crash-loop", "failed"})  # a probe may be the cause
_PULL_FAILED = "Failed to pull image"  # kubernetes pkg/kubelet/images/image_manager.go
_STOPPED = ("Liveness probe ", "Startup probe ")  # pkg/kubelet/prober; the kubelet then kills it
_NOT_STARTED = "Error: "  # pkg/kubelet/kuberuntime; the reason is Failed
_BEFORE_EXIT = timedelta(minutes=10)
"""How long before a container exits a probe that is the cause may have been reported."""

_NOISE = frozenset({"DNSConfigForming", "MissingClusterDNS", "ProbeWarning", "PolicyViolation"})
"""Reasons of events that the kubelet or a policy repeats, also about pods that work."""

_LOGIN = "FailedToRetrieveImagePullSecret"
"""The reason of an event that the kubelet repeats, although an image may not need the login."""

_MOUNTS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_LATE_MOUNT = late_pattern(
    r"^Unable to attach or mount volumes|timed out waiting for|context deadline exceeded"
)
"""Messages about volumes that only say that something took too long."""

_OF_DEPLOYMENT = late_pattern(r"(?P<stem>.+)-[a-z0-9]{6,10}-[a-z0-9]{5}")
"""The name of a pod of a Deployment."""

_USED_BY = late_pattern(r"Multi-Attach error .* already used by pod\(s\) (?P<holder>[\w.-]+)")
"""An event about a volume, with the pod that has it (pkg/controller/volume/attachdetach/util)."""

_REPLICA_SET = late_pattern(r"(?P<stem>.+)-[a-z0-9]{1,10}")
"""The name of a ReplicaSet of a Deployment."""

_OF_ROLLOUT = "rollouts-pod-template-hash"  # a label of the pods of an Argo Rollout

_UNUSED_LOGIN = "Unable to retrieve some image pull secrets"  # kubelet_pods.go


def events_behind(state: State, problem: PodProblem, pod: Object) -> Iterator[Event]:
    """Yield the newest event of each object that gives details about the *problem* of *pod*."""
    namespace = text_of(map_of(pod.get("metadata")).get("namespace"))
    of_pod = state.warnings.get(("Pod", namespace, problem.pod), [])
    if problem.code == "image-pull":
        for part in (_PULL_FAILED, _UNUSED_LOGIN):
            yield from [event for event in of_pod if part in event.message][:1]
    elif problem.code in _VAGUE:
        yield from _telling(of_pod, problem)[:1]
    elif problem.code == "init":  # only the probe of a sidecar, as no other init container has one
        yield from [event for event in of_pod if event.message.startswith(_STOPPED)][:1]
    elif problem.code == "config" or "exit code 128" in problem.text:
        if problem.text.endswith((")", "restart", "restarts")):  # the status has no message
            yield from [event for event in of_pod if event.message.startswith(_NOT_STARTED)][:1]
    elif problem.code in _EXITED:
        at = problem.since and problem.since - _BEFORE_EXIT
        probes = (event for event in of_pod if event.message.startswith(_STOPPED))
        yield from [event for event in probes if at is None or event.last >= at][:1]
    if problem.code == "pending":
        for claim in claims_of(pod) or _claims_named_after(state, namespace, problem.pod):
            yield from state.warnings.get(("PersistentVolumeClaim", namespace, claim), [])[:1]


def holder_of_volume(state: State, event: Event, pod: Object) -> str:
    """Return a clause about the pod that uses the volume in *event*, one of *pod*; may be empty.

    A pod that is Ready is on a node that is Ready: otherwise, the node controller resets the
    condition.
    """
    found = _USED_BY.search(event.message)
    namespace = map_of(pod.get("metadata")).get("namespace")
    holder = _pod_named(state, namespace, found["holder"]) if found else None
    if found is None or holder is None:
        return ""
    name, metadata = found["holder"], map_of(holder.get("metadata"))
    if metadata.get("deletionTimestamp") is not None:
        return f"; pod {name} is being deleted"
    if not is_ready_now(holder):
        return ""
    mine, its = _replica_set_of(pod), _replica_set_of(holder)
    stems = {one["stem"] for set_ in (mine, its) if (one := _REPLICA_SET.fullmatch(set_))}
    if mine != its and mine and its and len(stems) == 1:
        return f"; pod {name} of the other ReplicaSet {its} of Deployment {stems.pop()} is ready"
    return f"; pod {name} is ready"


def _pod_named(state: State, namespace: object, name: str) -> Object | None:
    pods = state.evidence.answer(WORKLOAD_PODS).known
    named = (pod for pod in pods if map_of(pod.get("metadata")).get("name") == name)
    return next((p for p in named if map_of(p.get("metadata")).get("namespace") == namespace), None)


def _replica_set_of(pod: Object) -> str:
    """Return the name of the ReplicaSet of a Deployment that controls *pod*, or nothing."""
    owners = maps_of(map_of(pod.get("metadata")).get("ownerReferences"))
    sets = (one for one in owners if one.get("kind") == "ReplicaSet")
    owner = next((one for one in sets if one.get("controller") is True), None)
    return "" if owner is None or _OF_ROLLOUT in labels_in(pod) else text_of(owner.get("name"))


def _telling(events: list[Event], problem: PodProblem) -> list[Event]:
    """Return the *events* that may be about the *problem* of a pod, the most telling first.

    Only the scheduler reports what keeps a pod from a node. Of volumes, the attachment is often
    reported once, and then only every few minutes that it took too long.
    """
    ours = [event for event in events if event.reason not in _NOISE | {_LOGIN}]
    if problem.code == "not-ready":
        ours.sort(key=lambda event: event.reason == UNSCHEDULED)
    if ours and ours[0].reason in _MOUNTS and _LATE_MOUNT.search(ours[0].message):
        mounts = [event for event in ours if event.reason in _MOUNTS]
        return sorted(mounts, key=lambda event: bool(_LATE_MOUNT.search(event.message)))
    return ours


def _claims_named_after(state: State, namespace: str, pod: str) -> list[str]:
    """Return the claims with events that are named after *pod*, whose claims are not known.

    A StatefulSet calls them TEMPLATE-POD, a pod calls those of its ephemeral volumes POD-VOLUME,
    and a chart usually calls them as the Deployment, or adds a word.
    """
    found = _OF_DEPLOYMENT.fullmatch(pod)
    stem = found["stem"] if found else pod
    events = warnings_by_namespace(state).get(namespace, {})
    named = (name for kind, _, name in events if kind == "PersistentVolumeClaim")
    return [
        claim
        for claim in named
        if claim == stem or claim.endswith(f"-{pod}") or claim.startswith(f"{stem}-")
    ]


_BY_NAMESPACE: WeakKeyDictionary[State, _Warnings] = WeakKeyDictionary()
"""What was found for a state: a run asks once for each failed health check."""


def warnings_by_namespace(state: State) -> _Warnings:
    """Return the Warning events of the last hour that may tell a cause, by namespace and object."""
    found = _BY_NAMESPACE.get(state)
    if found is None:
        found = _BY_NAMESPACE[state] = _find_warnings(state)
    return found


def _find_warnings(state: State) -> _Warnings:
    found: dict[str, dict[Key, list[Event]]] = defaultdict(dict)
    for key, events in state.warnings.items():
        if telling := [event for event in events if event.reason not in _NOISE]:
            found[key[1]][key] = telling
    return found
