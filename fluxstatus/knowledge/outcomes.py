"""HelmRelease: failed installs, upgrades, hooks, tests and remediation.

Upstream: HC internal/reconcile, internal/action; helm pkg/action/hooks.go, pkg/kube/wait.go.
"""

from fluxstatus.knowledge.commands import LOG, RESET, RETRY, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_HOOK_FAILED = Code("hook-failed", "A Helm hook of the chart failed.")
_HELM_TEST_FAILED = Code("helm-test-failed", "A Helm test of the release failed.")
_UPGRADE_ROLLED_BACK = Code(
    "upgrade-rolled-back", "The Helm upgrade failed and was rolled back to the previous release."
)
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

RULES = (
    Rule(
        _HOOK_FAILED,
        why="a Helm hook of the chart failed ({hook}): {workload}: {workload_state}",
        steps=(Step("check the hook's logs and fix the error", read=_WORKLOAD), RETRY),
        pattern=Text(rf"(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))\b.*{_BRACKET}"),
        reasons=REASONS,
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HOOK_FAILED,
        why="a Helm hook of the chart failed ({hook}): {detail}",
        steps=(
            Step(
                "check the hook's logs and fix the error; if Helm deletes the hook after a failure, its logs are only in the events and in your log collector",
                read=(_TARGET_PODS, "kubectl get jobs -n {target_ns}"),
            ),
            RETRY,
        ),
        pattern=Text(
            r"(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))(?: hooks?)?(?: \S+)?"
            r"(?: failed)?: (?P<detail>.{1,240})"
        ),
        reasons=REASONS,
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        _HELM_TEST_FAILED,
        why="a Helm test of the release failed: {workload}: {workload_state}",
        steps=(
            Step(
                "check the test pod's logs",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --tail=50",
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
        why="a Helm test of the release failed",
        steps=(Step("check the test pod's logs", read=(_TARGET_PODS,)),),
        reasons=("TestFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        Code(
            "helm-storage-forbidden",
            "The helm-controller cannot read the stored state of the release.",
        ),
        why="helm-controller cannot read the stored state of the release",
        steps=(
            Step(
                "grant ServiceAccount {sa} permission to read and write Secrets in spec.storageNamespace (default: the namespace of the HelmRelease), where Helm stores its releases",
                read=(SPEC,),
            ),
        ),
        reasons=("StateError",),
        kinds=_HR,
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
            RETRY,
        ),
        pattern=_WAITED,
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        _UPGRADE_ROLLED_BACK,
        why="the upgrade failed and was rolled back, so the previous version is running",
        steps=(
            Step(
                "correct the chart or the values; the message is from the failed upgrade",
                read=(_HISTORY, _TARGET_PODS),
            ),
            RETRY,
        ),
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        Code(
            "rollback-failed",
            "The Helm upgrade failed, and so did the rollback to the previous release.",
        ),
        why="the upgrade failed, and the rollback to the previous version also failed",
        steps=(
            Step(
                "check the release history, and fix both errors",
                read=(_HISTORY, _TARGET_PODS),
            ),
            RETRY,
        ),
        reasons=("RollbackFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        Code("release-unhealthy", "An object of the Helm release did not become healthy."),
        why="the chart was applied, but {workload} did not become healthy: {workload_state}",
        steps=(
            Step(
                "check {workload} and its pods; raise spec.timeout if it only needs more time",
                read=_WORKLOAD,
            ),
            RETRY,
        ),
        pattern=_WAITED,
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackFailed"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="HC internal/action, PKG ssa/manager_wait.go",
    ),
    Rule(
        Code("helm-timeout", "The release's resources were not ready within spec.timeout."),
        why="the chart's resources were not ready within spec.timeout",
        steps=(
            Step(
                "check the pods; raise spec.timeout if they only need more time",
                read=(_TARGET_PODS, _HISTORY),
            ),
            RETRY,
        ),
        pattern=Text(
            r"^(?!.*(?:webhook|Kubernetes cluster unreachable)).*(?:context deadline exceeded|"
            r"timed out waiting for the condition)"
        ),
        reasons=("InstallFailed", "UpgradeFailed", "RollbackFailed", "UninstallSucceeded"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {detail}",
        steps=(
            Step(
                "check what blocks the deletion: finalizers, webhooks, permissions of ServiceAccount {sa}, or the chart's hooks (pre-delete, post-delete)",
                read=(_HISTORY, _TARGET_PODS),
            ),
        ),
        pattern=Text(r"(?:uninstall failed for release [^:]+|uninstall): (?P<detail>[^\n]{1,240})"),
        reasons=("UninstallFailed",),
        kinds=_HR,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled",
        steps=(
            Step(
                "check what blocks the deletion: finalizers, webhooks, permissions or hooks",
                read=(_HISTORY, _TARGET_PODS),
            ),
        ),
        reasons=("UninstallFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        Code("upgrade-failed", "The Helm upgrade or another action on the release failed."),
        why="the Helm upgrade failed",
        steps=(Step("fix the reported error", read=(_HISTORY, _TARGET_PODS)), RETRY),
        reasons=("UpgradeFailed", "UninstallSucceeded", "PendingRelease", "RetryAfterInterval"),
        kinds=_HR,
        upstream="HC internal/reconcile/upgrade.go",
    ),
    Rule(
        Code("install-failed", "The Helm install of the release failed."),
        why="the Helm install failed",
        steps=(Step("fix the reported error", read=(_TARGET_PODS,)), RETRY),
        reasons=("InstallFailed",),
        kinds=_HR,
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
        why="helm-controller cannot process this release",
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
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)
