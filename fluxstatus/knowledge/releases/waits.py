"""HelmRelease: objects of the chart that are not ready in time.

Upstream: helm pkg/kube, CU pkg/kstatus, HC internal/action.
"""

from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.facts import waits_for, waits_for_pods
from fluxstatus.knowledge.releases.shared import (
    BRACKET,
    HISTORY,
    HR,
    LATE,
    TARGET_PODS,
    WAITED,
    WORKLOAD,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UNHEALTHY = Code("release-unhealthy", "An object of the Helm release did not become healthy.")

_ACTION = r"^Helm [^:]+(?:: release [\w.-]+ failed)?"
"""The beginning of helm-controller's message, before the error of Helm (HC internal/reconcile)."""

_NOT_READY = r"resource [A-Z]\w+/\S* not ready\. status: \w+"
_ANY_WAIT = Text(rf"{BRACKET}|{_ACTION}: (?:.*: )?{LATE}|{_NOT_READY}")
_WAITING = ("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded")

RULES = (
    Rule(
        _UNHEALTHY,
        why="Job {job} was deleted while Helm waited for it, probably by its ttlSecondsAfterFinished",
        steps=(
            Step(
                "set spec.install.disableWaitForJobs and spec.upgrade.disableWaitForJobs: true, or a longer ttlSecondsAfterFinished in the chart's values, if it has such a value",
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
        why="the chart was applied, but {workload} was not ready when the timeout expired: a Service of type LoadBalancer waits for its address",
        steps=(
            Step(
                "check whether this cluster can assign an address to a load balancer (cloud controller manager, MetalLB), and check the cloud quota",
                read=("kubectl describe {workload_resource} {workload_name} -n {workload_ns}",),
            ),
            Step(
                "without a load balancer, set another type of the Service (ClusterIP or NodePort) in spec.values, or do not wait for the release (spec.install.disableWait, spec.upgrade.disableWait)",
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
                "check its StorageClass and provisioner; if the StorageClass has volumeBindingMode: WaitForFirstConsumer, the claim is pending until a pod uses it",
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
                "check the conditions and events of {workload}: its controller reports there why it is not ready; Helm waits for such objects, too",
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
                "check {workload} and its pods; raise spec.timeout if it only needs more time",
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
        why="the chart was applied, but {workload} was not ready when the timeout expired",
        steps=(
            Step(
                "check {workload} and its pods; raise spec.timeout if it only needs more time",
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
                "check {workload} and its pods; raise spec.timeout if it only needs more time",
                read=WORKLOAD,
            ),
        ),
        pattern=Text(_NOT_READY),
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
                "check the pods; raise spec.timeout if they only need more time",
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
        Code("helm-timeout-request", "A request of Helm was not answered within spec.timeout."),
        why="spec.timeout expired while Helm was still working: {innermost}",
        steps=(
            Step(
                "check whether objects of the release are not ready, and whether the API server, its webhooks and helm-controller are slow; raise spec.timeout if they only need more time",
                read=(TARGET_PODS, "kubectl get events -n {target_ns}", LOG),
            ),
        ),
        pattern=Text(LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go, k8s.io/client-go rest",
    ),
)
