"""Pods that are scheduled but not ready, and Jobs that failed.

Upstream: kubernetes pkg/kubelet, pkg/controller/job.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE, KUBELET, LOG
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
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
        why="the pod was evicted because it used more ephemeral storage than its limit allows: logs, emptyDir volumes and files in containers count towards this limit",
        steps=(
            Step(
                "raise resources.limits[ephemeral-storage] or the emptyDir's sizeLimit in the pod template, or find out what uses the storage",
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
        why="the pod was evicted because the node's disk is full",
        steps=(
            Step(
                "free up or add disk space on the node (images, logs and emptyDir volumes), and set requests and limits for ephemeral-storage",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"low on resource: (?:ephemeral-storage|nodefs|imagefs|containerfs)"),
        upstream=f"{KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod was preempted by a pod with a higher priority",
        steps=(
            Step(
                "add nodes, lower the requests, or assign a PriorityClass to the pod",
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
        why="the pod's node is lost or was tainted, so pods are being removed from it",
        steps=(
            Step(
                "check that the node is powered on, and check its kubelet and network",
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
        why="the probe uses the wrong scheme: the program and the probe disagree on HTTP or HTTPS ({detail})",
        steps=(
            Step(
                "in the probe's httpGet, set the scheme (HTTP or HTTPS) that the program uses on this port",
                read=(DESCRIBE, LOG),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?P<detail>server gave HTTP response to HTTPS client|malformed HTTP response|malformed HTTP status code|first record does not look like a TLS handshake|sent an HTTP request to an HTTPS server)"
        ),
        quoted=True,
        upstream=f"{KUBELET}/prober, Go net/http",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program rejects the TLS connection of the probe: {detail}",
        steps=(
            Step(
                "the kubelet has no client certificate: if the program requires one (mutual TLS), use another port, a tcpSocket or an exec probe. Otherwise, check the program's certificate",
                read=(DESCRIBE, LOG),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?P<detail>remote error: tls: [^\n\"]{1,60}|tls: [^\n\"]{1,60})"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/prober, Go crypto/tls",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the program reports over gRPC that it is not healthy: {detail}",
        steps=(
            Step(
                "check the container's log. For an unknown service, correct grpc.service of the probe; if the program does not implement the gRPC health protocol, use another kind of probe",
                read=(LOG, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?P<detail>service unhealthy \(responded with \"?\w+\"?\)|this server does not implement the grpc health protocol[^\n]{0,80}|timeout: failed to connect service [^\n]{0,80})"
        ),
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/probe/grpc",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the command of the probe does not exist in the image: {detail}",
        steps=(
            Step(
                "use a command that the image contains, or an httpGet, tcpSocket or grpc probe",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"probe (?:failed|errored)[^\n]{0,300}?(?P<detail>exec: \\?\"[^\"\s:\\]+\\?\": (?:executable file not found|stat \S+ no such file|permission denied)|executable file `[^`\n]+` not found|\w+: (?:line \d+: |\d+: )?[\w./-]+: (?:command )?not found)"
        ),
        certainty="likely",
        quoted=True,
        upstream=f"{KUBELET}/prober, opencontainers/runc",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the node has no route to the pod, or the connection is reset, so the probe fails: {detail}",
        steps=(
            Step(
                "check NetworkPolicies that block the node, the network plugin on the node, and whether the program or its sidecar closes the connection",
                read=(DESCRIBE, "kubectl get networkpolicies -n {ns}", LOG),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?P<detail>no route to host|connection reset by peer|network is unreachable|: EOF)"
        ),
        certainty="one-of",
        quoted=True,
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the probe cannot connect ({detail}): the program is not listening on this port, or has not started listening yet",
        steps=(
            Step(
                "compare the probe's port with the port that the program listens on; listening only on 127.0.0.1 is not enough. If the program starts slowly, use a startupProbe",
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
        why="the probe receives HTTP status {detail}",
        steps=(
            Step(
                "for 404, correct the probe's path; for 401 or 403, use a path that does not require authentication; for 400, check the probe's scheme (HTTP or HTTPS) and the host names that the program allows; for 5xx, check the program's logs",
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
        why="the probe does not receive a response in time",
        steps=(
            Step(
                "check the program's logs and load; if the program responds slowly, raise the probe's timeoutSeconds",
                read=(
                    DESCRIBE,
                    LOG,
                ),
            ),
        ),
        pattern=Text(
            r"probe failed: [^\n]{0,200}(?:context deadline exceeded|Client\.Timeout exceeded|i/o timeout|timed out)|probe errored[^\n]{0,160}deadline"
        ),
        certainty="one-of",
        upstream=f"{KUBELET}/prober",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the init container is still running",
        steps=(
            Step(
                "check the logs of this init container; it may be waiting for a dependency that is not available yet, such as a database, Service, Secret or migration. A migration in a post-install or post-upgrade hook starts only when the pods are ready, so waiting for it never ends",
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
        why="the container is running but does not pass its probe",
        steps=(
            Step(
                "check the probe's path, port and timeout, and check the container's logs",
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
        why="the pod was evicted because the node ran low on memory or disk space",
        steps=(
            Step(
                "set requests that match the pod's usage, or add memory or disk space to the nodes",
                read=("kubectl describe nodes",),
            ),
        ),
        pattern=Text(r"\bEvicted\b|The node was low on resource"),
        certainty="one-of",
        upstream=f"{KUBELET}/eviction",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job never completes, because the container {sidecar} of its pod, such as a sidecar of a service mesh, keeps running after {done} has completed",
        steps=(
            Step(
                "turn off sidecar injection for the Job's pod (Istio: label sidecar.istio.io/inject: \"false\"; Linkerd: annotation linkerd.io/inject: disabled) in Git or in the chart's values, or let the mesh inject native sidecars, which end with the pod",
                read=(DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"container \"(?P<done>[\w.-]+)\" completed, but \"(?P<sidecar>[\w.-]+)\" keeps running"
        ),
        quoted=True,
        upstream="kubernetes KEP-753, Istio and Linkerd documentation",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a rule of the Job's podFailurePolicy made the Job fail: {detail}",
        steps=(
            Step(
                "check the log of this container. After you fix the problem, delete the Job so that it is recreated",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Container \S+ for pod \S+ failed with exit code -?\d+ matching FailJob rule[^\n]{0,60}|Pod \S+ has condition \w+ matching FailJob rule[^\n]{0,60})"
        ),
        quoted=True,
        upstream="kubernetes pkg/controller/job",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod is being deleted, but it does not terminate",
        steps=(
            Step(
                "check the pod's node: the kubelet of a node that is not ready cannot confirm the deletion, and a volume may still be mounted. If the pod has finalizers, check the controller that removes them. Force the deletion only if the node is certainly off, because a StatefulSet then starts a second pod with the same identity",
                read=("kubectl get pod {pod} -n {ns} -o yaml", "kubectl get nodes"),
            ),
        ),
        pattern=Text(r"has not terminated since"),
        certainty="one-of",
        upstream="kubernetes pkg/kubelet, pkg/controller/podgc",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the Job reached its backoff limit or deadline",
        steps=(
            Step(
                "check that the Job's pods started, and read their logs. A failed Job is not rerun: after you fix the problem, delete the Job so that it is recreated (Helm recreates its hooks automatically)",
                read=("kubectl logs job/{name} -n {ns} --tail=50",),
                change=("kubectl delete job {name} -n {ns} --ignore-not-found",),
            ),
        ),
        pattern=Text(
            r"BackoffLimitExceeded|\bDeadlineExceeded: |backoff limit|was active longer|FailedIndexes"
        ),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream="kubernetes pkg/controller/job",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a container exited with an error",
        steps=(
            Step(
                "check the container's logs, and correct the reported error in Git or in the chart's values",
                read=(LOG, DESCRIBE),
            ),
        ),
        pattern=Text(r"(?:end|terminat)ed with|has failed"),
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=KUBELET,
    ),
)
