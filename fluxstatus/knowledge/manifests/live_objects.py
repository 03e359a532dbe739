"""Live objects that stand in the way: outdated managedFields, leftover fields, exported metadata.

Upstream: kubernetes apimachinery managedfields and validation, apiserver registry, HC api/v2.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import about, is_about_flux_object
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD_LEFT_OVER
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_MANAGED_FIELDS_OUTDATED = Code(
    "managed-fields-outdated",
    "The live object has managed fields of an API version that can no longer be converted.",
)
_LIVE_OBJECT_INVALID = Code(
    "live-object-invalid", "The live object contains what server-side apply cannot handle."
)
_SERVER_FIELD = Code(
    "manifest-server-field", "A manifest sets metadata that only the API server can set."
)

_MANAGED = OBJECT + " --show-managed-fields"
_MANAGED_CLUSTER = CLUSTER_OBJECT + " --show-managed-fields"
_NO_MANAGED = """--type=merge -p '{{"metadata":{{"managedFields":[{{}}]}}}}'"""
_RESET_MANAGED = f"kubectl patch {{object_resource}} {{object_name}} -n {{object_ns}} {_NO_MANAGED}"
_RESET_MANAGED_CLUSTER = f"kubectl patch {{object_resource}} {{cluster_object}} {_NO_MANAGED}"

_OUTDATED = (
    r"request to convert CR (?:to|from) an invalid group/version: |"
    r"failed add back owned items: failed to convert pruned object at version |"
    r"failed to convert merged object to last applied version: |"
    r"failed to convert (?:pruned|merged|owned|last applied)[^\n:]{0,80}: |"
    r"returned invalid metadata: invalid metadata of type <nil>|"
    r"no corresponding type for [^\n]{1,80}|"
    r"dry-run failed(?:, error)?: \.[\w.\[\]\"=-]{1,200}: field not declared in schema"
)
_WEBHOOK_RESPONDS = r"^(?!.*conversion webhook for [^\n]{1,200} failed: )"
_OF_LIVE = (
    r"(?:failed to create manager for existing fields: failed to convert new object \([^)]*\) to "
    r"(?:smd typed|proper version[^:\n]*): |failed to (?:create typed live object|convert live object)"
    r"(?: \([^)]*\))?(?: to (?:smd typed|proper version))?: )(?:errors:\s*)?"
)

RULES = (
    Rule(
        _LIVE_OBJECT_INVALID,
        why="{field} of {object} has the same value as another entry of the list: {detail}",
        steps=(
            Step(
                "if the manifest has it twice, rename or remove one of the two",
                read=(OBJECT,),
            ),
            Step(
                "if the manifest has it once, the live object still has an old entry: ports are merged by their number, so a changed number leaves the old port; remove it with kubectl edit, or delete the {object_kind}, so that the next attempt recreates it (its pods are recreated, too)"
            ),
        ),
        pattern=Text(
            r"(?P<field>spec\.[\w.\[\]]*ports\[\d+\]\.\w+): (?P<detail>Duplicate value: [^\n,\]]{1,80})"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        _LIVE_OBJECT_INVALID,
        why="the live {object} has a field that its CRD does not define ({field}), so it cannot be compared with the manifest",
        steps=(
            Step(
                "install the version of the CRD that defines {field}, or remove the field from the live object",
                read=("kubectl explain {object_resource} --recursive", OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "if drift detection of a HelmRelease reports it, the release itself works: set spec.driftDetection.mode: disabled until this is fixed"
            ),
        ),
        pattern=Text(
            r"typed live object[^\n]*?: (?P<field>\.[\w.\[\]\"=:/-]+): field not declared in schema"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANAGED_FIELDS_OUTDATED,
        why="the live {object_kind} still has metadata.managedFields entries from an older API version of Flux{stale_writers}, which the API server cannot convert; the manifest in Git is not the cause",
        steps=(
            Step(
                "run flux migrate, which updates the managed fields of the live Flux objects (Flux 2.7 or later; with a FluxInstance, check that spec.migrateResources is not false)",
                read=(_MANAGED,),
            ),
            Step(
                "if the error persists, reset the object's managed fields; nothing else in the object changes",
                change=(_RESET_MANAGED,),
            ),
        ),
        pattern=Text(_OUTDATED),
        context=Text(_WEBHOOK_RESPONDS),
        kinds=APPLIES,
        when=(is_about_flux_object,),
        reach=Reach.WHOLE,
        upstream="kubernetes apimachinery managedfields, apiextensions-apiserver conversion",
    ),
    Rule(
        _MANAGED_FIELDS_OUTDATED,
        why="the live {object_kind} probably still has metadata.managedFields entries from an older API version, which the API server cannot convert; the manifest in Git is not the cause",
        steps=(
            Step(
                "check the apiVersion of each entry in metadata.managedFields of the live object",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "reset its managed fields; nothing else in the object changes (from kustomize-controller 1.8.4, --feature-gates=MigrateAPIVersion=true does this for all objects)",
                change=(_RESET_MANAGED, _RESET_MANAGED_CLUSTER),
            ),
            Step(
                "if the error names a conversion webhook and persists, upgrade the operator that serves it: older versions reject objects without metadata"
            ),
        ),
        pattern=Text(_OUTDATED),
        context=Text(_WEBHOOK_RESPONDS),
        kinds=APPLIES,
        unless=(is_about_flux_object,),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="kubernetes apimachinery managedfields, apiextensions-apiserver conversion",
    ),
    Rule(
        _LIVE_OBJECT_INVALID,
        why="the status of the live {object_kind} has two entries with key {key} in {field}, which server-side apply cannot handle; the manifest in Git is not the cause",
        steps=(
            Step(
                "remove {object} from Git, because its status is set by Kubernetes or a controller (a dual-stack Node has two InternalIP addresses); set labels and annotations outside Flux, for a Node with kubectl label or kubelet --node-labels",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "to keep the manifest in Git, annotate it with kustomize.toolkit.fluxcd.io/reconcile: disabled until the entries differ"
            ),
        ),
        pattern=Text(
            _OF_LIVE + r"(?P<field>\.status\.\S+): duplicate entries for key \[(?P<key>[^\]]+)\]"
        ),
        kinds=APPLIES,
        upstream="kubernetes apimachinery managedfields, kubernetes/kubernetes#121896",
    ),
    Rule(
        _LIVE_OBJECT_INVALID,
        why="the live {object_kind} has two entries with key {key} in {field}, which server-side apply cannot handle",
        steps=(
            Step(
                "remove one of the two entries from the live object with kubectl edit; it was created without server-side apply, which rejects such lists",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step("check that the manifest in Git does not have both entries"),
        ),
        pattern=Text(_OF_LIVE + r"(?P<field>\.\S+): duplicate entries for key \[(?P<key>[^\]]+)\]"),
        kinds=APPLIES,
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _LIVE_OBJECT_INVALID,
        why="the API server cannot process the live {object_kind}; the manifest in Git is probably not the cause: {detail}",
        steps=(
            Step(
                "compare the live object and its managed fields with its CRD, which was probably changed since the object was stored",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "if {detail} is in the live object only, correct it there with kubectl edit; if it is in metadata.managedFields, reset them",
                change=(_RESET_MANAGED, _RESET_MANAGED_CLUSTER),
            ),
        ),
        pattern=Text(_OF_LIVE + r"(?P<detail>[^\n]{1,240})"),
        kinds=APPLIES,
        certainty="likely",
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        FIELD_LEFT_OVER,
        why="the live {object_kind} probably still has a part of spec.chart, owned by another field manager, although Git uses spec.chartRef",
        steps=(
            Step(
                "check who owns spec.chart; if Git sets chartRef only, use kubectl edit to replace spec.chart with that chartRef in the live object; do not delete the HelmRelease, which uninstalls the release",
                read=(_MANAGED,),
            ),
            Step("if spec.chart is set in Git, add its missing fields there"),
        ),
        pattern=Text(
            r"spec\.chart\.spec\.(?:chart|sourceRef): Required value.*spec\.chart\.spec\."
            r"(?:chart|sourceRef): Required value"
        ),
        kinds=APPLIES,
        when=(about("HelmRelease"),),
        certainty="likely",
        upstream="HC api/v2, kubernetes server-side apply",
    ),
    Rule(
        FIELD_LEFT_OVER,
        why="{object} has both or neither of spec.chart and spec.chartRef after the manifest is merged into the live object",
        steps=(
            Step("in Git, set exactly one of spec.chart and spec.chartRef", read=(SPEC,)),
            Step(
                "if Git is correct, the live object still has the other one, owned by another field manager: remove that field from the live object (kubectl edit)",
                read=(_MANAGED,),
            ),
        ),
        pattern=Text(r"either chart or chartRef must be set"),
        kinds=APPLIES,
        certainty="one-of",
        upstream="HC api/v2 helmrelease_types.go",
    ),
    Rule(
        Code(
            "managed-fields-takeover-failed",
            "The controller cannot take over the managed fields of a live object.",
        ),
        why="{controller} cannot take over the managed fields of {object} from the managers in its flag --override-manager-before-dry-run: {innermost}",
        steps=(
            Step(
                "check which managers own fields of the live object",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "once the affected objects are applied again, remove the flag from {controller}: it takes over all fields of these managers, in every object",
                read=("kubectl describe deployment {controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"metadata\.managedFields takeover failed"),
        kinds=APPLIES,
        certainty="one-of",
        upstream="PKG ssa/manager_apply.go, KC main.go",
        versions=">=2.10",
    ),
    Rule(
        _SERVER_FIELD,
        why="the manifest of {object} in Git sets metadata.managedFields: it was exported from a cluster",
        steps=(
            Step(
                "remove managedFields from the manifest in Git, as well as uid, resourceVersion, creationTimestamp and status",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"metadata\.managedFields must be nil"),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery managedfields structuredmerge.go",
    ),
    Rule(
        _SERVER_FIELD,
        why="the manifest of {object} in Git sets metadata.uid: it was exported from another object or cluster",
        steps=(
            Step(
                "remove uid from the manifest in Git, as well as resourceVersion, creationTimestamp, managedFields and status",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<!AdditionalErrorMsg: )Precondition failed: UID in precondition|"
            r"uid mismatch: the provided object specified uid|"
            r"metadata\.uid: Invalid value"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apiserver registry/rest, handlers/patch.go",
    ),
    Rule(
        _SERVER_FIELD,
        why="the manifest of {object} in Git sets metadata.ownerReferences, which names an object of a cluster by its uid: it was exported from a cluster",
        steps=(
            Step(
                "remove ownerReferences from the manifest in Git, as well as uid, resourceVersion, creationTimestamp, managedFields and status",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"metadata\.ownerReferences[\w.\[\]]*(?:: Invalid value: [^\n]{0,80}uid must not be empty|\.uid: Required value)"
        ),
        kinds=APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery pkg/api/validation",
    ),
    Rule(
        _SERVER_FIELD,
        why="the manifest of {object} sets the selector or the labels that Kubernetes generates for each Job: it was exported from a cluster",
        steps=(
            Step(
                "remove spec.selector, and the labels controller-uid, batch.kubernetes.io/controller-uid, job-name and batch.kubernetes.io/job-name of the pod template, from the manifest in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
            Step(
                "check that kustomize adds no selector: labels with includeSelectors: true (commonLabels) also change the selector of a Job"
            ),
        ),
        pattern=Text(r"`selector` not auto-generated"),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        _SERVER_FIELD,
        why="the API server received {object} without a usable resourceVersion; this can happen after an export, a restored backup or a failed conversion",
        steps=(
            Step(
                "if the manifest in Git has metadata.resourceVersion, remove it there; never add one",
                read=(SPEC,),
            ),
            Step(
                "if the live object's annotation kubectl.kubernetes.io/last-applied-configuration contains a resourceVersion, as in a restored backup, remove the annotation",
                read=(OBJECT, CLUSTER_OBJECT),
                change=(
                    "kubectl annotate {object_resource} {object_name} -n {object_ns} kubectl.kubernetes.io/last-applied-configuration-",
                ),
            ),
            Step(
                "if the CRD has a conversion webhook, upgrade the operator that serves it: some drop metadata"
            ),
        ),
        pattern=Text(
            r"metadata\.resourceVersion: Invalid value: \S+: must be (?:specified for an update|unset)|"
            r"resourceVersion (?:can not|should not) be set|resourceVersion should not be set"
        ),
        kinds=APPLIES,
        certainty="one-of",
        upstream="kubernetes apiserver registry/generic, apimachinery validation",
    ),
)
