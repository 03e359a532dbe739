"""HelmRelease: the state of a release that cannot be determined, and upgrades that were rolled back.

Upstream: HC internal/reconcile, internal/action.
"""

from fluxstatus.knowledge.commands import LOG, SPEC, STORED
from fluxstatus.knowledge.releases.shared import HISTORY, HR, TARGET_PODS, WAITED
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UPGRADE_ROLLED_BACK = Code(
    "upgrade-rolled-back", "The Helm upgrade failed and was rolled back to the previous release."
)

RULES = (
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
        kinds=HR,
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
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/state.go, internal/action/diff.go",
    ),
    Rule(
        Code("helm-state-unknown", "The helm-controller cannot determine the release's state."),
        why="helm-controller cannot determine the state of the release: {innermost}",
        steps=(Step("fix the reported error", read=(LOG, STORED, HISTORY)),),
        reasons=("StateError",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        Code(
            "release-uninstalled",
            "The Helm install or upgrade failed, and its remediation uninstalled the release.",
        ),
        why="the install or the upgrade failed, and its remediation uninstalled the release, so none of it is running",
        steps=(
            Step(
                "find the error of the failed attempt: it is in the events of the HelmRelease and in the controller's log; then fix it",
                read=("kubectl describe {resource} {name} -n {ns}", LOG, HISTORY),
            ),
            Step(
                "to keep the failed objects for a diagnosis, set spec.install.remediation.remediateLastFailure: false until the error is fixed",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"^Helm uninstall remediation for release [^\n]{1,200} succeeded"),
        reasons=("UninstallSucceeded",),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream="HC internal/reconcile/uninstall_remediation.go",
    ),
    Rule(
        _UPGRADE_ROLLED_BACK,
        why="the upgrade failed and was rolled back, so the previous version is running: {workload}: {workload_state}",
        steps=(
            Step(
                "fix what prevented {workload} from becoming healthy",
                read=(HISTORY, "kubectl get pods -n {workload_ns}"),
            ),
        ),
        pattern=WAITED,
        reasons=("RollbackSucceeded",),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
    Rule(
        _UPGRADE_ROLLED_BACK,
        why="the upgrade failed and was rolled back, so the previous version is running: {innermost}",
        steps=(
            Step(
                "fix the error of the upgrade; its events and conditions show it",
                read=(HISTORY, "kubectl describe {resource} {name} -n {ns}", TARGET_PODS),
            ),
        ),
        reasons=("RollbackSucceeded",),
        kinds=HR,
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
                read=(HISTORY, "kubectl describe {resource} {name} -n {ns}", TARGET_PODS),
            ),
        ),
        reasons=("RollbackFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
)
