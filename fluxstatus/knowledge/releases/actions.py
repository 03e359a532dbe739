"""HelmRelease: Helm actions that cannot be performed as the spec requests.

Upstream: helm pkg/kube/client.go and pkg/action, helm-controller internal/action.
"""

from fluxstatus.knowledge.commands import DESCRIBE, FORCE, SPEC, STORED
from fluxstatus.knowledge.releases.shared import HISTORY, HR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_FORCE_UNUSABLE = Code(
    "helm-force-unusable", "Helm cannot replace objects, but spec.upgrade.force requires it."
)
_CRDS_ONLY = Code(
    "helm-crds-folder", "The chart's crds folder contains an object that is not a CRD."
)
_NOT_ADOPTED = Code(
    "helm-object-unknown",
    "The cluster contains an object that is not in the last successful version of the Helm release.",
)
_RECORD_GONE = Code(
    "helm-record-gone", "The record of the Helm release is missing from Helm's storage."
)
_INTERRUPTED = Code("helm-interrupted", "A Helm action was interrupted before it finished.")

RULES = (
    Rule(
        _FORCE_UNUSABLE,
        why="spec.upgrade.force is set, but Helm cannot replace objects with server-side apply",
        steps=(
            Step(
                "remove spec.upgrade.force. With server-side apply, Helm already overrides conflicts with other field managers",
                read=(SPEC,),
            ),
            Step(
                "alternatively, set spec.upgrade.serverSideApply: disabled to keep replacing objects. Newer patch releases of Flux ignore spec.upgrade.force with server-side apply"
            ),
        ),
        pattern=Text(
            r"cannot use (?:force conflicts|server-side apply) and force replace together"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm v4 pkg/kube/client.go, HC internal/action/upgrade.go",
        versions=">=2.8",
    ),
    Rule(
        _FORCE_UNUSABLE,
        why="spec.upgrade.force is set, but the API server does not let Helm replace {object} without its resourceVersion",
        steps=(
            Step(
                "remove spec.upgrade.force, so that Helm only changes the fields that differ. Helm replaces objects without their resourceVersion, which objects of many kinds require, such as CRDs and custom resources",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to replace object: [^\n]{0,200}metadata\.resourceVersion: Invalid value: [^\n]{0,20}must be specified for an update"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/kube/client.go, apimachinery pkg/api/validation/objectmeta.go",
    ),
    Rule(
        _FORCE_UNUSABLE,
        why="spec.upgrade.force is set, but Helm cannot replace {object} because fields of the live object are immutable: {detail}",
        steps=(
            Step(
                "remove spec.upgrade.force, so that Helm only changes the fields that differ. The field neither deletes objects nor changes immutable fields",
                read=(SPEC,),
            ),
            Step(
                "if the upgrade then reports an immutable field, restore the field's old value, or delete this object (a StatefulSet with --cascade=orphan, which keeps its pods and volumes)"
            ),
        ),
        pattern=Text(
            r"failed to replace object: (?P<detail>[^\n]{0,200}(?:immutable|Forbidden: updates to|may not change|cannot be changed|can not be unset|cannot change)[^\n]{0,120})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="helm pkg/kube/client.go",
    ),
    Rule(
        _CRDS_ONLY,
        why="the crds folder of the chart contains {wanted_object}, but helm-controller can only update CustomResourceDefinitions there",
        steps=(
            Step(
                "use a chart version that has this object in its templates, or set spec.install.crds and spec.upgrade.crds to Skip and apply the CRDs with a Kustomization",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to update CustomResourceDefinition\(s\): no (?P<wanted_object>(?!CustomResourceDefinition\b)[A-Z]\w+) with the name"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="HC internal/action/crds.go",
    ),
    Rule(
        _NOT_ADOPTED,
        why="{wanted_object} exists in the cluster, but not in the release version that Helm upgrades; the object was created by a failed attempt or by something else",
        steps=(
            Step(
                "if the object contains nothing that you need, delete it, so that the next attempt creates it",
                read=(HISTORY, STORED),
            ),
            Step(
                "force a new attempt (flux reconcile --force)",
                change=(FORCE,),
            ),
        ),
        pattern=Text(
            r"(?:\bno|original object) (?P<wanted_object>[A-Z]\w+ with the name \"[^\"]+\") (?:not )?found"
        ),
        kinds=HR,
        certainty="likely",
        quoted=True,
        upstream="helm pkg/kube/client.go",
    ),
    Rule(
        _INTERRUPTED,
        why="the attempt was interrupted because helm-controller was stopped or the HelmRelease was changed",
        steps=(
            Step(
                "wait for the next attempt, which starts automatically. If it is interrupted again, check whether helm-controller keeps restarting (for example, because it runs out of memory or its node is drained)",
                read=(
                    HISTORY,
                    "kubectl get pods -n {flux_namespace} -l app=helm-controller",
                ),
            ),
        ),
        pattern=Text(r"context canceled(?=\s*(?:$|Last Helm logs))"),
        kinds=HR,
        certainty="one-of",
        transient=True,
        upstream="HC internal/reconcile, Go context",
    ),
    Rule(
        _RECORD_GONE,
        why="the record of the release is no longer in Helm's storage; the record was deleted during the attempt or outside Flux",
        steps=(
            Step(
                "check whether anything deletes the Secrets or ConfigMaps sh.helm.release.v1.* in the namespace of Helm's storage. Objects of the release may still exist",
                read=(STORED, HISTORY),
            ),
            Step(
                "reconcile the HelmRelease. Without a record, Flux installs the release again and adopts the objects that still exist",
                change=(FORCE,),
            ),
        ),
        pattern=Text(
            r"(?:update: failed to update|failed to get \"[^\"]*\"): "
            r"(?:secrets|configmaps) \"[^\"]*\" not found"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="helm pkg/storage/driver, pkg/action",
    ),
    Rule(
        _RECORD_GONE,
        why="Helm has no record of the release, so it cannot uninstall the release; the install failed before Helm stored a record, or the record was deleted",
        steps=(
            Step(
                "check the condition Released and the events. If they contain an install error, that error is the cause",
                read=(DESCRIBE, STORED),
            ),
            Step(
                "if the release was installed before, delete the objects that are left over from it"
            ),
        ),
        pattern=Text(r"Release not loaded: [^\n:]{1,80}: release: not found"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _RECORD_GONE,
        why="the upgrade failed, and the version to roll back to is no longer in Helm's storage; this version was removed because of spec.maxHistory, or was deleted",
        steps=(
            Step(
                "correct the upgrade error (see the condition Released), and then force an attempt (flux reconcile --force)",
                read=(HISTORY, STORED),
                change=(FORCE,),
            ),
        ),
        pattern=Text(r"release has no \d+ version"),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/rollback.go",
    ),
    Rule(
        Code(
            "chart-api-unsupported", "The helm-controller does not support the chart's apiVersion."
        ),
        why="the chart or the stored release has an apiVersion that helm-controller does not support; only v1 and v2 charts are supported",
        steps=(
            Step(
                "use a version of the chart with apiVersion: v2 in Chart.yaml, or upgrade Flux",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"only the Chart API v2 is supported"),
        kinds=HR,
        upstream="HC internal/action",
        versions=">=2.8",
    ),
)
