"""HelmRelease: what its install, upgrade, hooks, tests and remediation came to.

Upstream: HC internal/reconcile, internal/action; helm pkg/action/hooks.go, pkg/kube/wait.go.
"""

from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.steps import LOG, RESET, RETRY, SPEC

_HR = frozenset({"HelmRelease"})
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
"""Reasons of a release that failed, and that is not tried again once its retries are used up."""
_BRACKET = r"(?:timeout waiting for|stalled resources): \["
_WAITED = Text(_BRACKET)
_WORKLOAD = (
    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
    "kubectl get pods -n {workload_ns}",
)

RULES = (
    Rule(
        "hook-failed",
        "a hook of the chart fails ({hook}): {workload}, {workload_state}",
        (
            Step("read the hook's log and correct it", read=_WORKLOAD),
            RETRY,
        ),
        pattern=Text(rf"(?P<hook>(?:pre|post)-(?:install|upgrade|rollback|delete))\b.*{_BRACKET}"),
        reasons=REASONS,
        kinds=_HR,
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        "hook-failed",
        "a hook of the chart fails ({hook}): {detail}",
        (
            Step(
                "read the hook's log and correct it; a hook that Helm removes after a failure "
                "leaves its log only in the events and the log collector",
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
        upstream="helm pkg/action/hooks.go",
    ),
    Rule(
        "helm-test-failed",
        "the release's test fails: {workload}, {workload_state}",
        (
            Step(
                "read the log of the test pod",
                read=(
                    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
                    "kubectl logs {workload_name} -n {workload_ns} --tail=50",
                ),
            ),
            Step(
                "a test that is allowed to fail is told so with spec.test.ignoreFailures: true",
                read=(SPEC,),
            ),
        ),
        reasons=("TestFailed",),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        "helm-test-failed",
        "the release's test fails",
        (Step("read the log of the test pod", read=(_TARGET_PODS,)),),
        reasons=("TestFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/test.go",
    ),
    Rule(
        "helm-storage-forbidden",
        "helm-controller cannot read the release's storage",
        (
            Step(
                "let the ServiceAccount {sa} read and write Secrets in the release's namespace, "
                "where Helm keeps its releases",
                read=(SPEC,),
            ),
        ),
        reasons=("StateError",),
        kinds=_HR,
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        "upgrade-rolled-back",
        "the upgrade failed and was rolled back, so the previous version runs: {workload}, "
        "{workload_state}",
        (
            Step(
                "correct what kept it from becoming healthy",
                read=(_HISTORY, "kubectl get pods -n {workload_ns}"),
            ),
            RETRY,
        ),
        reasons=("RollbackSucceeded",),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "upgrade-rolled-back",
        "the upgrade failed and was rolled back, so the previous version runs",
        (
            Step(
                "correct the chart or the values that fail; the message is that of the failed "
                "upgrade",
                read=(_HISTORY, _TARGET_PODS),
            ),
            RETRY,
        ),
        reasons=("RollbackSucceeded",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "rollback-failed",
        "the upgrade failed, and going back to the previous version failed too",
        (
            Step(
                "look at the release's history; both errors count",
                read=(_HISTORY, _TARGET_PODS),
            ),
            RETRY,
        ),
        reasons=("RollbackFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        "release-unhealthy",
        "the chart was rolled out, and {workload} does not become healthy: {workload_state}",
        (
            Step(
                "look at it and its pods; raise spec.timeout if it only needs longer",
                read=_WORKLOAD,
            ),
            RETRY,
        ),
        reasons=("InstallFailed", "UpgradeFailed", "UninstallSucceeded", "RollbackFailed"),
        pattern=_WAITED,
        kinds=_HR,
        upstream="HC internal/action, PKG ssa/manager_wait.go",
    ),
    Rule(
        "helm-timeout",
        "what the chart rolled out was not ready within spec.timeout",
        (
            Step(
                "look at the pods; raise spec.timeout if they only need longer",
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
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        "uninstall-failed",
        "the Helm release cannot be uninstalled: {detail}",
        (
            Step(
                "look at what cannot be deleted: finalizers, webhooks, rights of the "
                "ServiceAccount {sa}, hooks of the chart (pre-delete, post-delete)",
                read=(_HISTORY, _TARGET_PODS),
            ),
        ),
        reasons=("UninstallFailed",),
        pattern=Text(r"(?:uninstall failed for release [^:]+|uninstall): (?P<detail>[^\n]{1,240})"),
        kinds=_HR,
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        "uninstall-failed",
        "the Helm release cannot be uninstalled",
        (
            Step(
                "look at what cannot be deleted: finalizers, webhooks, rights, hooks",
                read=(_HISTORY, _TARGET_PODS),
            ),
        ),
        reasons=("UninstallFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        "upgrade-failed",
        "the Helm upgrade fails",
        (
            Step("look at what the message names", read=(_HISTORY, _TARGET_PODS)),
            RETRY,
        ),
        reasons=("UpgradeFailed", "UninstallSucceeded", "PendingRelease", "RetryAfterInterval"),
        kinds=_HR,
        upstream="HC internal/reconcile/upgrade.go",
    ),
    Rule(
        "install-failed",
        "the Helm install fails",
        (Step("look at what the message names", read=(_TARGET_PODS,)), RETRY),
        reasons=("InstallFailed",),
        kinds=_HR,
        upstream="HC internal/reconcile/install.go",
    ),
    Rule(
        "retries-exceeded",
        "its retries are used up ({detail}), and it is not tried again until the spec, the values "
        "or the chart change",
        (
            Step(
                "correct what the first error says, and reset the retries (as flux reconcile "
                "helmrelease {name} --reset does)",
                read=(_HISTORY,),
                change=(RESET,),
            ),
        ),
        reasons=("RetriesExceeded", "MissingRollbackTarget"),
        pattern=Text(r"(?P<detail>failed to [^\n]{1,160}|.{1,80})"),
        kinds=_HR,
        upstream="HC internal/reconcile/atomic_release.go",
    ),
    Rule(
        "helm-client-failed",
        "helm-controller cannot act for this release",
        (
            Step(
                "look at spec.kubeConfig, spec.serviceAccountName and the controller's log",
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
