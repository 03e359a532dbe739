"""HelmRelease: ownership, Helm storage and stuck releases.

Upstream: HC internal/controller/helmrelease_controller.go, internal/reconcile, internal/action;
helm pkg/action, pkg/kube, pkg/storage.
"""

from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import FORCE, RECONCILE, SPEC, STORED
from fluxstatus.knowledge.facts import (
    belongs_to_release,
    cannot_unlock,
    shares_release,
    was_deployed,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_HELM_OWNERSHIP = Code(
    "helm-ownership",
    "An object in the chart already exists and does not belong to this Helm release.",
)
_HELM_NAME_IN_USE = Code(
    "helm-name-in-use", "Helm's storage already has an entry with this release name."
)
_OPERATION_PENDING = Code(
    "helm-operation-pending",
    "The Helm release is locked by a pending install, upgrade or rollback.",
)
_NO_DEPLOYED_RELEASE = Code(
    "helm-no-deployed-release",
    "Helm cannot upgrade the release because no version of it is deployed.",
)
_TOO_LARGE = Code("helm-release-too-large", "The Helm release is too large to be stored.")

_HR: KindNames = frozenset({"HelmRelease"})
_HISTORY = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.status.history}}"
_HELM_RELEASES = "kubectl get helmreleases -A"
_OWNED = (
    r"\b(?P<owned>(?P<owned_kind>\w+) \"(?P<owned_name>[\w.:-]+)\") in namespace "
    r"\"(?P<owned_ns>[\w.-]*)\" exists and cannot be imported into the current release"
)
_IS = r"\" must equal \"[^\"]*\": current value is \""
_OF_ANOTHER = Text(
    rf"{_OWNED}.*invalid ownership metadata.*?key \"meta\.helm\.sh/release-name{_IS}(?P<other>[^\"]+)\""
)
_OF_ANOTHER_NAMESPACE = Text(
    rf"{_OWNED}.*invalid ownership metadata(?!.*release-name\").*?key \"meta\.helm\.sh/release-namespace{_IS}(?P<other_ns>[^\"]+)\""
)
_DESCRIBE_OWNED = "kubectl describe {owned_kind} {owned_name} -n {owned_ns}"
_WRITE = r"(?:create|update): failed to (?:create|update): "

