"""HelmRelease: failed installs, upgrades, hooks, tests and remediation.

Upstream: HC internal/reconcile, internal/action; helm pkg/action/hooks.go, pkg/kube/wait.go.
"""

from fluxstatus.knowledge.commands import LOG, RESET, SPEC, STORED
from fluxstatus.knowledge.facts import waits_for
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_HOOK_FAILED = Code("hook-failed", "A Helm hook of the chart failed.")
_HELM_TEST_FAILED = Code("helm-test-failed", "A Helm test of the release failed.")
_UPGRADE_ROLLED_BACK = Code(
    "upgrade-rolled-back", "The Helm upgrade failed and was rolled back to the previous release."
)
_UNHEALTHY = Code("release-unhealthy", "An object of the Helm release did not become healthy.")
_UNINSTALL_FAILED = Code("uninstall-failed", "The Helm release cannot be uninstalled.")

_HR: KindNames = frozenset({"HelmRelease"})
_TARGET_PODS = "kubectl get pods -n {target_ns}"
_HISTORY = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.status.history}}"
REASONS = (
    "InstallFailed",
    "UpgradeFailed",
    "UninstallFailed",
    "UninstallSucceeded",
    "RollbackSucceeded",
    "RollbackFailed",
)
"""Reasons of a failed release, which is not retried after its retries are used up."""
_BRACKET = r"(?:timeout waiting for|stalled resources): \["
_WAITED = Text(_BRACKET)
_WORKLOAD = (
    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
    "kubectl get pods -n {workload_ns}",
)
_HOOK = (
    r"(?:failed |Hook |: |[*] )(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))"
    r"(?= hooks? failed: |: | \S+ failed: )"
)
"""A hook that failed (helm pkg/action install.go, upgrade.go, hooks.go)."""

_LATE = (
    r"(?:client rate limiter Wait returned an error: )?(?:context deadline exceeded|"
    r"timed out waiting for the condition|rate: Wait\(n=\d+\) would exceed context deadline)"
    r"(?=\s*(?:$|Last Helm logs))"
)
"""The end of an error of Helm: its time was over."""

_ACTION = r"^Helm [^:]+(?:: release [\w.-]+ failed)?"
"""The beginning of helm-controller's message, before the error of Helm (HC internal/reconcile)."""

_NOT_READY = r"resource [A-Z]\w+/\S* not ready\. status: \w+"
_ANY_WAIT = Text(rf"{_BRACKET}|{_ACTION}: (?:.*: )?{_LATE}|{_NOT_READY}")
_WAITING = ("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded")
_JOBS = "kubectl get jobs -n {target_ns}"

