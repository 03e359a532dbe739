"""HelmRelease: releases that are locked, pending or not deployed.

Upstream: helm pkg/action/upgrade.go, helm-controller internal/reconcile.
"""

from fluxstatus.knowledge.commands import FORCE, RECONCILE, SPEC, STORED
from fluxstatus.knowledge.facts import cannot_unlock, was_deployed
from fluxstatus.knowledge.releases.shared import HELM_RELEASES, HISTORY, HR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_OPERATION_PENDING = Code(
    "helm-operation-pending",
    "The Helm release is locked by a pending install, upgrade or rollback.",
)
_NO_DEPLOYED_RELEASE = Code(
    "helm-no-deployed-release",
    "Helm cannot upgrade the release because no version of it is deployed.",
)

RULES = (
    Rule(
        _OPERATION_PENDING,
        why="a pending install, upgrade or rollback of this release in Helm's storage blocks new ones",
        steps=(
            Step(
                "check whether Helm is currently running (on the command line, in CI, or for a second HelmRelease with the same release name)",
                read=(
                    "kubectl get secrets -n {storage_ns} -l owner=helm,name={release_name} --show-labels",
                ),
            ),
            Step(
                "if Helm is not running, helm-controller was stopped during an attempt. Run helm rollback {release_name} -n {storage_ns}, or delete the Secret of the pending version (sh.helm.release.v1.*), which keeps the deployed objects"
            ),
        ),
        pattern=Text(r"another operation \(install/upgrade/rollback\) is in progress"),
        kinds=HR,
        when=(cannot_unlock,),
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="a pending install, upgrade or rollback of this release in Helm's storage blocks new ones",
        steps=(
            Step(
                "reconcile the HelmRelease. If helm-controller was stopped during an attempt (for example, because it ran out of memory), it unlocks the release and tries again",
                read=(STORED,),
                change=(RECONCILE,),
            ),
            Step(
                "if the error recurs, something else changes this release, such as Helm on the command line, CI, or a second HelmRelease with the same release name",
                read=(HELM_RELEASES, HISTORY),
            ),
        ),
        pattern=Text(r"another operation \(install/upgrade/rollback\) is in progress"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go, HC internal/reconcile/unlock.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="helm-controller unlocked the release, which an interrupted attempt had left with status {detail}",
        steps=(
            Step(
                "wait for the next attempt, which starts automatically. If it is interrupted again, check whether helm-controller keeps restarting (for example, because it runs out of memory or its node is drained)",
                read=(
                    HISTORY,
                    "kubectl get pods -n {flux_namespace} -l app=helm-controller",
                ),
            ),
        ),
        pattern=Text(r"^Unlocked Helm release .* in (?P<detail>pending-\w+) state"),
        kinds=HR,
        reach=Reach.WHOLE,
        transient=True,
        upstream="HC internal/reconcile/unlock.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="an interrupted attempt left the release with status {detail}, and helm-controller could not unlock it",
        steps=(
            Step(
                "correct the reported error. helm-controller must be able to update the Secrets of the release",
                read=(STORED, SPEC),
            ),
        ),
        pattern=Text(r"^Unlock of Helm release .* in (?P<detail>pending-\w+) state failed"),
        kinds=HR,
        upstream="HC internal/reconcile/unlock.go",
    ),
    Rule(
        Code(
            "helm-status-unexpected",
            "The Helm release has a status in Helm's storage that helm-controller does not handle.",
        ),
        why='the release has status "{detail}" in Helm\'s storage; an uninstall was probably interrupted, or run outside Flux',
        steps=(
            Step(
                "find the newest version of the release in Helm's storage",
                read=(STORED, HISTORY),
            ),
            Step(
                "if no Helm process is running, delete the Secret of that version (sh.helm.release.v1.{release_name}.v*). The deployed objects remain, and the next attempt installs the release and adopts them"
            ),
        ),
        pattern=Text(r"unable to determine state for release with status '(?P<detail>[\w-]+)'"),
        kinds=HR,
        certainty="likely",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        _NO_DEPLOYED_RELEASE,
        why="Helm's storage no longer contains a deployed version of this release, but status.history does; the release was probably removed or changed outside Flux, for example with helm uninstall",
        steps=(
            Step(
                "list the release's records in Helm's storage, and check their status",
                read=(STORED, HISTORY),
            ),
            Step(
                "if all remaining records have status uninstalled, uninstalling or failed, delete their Secrets (sh.helm.release.v1.{release_name}.v*). Flux then installs the release again and adopts objects that still exist"
            ),
        ),
        pattern=Text(r"has no deployed releases"),
        kinds=HR,
        when=(was_deployed,),
        certainty="likely",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _NO_DEPLOYED_RELEASE,
        why="Helm can only upgrade a deployed release, but no version of this release has status deployed in Helm's storage",
        steps=(
            Step(
                "if the first install failed, correct its error, and set spec.install.remediation.retries so that Flux removes a failed install and retries it",
                read=(STORED, HISTORY),
            ),
            Step(
                "if the release was installed before, its records were removed or changed outside Flux. Delete the remaining Secrets (sh.helm.release.v1.*), so that Flux installs the release again and adopts objects that still exist"
            ),
            Step(
                "force a new attempt afterwards (flux reconcile --force)",
                change=(FORCE,),
            ),
        ),
        pattern=Text(r"has no deployed releases"),
        kinds=HR,
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        Code(
            "helm-no-rollback-target",
            "The upgrade failed, and there is no previous release to roll back to.",
        ),
        why="the upgrade failed, and there is no previous successful version to roll back to",
        steps=(
            Step(
                "correct the error, and then force a new attempt (flux reconcile --force)",
                read=(HISTORY,),
                change=(FORCE,),
            ),
            Step(
                "to reinstall a failed release automatically, set spec.upgrade.remediation.strategy: uninstall. An uninstall deletes all objects of the release, including the data of volumes in the chart"
            ),
        ),
        pattern=Text(r"missing target release for rollback|MissingRollbackTarget"),
        kinds=HR,
        upstream="HC internal/reconcile/atomic_release.go",
    ),
)
