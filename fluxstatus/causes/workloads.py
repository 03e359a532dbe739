"""The causes of unhealthy workloads in a failed health check, from pods, events and their status.

The message of the health check only has a kstatus ("InProgress") and not the cause.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.causes.pod_events import (
    UNSCHEDULED,
    events_behind,
    holder_of_volume,
    warnings_by_namespace,
)
from fluxstatus.causes.pod_namespaces import is_remediated
from fluxstatus.knowledge import object_diagnosis, workload_diagnosis
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.headline import short
from fluxstatus.knowledge.rule import Reach, hints
from fluxstatus.model.evidence import AWAITED, WORKLOAD_PODS, Object, Why
from fluxstatus.model.findings import Certainty
from fluxstatus.model.hints import Hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Key
from fluxstatus.state.health_checks import (
    LATE,
    HealthCheckTarget,
    health_check_targets,
    worst_first,
)
from fluxstatus.state.namesakes import identified
from fluxstatus.state.own_status import Trouble, is_ready_now, trouble_of
from fluxstatus.state.pods import PodProblem, is_overdue, is_replaced, problem_of_pod
from fluxstatus.state.resource import Resource, release_name, target_namespace
from fluxstatus.state.state import Event, State

_AT_MOST = 5  # workloads in a finding; more would only repeat the reason
_WORST_FIRST = (
    "image-pull", "oom", "crash-loop", "config", "failed", "evicted", "pending", "init", "not-ready"
)  # fmt: skip
_RAN = "BackoffLimitExceeded"
_RESTARTED, _PROBE_FAILED = "BackOff", " probe failed: "  # pkg/kubelet/events, prober
_FAILED_JOB = late_pattern(r"\bjob (?P<name>[\w.-]+) failed: ")
"""A Job of a hook that failed (helm pkg/kube/wait.go)."""

_HASHES = ("pod-template-hash", "rollouts-pod-template-hash")
_WORKLOADS = frozenset(
    {"Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}
)
_LIKE_DEPLOYMENTS = ("Deployment", "Rollout", "Canary")
"""Kinds whose pods belong to ReplicaSets named after them.

