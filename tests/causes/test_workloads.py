"""Why a workload is not healthy, as its pods and events report."""

from typing import Any

import pytest

from fluxstatus.causes.workloads import (
    Unhealthy,
    belongs_to,
    unhealthy_hook,
    unhealthy_release,
    unhealthy_workloads,
)
from fluxstatus.model.evidence import Object
from fluxstatus.state.health_checks import HealthCheckTarget
from fluxstatus.state.resource import Resource
from tests.builders import container, crashing, event, flux, judged, minutes, pod, stamp, state

SAFE = "56b65466c4"  # as a ReplicaSet's hash is: no vowels, no 0, 1 and 3
RUNNING = container(ready=True, running={})
READY_NOT = container(running={})


def waits(*names: str, status: str = "InProgress") -> str:
    """Return the message of a health check that waited for these "Kind/namespace/name"."""
    listed = ", ".join(f"{name} status: '{status}'" for name in names)
    return f"health check failed after 30.01s: timeout waiting for: [{listed}]"


def owned(name: str, owner: str, *containers: Object, **more: Any) -> Object:
    """Return a pod "namespace/name" that belongs to "Kind/name"."""
    kind, _, called = owner.partition("/")
    made = pod(name, *containers, **more)
    made["metadata"]["ownerReferences"] = [{"kind": kind, "name": called, "controller": True}]
    return made


def of_web(own: str, *containers: Object, **more: Any) -> Object:
    """Return a pod of the Deployment web."""
    labels = {"pod-template-hash": SAFE}
    return owned(f"apps/{own}", f"ReplicaSet/web-{SAFE}", *containers, labels=labels, **more)


WAITING = judged(flux("Kustomization", "one", {"Ready": "False HealthCheckFailed: late"}))


def unhealthy(
    *others: Object, of: str = "Deployment/apps/web", waiting: Resource = WAITING
) -> list[Unhealthy]:
    """Return why the workload *of* is not healthy in a cluster with *others*."""
    return list(unhealthy_workloads(state(*others), waiting, waits(of)))


def one(*others: Object, of: str = "Deployment/apps/web") -> str:
    """Return the only text."""
    texts = [found.text for found in unhealthy(*others, of=of)]
    assert len(texts) == 1, texts
    return texts[0]