_OWNERSHIP = (
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a different Helm release, {other}, which is a HelmRelease in this cluster",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, _HELM_RELEASES),
            ),
        ),
        pattern=_OF_ANOTHER,
        kinds=_HR,
        when=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a different Helm release: {other}",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, _HELM_RELEASES),
            ),
            Step(
                "if the other release no longer exists, set the annotations meta.helm.sh/release-name={release_name} and meta.helm.sh/release-namespace={target_ns} on the object"
            ),
        ),
        pattern=_OF_ANOTHER,
        kinds=_HR,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to the Helm release with the same name in namespace {other_ns}, which is a HelmRelease in this cluster",
        steps=(
            Step(
                "disable the object in the values of one of the two releases, or give it a different name; do not let this release adopt the object, because both releases would then change it",
                read=(_DESCRIBE_OWNED, _HELM_RELEASES),
            ),
        ),
        pattern=_OF_ANOTHER_NAMESPACE,
        kinds=_HR,
        when=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and belongs to a Helm release with the same name in namespace {other_ns}",
        steps=(
            Step(
                "if spec.targetNamespace was changed, Helm has installed a second release: uninstall the old one in namespace {other_ns}, or set spec.targetNamespace back",
                read=(
                    _DESCRIBE_OWNED,
                    "kubectl get secrets -n {other_ns} -l owner=helm,name={release_name}",
                ),
            ),
            Step(
                "if the other release is still in use, disable the object in the values of one of the two, or give it a different name; if it no longer exists, set annotation meta.helm.sh/release-namespace={target_ns} on the object"
            ),
        ),
        pattern=_OF_ANOTHER_NAMESPACE,
        kinds=_HR,
        unless=(belongs_to_release,),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="{owned} already exists and does not belong to this release",
        steps=(
            Step(
                "have Helm adopt it: do not set spec.install.disableTakeOwnership, or set the label app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name={release_name} and meta.helm.sh/release-namespace={target_ns} on the object; the chart then overwrites it",
                read=(_DESCRIBE_OWNED,),
            ),
            Step("or rename one of the two objects, or disable the object in spec.values"),
        ),
        pattern=Text(_OWNED + r".*invalid ownership metadata"),
        kinds=_HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        _HELM_OWNERSHIP,
        why="the chart contains an object that already exists in the cluster and does not belong to this release",
        steps=(
            Step(
                "have Helm adopt it (do not set spec.install.disableTakeOwnership), or rename one of the two objects",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid ownership metadata|cannot be imported into the current release"),
        kinds=_HR,
        upstream="helm pkg/action/validate.go",
    ),
    Rule(
        Code("helm-object-exists", "Helm cannot create an object because it already exists."),
        why="Helm cannot create {existing}, because it already exists",
        steps=(
            Step(
                "if it is a hook of the chart, such as a Job from an earlier attempt, set helm.sh/hook-delete-policy: before-hook-creation on the hook",
                read=("kubectl describe {existing_kind} {existing_name} -n {target_ns}",),
            ),
            Step(
                "otherwise the next attempt adopts it, unless spec.install.disableTakeOwnership is set; if it belongs to something else, rename one of the two"
            ),
        ),
        pattern=Text(
            r"(?<![\w-])(?P<existing>(?P<existing_kind>[a-z][\w.]*) "
            r"\"(?P<existing_name>[\w.:-]+)\") already exists"
        ),
        kinds=_HR,
        certainty="one-of",
        upstream="kubernetes apimachinery api/errors NewAlreadyExists",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="Helm's storage already has a record of the version that Helm is about to write",
        steps=(
            Step(
                "check whether another HelmRelease, or someone who runs helm, uses release name {release_name} in the same storage namespace",
                read=(_HELM_RELEASES, STORED),
            ),
            Step(
                "if not, the Secret lost the labels that Helm finds it by: list all Secrets of this type; a Secret sh.helm.release.v1.* without label owner=helm blocks the release until it is deleted",
                read=(
                    "kubectl get secrets -n {storage_ns} --field-selector=type=helm.sh/release.v1 --show-labels",
                ),
            ),
        ),
        pattern=Text(r"release: already exists"),
        kinds=_HR,
        certainty="one-of",
        upstream="helm pkg/storage/driver",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="a second HelmRelease uses the same Helm release name ({release_name}) and namespace",
        steps=(
            Step(
                "set a different spec.releaseName in one of the two, or remove one of them; with deletion, Flux uninstalls the release, so suspend it before you delete it",
                read=(_HELM_RELEASES, STORED),
            ),
        ),
        pattern=Text(r"cannot re-?use a name that is still in use"),
        kinds=_HR,
        when=(shares_release,),
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        _HELM_NAME_IN_USE,
        why="Helm's storage already has a release with the name {release_name}, which this HelmRelease did not install",
        steps=(
            Step(
                "find out who installed it: another HelmRelease, Helm on the command line, or an earlier attempt of this HelmRelease that was interrupted",
                read=(STORED, _HELM_RELEASES, _HISTORY),
            ),
            Step(
                "choose another spec.releaseName, or have the owner of the other release remove it; the next attempt of Flux takes over a release that is only left behind"
            ),
        ),
        pattern=Text(r"cannot re-?use a name that is still in use"),
        kinds=_HR,
        certainty="one-of",
        upstream="helm pkg/action/install.go",
    ),
    Rule(
        Code("helm-name-invalid", "The Helm release name is too long or otherwise invalid."),
        why="the release name is not valid: {detail}",
        steps=(
            Step(
                "set spec.releaseName to at most 53 lower case letters, digits, hyphens and dots",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:release name|invalid release name)[^\n]{0,160}(?:exceeds|must match|"
            r"invalid)[^\n]{0,80})"
        ),
        kinds=_HR,
        trivial=True,
        upstream="helm pkg/chart/common/util/validate_name.go",
    ),
)

_STATES = (
    Rule(
        _OPERATION_PENDING,
        why="Helm's storage has a pending install, upgrade or rollback of this release, which blocks new ones",
        steps=(
            Step(
                "check whether Helm runs now (on the command line, in CI, or for a second HelmRelease with the same release name)",
                read=(
                    "kubectl get secrets -n {storage_ns} -l owner=helm,name={release_name} --show-labels",
                ),
            ),
            Step(
                "if not, the controller was stopped during an attempt: run helm rollback {release_name} -n {storage_ns}, or delete the Secret of the pending version (sh.helm.release.v1.*), which keeps the deployed objects"
            ),
        ),
        pattern=Text(r"another operation \(install/upgrade/rollback\) is in progress"),
        kinds=_HR,
        when=(cannot_unlock,),
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="Helm's storage has a pending install, upgrade or rollback of this release, which blocks new ones",
        steps=(
            Step(
                "reconcile: helm-controller unlocks a release that was left behind (when it was stopped during an attempt, for example out of memory) and tries again",
                read=(STORED,),
                change=(RECONCILE,),
            ),
            Step(
                "if it returns, something else changes this release: Helm on the command line, CI, or a second HelmRelease with the same release name",
                read=(_HELM_RELEASES, _HISTORY),
            ),
        ),
        pattern=Text(r"another operation \(install/upgrade/rollback\) is in progress"),
        kinds=_HR,
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go, HC internal/reconcile/unlock.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="helm-controller unlocked the release, which an interrupted attempt had left in state {detail}",
        steps=(
            Step(
                "wait for the next attempt, which starts automatically; if it is interrupted again, check whether helm-controller is restarted (out of memory, node drained)",
                read=(
                    _HISTORY,
                    "kubectl get pods -n {flux_namespace} -l app=helm-controller",
                ),
            ),
        ),
        pattern=Text(r"^Unlocked Helm release .* in (?P<detail>pending-\w+) state"),
        kinds=_HR,
        reach=Reach.WHOLE,
        transient=True,
        upstream="HC internal/reconcile/unlock.go",
    ),
    Rule(
        _OPERATION_PENDING,
        why="an interrupted attempt left the release in state {detail}, and helm-controller could not unlock it",
        steps=(
            Step(
                "fix the reported error: helm-controller must be able to update the Secrets of the release",
                read=(STORED, SPEC),
            ),
        ),
        pattern=Text(r"^Unlock of Helm release .* in (?P<detail>pending-\w+) state failed"),
        kinds=_HR,
        upstream="HC internal/reconcile/unlock.go",
    ),
    Rule(
        Code(
            "helm-status-unexpected",
            "Helm's storage has the release in a state that helm-controller does not handle.",
        ),
        why='Helm\'s storage has this release with status "{detail}": an uninstall was probably interrupted, or run outside Flux',
        steps=(
            Step(
                "find the newest version in Helm's storage",
                read=(STORED, _HISTORY),
            ),
            Step(
                "if no Helm process runs, delete the Secret of that version (sh.helm.release.v1.{release_name}.v*): the deployed objects stay, and the next attempt installs the release and adopts them"
            ),
        ),
        pattern=Text(r"unable to determine state for release with status '(?P<detail>[\w-]+)'"),
        kinds=_HR,
        certainty="likely",
        upstream="HC internal/reconcile/state.go",
    ),
    Rule(
        _NO_DEPLOYED_RELEASE,
        why="Helm's storage no longer has a deployed version of this release, but status.history has one: the release was probably removed or changed outside Flux, for example with helm uninstall",
        steps=(
            Step(
                "list the records of the release in Helm's storage and their status",
                read=(STORED, _HISTORY),
            ),
            Step(
                "if the records that are left are only uninstalled, uninstalling or failed, delete these Secrets (sh.helm.release.v1.*): Flux then installs the release again, and adopts objects that still exist"
            ),
        ),
        pattern=Text(r"has no deployed releases"),
        kinds=_HR,
        when=(was_deployed,),
        certainty="likely",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _NO_DEPLOYED_RELEASE,
        why="Helm can upgrade only a deployed release, and no version of this one has the status deployed in Helm's storage",
        steps=(
            Step(
                "if the first install failed, fix its error, and set spec.install.remediation.retries so that Flux removes a failed install and repeats it",
                read=(STORED, _HISTORY),
            ),
            Step(
                "if the release was installed before, its records were removed or changed outside Flux: delete the Secrets that are left (sh.helm.release.v1.*), so that Flux installs it again and adopts objects that still exist"
            ),
            Step(
                "then force a new attempt (as flux reconcile helmrelease {name} --force does)",
                change=(FORCE,),
            ),
        ),
        pattern=Text(r"has no deployed releases"),
        kinds=_HR,
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
                "fix the error and force a new attempt (as flux reconcile helmrelease {name} --force does)",
                read=(_HISTORY,),
                change=(FORCE,),
            ),
            Step(
                "to have a failed release reinstalled automatically, set spec.upgrade.remediation.strategy: uninstall; an uninstall deletes all objects of the release, and the data of volumes in the chart"
            ),
        ),
        pattern=Text(r"missing target release for rollback|MissingRollbackTarget"),
        kinds=_HR,
        upstream="HC internal/reconcile/atomic_release.go",
    ),
)

