"""The kind, commands and texts that several modules about Helm releases use."""

from fluxstatus.knowledge.rule import Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

HR: KindNames = frozenset({"HelmRelease"})

TEMPLATE_ERROR = Code(
    "template-error", "A template of the Helm chart fails or renders invalid YAML."
)

VALUES_INVALID = Code("values-invalid", "The Helm values do not match the chart's schema.")

HISTORY = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.status.history}}"
HELM_RELEASES = "kubectl get helmreleases -A"

TARGET_PODS = "kubectl get pods -n {target_ns}"
REASONS = (
    "InstallFailed",
    "UpgradeFailed",
    "UninstallFailed",
    "UninstallSucceeded",
    "RollbackSucceeded",
    "RollbackFailed",
)
"""Reasons of a failed release that is no longer retried once its retries are exhausted."""
BRACKET = r"(?:timeout waiting for|stalled resources): \["
WAITED = Text(BRACKET)
NOT_READY = r"resource [A-Z]\w+/\S* not ready\. status: \w+"
"""An object for which Helm 4 waited (helm v4 pkg/kube/statuswait.go)."""

WORKLOAD = (
    "kubectl describe {workload_resource} {workload_name} -n {workload_ns}",
    "kubectl get pods -n {workload_ns}",
)

LATE = (
    r"(?:client rate limiter Wait returned an error: )?(?:context deadline exceeded|"
    r"timed out waiting for the condition|rate: Wait\(n=\d+\) would exceed context deadline)"
    r"(?=\s*(?:$|Last Helm logs))"
)
"""The end of a Helm error that reports a timeout."""
