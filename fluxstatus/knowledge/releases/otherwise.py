"""HelmRelease: uninstalls, upgrades and installs that fail in any other way.

Upstream: helm-controller internal/reconcile, helm pkg/action.
"""

from fluxstatus.knowledge.commands import LOG, RESET, SPEC
from fluxstatus.knowledge.releases.shared import HISTORY, HR, TARGET_PODS
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UNINSTALL_FAILED = Code("uninstall-failed", "The Helm release cannot be uninstalled.")

_ACTION_DENIED = Code(
    "helm-request-invalid", "The API server does not allow a request that Helm sends."
)

RULES = (
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {innermost}",
        steps=(
            Step(
                "correct the reported error. Deletions are often blocked by a webhook, missing permissions of ServiceAccount {sa}, a deleted CRD, or one of the chart's hooks (pre-delete, post-delete)",
                read=(HISTORY, LOG, TARGET_PODS),
            ),
            Step(
                "if the release cannot be uninstalled, suspend the HelmRelease and then delete it. Flux then only removes the HelmRelease, and all objects of the release remain in the cluster"
            ),
        ),
        pattern=Text(
            r"uninstall failed for release [^:]+: |\buninstall: |uninstallation completed with"
        ),
        reasons=("UninstallFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="{workload} was not deleted within the timeout, so the release is not uninstalled",
        steps=(
            Step(
                "check its finalizers: the controller that removes them must be running until it is gone. If that controller was uninstalled first, restore it until the release is uninstalled",
                read=(
                    "kubectl get {workload_resource} {workload_name} -n {workload_ns} -o yaml",
                    "kubectl get events -n {workload_ns}",
                ),
            ),
            Step(
                "do not remove a finalizer by hand before you know its purpose: resources that the controller would clean up (such as volumes or cloud resources) then remain"
            ),
        ),
        pattern=Text(r"\bresource \w+/\S+ still exists\. status: "),
        reasons=("UninstallFailed",),
        kinds=HR,
        needs=("workload",),
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream="helm v4 pkg/kube/statuswait.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="some objects of the release were not deleted within the timeout",
        steps=(
            Step(
                "check the finalizers of these objects, and the controllers that remove these finalizers",
                read=(LOG, TARGET_PODS, "kubectl get events -n {target_ns}"),
            ),
        ),
        pattern=Text(
            r"(?:uninstall failed for release|uninstallation completed with).*(?:still exists\. status|"
            r"context deadline exceeded|timed out waiting for the condition)"
        ),
        reasons=("UninstallFailed",),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/kube/wait.go",
    ),
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {innermost}",
        steps=(
            Step(
                "check the finalizers, webhooks, permissions and hooks that may block the deletion",
                read=(HISTORY, LOG, TARGET_PODS),
            ),
        ),
        reasons=("UninstallFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall.go",
    ),
    Rule(
        _ACTION_DENIED,
        why="the API server does not allow the request for an object in the chart (405); objects of this kind cannot be created or modified, or an aggregated API does not support the request",
        steps=(
            Step(
                "find the object with helm template, and correct it in spec.values or the chart. Look for a read-only kind (such as those in metrics.k8s.io), a wrong apiVersion or an empty name",
                read=(LOG, SPEC),
            ),
        ),
        pattern=Text(r"the server does not allow this method on the requested resource"),
        kinds=HR,
        certainty="one-of",
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        _ACTION_DENIED,
        why="the chart renders an object for namespace {wanted}, but Helm sends it to namespace {given}",
        steps=(
            Step(
                "set spec.targetNamespace to {wanted}, or correct the namespace of the object in spec.values or the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"namespace from the provided object \"(?P<wanted>[\w.-]+)\" does not match the namespace \"(?P<given>[\w.-]+)\""
        ),
        kinds=HR,
        quoted=True,
        upstream="k8s.io/cli-runtime pkg/resource",
    ),
    Rule(
        Code("upgrade-failed", "The Helm upgrade or another action on the release failed."),
        why="the Helm upgrade failed: {innermost}",
        steps=(
            Step(
                "correct the object, value or hook that the message refers to. To reproduce the error outside the cluster, run helm template or helm upgrade --install --dry-run=server with this release's chart and values",
                read=(HISTORY, LOG, TARGET_PODS),
            ),
        ),
        reasons=("UpgradeFailed", "UninstallSucceeded", "PendingRelease", "RetryAfterInterval"),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/upgrade.go",
    ),
    Rule(
        Code("install-failed", "The Helm install of the release failed."),
        why="the Helm install failed: {innermost}",
        steps=(
            Step(
                "correct the object, value or hook that the message refers to. To reproduce the error outside the cluster, run helm template or helm upgrade --install --dry-run=server with this release's chart and values",
                read=(LOG, TARGET_PODS),
            ),
        ),
        reasons=("InstallFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/install.go",
    ),
    Rule(
        Code(
            "retries-exceeded", "The HelmRelease has exhausted its retries and will not be retried."
        ),
        why="all retries are exhausted ({detail}); helm-controller does not retry until the spec, the values or the chart changes",
        steps=(
            Step(
                "correct the first error, and then reset the retries (flux reconcile --reset)",
                read=(HISTORY,),
                change=(RESET,),
            ),
        ),
        pattern=Text(r"(?P<detail>failed to [^\n]{1,160}|.{1,80})"),
        reasons=("RetriesExceeded", "MissingRollbackTarget"),
        kinds=HR,
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
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)
