"""Live objects that block an apply: outdated managedFields, leftover fields, exported metadata.

Upstream: kubernetes apimachinery managedfields and validation, apiserver registry, helm-controller
api/v2.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import has_instance
from fluxstatus.knowledge.manifests.shared import APPLIES, FIELD_LEFT_OVER
from fluxstatus.knowledge.message_facts import about, is_about_flux_object
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_MANAGED_FIELDS_OUTDATED = Code(
    "managed-fields-outdated",
    "A live object has managed fields in an API version that can no longer be converted.",
)
_LIVE_OBJECT_INVALID = Code(
    "live-object-invalid", "A live object has content that the API server cannot handle."
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
                "if the manifest has the entry twice, rename or remove one of the two entries",
                read=(OBJECT,),
            ),
            Step(
                "if the manifest has the entry only once, the live object still has an old entry: ports are merged by number, so changing a number leaves the old port. Remove the old entry with kubectl edit, or delete the {object_kind} so that the next attempt recreates it and its pods"
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
        why="the live {object} cannot be compared with the manifest, because its CRD does not define {field}",
        steps=(
            Step(
                "install the version of the CRD that defines {field}, or remove the field from the live object",
                read=("kubectl explain {object_resource} --recursive", OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "if drift detection of a HelmRelease reports the error, the release itself works: set spec.driftDetection.mode: disabled until the error is fixed"
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
        why="{object} cannot be converted to {converted_api}, which does not have {field}",
        steps=(
            Step(
                "if the manifest sets {field}, change its apiVersion to {converted_api}, and replace or remove the field",
                read=("kubectl explain {object_resource} --recursive",),
            ),
            Step(
                "otherwise, the live object still has the field: check which manager in metadata.managedFields set it, and in which apiVersion",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "if that manager or apiVersion is no longer used, reset the object's managed fields; nothing else in the object changes",
                change=(_RESET_MANAGED, _RESET_MANAGED_CLUSTER),
            ),
        ),
        pattern=Text(
            r"failed to convert merged object at version (?P<converted_api>[\w./-]+): "
            r"(?P<field>\.[\w.\[\]\"=:/-]+): field not declared in schema"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="kubernetes structured-merge-diff merge/update.go",
    ),
    Rule(
        _MANAGED_FIELDS_OUTDATED,
        why="the live {object_kind} still has metadata.managedFields entries from an older API version of Flux{stale_writers}, which the API server cannot convert; the manifest in Git is not the cause",
        steps=(
            Step(
                "run flux migrate (Flux 2.7 or later), which updates the managed fields of the live Flux objects",
                read=(_MANAGED,),
            ),
            Step(
                "check that spec.migrateResources of the FluxInstance is not false, because the operator otherwise does not do this",
                read=("kubectl get {instance_resource} {instance} -n {flux_namespace} -o yaml",),
                when=(has_instance,),
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
                "reset the object's managed fields; nothing else in the object changes. In kustomize-controller 1.8.4 and later, --feature-gates=MigrateAPIVersion=true does this for all objects",
                change=(_RESET_MANAGED, _RESET_MANAGED_CLUSTER),
            ),
            Step(
                "if the error mentions a conversion webhook and persists, upgrade the operator that serves the webhook; older versions reject objects without metadata"
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
                "remove {object} from Git, because Kubernetes or a controller sets its status (for example, a dual-stack Node has two InternalIP addresses). Set labels and annotations outside Flux; for a Node, use kubectl label or kubelet --node-labels",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "to keep the manifest in Git, annotate it with kustomize.toolkit.fluxcd.io/reconcile: disabled for as long as the status has duplicate entries"
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
                "remove one of the two entries from the live object with kubectl edit; the object was created without server-side apply, which rejects such lists",
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
        why="the API server cannot process the live {object_kind}: {detail}; the manifest in Git is probably not the cause",
        steps=(
            Step(
                "compare the live object and its managed fields with the CRD, which has probably changed since the object was stored",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "if {detail} is only in the live object, correct the live object with kubectl edit; if it is in metadata.managedFields, reset the managed fields",
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
        why="the live {object_kind} probably still has a part of spec.chart that another field manager owns, although Git uses spec.chartRef",
        steps=(
            Step(
                "check which field manager owns spec.chart. If Git sets only chartRef, use kubectl edit to replace spec.chart with that chartRef in the live object. Do not delete the HelmRelease, because that uninstalls the release",
                read=(_MANAGED,),
            ),
            Step("if Git sets spec.chart, add the missing fields of spec.chart in Git"),
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
        why="{object} has both spec.chart and spec.chartRef, or neither, after the manifest is merged into the live object",
        steps=(
            Step("in Git, set exactly one of spec.chart and spec.chartRef", read=(SPEC,)),
            Step(
                "if Git is correct, another field manager owns the other field in the live object: remove that field with kubectl edit",
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
        why="{controller} cannot take over the managed fields of {object} from the managers in --override-manager-before-dry-run: {innermost}",
        steps=(
            Step(
                "check which field managers own fields of the live object",
                read=(_MANAGED, _MANAGED_CLUSTER),
            ),
            Step(
                "after the affected objects have been applied again, remove the flag from {controller}: it takes over all fields of these managers in every object",
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
        why="the manifest of {object} in Git sets metadata.managedFields: the manifest was exported from a cluster",
        steps=(
            Step(
                "remove managedFields, uid, resourceVersion, creationTimestamp and status from the manifest in Git",
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
        why="the manifest of {object} in Git sets metadata.uid: the manifest was exported from another object or cluster",
        steps=(
            Step(
                "remove uid, resourceVersion, creationTimestamp, managedFields and status from the manifest in Git",
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
        why="the manifest of {object} in Git sets metadata.ownerReferences, which refers to an object by its uid: the manifest was exported from a cluster",
        steps=(
            Step(
                "remove ownerReferences, uid, resourceVersion, creationTimestamp, managedFields and status from the manifest in Git",
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
        why="the manifest of {object} sets the selector or the labels that Kubernetes generates for each Job: the manifest was exported from a cluster",
        steps=(
            Step(
                "remove spec.selector {in_git}. From the pod template, remove the labels controller-uid, batch.kubernetes.io/controller-uid, job-name and batch.kubernetes.io/job-name",
                read=(SPEC,),
            ),
            Step(
                "check that kustomize does not add a selector; commonLabels, and labels with includeSelectors: true, also change the selector of a Job"
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
        why="the API server received {object} without a usable resourceVersion; common causes are an export, a restored backup and a failed conversion",
        steps=(
            Step(
                "if the manifest in Git sets metadata.resourceVersion, remove the field, and never add it",
                read=(SPEC,),
            ),
            Step(
                "if the live object's annotation kubectl.kubernetes.io/last-applied-configuration contains a resourceVersion, as after restoring a backup, remove the annotation",
                read=(OBJECT, CLUSTER_OBJECT),
                change=(
                    "kubectl annotate {object_resource} {object_name} -n {object_ns} kubectl.kubernetes.io/last-applied-configuration-",
                ),
            ),
            Step(
                "if the CRD has a conversion webhook, upgrade the operator that serves the webhook; some operators drop metadata"
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