The Deployment that a Canary of Flagger has as its target usually has the name of the Canary.
"""

_SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]"
"""The characters of generated names, without vowels (kubernetes apimachinery util/rand)."""

_OF_DEPLOYMENT = rf"-{_SUFFIX}{{1,10}}(?:-{_SUFFIX}{{5}})?"
_CHILDREN = {
    **dict.fromkeys(_LIKE_DEPLOYMENTS, _OF_DEPLOYMENT),
    "ReplicaSet": rf"-{_SUFFIX}{{5}}",
    "StatefulSet": r"-\d+",
    "DaemonSet": rf"-{_SUFFIX}{{5}}",
    "Job": rf"-(?:\d+-)?{_SUFFIX}{{5}}",
    "CronJob": rf"-\d+(?:-(?:\d+-)?{_SUFFIX}{{5}})?",
}
"""The suffixes of the names of the ReplicaSets, Jobs and pods of a workload."""


class Unhealthy(NamedTuple):
    """A workload that is not healthy: the reason in one sentence, and the next steps.

    `cause` is a short form of the reason for titles. `certainty` is None if the cause was only
    observed, not diagnosed. `target` is the workload, or its pod if only the pod is known, or None
    for several workloads.
    """

    text: str
    hints: tuple[Hint, ...] = ()
    cause: str = ""
    certainty: Certainty | None = None
    target: HealthCheckTarget | None = None


def unhealthy_workloads(state: State, resource: Resource, message: str) -> Iterator[Unhealthy]:
    """Return why each workload in the *message* of a health check of *resource* is not healthy.

    The message must be about this cluster, because pods and events of remote clusters are not read.
    Objects that Helm has rolled back or uninstalled may have the status of another revision.
    """
    count = 0
    is_gone = is_remediated(resource.object)
    for named in worst_first(message, target_namespace(resource.object)):
        target = identified(named, resource.object)
        if target.kind in KINDS:
            continue
        item = state.awaited.get(target[:3], {})
        if is_ready_now(item) and not is_gone:
            continue
        found = by_pods_or_events(state, target)
        if not found and not is_gone:
            found = _by_own_status(target, item) or _unread(state, target)
        if found:
            count += 1
            if count > _AT_MOST:
                yield Unhealthy("more workloads are not ready")
                return
            if target.kind == "Job":
                found = _with_failure_of_job(state, target, found)
            yield found._replace(target=target)


def unhealthy_release(state: State, release: Resource, message: str) -> Iterator[Unhealthy]:
    """Return why the pods of *release* are not healthy, if its *message* only reports a timeout.

    Its pods have the label app.kubernetes.io/instance (release in older charts). Without such a
    label, their name or the label app must match the name of the release.
    """
    if release.ref.kind != "HelmRelease" or not any(text in message for text in LATE):
        return
    if health_check_targets(message) or release.spec.get("kubeConfig") is not None:
        return
    namespace, name = target_namespace(release.object), release_name(release)
    pods = [pod for pod in _pods_in(state, namespace) if _is_of_release(pod, name)]
    events = _events_of_release(state, namespace, name)
    refused = [entry for entry in events if entry[1].reason == "FailedCreate"]
    if found := (
        _from_newest(refused)
        or _from_pods(state, [pod for pod in pods if not is_overdue(pod, state.now)])
        or _from_newest(events)
        or _from_pods(state, pods)
        or (None if is_remediated(release.object) else _by_deployments(state, namespace, name))
    ):
        yield found


def unhealthy_hook(state: State, release: Resource, message: str) -> Iterator[Unhealthy]:
    """Return why the Job of a hook of *release*, which *message* says has failed, did not complete.

    Helm keeps the Job and its pods until the next attempt, unless its hook-delete-policy is
    hook-failed.
    """
    failed = _FAILED_JOB.search(message) if release.ref.kind == "HelmRelease" else None
    if failed is None or release.spec.get("kubeConfig") is not None:
        return
    job = HealthCheckTarget("Job", target_namespace(release.object), failed["name"], "Failed")
    if found := by_pods_or_events(state, job):
        yield found._replace(target=job)


def by_pods_or_events(state: State, target: HealthCheckTarget) -> Unhealthy | None:
    """Return the problem of *target* according to its pods or recent events, or None."""
    pods = _pods_of(state, target)
    others = [pod for pod in pods if not is_overdue(pod, state.now)]
    return _from_pods(state, others) or _from_events(state, target) or _from_pods(state, pods)


def is_shown(state: State, target: HealthCheckTarget) -> bool:
    """Return whether `by_pods_or_events` finds a problem of *target*, which takes no rules."""
    pods = _pods_of(state, target)
    return any(map(problem_of_pod, pods)) or bool(_events_about(state, target))


def _pods_of(state: State, target: HealthCheckTarget) -> list[Object]:
    return [pod for pod in _pods_in(state, target.namespace) if belongs_to(pod, target)]


def _by_own_status(target: HealthCheckTarget, item: Object) -> Unhealthy | None:
    """Return the problem in the status of *item*, the *target*, which outlives its events."""
    trouble = trouble_of(item)
    return _by_event(target, target.kind, target.name, trouble) if trouble else None


def _unread(state: State, target: HealthCheckTarget) -> Unhealthy | None:
    """Return why the status of *target* could not be read, or None if it was not requested."""
    unread = state.evidence.answer(f"{AWAITED}/{target.kind}").unread
    if unread is None or unread.why is Why.NOT_REQUESTED or target[:3] in state.awaited:
        return None
    return Unhealthy(f"the status of {target.kind} {target.name} was not read: {unread.full_text}")


def _by_deployments(state: State, namespace: str, release: str) -> Unhealthy | None:
    """Return the problem in the status of the first unhealthy Deployment of *release*."""
    for (kind, where, name), item in state.awaited.items():
        if (kind, where) == ("Deployment", namespace) and _is_of_release(item, release):
            target = HealthCheckTarget(kind, where, name, "")
            if found := _by_own_status(target, item):
                return found._replace(target=target)
    return None


def _is_of_release(pod: Object, release: str) -> bool:
    labels, name = labels_in(pod), text_of(map_of(pod.get("metadata")).get("name"))
    if owner := text_of(labels.get("app.kubernetes.io/instance") or labels.get("release")):
        return owner == release
    return release in (name, labels.get("app")) or name.startswith(f"{release}-")


def _events_of_release(state: State, namespace: str, release: str) -> list[tuple[Key, Event]]:
    """Return the events about workloads and claims that are named after *release*."""
    return [
        (key, event)
        for key, events in warnings_by_namespace(state).get(namespace, {}).items()
        if key[0] in _WORKLOADS | {"PersistentVolumeClaim"}
        and (key[2] == release or key[2].startswith(f"{release}-"))
        for event in events
    ]


def _from_newest(events: list[tuple[Key, Event]]) -> Unhealthy | None:
    """Return the problem in the newest of *events* about a workload or claim, or None."""
    if not events:
        return None
    (kind, namespace, name), newest = max(events, key=lambda entry: entry[1].last)
    target = HealthCheckTarget(kind, namespace, name, "")
    return _by_event(target, kind, name, newest)._replace(target=target)


def belongs_to(pod: Object, target: HealthCheckTarget) -> bool:
    """Whether *pod* is the workload *target*, or one of its pods.

    Decided by the ownerReference of its controller: the ReplicaSet of a Deployment is named with
    the hash of its pods. A pod without an owner is recognized by its name.
    """
    metadata = map_of(pod.get("metadata"))
    name = text_of(metadata.get("name"))
    if target.kind == "Pod" or metadata.get("namespace") != target.namespace:
        return (metadata.get("namespace"), name) == (target.namespace, target.name)
    owners = maps_of(metadata.get("ownerReferences"))
    owner = next((one for one in owners if one.get("controller") is True), None)
    if owner is None:
        return name == target.name or name.startswith(f"{target.name}-")
    kind, called = text_of(owner.get("kind")), text_of(owner.get("name"))
    if kind == target.kind:
        return called == target.name
    if kind == "ReplicaSet" and target.kind in _LIKE_DEPLOYMENTS:
        digests = [text_of(labels_in(pod).get(key)) for key in _HASHES]
        stems = [called.removesuffix(f"-{digest}") for digest in digests if digest]
        return target.name in stems if stems else _is_child(called, target)
    if kind == "Job" and target.kind == "CronJob":
        return _is_child(called, target)
    return kind not in _WORKLOADS and called.startswith(target.name)


def _pods_in(state: State, namespace: str) -> list[Object]:
    return [
        pod
        for pod in state.evidence.answer(WORKLOAD_PODS).known
        if map_of(pod.get("metadata")).get("namespace") == namespace
    ]


def _from_pods(state: State, pods: list[Object]) -> Unhealthy | None:
    """Return the problem of the worst of *pods*, with the details of its newest event."""
    found = [(problem, pod) for pod in pods if (problem := problem_of_pod(pod, state.now))]
    if not found:
        return None
    worst, pod = min(found, key=lambda entry: (is_replaced(entry[1]), *_rank(entry[0])))
    namespace = text_of(map_of(pod.get("metadata")).get("namespace"))
    text = f"pod {worst.pod} {worst.text}"
    brief = worst.title
    for event in events_behind(state, worst, pod):
        if event.message not in text:
            text += f"; {event.reason}: {event.message}{holder_of_volume(state, event, pod)}"
            brief += _in_brief(event) if worst.code in ("init", "not-ready") else ""
    fields = {"name": worst.pod, "pod": worst.pod, "ns": namespace, "container": worst.container}
    known = workload_diagnosis(text, fields)
    target = HealthCheckTarget("pod", namespace, worst.pod, "")
    return Unhealthy(text, known.hints if known else (), *_cause(known, brief), target)


def _in_brief(event: Event) -> str:
    """Return what *event* adds to a title that says what a pod does: the result of its probe."""
    if event.reason == _RESTARTED:
        return ""
    probed, _, result = event.message.partition(_PROBE_FAILED)
    return f": {(result or probed).strip()}"


def _cause(known: Diagnosis | None, observed: str) -> tuple[str, Certainty | None]:
    """Return the cause for a title: the *known* diagnosis, or the *observed* text."""
    if known is None or known.rule.reach is Reach.STAGE:
        return short(observed), None
    return known.headline, known.certainty


def _rank(problem: PodProblem) -> tuple[int, int, str]:
    code = problem.code
    return (
        _WORST_FIRST.index(code) if code in _WORST_FIRST else len(_WORST_FIRST),
        -problem.restarts,
        problem.pod,
    )


def _from_events(state: State, target: HealthCheckTarget) -> Unhealthy | None:
    """Return the problem in the newest event about *target* or its children, or None."""
    found = _events_about(state, target)
    if target.kind == "Job":
        found = _of_its_pods(found) or found
    if not found:
        return None
    key, newest = max(found, key=lambda entry: entry[1].last)
    return _by_event(target, key[0], key[2], newest)


def _events_about(state: State, target: HealthCheckTarget) -> list[tuple[Key, Event]]:
    """Return the events about *target* or its children."""
    return [
        (key, event)
        for key, all_of_one in warnings_by_namespace(state).get(target.namespace, {}).items()
        if (key[0] == target.kind and key[2] == target.name)
        or (key[0] in _WORKLOADS and _is_child(key[2], target))
        or (key[0] == "PersistentVolumeClaim" and _is_claim(key[2], target))
        for event in all_of_one
    ]


def _of_its_pods(events: list[tuple[Key, Event]]) -> list[tuple[Key, Event]]:
    """Return the *events* about the pods of a Job, which show why it failed.

    If the Job reached its backoff limit, its pods were scheduled eventually, so events about
    scheduling are left out.
    """
    ran = any(key[0] == "Job" and event.reason == _RAN for key, event in events)
    return [
        (key, event)
        for key, event in events
        if key[0] == "Pod" and not (ran and event.reason == UNSCHEDULED)
    ]


def _with_failure_of_job(state: State, job: HealthCheckTarget, found: Unhealthy) -> Unhealthy:
    """Return *found* with the reason why the *job* has failed: its deadline or backoff limit."""
    key = (job.kind, job.namespace, job.name)
    ended = next(iter(state.warnings.get(key, ())), None)
    if ended is None or ended.message in found.text:
        return found
    by_event = _by_event(job, job.kind, job.name, ended)
    return found._replace(
        text=f"{found.text}; {by_event.text}", hints=(*found.hints, *by_event.hints)
    )


def _by_event(target: HealthCheckTarget, kind: str, name: str, event: Event | Trouble) -> Unhealthy:
    """Return the problem of *target* according to an *event* or a status of *kind* *name*."""
    from fluxstatus.knowledge.pods import OF_OTHERS, VAGUE  # noqa: PLC0415 - only here: a healthy cluster needs no rules

    fields = {
        "name": target.name,
        "ns": target.namespace,
        "cluster_name": "" if target.namespace else target.name,
        "resource": full_name(target.kind),
    }
    text = f"{event.reason}: {event.message}"
    if target.kind in _WORKLOADS | {"PersistentVolumeClaim"}:
        known = workload_diagnosis(text, fields)
        vague = OF_OTHERS if isinstance(event, Trouble) else VAGUE
    else:  # it has no pods
        known, vague = object_diagnosis(target.kind, text, fields), OF_OTHERS
    steps = (known.hints if known else ()) or hints((vague,), fields)
    return Unhealthy(f"{kind} {name}: {text}", steps, *_cause(known, text))


def _is_child(name: str, target: HealthCheckTarget) -> bool:
    """Whether *name* is a name that Kubernetes generates for the children of *target*."""
    if not name.startswith(f"{target.name}-"):
        return False
    pattern = _CHILDREN.get(target.kind)
    return pattern is not None and bool(re.fullmatch(pattern, name[len(target.name) :]))


def _is_claim(name: str, target: HealthCheckTarget) -> bool:
    """Whether *name* is the name of a claim that StatefulSet *target* creates from a template."""
    pattern = rf".+-{re.escape(target.name)}-\d+"
    return target.kind == "StatefulSet" and bool(re.fullmatch(pattern, name))
