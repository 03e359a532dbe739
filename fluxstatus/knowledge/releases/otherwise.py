"""HelmRelease: uninstalls, upgrades and installs that fail in any other way.

Upstream: HC internal/reconcile, helm pkg/action.
"""

from fluxstatus.knowledge.commands import LOG, RESET, SPEC
from fluxstatus.knowledge.releases.shared import HISTORY, HR, TARGET_PODS
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UNINSTALL_FAILED = Code("uninstall-failed", "The Helm release cannot be uninstalled.")

_ACTION_DENIED = Code(
    "helm-request-invalid", "Helm sends the API server a request that it does not allow."
)

RULES = (
    Rule(
        _UNINSTALL_FAILED,
        why="the Helm release cannot be uninstalled: {innermost}",
        steps=(
            Step(
                "fix the reported error; often a webhook, missing permissions of ServiceAccount {sa}, a deleted CRD or one of the chart's hooks (pre-delete, post-delete) blocks the deletion",
                read=(HISTORY, LOG, TARGET_PODS),
            ),
            Step(
                "if the release cannot be uninstalled, suspend the HelmRelease and delete it: Flux then removes only the HelmRelease, and all objects of the release stay"
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
        why="objects of the release were not deleted within the timeout",
        steps=(
            Step(
                "check what keeps them: finalizers, and the controllers that remove them",
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
                "check what blocks the deletion: finalizers, webhooks, permissions or hooks",
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
        why="the API server does not allow the request for an object of the chart (405): its kind cannot be created or changed, or a server of an aggregated API does not support it",
        steps=(
            Step(
                "find the object with helm template: a kind that can only be read (such as those of metrics.k8s.io), a wrong apiVersion, or a name that is empty; correct it in spec.values or the chart",
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
                "correct the object, the value or the hook that the message is about; to reproduce it outside the cluster, run helm template, or helm upgrade --install --dry-run=server, with the chart and the values of this release",
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
                "correct the object, the value or the hook that the message is about; to reproduce it outside the cluster, run helm template, or helm upgrade --install --dry-run=server, with the chart and the values of this release",
                read=(LOG, TARGET_PODS),
            ),
        ),
        reasons=("InstallFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/install.go",
    ),
    Rule(
        Code("retries-exceeded", "The HelmRelease has used up its retries and is not retried."),
        why="all retries are used up ({detail}); helm-controller does not retry until the spec, the values or the chart changes",
        steps=(
            Step(
                "fix the first error, then reset the retries (flux reconcile --reset)",
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
