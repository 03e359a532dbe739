"""The problems of pods, as sentences.

Container reasons are the kubelet's (kubernetes pkg/kubelet/images/types.go and
pkg/kubelet/container/sync_result.go).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import jmespath

from fluxstatus.base.durations import when
from fluxstatus.base.error_lines import error_line
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.plurals import counted, noun_for
from fluxstatus.model.evidence import Object
from fluxstatus.model.ref import Ref

_CONTAINERS = jmespath.compile("[status.initContainerStatuses, status.containerStatuses][]")
_UNSCHEDULED = jmespath.compile("status.conditions[?type=='PodScheduled' && status=='False'] | [0]")
_GATES = jmespath.compile(
    "status.conditions[?type=='Ready' && reason=='ReadinessGatesNotReady'] | [0].message"
)
_CLAIMS = jmespath.compile("spec.volumes[].persistentVolumeClaim.claimName")

_LATELY = timedelta(minutes=30)
"""How long ago a container may have exited for its last words to say why it is not ready now."""

_OVERDUE = timedelta(minutes=1)
"""How long the kubelet may take to end a pod after its grace period."""

_IMAGE_PULL = frozenset(
    {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull",
     "RegistryUnavailable", "ImageInspectError", "SignatureValidationFailed"}
)  # fmt: skip
_NOT_CREATED = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError",
     "PreStartHookError", "PostStartHookError"}
)  # fmt: skip


_LOOPING = "is in CrashLoopBackOff"


class PodProblem(NamedTuple):
    """Why a pod is not ready.

    `code` is one of image-pull, oom, crash-loop, config, failed, evicted, pending, init, not-ready,
    terminating and scaled-to-zero. `text` is a sentence without its subject, the pod: it follows
    "its pod" or "pod NAME". Without a `pod`, it is about the Deployment. `restarts` are those of
    the failing container. `brief` says it in few words, with its subject, for a title; `words` are
    the last ones of the container.
    """

    code: str
    text: str
    pod: str = ""
    since: datetime | None = None
    restarts: int = 0
    container: str = ""
    brief: str = ""
    words: str = ""

    @property
    def title(self) -> str:
        """The problem in few words, with the last ones of the container."""
        return f"{self.brief}: {self.words}" if self.words else self.brief

    @property
    def is_looping(self) -> bool:
        """Whether the kubelet waits before it starts the container again."""
        return self.text.startswith(_LOOPING)


def container_name_and_image(status: dict[str, Any]) -> tuple[str, str]:
    """Return the name and the image in a container status, empty if missing."""
    return text_of(status.get("name")), text_of(status.get("image"))


def problem_of_pod(pod: Object, now: datetime | None = None) -> PodProblem | None:
    """Return why *pod* is not ready, or None if it is ready or has completed.

    With *now*, what is long ago is left out, and a pod that does not terminate is reported.
    """
    status, name = map_of(pod.get("status")), text_of(map_of(pod.get("metadata")).get("name"))
    phase = text_of(status.get("phase"))
    gate = text_of(_GATES.search(pod))
    if now and is_overdue(pod, now):
        since = _deleted_at(pod)
        text = f"is being deleted, but has not terminated since {since:%Y-%m-%d %H:%M} UTC"
        return PodProblem("terminating", text, name, since, brief=f"pod {text}")
    if phase == "Succeeded" or (is_ready(pod) and not gate):
        return None
    if text_of(status.get("reason")):  # Evicted, NodeLost, Shutdown, …
        text = f"has status {status['reason']}: {text_of(status.get('message'))}".rstrip(": ")
        code = "evicted" if status["reason"] == "Evicted" else "failed"
        return PodProblem(code, text, name, brief=f"pod {text}")
    if problem := _problem_of_sidecar(pod, status, name) or _problem_of_containers(
        status, name, now
    ):
        return problem
    if gate:
        text = f"is not ready because of a readiness gate: {gate}"
        return PodProblem("pending", text, name, brief=f"pod {text}")
    return _problem_of_phase(pod, phase, name)


def is_overdue(pod: Object, now: datetime) -> bool:
    """Return whether *pod* is being deleted and still exists after its grace period."""
    deadline = _deleted_at(pod)
    return deadline is not None and now - deadline > _OVERDUE


def _deleted_at(pod: Object) -> datetime | None:
    """Return when the grace period of *pod* ends, which its deletionTimestamp includes."""
    return when(map_of(pod.get("metadata")).get("deletionTimestamp"))


def _problem_of_containers(
    status: dict[str, Any], pod: str, now: datetime | None
) -> PodProblem | None:
    """Return the problem of the first container that has one: those of initialization run first.

    While one of them runs, no other container is started, and no probe fails. A container that
    fails is worse than one that is not ready, because the latter may wait for it.
    """
    first, others = (
        maps_of(status.get("initContainerStatuses")), maps_of(status.get("containerStatuses"))
    )  # fmt: skip
    initializing = any(
        map_of(map_of(one.get("state")).get("waiting")).get("reason") == "PodInitializing"
        for one in others
    )
    kept = (_problem_of_container(one, pod, now, "init container") for one in first)
    if problem := next((one for one in kept if one and one.code != "not-ready"), None):
        return problem
    running = [one for one in first if "running" in map_of(one.get("state"))]
    if initializing and running:
        return _problem_of_init(running[-1], pod)  # they run one after the other
    found = [_problem_of_container(one, pod, now) for one in (*others, *first)]
    return min(filter(None, found), key=lambda one: one.code == "not-ready", default=None)


def _problem_of_sidecar(pod: Object, status: dict[str, Any], name: str) -> PodProblem | None:
    """Return the problem of the pod of a Job in which one container ran to its end, another not.

    Such a pod, and its Job, never complete (kubernetes pkg/kubelet/kubelet_pods.go getPhase).
    """
    owners = maps_of(map_of(pod.get("metadata")).get("ownerReferences"))
    if not any(one.get("kind") == "Job" for one in owners):
        return None
    done, running = list[str](), list[str]()
    for one in maps_of(status.get("containerStatuses")):
        state, called = map_of(one.get("state")), text_of(one.get("name"))
        if "running" in state and one.get("ready") is True:
            running.append(called)
        elif map_of(state.get("terminated")).get("exitCode") == 0:
            done.append(called)
    if not done or not running:
        return None
    text = f'does not end: container "{done[0]}" completed, but "{running[0]}" keeps running'
    brief = f"container {done[0]} completed, but {running[0]} keeps the pod running"
    return PodProblem("failed", text, name, None, 0, running[0], brief)


def _problem_of_init(container: dict[str, Any], pod: str) -> PodProblem:
    """Return the problem of a *pod* that an init container keeps from starting."""
    name = text_of(container.get("name"))
    started = when(map_of(map_of(container.get("state")).get("running")).get("startedAt"))
    since = f" since {started:%Y-%m-%d %H:%M} UTC" if started else ""
    text = (
        f'has been running init container "{name}"{since}, so its other containers have not started'
    )
    brief = f"init container {name} has been running{since}"
    return PodProblem("init", text, pod, started, 0, name, brief)


def _problem_of_phase(pod: Object, phase: str, name: str) -> PodProblem:
    unscheduled = map_of(_UNSCHEDULED.search(pod))
    if message := text_of(unscheduled.get("message")):
        claims = [f'"{name}"' for name in claims_of(pod)]
        noun = noun_for(len(claims), "PersistentVolumeClaim")
        mounts = f" (it mounts {noun} {', '.join(claims)})" if claims else ""
        gated = unscheduled.get("reason") == "SchedulingGated"
        reason = "SchedulingGated" if gated else "FailedScheduling"
        text = f"cannot be scheduled ({reason}): {message}{mounts}"
        brief = f"pod cannot be scheduled: {message.partition(' preemption: ')[0]}"
        return PodProblem("pending", text, name, brief=brief)
    if phase == "Failed":
        return PodProblem("failed", "has failed", name, brief="pod has failed")
    text = f"is not ready (phase {phase or 'unknown'})"
    return PodProblem("not-ready", text, name, brief=f"pod {text}")


def _problem_of_container(
    container: dict[str, Any], pod: str, now: datetime | None, noun: str = "container"
) -> PodProblem | None:
    name, image = container_name_and_image(container)
    state = map_of(container.get("state"))
    waiting, ended = map_of(state.get("waiting")), map_of(state.get("terminated"))
    last = map_of(map_of(container.get("lastState")).get("terminated")) or ended
    reason, restarts = text_of(waiting.get("reason")), container.get("restartCount")
    count = restarts if isinstance(restarts, int) else 0
    since = when(last.get("finishedAt"))
    message = text_of(waiting.get("message"))
    if reason in _IMAGE_PULL:
        details = _pull_error(message)
        text = f"cannot pull the image {image} ({reason}){details}"
        brief = f"{noun} {name} cannot pull image {image} ({reason})"
        return PodProblem("image-pull", text, pod, since, count, name, brief)
    if reason in _NOT_CREATED:
        details = f": {message}" if message else ""
        text = f'cannot start {noun} "{name}" ({reason}){details}'
        brief = f"{noun} {name} cannot start ({reason}){details}"
        return PodProblem("config", text, pod, since, count, name, brief)
    if reason == "CrashLoopBackOff":
        code = "oom" if last.get("reason") == "OOMKilled" else "crash-loop"
        ending = f"{_ending(last)}, {counted(count, 'restart')}"
        text = f'{_LOOPING} after {noun} "{name}" {ending}{_termination_message(last)}'
        brief = f"{noun} {name} {_exit(last)}, {counted(count, 'restart')}"
        return PodProblem(code, text, pod, since, count, name, brief, _last_words(last))
    if ended and ended.get("exitCode") != 0:
        code = "oom" if ended.get("reason") == "OOMKilled" else "failed"
        ending = f"{_ending(ended)}{_termination_message(ended)}"
        text = f'is not ready because {noun} "{name}" {ending}'
        brief = f"{noun} {name} {_exit(ended)}"
        return PodProblem(code, text, pod, since, count, name, brief, _last_words(ended))
    if "running" in state and container.get("ready") is False:
        if now and since and now - since > _LATELY:
            last = {}
        return _problem_of_probe(container, last, pod, count)
    return None


def _problem_of_probe(
    container: dict[str, Any], last: dict[str, Any], pod: str, count: int
) -> PodProblem:
    """Return the problem of a container that is running and not ready."""
    name = text_of(container.get("name"))
    probe = "startup" if container.get("started") is False else "readiness"
    before = (
        f"; the container previously {_ending(last)}, {counted(count, 'restart')}" if last else ""
    )
    adds = f"{before}{_termination_message(last)}"
    text = f'is not ready because container "{name}" is not passing its {probe} probe{adds}'
    code = "oom" if last.get("reason") == "OOMKilled" else "not-ready"
    exits = f"; it previously {_exit(last)}, {counted(count, 'restart')}" if last else ""
    brief = f"container {name} is not passing its {probe} probe{exits}"
    if code == "oom":
        brief = f"container {name} {_exit(last)}, {counted(count, 'restart')}"
    return PodProblem(code, text, pod, when(last.get("finishedAt")), count, name, brief)


def _pull_error(message: str) -> str:
    """Return the error in the *message* of an image that cannot be pulled, after ": ".

    Kubernetes 1.31 and newer repeats the error after the back-off; older ones report it only in
    an event.
    """
    if "back-off" in message.lower():
        message = message.partition("ErrImagePull: ")[2]
    return f": {message}" if message else ""


def _ending(terminated: dict[str, Any]) -> str:
    reason, code = text_of(terminated.get("reason")), terminated.get("exitCode")
    if not terminated:
        return "terminated for an unknown reason"
    return f"terminated with {reason or 'Error'} (exit code {code})"


def _exit(terminated: dict[str, Any]) -> str:
    """Return how a container terminated in few words: "OOMKilled (exit 137)".

    The kubelet's reason for any other failure is "Error", which says nothing.
    """
    reason, code = text_of(terminated.get("reason")), terminated.get("exitCode")
    if not terminated:
        return "terminated"
    return f"exited with code {code}" if reason in ("", "Error") else f"{reason} (exit {code})"


def _last_words(terminated: dict[str, Any]) -> str:
    """Return the line of a container's termination message that says most."""
    return error_line(text_of(terminated.get("message")))


