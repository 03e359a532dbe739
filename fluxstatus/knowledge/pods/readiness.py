"""Pods that are scheduled but not ready, and Jobs that failed.

Upstream: kubernetes pkg/kubelet, pkg/controller/job.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, LOG
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="its init container is still running",
        steps=(
            Step(
                "check the logs of this init container: many wait for a dependency (a database, a Service, a Secret, a migration) that is not available yet; a migration in a post-install or post-upgrade hook starts only when the pods are ready, so neither ever finishes",
                read=(LOG, DESCRIBE),
            ),
        ),
        pattern=Text(r"has been running init container"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/kuberuntime",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a readiness gate of the pod is not met",
        steps=(
            Step(
                "check the controller that sets this condition, such as a load balancer controller",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(r"readiness gate"),
        reach=Reach.STAGE,
        upstream="kubernetes pkg/kubelet/status/generate.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it was evicted because it used more ephemeral storage (logs, emptyDir, its own files) than its limit",
        steps=(
            Step(
                "raise resources.limits[ephemeral-storage] or sizeLimit of the emptyDir in the pod template, or find out what fills it",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"ephemeral local storage usage exceeds|exceeds the limit \S+ for (?:emptyDir|container)|Usage of EmptyDir volume"
        ),
        upstream=f"{KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it was evicted because the disk of its node is full",
        steps=(
            Step(
                "free or add disk on the node (images, logs, emptyDir volumes), and set requests and limits for ephemeral-storage",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"low on resource: (?:ephemeral-storage|nodefs|imagefs|containerfs)"),
        upstream=f"{KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it was removed in favor of a pod with a higher priority (preempted)",
        steps=(
            Step(
                "add nodes, lower the requests, or give it a PriorityClass of its own",
                read=(
                    "kubectl get priorityclasses",
                    "kubectl describe nodes",
                ),
            ),
        ),
        pattern=Text(r"\bPreempted\b|Preempted by"),
        upstream="kubernetes pkg/scheduler/framework/preemption",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its node is lost or was tainted, so its pods are removed from it",
        steps=(
            Step(
                "check the node: whether it is powered on, its kubelet and its network",
                read=(
                    "kubectl get nodes",
                    "kubectl describe nodes",
                ),
            ),
        ),
        pattern=Text(r"TaintManagerEviction|NodeNotReady|Marking for deletion Pod"),
        certainty="one-of",
        upstream="kubernetes pkg/controller/nodelifecycle, tainteviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its probe cannot connect ({detail}): the program is not listening on this port (yet)",
        steps=(
            Step(
                "compare the port of the probe with the port that the program listens on (and 127.0.0.1 is not enough); if it only starts slowly, use a startupProbe",
                read=(
                    DESCRIBE,
                    LOG,
                ),
            ),
        ),
        pattern=Text(r"probe failed: [^\n]{0,200}(?P<detail>connection refused)"),
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its probe gets HTTP status {detail}",
        steps=(
            Step(
                "for 404, correct the path of the probe; for 401 or 403, use a path that needs no login; for 5xx, check the logs of the program",
                read=(
                    DESCRIBE,
                    LOG,
                ),
            ),
        ),
        pattern=Text(r"probe failed with statuscode: (?P<detail>\d+)"),
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its probe gets no answer in time",
        steps=(
            Step(
                "check the logs and the load of the program; raise timeoutSeconds of the probe if the program only answers slowly",
                read=(
                    DESCRIBE,
                    LOG,
                ),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?:context deadline exceeded|Client\.Timeout exceeded|i/o timeout)|probe errored[^\n]{0,80}deadline"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="it is running, but does not pass its probe",
        steps=(
            Step(
                "check the probe (path, port, timeout), and check the logs",
                read=(DESCRIBE, LOG),
            ),
        ),
        pattern=Text(r"not passing its|probe failed"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
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
        certainty="one-of",
        upstream=f"{KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job reached its backoff limit or took too long",
        steps=(
            Step(
                "check whether its pods started, and their logs; a failed Job is not rerun: after the fix, delete the Job, so that it is created again (Helm recreates its hooks automatically)",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
                change=("kubectl delete job {name} -n {ns} --ignore-not-found",),
            ),
        ),
        pattern=Text(r"BackoffLimitExceeded|\bDeadlineExceeded|backoff limit|was active longer"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="kubernetes pkg/controller/job",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="its container exited with an error",
        steps=(Step("check the container's logs", read=(LOG, DESCRIBE)),),
        pattern=Text(r"(?:end|terminat)ed with|has failed"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
)