RULES = (
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and its logs; Helm runs the hook again at the next attempt",
                read=_WORKLOAD,
            ),
        ),
        pattern=Text(_HOOK),
        context=_WAITED,
        reasons=REASONS,
        kinds=_HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="a Helm hook of the chart ({hook}) did not complete within the timeout",
        steps=(
            Step(
                "check the pods of the hook's Job: whether they start, and their logs; if Helm deleted the Job, use its events and your log collector",
                read=(_TARGET_PODS, _JOBS, "kubectl get events -n {target_ns}"),
            ),
            Step("if the hook only needs more time, raise spec.timeout"),
        ),
        pattern=Text(_HOOK),
        context=Text(r"(?:: |[*] |failed )" + _LATE),
        reasons=REASONS,
        kinds=_HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/hooks.go, pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "check the hook's logs and fix the error; if Helm deletes the hook after a failure, its logs are only in your log collector",
                read=(_TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK),
        context=Text(
            r"(?:job(?: is)? ?(?:[\w.-]+ )?failed: [^\n]{0,120}|BackoffLimitExceeded|"
            r"DeadlineExceeded|pod [\w.-]+ failed)"
        ),
        reasons=REASONS,
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="the chart's {hook} hook failed: {innermost}",
        steps=(
            Step(
                "fix the reported error; the hook's pods and Jobs show more, if Helm has not deleted them",
                read=(_TARGET_PODS, _JOBS),
            ),
        ),
        pattern=Text(_HOOK),
        reasons=REASONS,
        kinds=_HR,
        certainty="unknown",
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="a hook that runs when the release is uninstalled failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check whether the hook's pod was started, and its logs; Helm runs the hook again at the next attempt",
                read=_WORKLOAD,
            ),
            Step(
                "to uninstall the release without its hooks, set spec.uninstall.disableHooks: true; what the hook should clean up stays in the cluster"
            ),
        ),
        pattern=_WAITED,
        reasons=("UninstallFailed",),
        kinds=_HR,
        when=(waits_for("Job"),),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --all-containers --tail=50",
                ),
            ),
            Step(
                "if the release should be ready even if the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=_WAITED,
        reasons=("TestFailed",),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why='a Helm test of the release failed: pod "{test_pod}" failed',
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl logs {test_pod} -n {target_ns} --all-containers --tail=50",
                    "kubectl describe pod {test_pod} -n {target_ns}",
                ),
            ),
            Step(
                "if the release should be ready even if the test fails, set spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"\bpod (?P<test_pod>[\w.-]+) failed"),
        reasons=("TestFailed",),
        kinds=_HR,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {innermost}",
        steps=(
            Step(
                "check the test pod and its logs",
                read=(_TARGET_PODS, "kubectl get events -n {target_ns}"),
            ),
        ),
        reasons=("TestFailed",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        Code(
            "helm-storage-forbidden",
            "The helm-controller cannot read the stored state of the release.",
        ),
        why="helm-controller cannot read the stored state of the release: {innermost}",
        steps=(
            Step(
                "check whether ServiceAccount {sa} has permission to read and write Secrets in spec.storageNamespace (default: the namespace of the HelmRelease), where Helm stores its releases, and whether a Secret there is damaged",
                read=(STORED, SPEC),
            ),
        ),
        pattern=Text(r"failed to retrieve last release from storage"),
        reasons=("StateError",),
        kinds=_HR,
        certainty="one-of",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        Code(
            "drift-detection-failed",
            "Drift detection cannot compare the release with the objects in the cluster.",
        ),
        why="drift detection cannot compare the release with the cluster: {innermost}",
        steps=(
            Step(
                "fix the reported error: drift detection (spec.driftDetection) sends a server-side dry run of each object of the release",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"unable to determine cluster state: "),
        reasons=("StateError",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/state.go, internal/action/diff.go",
    ),
    Rule(
        Code("helm-state-unknown", "The helm-controller cannot determine the release's state."),
        why="helm-controller cannot determine the state of the release: {innermost}",
        steps=(Step("fix the reported error", read=(LOG, STORED, _HISTORY)),),
        reasons=("StateError",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        _UPGRADE_ROLLED_BACK,
        why="the upgrade failed and was rolled back, so the previous version is running: {workload}: {workload_state}",
        steps=(
            Step(
                "fix what prevented {workload} from becoming healthy",
                read=(_HISTORY, "kubectl get pods -n {workload_ns}"),
            ),
        ),
        pattern=_WAITED,
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        _UPGRADE_ROLLED_BACK,
        why="the upgrade failed and was rolled back, so the previous version is running: {innermost}",
        steps=(
            Step(
                "fix the error of the upgrade; its events and conditions show it",
                read=(_HISTORY, "kubectl describe {resource} {name} -n {ns}", _TARGET_PODS),
            ),
        ),
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        Code(
            "rollback-failed",
            "The Helm upgrade failed, and so did the rollback to the previous release.",
        ),
        why="the upgrade failed, and the rollback to the previous version also failed: {innermost}",
        steps=(
            Step(
                "check the release history, and fix both errors",
                read=(_HISTORY, "kubectl describe {resource} {name} -n {ns}", _TARGET_PODS),
            ),
        ),
        reasons=("RollbackFailed",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/rollback_remediation.go",
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
        kinds=_HR,
        needs=("workload",),
        when=(waits_for("Service"),),
        reach=Reach.WHOLE,
        certainty="one-of",
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
        kinds=_HR,
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
                "check it and its pods; raise spec.timeout if it only needs more time",
                read=_WORKLOAD,
            ),
        ),
        pattern=_WAITED,
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackFailed"),
        kinds=_HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="HC internal/action, PKG ssa/manager_wait.go",
    ),
    Rule(
        _UNHEALTHY,
        why="the chart was applied, but {workload} was not ready when the timeout expired",
        steps=(
            Step(
                "check it and its pods; raise spec.timeout if it only needs more time",
                read=_WORKLOAD,
            ),
        ),
        pattern=Text(_ACTION + r": " + _LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=_HR,
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
                "check it and its pods; raise spec.timeout if it only needs more time",
                read=_WORKLOAD,
            ),
        ),
        pattern=Text(_NOT_READY),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=_HR,
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
                read=(_TARGET_PODS, "kubectl get events -n {target_ns}", _HISTORY),
            ),
        ),
        pattern=Text(_ACTION + r": (?:1 error occurred:\s+[*] )?" + _LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=_HR,
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
                read=(_TARGET_PODS, "kubectl get events -n {target_ns}", LOG),
            ),
        ),
        pattern=Text(_LATE),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=_HR,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go, k8s.io/client-go rest",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {innermost}",
        steps=(
            Step(
                "fix the reported error; often a webhook, missing permissions of ServiceAccount {sa}, a deleted CRD or one of the chart's hooks (pre-delete, post-delete) blocks the deletion",
                read=(_HISTORY, LOG, _TARGET_PODS),
            ),
            Step(
                "if the release cannot be uninstalled, suspend the HelmRelease and delete it: Flux then removes only the HelmRelease, and all objects of the release stay"
            ),
        ),
        pattern=Text(
            r"uninstall failed for release [^:]+: |\buninstall: |uninstallation completed with"
        ),
        reasons=("UninstallFailed",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="objects of the release were not deleted within the timeout",
        steps=(
            Step(
                "check what keeps them: finalizers, and the controllers that remove them",
                read=(LOG, _TARGET_PODS, "kubectl get events -n {target_ns}"),
            ),
        ),
        pattern=Text(
            r"(?:uninstall failed for release|uninstallation completed with).*(?:still exists\. status|"
            r"context deadline exceeded|timed out waiting for the condition)"
        ),
        reasons=("UninstallFailed",),
        kinds=_HR,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {innermost}",
        steps=(
            Step(
                "check what blocks the deletion: finalizers, webhooks, permissions or hooks",
                read=(_HISTORY, LOG, _TARGET_PODS),
            ),
        ),
        reasons=("UninstallFailed",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        Code("upgrade-failed", "The Helm upgrade or another action on the release failed."),
        why="the Helm upgrade failed: {innermost}",
        steps=(Step("fix the reported error", read=(_HISTORY, LOG, _TARGET_PODS)),),
        reasons=("UpgradeFailed", "UninstallSucceeded", "PendingRelease", "RetryAfterInterval"),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/upgrade.go",
    ),
    Rule(
        Code("install-failed", "The Helm install of the release failed."),
        why="the Helm install failed: {innermost}",
        steps=(Step("fix the reported error", read=(LOG, _TARGET_PODS)),),
        reasons=("InstallFailed",),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/reconcile/install.go",
    ),
    Rule(
        Code("retries-exceeded", "The HelmRelease has used up its retries and is not retried."),
        why="all retries are used up ({detail}); helm-controller does not retry until the spec, the values or the chart changes",
        steps=(
            Step(
                "fix the first error, then reset the retries (as flux reconcile helmrelease {name} --reset does)",
                read=(_HISTORY,),
                change=(RESET,),
            ),
        ),
        pattern=Text(r"(?P<detail>failed to [^\n]{1,160}|.{1,80})"),
        reasons=("RetriesExceeded", "MissingRollbackTarget"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/atomic_release.go",
    ),
    Rule(
        Code(
            "helm-client-failed",
            "The helm-controller cannot set up its client or process the release.",
        ),
        why="helm-controller cannot process this release: {innermost}",
        steps=(
            Step(
                "check spec.kubeConfig, spec.serviceAccountName and the controller's logs",
                read=(LOG, SPEC),
            ),
        ),
        reasons=(
            "RESTClientError",
            "FactoryError",
            "ConfigFactoryErr",
            "ResourceManagerError",
            "ReconcileError",
            "ChartMutateError",
        ),
        kinds=_HR,
        certainty="unknown",
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)
