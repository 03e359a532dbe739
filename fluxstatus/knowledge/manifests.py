"""Applying: manifests that are invalid, too large or in conflict.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, managedfields), etcd.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, LOG, OBJECT, SPEC
from fluxstatus.knowledge.facts import (
    about,
    is_about_flux_crd,
    is_about_flux_object,
    is_label_own_name,
    is_stored_version_served,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_FIELD_MANAGER_CONFLICT = Code(
    "field-manager-conflict", "Another field manager owns a field that Flux tries to set."
)
_OBJECT_TOO_LARGE = Code(
    "object-too-large",
    "An object or its annotations exceed the size limit of the API server or etcd.",
)
_MANIFEST_NAME_INVALID = Code(
    "manifest-name-invalid", "A manifest has a name, label or annotation that is not allowed."
)
_MANIFEST_UNKNOWN_FIELD = Code(
    "manifest-unknown-field", "A manifest has a field that its kind does not define."
)
_MANIFEST_WRONG_TYPE = Code("manifest-wrong-type", "A value in a manifest has the wrong type.")
_APPLY_FAILED = Code("apply-failed", "The manifests cannot be applied to the cluster.")
_MANIFEST_INVALID = Code(
    "manifest-invalid", "A manifest is incomplete or rejected by the API server as invalid."
)

_MANAGED_FIELDS_OUTDATED = Code(
    "managed-fields-outdated",
    "The live object has managed fields of an API version that can no longer be converted.",
)
_LIVE_OBJECT_INVALID = Code(
    "live-object-invalid", "The live object contains what server-side apply cannot handle."
)
_FIELD_LEFT_OVER = Code(
    "field-left-over", "A field that was removed from Git remains in the live object."
)
_SERVER_FIELD = Code(
    "manifest-server-field", "A manifest sets metadata that only the API server can set."
)
_CRD_DOWNGRADE = Code(
    "crd-downgrade", "A CRD in Git is older than in the cluster, which stores a newer version."
)
_CRD_STORED_VERSIONS = Code(
    "crd-stored-versions", "The new CRD lacks a version that status.storedVersions still lists."
)
_FLUX_NAME_TOO_LONG = Code(
    "flux-name-too-long", "The name of a Flux object is too long for the labels that Flux sets."
)

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
_VALIDATION = "kubernetes apimachinery validation"
_FIELD = r"(?<![\w.])(?P<field>[A-Za-z<](?:[\w.\"=:/()<>-]|\[[^\]\n]{0,80}\]){0,200})"

_MANAGED = OBJECT + " --show-managed-fields"
_MANAGED_CLUSTER = CLUSTER_OBJECT + " --show-managed-fields"
_NO_MANAGED = """--type=merge -p '{{"metadata":{{"managedFields":[{{}}]}}}}'"""
_RESET_MANAGED = f"kubectl patch {{object_resource}} {{object_name}} -n {{object_ns}} {_NO_MANAGED}"
_RESET_MANAGED_CLUSTER = f"kubectl patch {{object_resource}} {{cluster_object}} {_NO_MANAGED}"
_CRD_VERSIONS = "kubectl get customresourcedefinitions {object_name} -o jsonpath={{.spec.versions[*].name}}{{.status.storedVersions}}"

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
_UNDECLARED = r"(?P<field>\.[\w.\[\]\"=:/-]+): field not declared in schema"
_CONFLICT = (
    r"conflicts? with \"(?P<manager>[^\"]+)\"(?: with subresource \"[^\"]+\")?"
    r"(?: using [^\s:]+)?(?: at [^\s:]+)?:\s*(?:- )?(?P<field>[^\n]{1,160})"
)
_LARGE = (
    r"etcdserver: request is too large|request entity too large|(?<!annotations: )Too long: (?:may|must) "
    r"(?:not be more than|have at most) \d{5,}|trying to send message larger than max"
)
_NOT_STORED = (
    r"for object |applying object |cannot patch |(?:ConfigMap|Secret) \"(?!sh\.helm\.release)[^\"]+\" is "
    r"invalid"
)
"""Texts of Helm about an object of the chart, not about the Secret of the release."""
_WANTS_STORED = r"(?:must appear in|missing from) spec\.versions"
_STORED = rf"status\.storedVersions\[\d+\]: Invalid value: \"(?P<stored>\w+)\": {_WANTS_STORED}"
_STORED_NEWER = (
    r"status\.storedVersions(?:\[0\]: Invalid value: \"(?=v\d+\")|\[[1-9]\]: Invalid value: \")"
    rf"(?P<stored>\w+)\": {_WANTS_STORED}"
)
"""The version that is missing was stored after another one, or is a stable one: it is a newer one."""

_LIVE = (
    Rule(
        _MANAGED_FIELDS_OUTDATED,
        why="the live {object_kind} still has metadata.managedFields of an older API version of Flux, which the API server cannot convert; the manifest in Git is not the cause",
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
        kinds=_APPLIES,
        when=(is_about_flux_object,),
        reach=Reach.WHOLE,
        upstream="kubernetes apimachinery managedfields, apiextensions-apiserver conversion",
    ),
    Rule(
        _MANAGED_FIELDS_OUTDATED,
        why="the live {object_kind} probably still has metadata.managedFields of an older API version, which the API server cannot convert; the manifest in Git is not the cause",
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
                "if the error names a conversion webhook and persists, upgrade the operator that serves it: older ones reject objects without metadata"
            ),
        ),
        pattern=Text(_OUTDATED),
        context=Text(_WEBHOOK_RESPONDS),
        kinds=_APPLIES,
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
        kinds=_APPLIES,
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
        kinds=_APPLIES,
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
        kinds=_APPLIES,
        certainty="likely",
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _FIELD_LEFT_OVER,
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
        kinds=_APPLIES,
        when=(about("HelmRelease"),),
        certainty="likely",
        upstream="HC api/v2, kubernetes server-side apply",
    ),
    Rule(
        _FIELD_LEFT_OVER,
        why="{object} has both or neither of spec.chart and spec.chartRef after the manifest is merged into the live object",
        steps=(
            Step("in Git, set exactly one of spec.chart and spec.chartRef", read=(SPEC,)),
            Step(
                "if Git is correct, the live object still has the other one, owned by another field manager: remove that field from the live object (kubectl edit)",
                read=(_MANAGED,),
            ),
        ),
        pattern=Text(r"either chart or chartRef must be set"),
        kinds=_APPLIES,
        certainty="one-of",
        upstream="HC api/v2 helmrelease_types.go",
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
        kinds=_APPLIES,
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
            r"Precondition failed: UID in precondition|uid mismatch: the provided object specified uid|"
            r"metadata\.uid: Invalid value"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes apiserver registry/rest, handlers/patch.go",
    ),
    Rule(
        _SERVER_FIELD,
        why="the API server received {object} without a usable resourceVersion, as after an export, a restored backup or a failed conversion",
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
        kinds=_APPLIES,
        certainty="one-of",
        upstream="kubernetes apiserver registry/generic, apimachinery validation",
    ),
)

_CONFLICTS = (
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="{manager} (another field manager) owns {field} of {object}, so the value from the chart cannot be applied",
        steps=(
            Step(
                "let only one of the two set {field}: remove it from the values or the chart, or stop {manager} from setting it (for example, do not set replicas if an autoscaler does)",
                read=(OBJECT + " --show-managed-fields",),
            ),
            Step(
                "the helm-controller of Flux 2.8 takes over such fields: if this is an older Flux, upgrade it"
            ),
        ),
        pattern=Text(_CONFLICT),
        kinds=frozenset({"HelmRelease"}),
        upstream="kubernetes apimachinery managedfields, HC internal/action",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="Flux tries to set {field} of {object}, but another field manager, {manager}, owns it",
        steps=(
            Step(
                "let only one of the two set {field}: remove it from Git, or stop {manager} from setting it",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(_CONFLICT),
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="Flux tries to set a field of {object} that another field manager owns",
        steps=(
            Step(
                "let only one of the two set the field: remove it from Git, or stop the other manager from setting it",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(r"FieldManagerConflict|conflicts? with \""),
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        Code(
            "update-conflict",
            "An object was modified by another client while Flux was applying it.",
        ),
        why="{object} was modified by another client while Flux was applying it (the object has been modified)",
        steps=(
            Step(
                "wait for the next attempt; if the error persists, the manifest in Git sets metadata.resourceVersion (remove it), or another controller repeatedly changes the object",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(r"the object has been modified"),
        kinds=_APPLIES,
        certainty="one-of",
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code(
            "port-out-of-range",
            "A Service requests a node port or IP address outside the range of the cluster.",
        ),
        why="{port} ({field} of {object}) is outside the range of the cluster, {range}",
        steps=(
            Step(
                "choose a value in the range {range} in Git (for a HelmRelease, in the values or the chart), or omit {field} so that Kubernetes allocates one",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_FIELD}: Invalid value: (?P<port>\"?[\d.:a-f]+\"?): (?:failed to allocate IP [\w.:]+: )?(?:the )?"
            r"provided (?:port|IP)(?: \([\w.:]+\))? is not in the valid range\. The range of valid (?:port|IP)s is (?P<range>[\w.:/-]*\w)"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes registry/core/service (portallocator, ipallocator)",
    ),
    Rule(
        Code("port-in-use", "A Service requests a port or IP address that is already allocated."),
        why="port {port} ({field}), which {object} requests, is already allocated",
        steps=(
            Step(
                "choose another port, or omit it so that Kubernetes allocates one",
                read=("kubectl get services -A -o wide",),
            ),
        ),
        pattern=Text(
            rf"{_FIELD}: Invalid value: (?P<port>\"?[\d.:a-f]+\"?): (?:failed to allocate[^\n]*|"
            r"provided (?:port|IP) is already allocated)"
        ),
        kinds=_APPLIES,
        upstream="kubernetes registry/core/service",
    ),
)

_TOO_LARGE = (
    Rule(
        _OBJECT_TOO_LARGE,
        why="the annotations of {object} exceed the API server's size limit, probably because of kubectl.kubernetes.io/last-applied-configuration",
        steps=(
            Step(
                "do not apply the object with both Flux and kubectl apply (or use kubectl apply --server-side), and remove large annotations from the manifest",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
        ),
        pattern=Text(r"metadata\.annotations: Too long"),
        kinds=_APPLIES,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=_VALIDATION,
    ),
    Rule(
        _OBJECT_TOO_LARGE,
        why="{object} exceeds the size limit of the API server or of etcd",
        steps=(
            Step(
                "split the object: a ConfigMap or Secret can hold at most 1 MiB, and a request to etcd is limited to 1.5 MiB",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_LARGE),
        kinds=frozenset({"Kustomization", "ResourceSet", "FluxInstance"}),
        upstream="etcd, kubernetes apiserver",
    ),
    Rule(
        _OBJECT_TOO_LARGE,
        why="{object} in the chart exceeds the size limit of the API server or of etcd",
        steps=(
            Step(
                "make the object smaller in the values or the chart: a ConfigMap or Secret can hold at most 1 MiB, and a request to etcd is limited to 1.5 MiB",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_LARGE),
        context=Text(_NOT_STORED),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="etcd, kubernetes apiserver, helm pkg/kube",
    ),
)

_UNQUOTE = Step(
    'write the value of {field} without quotes in Git (for a HelmRelease, in the values or the chart); a variable of spec.postBuild without quotes, too: ${{VAR}}, not "${{VAR}}"',
    read=(SPEC,),
)

_INVALID = (
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git is older than in the cluster: it lacks version {stored}, which this cluster serves and stores",
        steps=(
            Step(
                "update the Flux manifests in Git to the version that runs in the cluster: run flux bootstrap again, or flux install --export for gotk-components.yaml; if a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
        ),
        pattern=Text(_STORED),
        kinds=_APPLIES,
        when=(is_stored_version_served,),
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git is probably older than in the cluster: it lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions; if the live CRD is newer, update the Flux manifests in Git: run flux bootstrap again, or flux install --export for gotk-components.yaml; if a FluxInstance installs Flux, remove the CRDs from Git",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
        ),
        pattern=Text(_STORED_NEWER),
        kinds=_APPLIES,
        when=(is_about_flux_crd,),
        unless=(is_stored_version_served,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_DOWNGRADE,
        why="{object} in Git or in the chart is probably older than in the cluster: it lacks version {stored}, in which the cluster stores objects",
        steps=(
            Step(
                "compare the versions; if the live CRD is newer, another chart or manifest installed it: update the CRD in Git or the chart, and let only one of them install it",
                read=(_CRD_VERSIONS,),
            ),
            Step("do not edit status.storedVersions: the stored objects would become unreadable"),
        ),
        pattern=Text(_STORED_NEWER),
        kinds=_APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _CRD_STORED_VERSIONS,
        why="{object} has objects stored in version {stored}, which the new CRD no longer has",
        steps=(
            Step(
                "run flux migrate, which rewrites the stored Flux objects and then updates status.storedVersions; the operator does this with spec.migrateResources",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the one in Git, update the Flux manifests in Git instead"
            ),
        ),
        pattern=Text(_STORED),
        kinds=_APPLIES,
        when=(is_about_flux_crd,),
        unless=(is_stored_version_served,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation, F cmd/flux/migrate.go",
    ),
    Rule(
        _CRD_STORED_VERSIONS,
        why="{object} probably has objects stored in version {stored}, which the new CRD no longer has",
        steps=(
            Step(
                "upgrade through a version of the CRD that has both {stored} and its successor; rewrite the stored objects there (kube-storage-version-migrator, or the operator's own migration), then remove {stored} from status.storedVersions",
                read=(_CRD_VERSIONS,),
            ),
            Step(
                "if the live CRD has newer versions than the one in Git, Git is outdated: update it instead"
            ),
        ),
        pattern=Text(_STORED),
        kinds=_APPLIES,
        unless=(is_about_flux_crd,),
        certainty="likely",
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _FLUX_NAME_TOO_LONG,
        why="the name of this {kind} is longer than 63 characters, so Flux cannot set it as a label on the objects that it applies",
        steps=(
            Step(
                "rename the {kind} to at most 63 characters in Git; set spec.prune: false on the old one first, so that its objects are not deleted",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"metadata\.labels: Invalid value: \"[^\"]{64,}\": must be no more than 63 "),
        kinds=_APPLIES,
        when=(is_label_own_name,),
        trivial=True,
        upstream="PKG ssa/owner.go",
    ),
    Rule(
        Code(
            "manifest-selector-mismatch",
            "The selector of a workload does not match the labels of its pod template.",
        ),
        why="the selector of {object} does not match the labels of its own pod template",
        steps=(
            Step(
                "make spec.selector.matchLabels and spec.template.metadata.labels match in Git (for a HelmRelease, in the values or the chart); the selector of an existing object cannot be changed",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"`?selector`? does not match template `?labels"),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        Code(
            "volume-shrink",
            "A PersistentVolumeClaim requests less storage than it has, but volumes cannot shrink.",
        ),
        why="{object} requests less storage than it has, but volumes cannot shrink",
        steps=(
            Step(
                "restore the old size or a larger one in Git (for a HelmRelease, in the values or the chart); for a smaller volume, move the data to a new claim",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"can ?not be less than (?:previous value|status\.capacity)"),
        kinds=_APPLIES,
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        Code(
            "crd-terminating", "A CRD is being deleted, so no objects of its kind can be created."
        ),
        why="the CRD of {object} is being deleted, so no objects of this kind can be created",
        steps=(
            Step(
                "find out what blocks the deletion: usually custom resources with a finalizer whose controller was uninstalled first; restore the controller until they are deleted",
                read=(
                    "kubectl get customresourcedefinitions -o custom-columns=NAME:.metadata.name,DELETED:.metadata.deletionTimestamp",
                ),
            ),
            Step(
                "after the deletion, reinstall the CRD; all objects of the kind are deleted with it"
            ),
        ),
        pattern=Text(r"not allowed while custom resource definition is terminating"),
        kinds=_APPLIES,
        upstream="kubernetes apiextensions-apiserver customresource_handler.go",
    ),
    Rule(
        Code(
            "volume-not-resizable",
            "A PersistentVolumeClaim requests more storage, but its volume cannot be resized.",
        ),
        why="{object} cannot be expanded: its StorageClass does not allow it, or its volume was provisioned manually",
        steps=(
            Step(
                "set allowVolumeExpansion: true in the StorageClass if its driver supports it, or restore the old size in Git (for a HelmRelease, in the values or the chart) and move the data to a larger claim",
                read=(OBJECT, "kubectl get storageclasses"),
            ),
        ),
        pattern=Text(r"only dynamically provisioned pvc can be resized"),
        kinds=_APPLIES,
        certainty="one-of",
        upstream="kubernetes PersistentVolumeClaimResize admission",
    ),
    Rule(
        Code("manifest-not-encoded", "A value under data in a manifest is not valid base64."),
        why="{object} has a value in data that is not valid base64",
        steps=(
            Step(
                "move the value to stringData as plain text, or encode it (base64 -w0)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:decod(?:ing|e) from json|cannot be handled as a (?:Secret|ConfigMap)|unmarshal\w*)[^\n]*"
            r"illegal base64 data"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="Go encoding/base64",
    ),
    Rule(
        _MANIFEST_NAME_INVALID,
        why="the name of an object contains an underscore (_), which the Flux inventory does not support: {detail}",
        steps=(
            Step(
                "rename the object in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"too many fields within: (?P<detail>\S+)"),
        kinds=_APPLIES,
        trivial=True,
        upstream="CU pkg/object",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} has a field that its kind does not define in this API version ({field})",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart): check its spelling, its position, or the apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
            Step("if the field is new in Flux, upgrade Flux in the cluster first"),
        ),
        pattern=Text(_UNDECLARED),
        kinds=_APPLIES,
        when=(is_about_flux_object,),
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} has a field that its kind does not define in this cluster ({field})",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart): check its spelling, its position, or the apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
            Step(
                "if the field is in the documentation of the kind, update its CRD (for a built-in kind, Kubernetes): the cluster has an older version (Helm does not update the CRDs of a chart unless spec.upgrade.crds is CreateReplace)"
            ),
        ),
        pattern=Text(_UNDECLARED),
        kinds=_APPLIES,
        unless=(is_about_flux_object,),
        certainty="one-of",
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_UNKNOWN_FIELD,
        why="{object} has a field that its kind does not define ({field})",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart): check its spelling, its position, or the apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
        ),
        pattern=Text(
            r"(?:unknown field|unable to find api field in struct \w+ for the json field) "
            r"\"(?P<field>[^\"]+)\""
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery runtime/serializer strict",
    ),
    Rule(
        Code("manifest-duplicate-entry", "A list in a manifest has two entries with the same key."),
        why="a list in {object} has two entries with the same key {key}",
        steps=(
            Step(
                "remove one of the entries with key {key} in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"duplicate entries for key \[(?P<key>[^\]]+)\]"),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_INVALID,
        why="an entry of the list {field} in {object} does not set {key}, by which server-side apply recognizes the entries",
        steps=(
            Step(
                "add {key} to each entry of {field} in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>\.[\w.\[\]\"=:/-]+): element \d+: associative list with keys has an element that "
            r"omits key field \"(?P<key>[^\"]+)\""
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a string, but must be a number",
        steps=(_UNQUOTE,),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=-]{1,120})(?:: expected numeric[^\n]{0,24}, got string|"
            r"(?:: Invalid value: \"string\": \S+)? in body must be of type (?:integer|number): \"string\")"
        ),
        kinds=_APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is a string, but must be a boolean (true or false)",
        steps=(_UNQUOTE,),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=-]{1,120})(?:: expected bool\w*, got string|"
            r"(?:: Invalid value: \"string\": \S+)? in body must be of type boolean: \"string\")"
        ),
        kinds=_APPLIES,
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} is of type {found}, but must be a string",
        steps=(
            Step(
                'put quotes around the value of {field} in Git (for a HelmRelease, in the values or the chart); around a variable of spec.postBuild, too: "${{VAR}}"',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<field>(?:\.|\b)[\w.\[\]\"=-]{1,120})(?:: expected string, got (?:&?value\.\w+\{{0,1})?(?P<found>int|float|bool)\w*|"
            r"(?:: Invalid value: \"\w+\": \S+)? in body must be of type string: \"(?P<given>integer|number|boolean)\")"
        ),
        kinds=_APPLIES,
        needs=("found",),
        trivial=True,
        quoted=True,
        upstream="kubernetes structured-merge-diff typed, kube-openapi validate",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="{field} in {object} has the wrong type: it is a {found}, but must be a {wanted}",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart); quote a number or boolean where a string is required (env values, annotations, labels)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"cannot unmarshal (?P<found>\w+) into Go (?:struct field|value of type) "
            r"(?P<field>\S+)(?: of type (?P<wanted>[^\s\\\"]+))?"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="Go encoding/json",
    ),
    Rule(
        _MANIFEST_WRONG_TYPE,
        why="a value in {object} has the wrong type: {detail}",
        steps=(
            Step(
                "correct the value in Git (for a HelmRelease, in the values or the chart); quote a number or boolean where a string is required (env values, annotations, labels)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:[.\w\[\]\"=:-]{1,120}: )?expected (?:string|map|list|numeric|boolean|"
            r"bool|int\w*)[^\n]{0,20}, got [^\n]{1,80}|unable to convert [^\n]{1,120}|"
            r"quantities must match the regular expression[^\n]{0,40}|"
            r"(?:[\w.\[\]]{1,120} in body |invalid )?(?:type for|must be of type) [^\n]{1,120})"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes structured-merge-diff typed",
    ),
    Rule(
        _MANIFEST_NAME_INVALID,
        why="{field} of {object} is not valid: {detail}",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart): names consist of lowercase letters, digits and -, and label values have at most 63 characters",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<![\w.])(?P<field>(?:(?:spec\.template\.)?metadata\.(?:name|labels|annotations)|"
            r"spec\.template\.labels|"
            r"spec\.selector\.matchLabels|metadata\.generateName)[\w.\[\]]*): Invalid value: "
            r"(?P<detail>[^\n]{1,200})"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream=_VALIDATION,
    ),
    Rule(
        _MANIFEST_INVALID,
        why="the API server rejects {field} of {object}: {detail}",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_FIELD}: (?P<detail>(?:Required value|Invalid value|Unsupported value|Duplicate "
            r"value|Not found|Too many|Too long|Forbidden)[^\n]{0,240})"
        ),
        kinds=_APPLIES,
        upstream=_VALIDATION,
    ),
    Rule(
        _MANIFEST_INVALID,
        why="the API server rejects {object} as invalid: {detail}",
        steps=(
            Step(
                "fix the reported error in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:dry-run failed \((?:Invalid|BadRequest)\)|is invalid|strict decoding error): ?"
            r"(?P<detail>[^\n]{1,240})"
        ),
        kinds=_APPLIES,
        reach=Reach.STAGE,
        certainty="likely",
        upstream="PKG ssa/errors",
    ),
    Rule(
        _MANIFEST_INVALID,
        why="a manifest has no kind, name or apiVersion: {detail}",
        steps=(
            Step(
                "correct the manifest in Git (for a HelmRelease, in the values or the chart)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:Object 'Kind' is missing|missing metadata\.name|kind must be set|"
            r"resource name may not be empty|name is required|apiVersion must be set|"
            r"missing Resource metadata)[^\n]{0,160})"
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery runtime",
    ),
)

_OTHERWISE = (
    Rule(
        Code(
            "role-missing",
            "A role binding refers to a Role or ClusterRole that does not exist yet.",
        ),
        why="{object} refers to {role_kind} {missing_role}, which does not exist, or not yet: with ServiceAccount {sa}, the API server must read the role before it accepts the binding",
        steps=(
            Step(
                "if the role is in the same Kustomization, move it to a Kustomization of its own that this one depends on (spec.dependsOn), or start kustomize-controller with --custom-apply-stage-kinds=rbac.authorization.k8s.io/Role,rbac.authorization.k8s.io/ClusterRole",
                read=(SPEC,),
            ),
            Step(
                "otherwise correct roleRef.name in Git, or create the role first",
                read=("kubectl get roles -n {target_ns}", "kubectl get clusterroles"),
            ),
        ),
        pattern=Text(
            r"RoleBinding/[^\n]{1,200}?(?P<role_kind>(?:cluster)?role)s\.rbac\.authorization\.k8s\.io "
            r"\"(?P<missing_role>[^\"]+)\" not found"
        ),
        kinds=_APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream="kubernetes pkg/registry/rbac (escalation check), KC internal/controller",
    ),
    Rule(
        _APPLY_FAILED,
        why="the API server does not accept {object}: {detail}",
        steps=(
            Step(
                "check the error and the live object; to reproduce the error, run kubectl apply --server-side --dry-run=server with the manifest",
                read=(OBJECT, CLUSTER_OBJECT, LOG),
            ),
        ),
        pattern=Text(
            r"(?:dry-run failed(?:, reason)?(?: \(\w+\))?|apply failed[^:\n]{0,40}): ?(?P<detail>[^\n]{1,240})"
        ),
        kinds=_APPLIES,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="PKG ssa/errors, ssa/manager_apply.go",
    ),
    Rule(
        _APPLY_FAILED,
        why="the manifests cannot be applied to the cluster: {innermost}",
        steps=(
            Step(
                "check the reported object; to reproduce the error, run flux diff kustomization, or kubectl apply --server-side --dry-run=server",
                read=(SPEC, LOG),
            ),
        ),
        reasons=("ReconciliationFailed",),
        kinds=frozenset({"Kustomization", "ResourceSet"}),
        certainty="unknown",
        upstream="KC, FO internal/controller",
    ),
)

RULES = (*_LIVE, *_CONFLICTS, *_TOO_LARGE, *_INVALID, *_OTHERWISE)
