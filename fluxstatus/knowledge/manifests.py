"""Applying: manifests that are invalid, too large or in conflict.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, managedfields), etcd.
"""

from fluxstatus.knowledge.commands import LOG, OBJECT, SPEC
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
_MANIFEST_INVALID = Code(
    "manifest-invalid", "A manifest is incomplete or rejected by the API server as invalid."
)

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
_VALIDATION = "kubernetes apimachinery validation"
_FIELD = r"(?<![\w.])(?P<field>[A-Za-z<][\w.\[\]\"=:/()<>-]{0,200})"

_CONFLICTS = (
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="Flux tries to set {field} of {object}, but another field manager, {manager}, owns it",
        steps=(
            Step(
                "let only one of the two set {field}: remove it from Git, stop {manager} from setting it, or annotate the object with kustomize.toolkit.fluxcd.io/ssa: Override",
                read=(OBJECT + " --show-managed-fields",),
            ),
        ),
        pattern=Text(
            r"conflicts? with \"(?P<manager>[^\"]+)\"(?: with subresource \"[^\"]+\")?"
            r"(?: using [^\s:]+)?(?: at [^\s:]+)?:\s*(?:- )?(?P<field>[^\n]{1,160})"
        ),
        upstream="kubernetes apimachinery managedfields",
    ),
    Rule(
        _FIELD_MANAGER_CONFLICT,
        why="Flux tries to set a field of {object} that another field manager owns",
        steps=(
            Step(
                "let only one of the two set the field: remove it from Git, or annotate the object with kustomize.toolkit.fluxcd.io/ssa: Override",
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
                "wait for the next attempt; if the error persists, two controllers repeatedly change the object",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"the object has been modified"),
        kinds=_APPLIES,
        transient=True,
        upstream="kubernetes apimachinery api/errors",
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
        why="the annotations of {object} exceed the API server's size limit, usually because of kubectl.kubernetes.io/last-applied-configuration",
        steps=(
            Step(
                "do not apply the object with both Flux and kubectl apply, and remove large annotations from the manifest",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"metadata\.annotations: Too long"),
        kinds=_APPLIES,
        upstream=_VALIDATION,
    ),
    Rule(
        _OBJECT_TOO_LARGE,
        why="{object} exceeds the size limit of the API server or of etcd",
        steps=(
            Step(
                "split the object: a ConfigMap or Secret can hold at most 1 MiB, and a request to etcd 1.5 MiB",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(
            r"etcdserver: request is too large|request entity too large|Too long: (?:may|must) "
            r"(?:not be more|have at most) \d{5,}|trying to send message larger than max"
        ),
        kinds=frozenset({"Kustomization", "ResourceSet", "FluxInstance"}),
        upstream="etcd, kubernetes apiserver",
    ),
)

_INVALID = (
    Rule(
        Code(
            "crd-stored-versions",
            "The new CRD lacks a version that status.storedVersions still lists.",
        ),
        why="{object} has objects stored in version {stored}, which the new CRD no longer has",
        steps=(
            Step(
                "migrate the stored objects to a version that the new CRD has, and remove {stored} from status.storedVersions; flux migrate does both for the Flux CRDs (the operator does it with spec.migrateResources), and kube-storage-version-migrator for other CRDs",
                read=("kubectl get {object_resource} {object_name} -o yaml",),
            ),
        ),
        pattern=Text(
            r"(?:status\.storedVersions\[\d+\]: Invalid value: \"|missing from spec\.versions: )"
            r"(?P<stored>\w+)"
        ),
        kinds=_APPLIES,
        upstream="kubernetes apiextensions-apiserver validation, F cmd/flux/migrate.go",
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
        pattern=Text(r"illegal base64 data"),
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
        why="{object} has a field that its kind does not define ({field})",
        steps=(
            Step(
                "correct {field} in Git (for a HelmRelease, in the values or the chart): check its spelling, its position, or the apiVersion",
                read=("kubectl explain {object_resource} --recursive",),
            ),
        ),
        pattern=Text(
            r"(?P<field>\.[\w.\[\]\"=:-]+): field not declared in schema|"
            r"unknown field \"(?P<unknown>[^\"]+)\""
        ),
        kinds=_APPLIES,
        needs=("field",),
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
            r"(?:dry-run failed(?: \(\w+\))?|is invalid|strict decoding error|apply failed[^:\n]"
            r"{0,40}): ?(?P<detail>[^\n]{1,240})"
        ),
        kinds=_APPLIES,
        reach=Reach.STAGE,
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
        Code("apply-failed", "The manifests cannot be applied to the cluster."),
        why="the manifests cannot be applied to the cluster",
        steps=(
            Step(
                "check the reported object; to reproduce the error, run flux diff kustomization, or kubectl apply --server-side --dry-run=server",
                read=(SPEC, LOG),
            ),
        ),
        reasons=("ReconciliationFailed",),
        kinds=frozenset({"Kustomization", "ResourceSet"}),
        upstream="KC, FO internal/controller",
    ),
)

RULES = (*_CONFLICTS, *_TOO_LARGE, *_INVALID, *_OTHERWISE)
