"""HelmRelease: objects of the chart that are not ready in time.

Upstream: helm pkg/kube, cli-utils pkg/kstatus, helm-controller internal/action.
"""

from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.message_facts import waits_for, waits_for_pods
from fluxstatus.knowledge.releases.shared import (
    BRACKET,
    HISTORY,
    HR,
    LATE,
    NOT_READY,
    TARGET_PODS,
    WAITED,
    WORKLOAD,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UNHEALTHY = Code("release-unhealthy", "An object of the Helm release did not become healthy.")

_ACTION = r"^Helm [^:]+(?:: release [\w.-]+ failed)?"
"""The start of helm-controller's message, before Helm's error (helm-controller internal/reconcile)."""

_ANY_WAIT = Text(rf"{BRACKET}|{_ACTION}: (?:.*: )?{LATE}|{NOT_READY}")
_WAITING = ("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded")

_TIMEOUT_REQUEST = Code(
    "helm-timeout-request", "A Helm request was not answered within spec.timeout."
)

RULES = (
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but Job {failed_job} failed",
        steps=(
            Step(
                "check the logs of the Job's pods, and correct the error",
                read=(
                    "kubectl logs job/{failed_job} -n {job_ns} --tail=50",
                    "kubectl describe job {failed_job} -n {job_ns}",
                ),
            ),
            Step(
                "then delete the Job, so that the next attempt recreates it and it runs again",
                change=("kubectl delete job {failed_job} -n {job_ns}",),
            ),
        ),
        pattern=Text(
            r"(?<!hooks failed: )resource Job/(?P<job_ns>[\w.-]+)/(?P<failed_job>[\w.-]+) not ready\. status: Failed"
        ),
        reasons=_WAITING,
        kinds=HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm v4 pkg/kube/statuswait.go",
    ),
    Rule(
        _UNHEALTHY,
        why="Job {job} was deleted while Helm was waiting for it, probably because of its ttlSecondsAfterFinished",
        steps=(
            Step(
                "set spec.install.disableWaitForJobs and spec.upgrade.disableWaitForJobs to true, or set a longer ttlSecondsAfterFinished in the chart's values, if the chart supports it",
                read=(SPEC, "kubectl get events -n {target_ns}"),
            ),
        ),
        pattern=Text(r"jobs\.batch \"(?P<job>[\w.-]+)\" not found"),
        kinds=HR,
        certainty="likely",
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} was not ready when the timeout expired; a Service of type LoadBalancer is only ready when it has an address",
        steps=(
            Step(
                "check whether this cluster can assign addresses to load balancers (cloud controller manager, MetalLB); a controller that cannot assign one reports the reason in the Service's events",
                read=("kubectl describe {workload_resource} {workload_name} -n {workload_ns}",),
            ),
            Step(
                "if there is no load balancer, set another Service type (ClusterIP or NodePort) in spec.values, under the key that the chart or its subchart reads, or do not wait for the release (spec.install.disableWait, spec.upgrade.disableWait)",
                read=(SPEC,),
            ),
        ),
        pattern=_ANY_WAIT,
        reasons=_WAITING,
        kinds=HR,
        needs=("workload",),
        when=(waits_for("Service"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        in_full=True,
        upstream="helm pkg/kube/ready.go, CU pkg/kstatus/status/core.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} was not bound when the timeout expired",
        steps=(
            Step(
                "check the claim's StorageClass and provisioner. If the StorageClass has volumeBindingMode: WaitForFirstConsumer, the claim is pending until a pod uses it",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl get storageclasses",
                ),
            ),
        ),
        pattern=_ANY_WAIT,
        reasons=_WAITING,
        kinds=HR,
        needs=("workload",),
        when=(waits_for("PersistentVolumeClaim"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/kube/ready.go, CU pkg/kstatus/status/core.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check the conditions and events of {workload}, where its controller reports why it is not ready. Helm also waits for objects of this kind",
                read=("kubectl describe {workload_resource} {workload_name} -n {workload_ns}",),
            ),
        ),
        pattern=_ANY_WAIT,
        reasons=_WAITING,
        kinds=HR,
        needs=("workload", "workload_state"),
        unless=(waits_for_pods, waits_for("Job", "Service", "PersistentVolumeClaim")),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="CU pkg/kstatus/status/status.go, HC internal/action",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check {workload} and its pods. If the pods only need more time, increase spec.timeout",
                read=WORKLOAD,
            ),
        ),
        pattern=WAITED,
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackFailed"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="HC internal/action, PKG ssa/manager_wait.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but Job {failed_job} failed",
        steps=(
            Step(
                "check the logs of the Job's pods, and correct the error",
                read=(
                    "kubectl logs job/{failed_job} -n {job_ns} --tail=50",
                    "kubectl describe job {failed_job} -n {job_ns}",
                ),
            ),
            Step(
                "then delete the Job, so that the next attempt recreates it and it runs again",
                change=("kubectl delete job {failed_job} -n {job_ns}",),
            ),
        ),
        pattern=Text(
            _ACTION + r": (?:[^\n]*: )?job is failed: (?P<job_ns>[\w.-]+)/(?P<failed_job>[\w.-]+\w)"
        ),
        reasons=_WAITING,
        kinds=HR,
        quoted=True,
        upstream="helm pkg/kube/ready.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} was not ready when the timeout expired",
        steps=(
            Step(
                "check {workload} and its pods. If the pods only need more time, increase spec.timeout",
                read=WORKLOAD,
            ),
        ),
        pattern=Text(_ACTION + r": " + LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=HR,
        needs=("workload",),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/kube/ready.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check {workload} and its pods. If the pods only need more time, increase spec.timeout",
                read=WORKLOAD,
            ),
        ),
        pattern=Text(NOT_READY),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=HR,
        needs=("workload",),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm v4 pkg/kube/statuswait.go",
    ),
    Rule(
        Code("helm-timeout", "The release's resources were not ready within spec.timeout."),
        why="the chart's resources were not ready within spec.timeout",
        steps=(
            Step(
                "check the pods of the release. If the pods only need more time, increase spec.timeout",
                read=(TARGET_PODS, "kubectl get events -n {target_ns}", HISTORY),
            ),
        ),
        pattern=Text(_ACTION + r": (?:1 error occurred:\s+[*] )?" + LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _TIMEOUT_REQUEST,
        why="spec.timeout expired before helm-controller could send its next request to the API server (client rate limiter)",
        steps=(
            Step(
                "increase spec.timeout, and check whether the API server or its webhooks are slow. If many objects are affected, raise --kube-api-qps and --kube-api-burst of helm-controller, or lower its --concurrent",
                read=(LOG, "kubectl get events -n {target_ns}"),
            ),
        ),
        pattern=Text(
            r"could not get information about the resource[^\n]{0,160}client rate limiter Wait returned an error"
        ),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/kube/client.go, k8s.io/client-go rest",
    ),
    Rule(
        _TIMEOUT_REQUEST,
        why="spec.timeout expired before Helm finished: {innermost}",
        steps=(
            Step(
                "check whether any objects of the release are not ready, and whether the API server, its webhooks or helm-controller are slow. If Helm only needs more time, increase spec.timeout",
                read=(TARGET_PODS, "kubectl get events -n {target_ns}", LOG),
            ),
        ),
        pattern=Text(LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=HR,
        certainty="one-of",
        symptom=True,
        upstream="helm pkg/kube/wait.go, k8s.io/client-go rest",
    ),
)
