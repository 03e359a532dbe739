"""Why a workload that a health check waited for is not healthy: its pods and events tell.

The health check's own message only has a kstatus ("InProgress"); the true cause stands elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge import workload_hints
from fluxstatus.knowledge.pods import OF_OTHERS, VAGUE
from fluxstatus.knowledge.rule import hints
from fluxstatus.model.evidence import Object
from fluxstatus.model.hints import Hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.state.health_checks import HealthCheckTarget, health_check_targets
from fluxstatus.state.pods import PodProblem, problem_of_pod
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import Event, State

_AT_MOST = 5  # workloads told; a release of fifty that all wait for one thing says no more
_LATE = ("context deadline exceeded", "timed out waiting for the condition")
"""How Helm says that something was not ready in time, without saying what (helm pkg/kube)."""

_WORST_FIRST = (
    "image-pull", "oom", "crash-loop", "config", "failed", "pending", "not-ready"
)  # fmt: skip
_VAGUE = frozenset({"pending", "not-ready"})  # an event of the pod says more
_HASHES = ("pod-template-hash", "rollouts-pod-template-hash")
_WORKLOADS = frozenset(
    {"Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}
)
_SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]"
"""The letters of generated names (kubernetes apimachinery util/rand): no word has only these."""

_CHILDREN = {
    "Deployment": rf"-{_SUFFIX}{{1,10}}(?:-{_SUFFIX}{{5}})?",
    "ReplicaSet": rf"-{_SUFFIX}{{5}}",
    "StatefulSet": r"-\d+",
    "DaemonSet": rf"-{_SUFFIX}{{5}}",
    "Job": rf"-(?:\d+-)?{_SUFFIX}{{5}}",
    "CronJob": rf"-\d+(?:-(?:\d+-)?{_SUFFIX}{{5}})?",
}
"""What the names of the ReplicaSets, Jobs and pods of a workload have behind its own."""


class Unhealthy(NamedTuple):
    """A workload that is not healthy: a sentence that says why, and the next steps."""

    text: str
    hints: tuple[Hint, ...] = ()


def unhealthy_workloads(state: State, message: str) -> Iterator[Unhealthy]:
    """Say of each workload that a health check's *message* names what its pods and events tell.

    In another cluster they are not the same: the caller asks for this cluster's only.
    """
    told = 0
    for waited in health_check_targets(message):
        if waited.kind in KINDS:
            continue
        pods = [pod for pod in _pods_in(state, waited.namespace) if is_of(pod, waited)]
        found = _of_pods(state, pods) or _of_events(state, waited)
        if found:
            told += 1
            if told > _AT_MOST:
                yield Unhealthy("others wait as well")
                return
            yield _with_its_end(state, waited, found) if waited.kind == "Job" else found


def unhealthy_release(state: State, release: Resource, message: str) -> Iterator[Unhealthy]:
    """Say what is wrong with the pods of *release* whose *message* only says that it took too long.

    They are known by the label that charts put on them, app.kubernetes.io/instance.
    """
    if release.ref.kind != "HelmRelease" or not any(text in message for text in _LATE):
        return
    if health_check_targets(message) or release.spec.get("kubeConfig") is not None:
        return
    namespace = text_of(release.spec.get("targetNamespace")) or release.ref.namespace
    name = text_of(release.spec.get("releaseName")) or release.ref.name
    label = "app.kubernetes.io/instance"
    pods = [pod for pod in _pods_in(state, namespace) if _labels(pod).get(label) == name]
    if found := _of_pods(state, pods):
        yield found


def is_of(pod: Object, waited: HealthCheckTarget) -> bool:
    """Whether *pod* is the workload *waited*, or made by it.

    Its controller's ownerReference tells: a Deployment's ReplicaSet bears the hash of its pods. A
    pod that names no owner is known by its name.
    """
    metadata = map_of(pod.get("metadata"))
    name = text_of(metadata.get("name"))
    if waited.kind == "Pod" or metadata.get("namespace") != waited.namespace:
        return (metadata.get("namespace"), name) == (waited.namespace, waited.name)
    owners = maps_of(metadata.get("ownerReferences"))
    owner = next((one for one in owners if one.get("controller") is True), None)
    if owner is None:
        return name == waited.name or name.startswith(f"{waited.name}-")
    kind, called = text_of(owner.get("kind")), text_of(owner.get("name"))
    if kind == waited.kind:
        return called == waited.name
    if kind == "ReplicaSet" and waited.kind in ("Deployment", "Rollout"):
        digests = [text_of(_labels(pod).get(key)) for key in _HASHES]
        stems = [called.removesuffix(f"-{digest}") for digest in digests if digest]
        return waited.name in stems if stems else _is_child(called, waited)
    if kind == "Job" and waited.kind == "CronJob":
        return _is_child(called, waited)
    return kind not in _WORKLOADS and called.startswith(waited.name)


def _pods_in(state: State, namespace: str) -> list[Object]:
    return [
        pod
        for pod in state.evidence.answer("workload-pods").items
        if map_of(pod.get("metadata")).get("namespace") == namespace
    ]


def _labels(pod: Object) -> Mapping[str, object]:
    return map_of(map_of(pod.get("metadata")).get("labels"))


def _of_pods(state: State, pods: list[Object]) -> Unhealthy | None:
    """Tell of the worst of *pods*, and what its newest event adds."""
    found = [(problem, pod) for pod in pods if (problem := problem_of_pod(pod))]
    if not found:
        return None
    worst, pod = min(found, key=lambda entry: (_is_left_over(entry[1]), *_rank(entry[0])))
    namespace = text_of(map_of(pod.get("metadata")).get("namespace"))
    event = next(iter(state.warnings.get(("Pod", namespace, worst.pod), ())), None)
    adds = ""
    if event and worst.code in _VAGUE and event.message not in worst.text:
        adds = f"; {event.reason}: {event.message}"
    told = f"pod {worst.pod} {worst.text}{adds}"
    fields = {"name": worst.pod, "pod": worst.pod, "ns": namespace, "container": worst.container}
    return Unhealthy(told, workload_hints(told, fields))


def _is_left_over(pod: Object) -> bool:
    """Whether *pod* has failed (evicted, for one), and its controller has put another in its place.

    A Job counts its failed pods, others make new ones.
    """
    owners = maps_of(map_of(pod.get("metadata")).get("ownerReferences"))
    replaced = bool(owners) and all(owner.get("kind") != "Job" for owner in owners)
    return replaced and map_of(pod.get("status")).get("phase") == "Failed"


def _rank(problem: PodProblem) -> tuple[int, int, str]:
    code = problem.code
    return (
        _WORST_FIRST.index(code) if code in _WORST_FIRST else len(_WORST_FIRST),
        -problem.restarts,
        problem.pod,
    )


def _of_events(state: State, waited: HealthCheckTarget) -> Unhealthy | None:
    """Tell of the newest event about *waited*, or about what it makes: quota, policy, volume."""
    found = [
        (key, event)
        for key, all_of_one in state.warnings_in.get(waited.namespace, {}).items()
        if (key[0] == waited.kind and key[2] == waited.name)
        or (key[0] in _WORKLOADS and _is_child(key[2], waited))
        for event in all_of_one
    ]
    if not found:
        return None
    key, newest = max(found, key=lambda entry: entry[1].last)
    return Unhealthy(_said(key[0], key[2], newest), _event_hints(waited, newest))


def _with_its_end(state: State, job: HealthCheckTarget, found: Unhealthy) -> Unhealthy:
    """Add why the *job* was given up: how often, or how long, it was tried."""
    key = (job.kind, job.namespace, job.name)
    ended = next(iter(state.warnings.get(key, ())), None)
    if ended is None or ended.message in found.text:
        return found
    return Unhealthy(
        f"{found.text}; {_said(job.kind, job.name, ended)}",
        (*found.hints, *_event_hints(job, ended)),
    )


def _said(kind: str, name: str, event: Event) -> str:
    return f"{kind} {name}: {event.reason}: {event.message}"


def _event_hints(waited: HealthCheckTarget, event: Event) -> tuple[Hint, ...]:
    fields = {"name": waited.name, "ns": waited.namespace}
    if waited.kind not in _WORKLOADS | {"PersistentVolumeClaim"}:  # it has no pods of its own
        return hints((OF_OTHERS,), {**fields, "resource": full_name(waited.kind)})
    return workload_hints(f"{event.reason}: {event.message}", fields) or hints((VAGUE,), fields)


def _is_child(name: str, waited: HealthCheckTarget) -> bool:
    """Whether *name* is one that the controllers of Kubernetes give to what *waited* makes."""
    if not name.startswith(f"{waited.name}-"):
        return False
    pattern = _CHILDREN.get(waited.kind)
    return pattern is not None and bool(re.fullmatch(pattern, name[len(waited.name) :]))
