"""The problems of pods."""

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.state.pods import is_ready, last_restart, problem_of_pod, selected
from tests.builders import NOW, container, crashing, minutes, pod, stamp

ENDED = {"exitCode": 1, "reason": "Error", "finishedAt": stamp(minutes(2))}
STARTING = container(waiting={"reason": "PodInitializing"})
GATED = [{"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady",
          "message": "gate x"}]  # fmt: skip
UNSCHEDULED = [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]


@pytest.mark.parametrize(
    ("one", "code", "words"),
    [
        (pod("a/b", container(ready=True, running={})), None, ""),
        (pod("a/b", phase="Succeeded"), None, ""),
        (pod("a/b", crashing()), "crash-loop", "terminated with Error (exit code 1), 7 restarts"),
        (pod("a/b", crashing("OOMKilled", 137)), "oom", "OOMKilled (exit code 137)"),
        (pod("a/b", container(waiting={"reason": "CrashLoopBackOff"})), "crash-loop", "unknown"),
        (pod("a/b", container(waiting={"reason": "ErrImagePull"})), "image-pull", "x:v1"),
        (pod("a/b", container(waiting={"reason": "InvalidImageName"})), "image-pull", "x:v1"),
        (pod("a/b", container(waiting={
            "reason": "CreateContainerConfigError", "message": 'secret "s" not found'})),
         "config", 'secret "s" not found'),
        (pod("a/b", container(terminated=ENDED)), "failed", "Error (exit code 1)"),
        (pod("a/b", container(terminated=ENDED | {"reason": "OOMKilled"})), "oom", "OOMKilled"),
        (pod("a/b", container(terminated={"exitCode": 0}), phase="Succeeded"), None, ""),
        (pod("a/b", container(terminated={"exitCode": 0}), container(running={})),
         "not-ready", "readiness probe"),
        (pod("a/b", container(running={})), "not-ready", "readiness probe"),
        (pod("a/b", phase="Pending", conditions=UNSCHEDULED), "pending", "0/3 nodes"),
        (pod("a/b", phase="Failed"), "failed", "has failed"),
        (pod("a/b", phase="Failed", reason="Evicted", message="disk"), "evicted", "Evicted: disk"),
        (pod("a/b", phase="Pending"), "not-ready", "phase Pending"),
        (pod("a/b", phase=None), "not-ready", "phase unknown"),
        (pod("a/b", phase="Pending", initContainerStatuses=[crashing()]), "crash-loop", "7"),
        (pod("a/b", container(running={}), crashing()), "crash-loop", "7"),
        (pod("a/b", container(ready=True, running={}), crashing()), "crash-loop", "7"),
        (pod("a/b", STARTING, phase="Pending",
             initContainerStatuses=[container(running={"startedAt": stamp(minutes(2))})]),
         "init", "has been running init container"),
        (pod("a/b", STARTING, phase="Pending", initContainerStatuses=[
            container(running={}) | {"name": "sidecar"}, container(running={}) | {"name": "last"}]),
         "init", 'init container "last"'),
        (pod("a/b", container(running={}), initContainerStatuses=[container(running={})]),
         "not-ready", "readiness probe"),
        (pod("a/b", STARTING, phase="Pending", initContainerStatuses=[crashing()]),
         "crash-loop", "init container"),
        (pod("a/b", container(ready=True, running={}), conditions=GATED), "pending", "gate x"),
        (pod("a/b", container(waiting={
            "reason": "ImagePullBackOff",
            "message": 'Back-off pulling image "x": ErrImagePull: denied'})),
         "image-pull", "(ImagePullBackOff): denied"),
        ({}, "not-ready", "phase unknown"),
    ],
)  # fmt: skip
def test_the_trouble_of_a_pod_is_named(one: Object, code: str | None, words: str) -> None:
    """Each state that the kubelet reports has its code and its sentence."""
    problem = problem_of_pod(one)
    assert (problem.code if problem else None) == code
    assert words in (problem.text if problem else "")


AFTER_EXIT = (
    "container manager is not passing its readiness probe; "
    "it previously exited with code 1, 3 restarts"
)
PANIC = "level=info start\npanic: runtime error: no map; stop\n\ngoroutine 1 [running]:\nmain.go\n"