_OLD_MANIFESTS = r"from (?:current|old|previous|deployed) release manifest"

_STORAGE = (
    Rule(
        API_REMOVED,
        why="the installed release contains {missing_kind} in {missing_group}, which the cluster no longer serves, so Helm can neither upgrade nor remove it",
        steps=(
            Step(
                "if its CRD was deleted, restore it until the upgrade has succeeded",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if a newer Kubernetes version removed this API version, rewrite the stored release with the Helm plugin mapkubeapis (helm mapkubeapis {release_name} -n {storage_ns})",
                read=(STORED,),
            ),
            Step(
                "as a last resort, delete the release's Secrets (sh.helm.release.v1.*): its objects stay, Flux installs the release again and adopts them, and objects that the new chart no longer has are left behind"
            ),
        ),
        pattern=Text(
            _OLD_MANIFESTS + r".*?no matches for kind "
            r"\"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
            r"(?P<missing_group_name>[\w.-]+)(?:/\w+)?)\""
        ),
        kinds=_HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        API_REMOVED,
        why="the installed release contains an API version that the cluster no longer serves, so Helm cannot upgrade it",
        steps=(
            Step(
                "rewrite the stored release with the Helm plugin mapkubeapis (helm mapkubeapis {release_name} -n {storage_ns})",
                read=(STORED,),
            ),
        ),
        pattern=Text(r"current release manifest contains removed kubernetes api"),
        kinds=_HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _TOO_LARGE,
        why="the release is too large to be stored: its Secret has {size} bytes, and etcd accepts at most {limit} in one request",
        steps=(
            Step(
                "make the release smaller: in spec.values, turn off parts of the chart such as dashboards, CRDs or default rules, or split the release into two charts",
                read=(SPEC,),
            ),
            Step(
                "for a chart of your own, exclude files with .helmignore, and move large files out"
            ),
        ),
        pattern=Text(
            _WRITE
            + r".*trying to send message larger than max \((?P<size>\d+) vs\. (?P<limit>\d+)\)"
        ),
        kinds=_HR,
        upstream="helm pkg/storage/driver/secrets.go, grpc",
    ),
    Rule(
        _TOO_LARGE,
        why="the release is too large to be stored: a Secret has at most 1 MiB, and Helm stores the chart, its manifests and the values in one",
        steps=(
            Step(
                "make the release smaller: in spec.values, turn off parts of the chart such as dashboards, CRDs or default rules, or split the release into two charts",
                read=(SPEC,),
            ),
            Step(
                "for a chart of your own, exclude files with .helmignore, and move large files out"
            ),
        ),
        pattern=Text(
            r"Secret \"sh\.helm\.release\.v1\.[^\"]+\" is invalid: data: Too long|"
            + _WRITE
            + r"[^\n]*(?:etcdserver: request is too large|Request entity too large|"
            r"trying to send message larger than max)"
        ),
        kinds=_HR,
        quoted=True,
        upstream="helm pkg/storage/driver/secrets.go",
    ),
    Rule(
        Code(
            "chart-digest-mismatch",
            "The chart that source-controller serves differs from the digest in the source's status.",
        ),
        why="the chart that source-controller serves does not match the digest in the status of its source: the file was stored again without the status, for example after a restart without a persistent volume, or by one of several replicas",
        steps=(
            Step(
                "reconcile the source, so that source-controller stores the chart and its digest again",
                read=("kubectl get helmchart {helm_chart} -n {helm_chart_ns} -o yaml",),
                change=(
                    "kubectl annotate --overwrite helmchart {helm_chart} -n {helm_chart_ns} reconcile.fluxcd.io/requestedAt={now}",
                ),
            ),
            Step(
                "if it returns after each restart of source-controller, give it a persistent volume (spec.storage of the FluxInstance), and run one replica",
                read=("kubectl get deployment source-controller -n {flux_namespace} -o yaml",),
            ),
        ),
        pattern=Text(r"integrity failure: computed digest doesn't match"),
        kinds=_HR,
        certainty="one-of",
        upstream="HC internal/loader/artifact_url.go",
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
            r"could not load chart: (?P<detail>(?:cannot load \w+\.\w+|Chart\.yaml file is missing|"
            r"no files in chart archive|file '[^']*' (?:does not appear|seems)|chart (?:metadata|"
            r"illegally|contains|yaml)|error unpacking|validation|gzip|unexpected EOF|invalid "
            r"header|unsupported chart|unable to (?:detect|load) chart|stream does not|"
            r"decompressed chart|failed to (?:load|untar))[^\n]{0,200})"
        ),
        reasons=("ArtifactFailed",),
        kinds=_HR,
        upstream="helm pkg/chart/v2/loader",
    ),
    Rule(
        Code("chart-not-loaded", "The helm-controller could not load the chart from its source."),
        why="helm-controller could not load the chart from its source: {innermost}",
        steps=(
            Step(
                "check the source of the chart and source-controller",
                read=(
                    SPEC,
                    "kubectl get helmchart {helm_chart} -n {helm_chart_ns}",
                    "kubectl get pods -n {flux_namespace} -l app=source-controller",
                ),
            ),
        ),
        pattern=Text(r"could not load chart: "),
        reasons=("ArtifactFailed",),
        kinds=_HR,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)

RULES = (*_OWNERSHIP, *_STATES, *_STORAGE)
