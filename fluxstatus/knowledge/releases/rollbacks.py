"""HelmRelease: releases whose state cannot be determined, and upgrades that were rolled back.

Upstream: helm-controller internal/reconcile, internal/action.
"""

from fluxstatus.knowledge.commands import LOG, SPEC, STORED
from fluxstatus.knowledge.releases.shared import HISTORY, HR, TARGET_PODS, WAITED
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_UPGRADE_ROLLED_BACK = Code(
    "upgrade-rolled-back", "The Helm upgrade failed and was rolled back to the previous version."
)

RULES = (
    Rule(
        Code(
            "helm-storage-forbidden",
            "The helm-controller cannot read the release from Helm's storage.",
        ),
        why="helm-controller cannot read the release from Helm's storage: {innermost}",
        steps=(
            Step(
                "check that ServiceAccount {sa} has permission to read and write Secrets in spec.storageNamespace (by default, the HelmRelease's namespace), where Helm stores its releases, and that no Secret there is corrupt",
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
            "Drift detection cannot compare the Helm release with the cluster.",
        ),
        why="drift detection cannot compare the release with the cluster: {innermost}",
        steps=(
            Step(
                "correct the reported error. Drift detection (spec.driftDetection) sends a server-side dry run of each object in the release",
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
        steps=(Step("correct the reported error", read=(LOG, STORED, HISTORY)),),
        reasons=("StateError",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        Code(
            "release-uninstalled",
            "The Helm install or upgrade failed, and remediation uninstalled the release.",
        ),
        why="the install or upgrade failed, and remediation uninstalled the release, so none of its objects are running",
        steps=(
            Step(
                "find the error of the failed attempt in the HelmRelease's events and in the controller's log, and correct it",
                read=("kubectl describe {resource} {name} -n {ns}", LOG, HISTORY),
            ),
            Step(
                "to keep the objects of a failed install for troubleshooting, set spec.install.remediation.remediateLastFailure: false until the error is corrected",
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
        why="the upgrade was rolled back because {workload} did not become healthy: {workload_state}; the previous version is running",
        steps=(
            Step(
                "correct the problem that prevents {workload} from becoming healthy",
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
                "correct the upgrade error, which is in the HelmRelease's events and conditions",
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
            "Both the Helm upgrade and the rollback to the previous version failed.",
        ),
        why="the upgrade failed, and the rollback to the previous version also failed: {innermost}",
        steps=(
            Step(
                "check the release history, and correct both errors",
                read=(HISTORY, "kubectl describe {resource} {name} -n {ns}", TARGET_PODS),
            ),
        ),
        reasons=("RollbackFailed",),
        kinds=HR,
        certainty="unknown",
        upstream="HC internal/reconcile/rollback_remediation.go",
    ),
)