@pytest.mark.parametrize(
    ("one", "brief"),
    [
        (pod("a/b", crashing("OOMKilled", 137, 5)),
         "container manager OOMKilled (exit 137), 5 restarts"),
        (pod("a/b", crashing(restarts=1)), "container manager exited with code 1, 1 restart"),
        (pod("a/b", container(waiting={"reason": "CrashLoopBackOff"}, restarts=2,
                              last=ENDED | {"message": PANIC})),
         "container manager exited with code 1, 2 restarts: panic: runtime error: no map; stop"),
        (pod("a/b", container(terminated=ENDED | {"message": "trying\nValueError: x\n\n"})),
         "container manager exited with code 1: ValueError: x"),
        (pod("a/b", STARTING, phase="Pending", initContainerStatuses=[crashing()]),
         "init container manager exited with code 1, 7 restarts"),
        (pod("a/b", STARTING, phase="Pending",
             initContainerStatuses=[container(running={"startedAt": stamp(minutes(2))})]),
         f"init container manager has been running since {NOW - minutes(2):%Y-%m-%d %H:%M} UTC"),
        (pod("a/b", container(waiting={"reason": "ErrImagePull"})),
         "container manager cannot pull image ghcr.io/fluxcd/x:v1 (ErrImagePull)"),
        (pod("a/b", container(waiting={
            "reason": "CreateContainerConfigError", "message": 'secret "s" not found'})),
         'container manager cannot start (CreateContainerConfigError): secret "s" not found'),
        (pod("a/b", container(running={})), "container manager is not passing its readiness probe"),
        (pod("a/b", container(running={}, last=ENDED | {"reason": "OOMKilled", "exitCode": 137},
                              restarts=3)),
         "container manager OOMKilled (exit 137), 3 restarts"),
        (pod("a/b", container(running={}, last=ENDED, restarts=3)), AFTER_EXIT),
        (pod("a/b", phase="Pending", conditions=UNSCHEDULED),
         "pod cannot be scheduled: 0/3 nodes are available"),
        (pod("a/b", phase="Failed"), "pod has failed"),
        (pod("a/b", phase="Pending"), "pod is not ready (phase Pending)"),
        (pod("a/b", container(ready=True, running={}), conditions=GATED),
         "pod is not ready because of a readiness gate: gate x"),
    ],
)  # fmt: skip
def test_a_title_has_the_trouble_of_a_pod_in_few_words(one: Object, brief: str) -> None:
    """The container, how it ended and how often, and the error that it reported last."""
    problem = problem_of_pod(one)
    assert problem
    assert problem.title == brief


@pytest.mark.parametrize(
    ("one", "ready"),
    [
        (pod("a/b", container(ready=True, running={})), True),
        (pod("a/b", container(ready=True), container()), False),
        (pod("a/b"), False),
        (pod("a/b", container(ready=True), phase="Succeeded"), False),
        ({}, False),
    ],
)
def test_a_pod_is_ready_when_all_of_it_is(one: Object, ready: bool) -> None:
    """Only a running pod with ready containers is ready."""
    assert is_ready(one) is ready


def test_restarts_are_read_with_their_end() -> None:
    """A restarted container is returned with pod, time, reason and count."""
    assert list(last_restart([pod("a/b", crashing("OOMKilled", 137, 3))])) == [
        ("b", NOW - minutes(2), "terminated with OOMKilled (exit code 137)", 3)
    ]
    assert list(last_restart([pod("a/b", container(ready=True, running={})), {}])) == []


def test_a_selector_selects_by_all_of_its_labels() -> None:
    """Pods of the namespace with every label are selected; an empty selector selects none."""
    pods = [
        pod("a/one", labels={"app": "x", "tier": "y"}),
        pod("a/two", labels={"app": "x"}),
        pod("b/three", labels={"app": "x", "tier": "y"}),
        {},
    ]
    names = [p["metadata"]["name"] for p in selected({"app": "x", "tier": "y"}, pods, "a")]
    assert names == ["one"]
    assert selected({}, pods, "a") == selected(None, pods, "a") == []
