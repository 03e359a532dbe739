"""HelmRelease: ownership, Helm storage and stuck releases.

Upstream: HC internal/controller/helmrelease_controller.go, internal/reconcile, internal/action;
helm pkg/action, pkg/kube, pkg/storage.
"""

from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import FORCE, OBJECT, RETRY, SPEC
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_HELM_OWNERSHIP = Code(
    "helm-ownership",
    "An object in the chart already exists and does not belong to this Helm release.",
)
_HELM_NAME_IN_USE = Code(
    "helm-name-in-use", "Helm's storage already has an entry with this release name."
)

_HR: KindNames = frozenset({"HelmRelease"})
_TARGET_PODS = "kubectl get pods -n {target_ns}"
_HISTORY = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.status.history}}"
_PENDING_SECRET = "kubectl get secrets -n {target_ns} -l owner=helm"  # noqa: S105 - a command

RULES = (
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and does not belong to this release",
        steps=(
            Step(
                "delete the existing object if it is not needed, rename one of the two objects, or have Helm adopt it: do not set spec.install.disableTakeOwnership, or set the label app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name={name} and meta.helm.sh/release-namespace={target_ns} on the object",
                read=("kubectl describe {owned_kind} {owned_name} -n {owned_ns}",),
            ),
            RETRY,
        ),
        pattern=Text(
            r"\b(?P<owned>(?P<owned_kind>\w+) \"(?P<owned_name>[\w.:-]+)\") in namespace "
            r"\"(?P<owned_ns>[\w.-]*)\".*invalid ownership metadata"
        ),
        kinds=_HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="the chart creates an object that already exists in the cluster and does not belong to this release",
        steps=(
            Step(
                "delete the existing object, rename one of the two, or have Helm adopt it (do not set spec.install.disableTakeOwnership)",
                read=(SPEC,),
            ),
            RETRY,
        ),
        pattern=Text(r"invalid ownership metadata|cannot be imported into the current release"),
        kinds=_HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="Helm's storage has an entry for this release that Helm does not recognize",
        steps=(
            Step(
                "check the Secrets sh.helm.release.v1.*, and delete the one without Helm's labels or content: it blocks the release",
                read=(
                    "kubectl get secrets -n {target_ns} --field-selector=type=helm.sh/release.v1",
                ),
            ),
            RETRY,
        ),
        pattern=Text(r": release: already exists"),
        kinds=_HR,
        upstream="helm pkg/storage/driver",
    ),
    Rule(
        Code("helm-object-exists", "Helm cannot create an object because it already exists."),
        why="{object} already exists, so Helm cannot create it",
        steps=(
            Step(
                "delete the existing object, or let the next attempt adopt it; for a hook, set helm.sh/hook-delete-policy: before-hook-creation in the chart",
                read=(OBJECT, _TARGET_PODS),
            ),
            RETRY,
        ),
        pattern=Text(r"already exists"),
        kinds=_HR,
        upstream="helm pkg/kube/client.go",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="a release with this name already exists, and this HelmRelease did not install it",
        steps=(
            Step(
                "choose another spec.releaseName, or remove the other release; to find it, run helm list -A --all",
                read=(_PENDING_SECRET, SPEC),
            ),
            RETRY,
        ),
        pattern=Text(r"cannot re-use a name that is still in use"),
        kinds=_HR,
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        Code("helm-name-invalid", "The Helm release name is too long or otherwise invalid."),
        why="the release name is not valid: {detail}",
        steps=(Step("set a shorter spec.releaseName (53 characters at most)", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>(?:release name|invalid release name)[^\n]{0,160}(?:exceeds|must match|"
            r"invalid)[^\n]{0,80})"
        ),
        kinds=_HR,
        trivial=True,
        upstream="helm pkg/chart/common/util/validate_name.go",
    ),
    Rule(
        Code(
            "helm-operation-pending",
            "The Helm release is locked by a pending install, upgrade or rollback.",
        ),
        why="another operation on this release is in progress, or was interrupted when the controller stopped (pending-install, pending-upgrade or pending-rollback)",
        steps=(
            Step(
                "wait until spec.timeout expires: helm-controller then unlocks the release and retries",
                read=(_HISTORY, _PENDING_SECRET),
            ),
            Step(
                "if it stays pending, force a new attempt (as flux reconcile helmrelease {name} --force does); you can also delete the pending version's Secret (sh.helm.release.v1.*)",
                change=(FORCE,),
            ),
        ),
        pattern=Text(
            r"another operation .*in progress|release .{0,80}(?:is )?in (?:a )?pending|"
            r"pending-(?:install|upgrade|rollback)"
        ),
        kinds=_HR,
        upstream="helm pkg/action/upgrade.go, HC internal/action/reset.go",
    ),
    Rule(
        Code(
            "helm-no-deployed-release",
            "Helm cannot upgrade a release that was never deployed successfully.",
        ),
        why="the release was never installed successfully, and Helm can upgrade only a deployed release",
        steps=(
            Step(
                "set spec.install.remediation.retries so that the install is retried, or force a new attempt (as flux reconcile helmrelease {name} --force does)",
                read=(_HISTORY,),
                change=(FORCE,),
            ),
        ),
        pattern=Text(r"has no deployed releases"),
        kinds=_HR,
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
                "fix the error and force a new attempt (as flux reconcile helmrelease {name} --force does), or set spec.upgrade.remediation.strategy: uninstall",
                read=(_HISTORY,),
                change=(FORCE,),
            ),
        ),
        pattern=Text(r"missing target release for rollback|MissingRollbackTarget"),
        kinds=_HR,
        upstream="HC internal/reconcile/atomic_release.go",
    ),
    Rule(
        API_REMOVED,
        why="the installed release contains {missing_kind} in {missing_group}, which the cluster no longer serves, so Helm can neither upgrade nor remove it",
        steps=(
            Step(
                "rewrite the stored release with the Helm plugin mapkubeapis, or delete its Secret (sh.helm.release.v1.*) so that the release is reinstalled",
                read=(_PENDING_SECRET, "kubectl api-resources --api-group={missing_group_name}"),
            ),
            RETRY,
        ),
        pattern=Text(
            r"from (?:current|old|previous|deployed) release manifest.*?no matches for kind "
            r"\"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
            r"(?P<missing_group_name>[\w.-]+)(?:/\w+)?)\""
        ),
        kinds=_HR,
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        Code("helm-release-too-large", "The Helm release is too large to be stored in a Secret."),
        why="the release exceeds the size limit of a Secret (1 MiB, including the chart's files)",
        steps=(
            Step(
                "make the chart smaller: exclude files with .helmignore, remove large files such as dashboards, or split the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"limit is \d+|request (?:entity )?(?:is )?too large|data: Too long|"
            r"Too long: (?:may|must) not be more"
        ),
        kinds=_HR,
        upstream="helm pkg/storage/driver/secrets.go",
    ),
    Rule(
        Code("chart-unreadable", "Helm cannot load the artifact of the source as a chart."),
        why="the artifact of the source is not a chart that Helm can load: {detail}",
        steps=(
            Step(
                "check the content of the source artifact, and spec.chartRef; an OCIRepository for a chart requires spec.layerSelector.operation: copy",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"could not load chart: (?!.*(?:dial tcp|no such host|timeout|digest))"
            r"(?P<detail>[^\n]{1,200})"
        ),
        reasons=("ArtifactFailed",),
        kinds=_HR,
        upstream="HC internal/loader, HC internal/controller/helmrelease_controller.go",
    ),
)
