"""The problems of the pods of an unhealthy workload lead to the step that fixes it."""

import pytest

from fluxstatus.knowledge import pods, workload_hints
from fluxstatus.knowledge.message import Message
from tests.builders import HEALTHY, container, evidence, flux, found, only, pod

HEALTH = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"
FIELDS = {"name": "web", "ns": "apps", "pod": "web-1-a", "container": "web"}
PROBLEMS = {
    "pod web-1-a cannot pull the image ghcr.io/acme/web:2 (ImagePullBackOff)":
        ("ghcr.io/acme/web:2", "imagePullSecrets", "kubectl describe pod web-1-a -n apps"),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Failed to pull image "web:2": rpc '
    'error: code = NotFound desc = failed to pull and unpack image "docker.io/library/web:2": '
    'failed to resolve reference "docker.io/library/web:2": docker.io/library/web:2: not found':
        ("name or tag", "kubectl describe pod web-1-a -n apps"),
    "pod web-1-a cannot pull the image docker.io/bitnami/redis:7.2.5-debian-12-r4 "
    "(ErrImagePull): failed to resolve reference: docker.io/bitnami/redis:7.2.5-debian-12-r4: "
    "not found":
        ("bitnamilegacy",),
    "pod web-1-a cannot pull the image Web:2 (InvalidImageName)": ("upper case",),
    "pod web-1-a cannot pull the image web:2 (ErrImageNeverPull)": ("imagePullPolicy",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): 429 Too Many Requests - "
    "toomanyrequests: You have reached your pull rate limit":
        ("pull-through cache",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): no match for platform in "
    "manifest: not found":
        ("kubernetes.io/arch",),
    "pod web-1-a cannot pull the image r.acme.com/web:2 (ErrImagePull): failed to authorize: "
    "failed to fetch anonymous token: unexpected status from GET request to "
    "https://r.acme.com/token: 401 Unauthorized":
        ("whether the image r.acme.com/web:2 exists", "imagePullSecrets"),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): pull access denied, repository "
    "does not exist or may require authorization: server message: insufficient_scope: "
    "authorization failed":
        ("exists", "imagePullSecrets"),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": tls: failed to verify certificate: x509: '
    'certificate signed by unknown authority':
        ("CA",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": http: server gave HTTP response to HTTPS client':
        ("plain HTTP",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": dial tcp: lookup r.acme.com on 10.0.0.2:53: no '
    'such host':
        ("node's DNS",),
    'pod web-1-a cannot pull the image web:2 (ErrImagePull): Head '
    '"https://r.acme.com/v2/web/manifests/2": dial tcp 10.0.0.9:443: i/o timeout':
        ("firewall",),
    "pod web-1-a cannot pull the image web:2 (ErrImagePull): write /var/lib/containerd/x: no "
    "space left on device":
        ("disk",),
    'pod web-1-a has been running init container "wait-for-db" since 2026-11-23 18:51 UTC; its '
    'other containers start after that':
        ("init container", "kubectl logs web-1-a"),
    "pod web-1-a is not ready because of a readiness gate: corresponding condition of pod "
    'readiness gate "a.io/b" does not exist':
        ("load balancer",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "had volume node affinity conflict":
        ("zone",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "exceed max volume count":
        ("fewer volumes",),
    "pod web-1-a cannot be scheduled (SchedulingGated): Scheduling is blocked due to non-empty "
    "scheduling gates":
        ("schedulingGates",),
    "pod web-1-a cannot be scheduled (FailedScheduling): no nodes available to schedule pods":
        ("node group",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) "
    "didn't have free ports for the requested pod ports":
        ("hostPort",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match pod topology spread constraints":
        ("topologySpreadConstraints",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "didn't match pod anti-affinity rules":
        ("preferredDuringScheduling",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) "
    "were unschedulable":
        ("uncordon",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) "
    "had untolerated taint {node.kubernetes.io/disk-pressure: }":
        ("fix the nodes",),
    'Pod web-1-a: FailedAttachVolume: Multi-Attach error for volume "pvc-1" Volume is already '
    'exclusively attached to one node':
        ("Recreate",),
    'Pod web-1-a: FailedCreatePodSandBox: Failed to create pod sandbox: plugin type="calico" '
    'failed (add): odd':
        ("CNI",),
    "pod web-1-a container web is in CrashLoopBackOff after OOMKilled (exit code 137), 4 restarts":
        ("resources.limits.memory",),
    'pod web-1-a cannot start container web: CreateContainerConfigError secret "db" not found':
        ('secret "db"', "create"),
    "pod web-1-a cannot start container web: CreateContainerConfigError couldn't find key pw in "
    "Secret apps/db": ('key "pw"', 'Secret "db"'),
    "pod web-1-a cannot start container web: RunContainerError odd": ("pod template",),
    "pod web-1-a container web is in CrashLoopBackOff after Error (exit code 1), 4 restarts":
        ("--container=web --tail=50 --previous",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: pod has unbound "
    "immediate PersistentVolumeClaims": ("StorageClass",),
    'Pod web-1-a: FailedMount: MountVolume.SetUp failed for volume "x" : odd': ("volume",),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 Insufficient "
    "cpu": ("resources.requests", "nodes"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/3 nodes are available: 3 node(s) didn't "
    "match Pod's node affinity/selector": ("nodeSelector", "label a node"),
    "pod web-1-a cannot be scheduled (FailedScheduling): 0/1 nodes are available: 1 node(s) had "
    "untolerated taint {a: b}": ("tolerations",),
    'pod web-1-a is not ready because container "web" is not passing its readiness probe':
        ("probe", "kubectl logs"),
    "pod web-1-a Evicted: The node was low on resource: memory": ("requests",),
    "Job migrate: BackoffLimitExceeded: Job has reached the specified backoff limit":
        ("delete the Job",),
    "pod web-1-a container web ended with Error (exit code 2)": ("kubectl logs web-1-a",),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: exceeded quota: '
    "compute, requested: pods=1, used: pods=5, limited: pods=5":
        ('ResourceQuota "compute"', "kubectl describe resourcequotas -n apps"),
    'FailedMount: MountVolume.SetUp failed for volume "vault" : rpc error: code = Unknown desc = '
    "failed to mount secrets store objects for pod apps/web-1-a, err: GET https://kv.vault.azure.net"
    "/secrets/db/: 403 Forbidden: the user does not have secrets get permission on key vault 'kv'":
        ("permission", "secretproviderclasses.secrets-store.csi.x-k8s.io -n apps"),
    'FailedMount: MountVolume.SetUp failed for volume "aws" : rpc error: code = Unknown desc = '
    "failed to mount secrets store objects for pod apps/web-1-a, err: rpc error: Failed to fetch "
    "secret from all regions: ResourceNotFoundException: Secrets Manager can't find the secret":
        ("create the secret in the key vault or secret manager",),
    'FailedMount: MountVolume.SetUp failed for volume "s" : kubernetes.io/csi: mounter.SetUpAt '
    "failed to get CSI client: driver name secrets-store.csi.k8s.io not found in the list of "
    "registered CSI drivers": ("install the CSI driver secrets-store.csi.k8s.io",),
    "FailedMount: Unable to attach or mount volumes: unmounted volumes=[data], unattached "
    "volumes=[], failed to process volumes=[]: timed out waiting for the condition":
        ("ReadWriteOnce", "strategy.type: Recreate", "kubectl get volumeattachments"),
    'ReplicaSet web-1: FailedCreate: Error creating: Pod "web-1-x" is invalid: spec.containers[0]'
    '.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 100m':
        ("raise the limit", "kubectl describe limitranges -n apps"),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: violates '
    'PodSecurity "restricted:latest": runAsNonRoot != true': ("securityContext",),
    'ReplicaSet web-1: FailedCreate: Error creating: pods "web-1-" is forbidden: error looking up '
    'service account apps/web: serviceaccount "web" not found': ('ServiceAccount "web"',),
}  # fmt: skip
"""Problems of a workload, and the words that the next step must contain."""


def lines(problem: str) -> str:
    """Return the hints for *problem* as one text."""
    hints = workload_hints(problem, FIELDS)
    return "\n".join(
        "\n".join([hint.text, *(" ".join(command.argv) for command in hint.commands)])
        for hint in hints
    )


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_pod_problem_has_a_next_step(problem: str) -> None:
    """The step names the field to change, and its commands use the namespace of the pods."""
    said = lines(problem)
    assert [word for word in PROBLEMS[problem] if word not in said] == []
    assert "…" not in said


def test_every_rule_has_an_example() -> None:
    """Each rule about pods is the first match of an example."""
    firsts = {
        next(rule.pattern.pattern for rule in pods.RULES if rule.match_text(Message(problem)))
        for problem in PROBLEMS
        if any(rule.match_text(Message(problem)) for rule in pods.RULES)
    }
    assert firsts == {rule.pattern.pattern for rule in pods.RULES}


def test_a_pod_that_is_not_ready_yet_has_no_step() -> None:
    """A pod that is only not ready yet has no next step."""
    assert workload_hints("pod web-1-a is not ready (phase Pending)", FIELDS) == ()


def test_the_step_for_the_pods_comes_first() -> None:
    """The first hint for a failed health check is the one for its pods."""
    broken = pod("apps/web-1-a", container(waiting={"reason": "ImagePullBackOff"}))
    release = flux("Kustomization", "x", {"Ready": f"False HealthCheckFailed: {HEALTH}"})
    findings = found("reconcilers", evidence(*HEALTHY, release, broken))
    finding = only(findings, "health-check-failed")
    assert "imagePullSecrets" in finding.hints[0].text
