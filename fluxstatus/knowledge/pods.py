"""Problems of the pods behind a failed health check, with the next step for each.

The messages come from the kubelet, the scheduler and the controllers of Deployments, Jobs and
volumes, as state/pods.py and the Warning events report them.

All rules have the code of a failed health check: they explain it, and are not faults of their own.

Upstream: kubernetes pkg/kubelet, pkg/scheduler/framework, pkg/controller, and the admission
plugins, which are in admission.py.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.rule import Rule, Step, Text

_DESCRIBE = "kubectl describe pod {pod} -n {ns}"
_LOG = "kubectl logs {pod} -n {ns} --container={container} --tail=50"
_PREVIOUS = f"{_LOG} --previous"
_KUBELET = "kubernetes pkg/kubelet"
_SCHEDULER = "kubernetes pkg/scheduler/framework"
_NODES = "kubectl get nodes --show-labels"
_CLAIMS = "kubectl describe persistentvolumeclaims -n {ns}"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the image {image} cannot be pulled",
        steps=(
            Step(
                "in Git, correct the name or tag of the image {image}; for a private registry, set imagePullSecrets in the pod template or its ServiceAccount",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"(?:cannot pull the image |Failed to pull image \")(?P<image>[^\s\"]+)|"
            r"ImagePullBackOff|ErrImagePull|InvalidImageName"
        ),
        upstream=f"{_KUBELET}/images",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it needs more memory than its limit allows (OOMKilled)",
        steps=(
            Step(
                "raise the container's memory limit (resources.limits.memory), or find out why it needs so much memory",
                read=(_DESCRIBE, _PREVIOUS),
            ),
        ),
        pattern=Text(r"OOMKilled"),
        upstream=_KUBELET,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container needs {reference} {referred}, which does not exist",
        steps=(
            Step(
                "create {reference} {referred} in namespace {ns}, or correct its name in the pod template",
                read=("kubectl get configmaps,secrets -n {ns}", _DESCRIBE),
            ),
        ),
        pattern=Text(r"(?P<reference>secret|configmap) \"(?P<referred>[^\"]+)\" not found"),
        trivial=True,
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container needs key {key} in {reference} {referred}, which does not exist",
        steps=(
            Step(
                "add key {key} to {reference} {referred}, or correct the key in the pod template",
                read=("kubectl describe {reference} -n {ns}", _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:couldn't find key (?P<key>\S+) in|non-existent (?:config|secret) key:?) "
            r"(?P<reference>Secret|ConfigMap) (?:[\w.-]+/)?(?P<referred>[\w.-]+)"
        ),
        trivial=True,
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container cannot start",
        steps=(
            Step(
                "fix the reported error in the pod template (command, user, mounts)",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"cannot start container|CreateContainer(?:Config)?Error|RunContainerError|"
            r"executable file not found|runAsNonRoot and image will run as root"
        ),
        upstream=f"{_KUBELET}/container",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container keeps exiting",
        steps=(
            Step(
                "check the container's logs from before it exited, and fix the program or its configuration",
                read=(_PREVIOUS, _DESCRIBE),
            ),
        ),
        pattern=Text(r"CrashLoopBackOff|Back-off restarting failed container"),
        upstream=f"{_KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its PersistentVolumeClaim is not bound or does not exist",
        steps=(
            Step(
                "check the claim: its StorageClass must exist, and its provisioner must be running; if the claim does not exist, add it to Git",
                read=(_CLAIMS, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(
            r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" (?:not "
            r"found|is being deleted)|ProvisioningFailed|storageclass[^\n]{0,60}not found|"
            r"no persistent volumes available|waiting for a volume to be created"
        ),
        upstream="kubernetes pkg/controller/volume",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a volume of the pod cannot be mounted",
        steps=(Step("check the volume and its claim", read=(_DESCRIBE, _CLAIMS)),),
        pattern=Text(
            r"FailedMount|FailedAttachVolume|Multi-Attach error|MountVolume\.\w+ failed|"
            r"Unable to attach or mount volumes"
        ),
        upstream=f"{_KUBELET}/volumemanager",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node has enough {resource_short} left",
        steps=(
            Step(
                "lower resources.requests, add nodes, or free up capacity",
                read=("kubectl describe nodes", _DESCRIBE),
            ),
        ),
        pattern=Text(r"Insufficient (?P<resource_short>[\w./-]*\w)|Too many pods"),
        upstream=f"{_SCHEDULER}/plugins/noderesources",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no node matches its nodeSelector or affinity",
        steps=(
            Step(
                "correct nodeSelector or affinity in the pod template, or label a node",
                read=(_NODES, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"node affinity|node selector|didn't match (?:Pod's|pod (?:anti-)?affinity|PodTopology)"
        ),
        upstream=f"{_SCHEDULER}/plugins/nodeaffinity",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the nodes have taints that it does not tolerate",
        steps=(
            Step(
                "add the tolerations to the pod template, or remove the taint from a node",
                read=("kubectl describe nodes", _DESCRIBE),
            ),
        ),
        pattern=Text(r"untolerated taint|had taint|were unschedulable"),
        upstream=f"{_SCHEDULER}/plugins/tainttoleration",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it is running, but does not pass its probe",
        steps=(
            Step(
                "check the probe (path, port, timeout), and check the logs",
                read=(_DESCRIBE, _LOG),
            ),
        ),
        pattern=Text(r"not passing its|probe failed"),
        upstream=f"{_KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it was evicted: its node ran low on memory or disk",
        steps=(
            Step(
                "set requests that match its usage, or add memory or disk to the nodes",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"\bEvicted\b|The node was low on resource"),
        upstream=f"{_KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job reached its backoff limit or took too long",
        steps=(
            Step(
                "check the logs of its pods and fix the error; a failed Job is not rerun: delete the Job, so that Flux recreates it",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
                change=("kubectl delete job {name} -n {ns} --ignore-not-found",),
            ),
        ),
        pattern=Text(r"BackoffLimitExceeded|DeadlineExceeded|backoff limit|was active longer"),
        upstream="kubernetes pkg/controller/job",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container exited with an error",
        steps=(Step("check the container's logs", read=(_LOG, _DESCRIBE)),),
        pattern=Text(r"(?:end|terminat)ed with|has failed"),
        upstream=_KUBELET,
    ),
)

VAGUE = Step(
    "check the workload's events: they show why its pods are not created or started",
    read=("kubectl get events -n {ns} --field-selector=involvedObject.name={name}",),
)
"""The next step for an event that no rule matches."""

OF_OTHERS = Step(
    "check the object's conditions and events: its own controller reports the problem there",
    read=("kubectl describe {resource} {name} -n {ns}",),
)
"""The next step for a kind without pods, such as Certificate."""