def pending(message: str, **more: Any) -> Object:
    """Return a pod of web that cannot be scheduled."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    conditions = [condition | {"message": message}]
    return of_web("web-x", phase="Pending", conditions=conditions, **more)


@pytest.mark.parametrize(
    ("owner", "workload", "labels", "made"),
    [
        (f"ReplicaSet/web-{SAFE}", "Deployment/web", {"pod-template-hash": SAFE}, True),
        (f"ReplicaSet/web-api-{SAFE}", "Deployment/web", {"pod-template-hash": SAFE}, False),
        (f"ReplicaSet/web-{SAFE}", "Deployment/web", {}, True),
        (f"ReplicaSet/web-api-{SAFE}", "Deployment/web", {}, False),
        (f"ReplicaSet/web-{SAFE}", "Rollout/web", {"rollouts-pod-template-hash": SAFE}, True),
        (f"ReplicaSet/web-{SAFE}", "Canary/web", {"pod-template-hash": SAFE}, True),
        (f"ReplicaSet/web-{SAFE}", "Canary/web", {}, True),
        (f"ReplicaSet/web-primary-{SAFE}", "Canary/web", {"pod-template-hash": SAFE}, False),
        ("StatefulSet/web", "StatefulSet/web", {}, True),
        ("StatefulSet/web-db", "StatefulSet/web", {}, False),
        ("DaemonSet/web", "DaemonSet/web", {}, True),
        ("DaemonSet/web", "Deployment/web", {}, False),
        ("Job/web", "Job/web", {}, True),
        ("Job/web-29384850", "CronJob/web", {}, True),
        ("Job/web-api-29384850", "CronJob/web", {}, False),
        ("Cluster/web", "Cluster/web", {}, True),
        ("StrimziPodSet/web-kafka", "Kafka/web", {}, True),
        ("ReplicaSet/web-x", "Kafka/web", {}, False),
    ],
)
def test_a_pod_belongs_to_what_made_it(
    owner: str, workload: str, labels: dict[str, str], made: bool
) -> None:
    """A pod belongs to the workload that owns it, not to every workload with such a name."""
    kind, _, name = workload.partition("/")
    waited = HealthCheckTarget(kind, "apps", name, "InProgress")
    assert belongs_to(owned("apps/web-x-y", owner, labels=labels), waited) is made


def test_a_pod_without_owner_is_known_by_its_name() -> None:
    """A pod without an owner, as in older snapshots, is recognized by its name and namespace."""
    waited = HealthCheckTarget("Deployment", "apps", "web", "InProgress")
    assert belongs_to(pod("apps/web-1-a"), waited)
    assert not belongs_to(pod("apps/website-1-a"), waited)
    assert not belongs_to(pod("other/web-1-a"), waited)
    assert belongs_to(pod("apps/web"), waited._replace(kind="Pod"))
    assert not belongs_to(pod("apps/web-1"), waited._replace(kind="Pod"))


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([of_web("web-x", crashing("OOMKilled", 137))],
         'pod web-x is in CrashLoopBackOff after container "manager" terminated with OOMKilled'),
        ([of_web("web-x", crashing("Error", 3))],
         'after container "manager" terminated with Error (exit code 3), 7 restarts'),
        ([of_web("web-x", container(waiting={"reason": "ErrImagePull", "message": "not found"}))],
         "cannot pull the image ghcr.io/fluxcd/x:v1 (ErrImagePull): not found"),
        ([of_web("web-x", READY_NOT),
          event("Pod apps/web-x", "Unhealthy", "Readiness probe failed: statuscode: 503")],
         "readiness probe; Unhealthy: Readiness probe failed: statuscode: 503"),
        ([of_web("web-x", READY_NOT | {"started": False})], "not passing its startup probe"),
        ([pending("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
                  spec=None)], "FailedScheduling): 0/3 nodes are available: pod has unbound"),
        ([of_web("web-x", container(waiting={"reason": "ContainerCreating"}), phase="Pending"),
          event("Pod apps/web-x", "FailedMount", 'configmap "web" not found')],
         'pod web-x is not ready (phase Pending); FailedMount: configmap "web" not found'),
        ([event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", 'pods "x" is forbidden: exceeded '
                "quota: q, requested: pods=1, used: pods=2, limited: pods=2")],
         f'ReplicaSet web-{SAFE}: FailedCreate: pods "x" is forbidden: exceeded quota: q'),
        ([event("Deployment apps/web", "ReplicaSetCreateError", "no")], "Deployment web: Replica"),
        ([of_web("web-x", crashing(), phase="Failed"),
          of_web("web-y", READY_NOT)], 'pod web-y is not ready because container "manager"'),
        ([of_web("web-x", READY_NOT), of_web("web-y", crashing(restarts=9))], "pod web-y"),
    ],
)  # fmt: skip
def test_a_deployment_is_explained(others: list[Object], words: str) -> None:
    """The worst pod of a Deployment counts, with its newest event if that has more details."""
    assert words in one(*others)


@pytest.mark.parametrize(
    "others",
    [
        [of_web("web-x", RUNNING)],
        [owned("apps/web-api-x", f"ReplicaSet/web-api-{SAFE}", crashing())],
        [event("ConfigMap apps/web-bbbbb", "X", "x")],
        [event(f"ReplicaSet apps/web-api-{SAFE}", "FailedCreate", "quota")],
        [event(f"ReplicaSet other/web-{SAFE}", "FailedCreate", "quota")],
        [event("Pod apps/web-api-bcdfg", "BackOff", "x")],
    ],
)
def test_pods_of_other_workloads_are_not_reported(others: list[Object]) -> None:
    """Healthy pods and those of a workload with a longer name are not reported."""
    assert unhealthy(*others) == []


def test_a_claim_is_named() -> None:
    """A pod that waits for a volume is reported with its PersistentVolumeClaim."""
    waiting = pending("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims")
    waiting["spec"] = {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}, {"name": "x"}]}
    assert 'it mounts PersistentVolumeClaim "data"' in one(waiting)


@pytest.mark.parametrize(
    ("own", "claim", "named"),
    [
        (f"web-{SAFE}-bcdfg", "web-data", True),
        (f"web-{SAFE}-bcdfg", "web", True),
        (f"web-{SAFE}-bcdfg", f"web-{SAFE}-bcdfg-scratch", True),
        (f"web-{SAFE}-bcdfg", "data-web", False),
        ("web-0", "data-web-0", True),
        ("web-0", "web-data", False),
    ],
)
def test_a_claim_is_known_by_its_name(own: str, claim: str, named: bool) -> None:
    """Without the volumes of a pod, the event of a claim that is named after it is reported."""
    waiting = pending("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims")
    waiting["metadata"]["name"] = own
    failed = event(f"PersistentVolumeClaim apps/{claim}", "ProvisioningFailed", "odd")
    assert one(waiting, failed).endswith("ProvisioningFailed: odd") is named


def test_a_claim_is_explained_by_its_event() -> None:
    """A PersistentVolumeClaim in a health check has events of its own."""
    result = event(
        "PersistentVolumeClaim apps/data", "ProvisioningFailed", 'class "fast" not found'
    )
    assert 'class "fast" not found' in one(result, of="PersistentVolumeClaim/apps/data")


def test_a_failed_job_has_its_reason_and_exit_code() -> None:
    """A failed Job is reported with the exit code of its pod and why it is not retried."""
    ended = {"exitCode": 2, "reason": "Error", "finishedAt": stamp(minutes(2))}
    failed = owned("apps/db-x", "Job/db", container(terminated=ended), phase="Failed")
    limit = event("Job apps/db", "BackoffLimitExceeded", "Job has reached the specified backoff")
    assert one(failed, limit, of="Job/apps/db") == (
        'pod db-x is not ready because container "manager" terminated with Error (exit code 2); '
        "Job db: BackoffLimitExceeded: Job has reached the specified backoff"
    )
    late = event("Job apps/db", "DeadlineExceeded", "Job was active longer than specified deadline")
    assert "DeadlineExceeded" in one(late, of="Job/apps/db")


def test_the_termination_message_is_reported() -> None:
    """The termination message of a container is reported with its credentials masked."""
    last = {"reason": "Error", "exitCode": 1, "message": "starting\npassword=a1b2 rejected\n"}
    crash = container(waiting={"reason": "CrashLoopBackOff"}, last=last)
    assert 'with the message "password=*** rejected"' in one(of_web("web-x", crash))


@pytest.mark.parametrize(
    ("others", "sentence", "command"),
    [
        ([of_web("web-x", crashing())], "container's previous run",
         "kubectl logs web-x -n apps --container=manager --tail=50 --previous"),
        ([of_web("web-x", crashing("OOMKilled", 137))], "memory limit", "describe pod web-x"),
        ([of_web("web-x", container(waiting={"reason": "ErrImagePull"}))], "imagePullSecrets",
         "kubectl describe pod web-x -n apps"),
        ([event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", "exceeded quota: q")],
         "ResourceQuota", "kubectl describe resourcequotas -n apps"),
        ([event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", 'violates PodSecurity "baseline"')],
         "securityContext", "kubectl get namespace apps --show-labels"),
        ([event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", "odd")], "events",
         "involvedObject.name=web"),
    ],
)  # fmt: skip
def test_a_pod_problem_has_a_hint(others: list[Object], sentence: str, command: str) -> None:
    """Each problem has its own next step, with the name of the pod in the command."""
    hint = next(iter(unhealthy(*others)[0].hints))
    assert sentence in hint.text
    assert command in " ".join(word for one in hint.commands for word in one.argv)


def test_many_workloads_are_summed_up() -> None:
    """Of fifty workloads five are reported."""
    crowd = [owned(f"apps/w{n}-0", f"StatefulSet/w{n}", crashing(), labels={}) for n in range(50)]
    message = waits(*(f"StatefulSet/apps/w{n}" for n in range(50)))
    texts = [found.text for found in unhealthy_workloads(state(*crowd), WAITING, message)]
    assert len(texts) == 6
    assert texts[-1] == "more workloads are not ready"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, "arguments"),
        (126, "executable"),
        (127, "command and args"),
        (132, "AVX"),
        (134, "assertion"),
        (135, "shared memory"),
        (137, "memory of the node"),
        (139, "segmentation fault"),
        (143, "SIGTERM"),
    ],
)
def test_an_exit_code_without_a_message_has_its_own_step(code: int, words: str) -> None:
    """The title only says what is known; the steps say what the code means, and show the log."""
    (found,) = unhealthy(of_web("web-x", crashing("Error", code)))
    assert words in " ".join(hint.text for hint in found.hints)
    assert found.cause == f"container manager exited with code {code}, 7 restarts"
    assert found.certainty is None
    assert "--previous" in str(found.hints)


def test_a_container_that_ends_without_an_error_is_no_server() -> None:
    """Exit code 0 again and again: the program does not keep running."""
    (found,) = unhealthy(of_web("web-x", crashing("Completed", 0)))
    assert "does not keep running" in f"{found.cause} {found.hints}" or found.certainty == "likely"


PROBED = event("Pod apps/web-x", "Unhealthy", "Liveness probe failed: statuscode: 503")


@pytest.mark.parametrize(
    ("code", "ago", "certainty"),
    [(137, 5, "likely"), (143, 5, "likely"), (1, 5, None), (137, 40, None)],
)
def test_a_probe_may_be_why_a_container_exits(code: int, ago: float, certainty: str | None) -> None:
    """The kubelet kills a container whose probe fails, but a probe also fails after an error."""
    probed = {**PROBED, "lastTimestamp": stamp(minutes(ago))}
    (found,) = unhealthy(of_web("web-x", crashing("Error", code)), probed)
    assert found.certainty == certainty
    assert ("Liveness probe failed" in found.text) is (ago < 10)


CREATING = container(waiting={"reason": "ContainerCreating"})
LATE_MOUNT = event(
    "Pod apps/web-x", "FailedMount",
    "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[]: timed out "
    "waiting for the condition", ago=minutes(1),
)  # fmt: skip
ATTACHED = event(
    "Pod apps/web-x", "FailedAttachVolume",
    'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-w', ago=minutes(20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([LATE_MOUNT, ATTACHED], "FailedAttachVolume: Multi-Attach error"),
        ([LATE_MOUNT], "FailedMount: Unable to attach"),
        ([event("Pod apps/web-x", "DNSConfigForming", "Nameserver limits", ago=minutes(0)),
          LATE_MOUNT], "FailedMount: Unable to attach"),
        ([event("Pod apps/web-x", "FailedScheduling", "0/3 nodes", ago=minutes(1)),
          event("Pod apps/web-x", "FailedCreatePodSandBox", "odd", ago=minutes(9))],
         "FailedCreatePodSandBox: odd"),
        ([event("Pod apps/web-x", "FailedScheduling", "0/3 nodes")], "FailedScheduling: 0/3"),
    ],
)  # fmt: skip
def test_the_most_telling_event_of_a_pod_counts(others: list[Object], words: str) -> None:
    """An older event may have the error, and newer ones only that it took too long."""
    assert words in one(of_web("web-x", CREATING, phase="Pending"), *others)


def holder(owner: str, ready: str = "True", **metadata: Any) -> Object:
    """Return the pod web-w, which has the volume, with the status of its condition Ready."""
    made = owned("apps/web-w", owner, RUNNING)
    made["status"]["conditions"] = [{"type": "Ready", "status": ready}]
    made["metadata"] |= metadata
    return made


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (holder("ReplicaSet/web-7c9f5"),
         "pod web-w of the other ReplicaSet web-7c9f5 of Deployment web is ready"),
        (holder("ReplicaSet/db-7c9f5"), "pod web-w is ready"),
        (holder(f"ReplicaSet/web-{SAFE}"), "pod web-w is ready"),
        (holder("ReplicaSet/web-7c9f5", deletionTimestamp=stamp(minutes(0))),
         "pod web-w is being deleted"),
        (holder("ReplicaSet/web-7c9f5", "False"), "already used by pod(s) web-w"),
    ],
)  # fmt: skip
def test_the_pod_that_holds_a_volume_decides_the_advice(other: Object, words: str) -> None:
    """A rolling update waits for itself only if its old pod is ready: a lost node is repaired."""
    assert one(of_web("web-x", CREATING, phase="Pending"), other, ATTACHED).endswith(words)


@pytest.mark.parametrize(
    "status",
    [
        container(waiting={"reason": "CreateContainerConfigError"}),
        crashing("StartError", 128),
    ],
)
def test_an_event_tells_why_a_container_was_not_started(status: Object) -> None:
    """If the status does not say it: the kubelet reports it as an event, too."""
    failed = event("Pod apps/web-x", "Failed", 'Error: secret "db" not found')
    assert one(of_web("web-x", status), failed).endswith('Failed: Error: secret "db" not found')


def test_a_repeated_warning_about_the_node_is_no_cause() -> None:
    """Without pods, the events of a workload tell the cause; some come with every pod of a node."""
    noise = event(f"Pod apps/web-{SAFE}-bcdfg", "DNSConfigForming", "Nameserver limits exceeded")
    assert unhealthy(noise) == []
    older = event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", "quota", ago=minutes(9))
    assert one(noise, older) == f"ReplicaSet web-{SAFE}: FailedCreate: quota"


def test_only_a_sidecar_has_a_probe_while_a_pod_is_initialized() -> None:
    """An init container that runs may be a native sidecar whose startup probe fails."""
    starting = of_web(
        "web-x", container(waiting={"reason": "PodInitializing"}), phase="Pending",
        initContainerStatuses=[container(running={"startedAt": stamp(minutes(9))})],
    )  # fmt: skip
    probe = event("Pod apps/web-x", "Unhealthy", "Startup probe failed: HTTP probe failed with "
                  "statuscode: 503")  # fmt: skip
    (found,) = unhealthy(starting, probe)
    assert found.cause == "the probe receives HTTP status 503"


def test_what_a_container_wrote_long_ago_does_not_count() -> None:
    """A container that failed while it started, and now only does not pass its probe."""
    words = "dial tcp: lookup db: no such host"
    last = {"reason": "Error", "exitCode": 1, "message": words}
    for ago, expected in ((5, True), (600, False)):
        ended = last | {"finishedAt": stamp(minutes(ago))}
        assert (words in one(of_web("web-x", container(running={}, last=ended)))) is expected


def test_a_pod_that_does_not_terminate_is_reported_last() -> None:
    """It may keep its StatefulSet from creating the next pod, if nothing else is wrong."""
    gone = of_web("web-x", RUNNING)
    gone["metadata"]["deletionTimestamp"] = stamp(minutes(9))
    assert "has not terminated since" in one(gone)
    refused = event(f"ReplicaSet apps/web-{SAFE}", "FailedCreate", "exceeded quota: q")
    assert "exceeded quota" in one(gone, refused)
    assert one(gone, of_web("web-y", READY_NOT)).startswith("pod web-y ")
    gone["metadata"]["deletionTimestamp"] = stamp(minutes(0))
    assert unhealthy(gone) == []


def test_a_flux_object_that_was_waited_for_is_no_workload() -> None:
    """Flux objects in a health check are causes of their own, not workloads."""
    assert unhealthy(pod("apps/web-1-a", crashing()), of="HelmRelease/apps/web") == []


@pytest.mark.parametrize(
    ("message", "spec", "count"),
    [
        ("Helm install failed: context deadline exceeded", {}, 1),
        ("timed out waiting for the condition", {"releaseName": "web"}, 1),
        ("context deadline exceeded", {"kubeConfig": {"secretRef": {"name": "x"}}}, 0),
        ("values are wrong", {}, 0),
        ("context deadline exceeded", {"targetNamespace": "other"}, 0),
    ],
)
def test_a_release_that_timed_out_is_explained_by_its_pods(
    message: str, spec: dict[str, Any], count: int
) -> None:
    """Older helm-controllers do not name the late object; pods have the label of the release."""
    release = judged(flux("HelmRelease", "web", {}, spec=spec))
    known = state(
        pod("apps/web-1", crashing(), labels={"app.kubernetes.io/instance": "web"}),
        pod("apps/api-1", crashing(), labels={"app.kubernetes.io/instance": "api"}),
    )
    found = list(unhealthy_release(known, release, message))
    assert len(found) == count
    assert all(one.text.startswith("pod web-1 ") for one in found)


def test_the_newest_event_counts() -> None:
    """Of several events about a workload, the newest one is reported."""
    pulling = container(waiting={"reason": "ImagePullBackOff"})
    volume = pending("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims")
    volume["spec"] = {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]}
    stem = f"ReplicaSet apps/web-{SAFE}"
    cases = [
        (stem, "FailedCreate", "", []),
        ("Pod apps/web-x", "Unhealthy", "Readiness probe failed: ", [of_web("web-x", READY_NOT)]),
        ("Pod apps/web-x", "Failed", "Failed to pull image ", [of_web("web-x", pulling)]),
        ("PersistentVolumeClaim apps/data", "ProvisioningFailed", "", [volume]),
    ]
    for about, reason, text, others in cases:
        events = [event(about, reason, f"{text}{age}", ago=minutes(age)) for age in (30, 2, 20)]
        assert one(*others, *events).endswith(f"{reason}: {text}2")


def test_the_newest_event_of_a_release_counts() -> None:
    """Without pods, the newest event about something named after the release is reported."""
    release = judged(flux("HelmRelease", "web", {}))
    about = "StatefulSet apps/web-db"
    known = state(*(event(about, "FailedCreate", f"{age}", ago=minutes(age)) for age in (9, 2, 5)))
    (found,) = unhealthy_release(known, release, "context deadline exceeded")
    assert found.text == "StatefulSet web-db: FailedCreate: 2"


def of_job(own: str, *containers: Object, **more: Any) -> Object:
    """Return a pod of the Job db."""
    return owned(f"apps/{own}", "Job/db", *containers, **more)


def test_a_failed_pod_of_a_job_is_not_replaced() -> None:
    """A Job keeps its failed pods: they say why it fails, whatever its newest pod does."""
    ended = {"exitCode": 2, "reason": "Error", "finishedAt": stamp(minutes(2))}
    failed = of_job("db-a", container(terminated=ended), phase="Failed")
    assert "exit code 2" in one(failed, of_job("db-b", READY_NOT), of="Job/apps/db")


def test_a_pod_that_is_being_deleted_is_replaced() -> None:
    """A pod that is being deleted is reported only if there is no other."""
    gone = of_web("web-x", crashing())
    gone["metadata"]["deletionTimestamp"] = stamp(minutes(1))
    assert one(gone, of_web("web-y", READY_NOT)).startswith("pod web-y ")
    assert one(gone).startswith("pod web-x ")


@pytest.mark.parametrize(
    ("ran", "expected"), [(True, "BackOff: restarting"), (False, "FailedScheduling: 0/3 nodes")]
)
def test_a_job_that_ran_was_scheduled(ran: bool, expected: str) -> None:
    """The pods of a Job that reached its backoff limit were scheduled, so that is not why."""
    events = [
        event("Pod apps/db-bcdfg", "BackOff", "restarting", ago=minutes(9)),
        event("Pod apps/db-bcdfh", "FailedScheduling", "0/3 nodes", ago=minutes(2)),
    ]
    limit = event("Job apps/db", "BackoffLimitExceeded", "Job has reached the limit")
    assert expected in one(*events, *([limit] if ran else []), of="Job/apps/db")


def test_a_label_counts_more_than_a_name() -> None:
    """A pod with the label of another release is not of the one whose name its name begins with."""
    release = judged(flux("HelmRelease", "web", {}))
    other = pod("apps/web-api-1", crashing(), labels={"app.kubernetes.io/instance": "web-api"})
    late = "context deadline exceeded"
    assert list(unhealthy_release(state(other), release, late)) == []
    unlabelled = pod("apps/web-hook-1", crashing())
    (found,) = unhealthy_release(state(other, unlabelled), release, late)
    assert found.text.startswith("pod web-hook-1 ")


JOB = "failed post-install: 1 error occurred:\n\t* job web-init failed: BackoffLimitExceeded"


@pytest.mark.parametrize(
    ("kind", "message", "spec", "found"),
    [
        ("HelmRelease", JOB, {}, ["pod web-init-bcdfg "]),
        ("HelmRelease", JOB, {"targetNamespace": "other"}, []),
        ("HelmRelease", JOB, {"kubeConfig": {"secretRef": {"name": "x"}}}, []),
        ("HelmRelease", JOB.replace("web-init", "web"), {}, []),
        ("HelmRelease", "failed post-install: no job", {}, []),
        ("Kustomization", JOB, {}, []),
    ],
)
def test_the_job_of_a_hook_that_failed_is_explained_by_its_pods(
    kind: str, message: str, spec: dict[str, Any], found: list[str]
) -> None:
    """Only pods of the Job that the message names count."""
    release = judged(flux(kind, "web", {}, spec=spec))
    known = state(
        owned("apps/web-init-bcdfg", "Job/web-init", crashing()),
        owned("apps/api-init-bcdfg", "Job/api-init", crashing()),
    )
    texts = [one.text for one in unhealthy_hook(known, release, message)]
    assert len(texts) == len(found)
    assert all(text.startswith(begin) for text, begin in zip(texts, found, strict=True))


def test_a_sidecar_that_keeps_running_is_why_a_job_does_not_complete() -> None:
    """Both must be known: a container that has completed, and another one that is running."""
    done = container(terminated={"exitCode": 0}) | {"name": "init"}
    sidecar = container(ready=True, running={}) | {"name": "istio-proxy"}
    of_job = owned("apps/db-bcdfg", "Job/db", done, sidecar)
    found = one(of_job, of="Job/apps/db")
    assert 'container "init" completed, but "istio-proxy" keeps running' in found
    for others in ((done,), (sidecar,), (container(terminated={"exitCode": 1}), sidecar)):
        texts = unhealthy(owned("apps/db-bcdfg", "Job/db", *others), of="Job/apps/db")
        assert not any("keeps running" in each.text for each in texts)
    alone = unhealthy(
        owned("apps/db-bcdfg", "StatefulSet/db", done, sidecar), of="StatefulSet/apps/db"
    )
    assert not any("keeps running" in each.text for each in alone)


QUOTA = 'pods "web-1-x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=5'


def refused(message: str, **status: Any) -> Object:
    """Return the Deployment web, whose ReplicaSet cannot create pods."""
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"replicas": 1},
        "status": {"conditions": [condition | {"message": message}], **status},
    }


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (QUOTA, 'a pod of web exceeds ResourceQuota "compute"'),
        (
            'pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": hostNetwork',
            "the pods violate the Pod Security level restricted:latest",
        ),
        (
            'error looking up service account apps/robot: serviceaccount "robot" not found',
            'ServiceAccount "robot" does not exist',
        ),
        (
            'admission webhook "deny.acme.com" denied the request: no',
            'admission webhook "deny.acme.com" rejects a pod of web',
        ),
    ],
)
def test_the_status_of_a_workload_says_what_its_events_said(message: str, cause: str) -> None:
    """The same message leads to the same cause and steps, whether an event or a status has it."""
    (by_status,) = unhealthy(refused(message))
    (by_event,) = unhealthy(
        event("ReplicaSet apps/web-bcdf", "FailedCreate", f"Error creating: {message}")
    )
    assert by_status.cause.startswith(cause)
    assert by_status.cause == by_event.cause
    assert by_status.hints == by_event.hints
    assert (by_status.certainty, by_status.target) == (by_event.certainty, by_event.target)


def test_pods_and_events_say_more_than_a_status() -> None:
    """A crash of a pod that exists comes before what keeps another from being created."""
    crashed = of_web("web-x", crashing())
    assert one(crashed, refused(QUOTA)).startswith("pod web-x ")
    assert "event" in one(event("Deployment apps/web", "Odd", "an event"), refused(QUOTA))


COUNTS = dict.fromkeys(
    ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas", "observedGeneration"), 1
)


def test_what_is_ready_by_now_needs_no_reason() -> None:
    """An old event of a Deployment that has all its pods is no cause."""
    ready = refused(QUOTA, **COUNTS)
    assert unhealthy(ready, event("Deployment apps/web", "FailedCreate", QUOTA)) == []


def test_the_status_after_a_rollback_is_that_of_another_revision() -> None:
    """It neither explains the failed upgrade nor ends it; its pods and events still say why."""
    conditions = {"Ready": "False RollbackSucceeded: x", "Remediated": "True RollbackSucceeded: x"}
    rolled_back = judged(flux("HelmRelease", "web", conditions))
    denied = event("ReplicaSet apps/web-bcdf", "FailedCreate", QUOTA)
    (found,) = unhealthy(refused("x", **COUNTS), denied, waiting=rolled_back)
    assert found.cause.startswith('a pod of web exceeds ResourceQuota "compute"')
    assert unhealthy(refused(QUOTA), waiting=rolled_back) == []


def test_a_release_without_names_is_late_because_of_its_deployments() -> None:
    """Those of the release count, and none after a rollback: they are of the revision before."""
    late = "context deadline exceeded"
    release = judged(flux("HelmRelease", "web", {"Ready": f"False InstallFailed: {late}"}))
    (found,) = unhealthy_release(state(refused(QUOTA)), release, late)
    assert found.cause.startswith('a pod of web exceeds ResourceQuota "compute"')
    other = judged(flux("HelmRelease", "api", {"Ready": f"False InstallFailed: {late}"}))
    assert list(unhealthy_release(state(refused(QUOTA)), other, late)) == []
    conditions = {"Ready": "False RollbackSucceeded: x", "Remediated": "True RollbackSucceeded: x"}
    rolled_back = judged(flux("HelmRelease", "web", conditions))
    assert list(unhealthy_release(state(refused(QUOTA)), rolled_back, late)) == []