def _termination_message(terminated: dict[str, Any]) -> str:
    message = text_of(terminated.get("message"))
    return f', with the message "{message}"' if message else ""


def is_ready(pod: Object) -> bool:
    """Return whether *pod* is running and all its containers are ready."""
    status = map_of(pod.get("status"))
    containers = maps_of(status.get("containerStatuses"))
    ready = bool(containers) and all(c.get("ready") is True for c in containers)
    return ready and status.get("phase") == "Running"


def is_replaced(pod: Object) -> bool:
    """Return whether *pod* has failed, by eviction for example, and its controller has replaced it.

    A Job counts its failed pods; other controllers create new ones. A pod that is being deleted
    is replaced, too.
    """
    metadata = map_of(pod.get("metadata"))
    if metadata.get("deletionTimestamp") is not None:
        return True
    owners = maps_of(metadata.get("ownerReferences"))
    replaced = bool(owners) and all(owner.get("kind") != "Job" for owner in owners)
    return replaced and map_of(pod.get("status")).get("phase") == "Failed"


def claims_of(pod: Object) -> list[str]:
    """Return the names of the PersistentVolumeClaims that *pod* mounts."""
    return [name for name in map(text_of, _CLAIMS.search(pod) or ()) if name]


def started_at(pod: Object) -> datetime | None:
    """Return when the most recently started container of *pod* was started."""
    states = (map_of(c.get("state")) for c in maps_of(_CONTAINERS.search(pod)))
    times = (when(map_of(state.get("running")).get("startedAt")) for state in states)
    return max(filter(None, times), default=None)


def last_restart(pods: Iterable[Object]) -> Iterator[tuple[str, datetime, str, int]]:
    """Return (pod, time, how it terminated, restarts) for each container that has restarted."""
    for pod in pods:
        for container in maps_of(_CONTAINERS.search(pod)):
            ended = map_of(map_of(container.get("lastState")).get("terminated"))
            at, count = when(ended.get("finishedAt")), container.get("restartCount")
            if at and isinstance(count, int) and count > 0:
                yield text_of(map_of(pod.get("metadata")).get("name")), at, _ending(ended), count


def selected(selector: Any, pods: Iterable[Object], namespace: str) -> list[Object]:
    """Return the *pods* in *namespace* with every label of *selector* (a map), sorted by name."""
    wanted = map_of(selector)
    found = (
        pod
        for pod in pods
        if map_of(pod.get("metadata")).get("namespace") == namespace
        and wanted
        and wanted.items() <= labels_in(pod).items()
    )
    return sorted(found, key=Ref.of)
