"""Applying: manifests that the API server rejects, or cannot accept now.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, api/errors, managedfields), helm
pkg/kube, which passes on the same messages.
"""

from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import APPLY_INSTANCE, OBJECT, RETRY, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS, KindNames

_RBAC_FORBIDDEN = Code(
    "rbac-forbidden", "The user or ServiceAccount that Flux acts as lacks an RBAC permission."
)
_IMMUTABLE_FIELD = Code(
    "immutable-field", "The new manifest changes an immutable field of an existing object."
)

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
_VALIDATION = "kubernetes apimachinery validation"
_FIELD = r"(?<![\w.])(?P<field>[A-Za-z][\w.\[\]\"=:/()-]{0,200})"
_USER = (
    r"user \"(?P<user>(?:system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>[^\"]+))|[^\"]+)\""
)
_CANNOT = (
    _USER + r" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\"(?: in API group "
    r"\"(?P<group>[^\"]*)\")?"
)
_OF_FLUX = (
    r"system:serviceaccount:[^:\"]+:(?:(?:source|kustomize|helm|notification|image-reflector|"
    r"image-automation)-controller|source-watcher|flux-operator)\""
)
"""The ServiceAccounts of Flux itself (F manifests/rbac, FO charts)."""

_ACCOUNTS = "kubectl get serviceaccounts,rolebindings -n {sa_ns}"
_IS_IMMUTABLE = (
    r"(?:field is immutable|immutable field|is immutable|may not change once set|"
    r"updates to [^\n]{1,200} are forbidden|cannot change roleRef|may not change fields|"
    r"can ?not be (?:changed|unset|updated)|may not be (?:changed|updated)|"
    r"can not be less than previous value)"
)
_FIELD_IS_IMMUTABLE = rf"{_FIELD}: (?:Invalid value|Forbidden)[^\n]{{0,2000}}?{_IS_IMMUTABLE}"
_DELETE = "kubectl delete {object_resource} {object_name} -n {object_ns}"

_MISSING = (
    Rule(
        API_REMOVED,
        why="the cluster no longer serves {missing_kind} in {missing_group}: this API version was removed in a newer Kubernetes version",
        steps=(
            Step(
                "change apiVersion in the manifest to a version that the cluster serves, or use a newer chart",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
            r"(?P<missing_group_name>extensions|apps|batch|policy|autoscaling|[\w-]+\.k8s\.io)"
            r"/v\d+(?:alpha|beta)\d+)\""
        ),
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        API_REMOVED,
        why="this version of Flux no longer serves {missing_kind} in {missing_group}",
        steps=(
            Step(
                "change apiVersion in Git to a version that the cluster serves; to update files, run flux migrate -f",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
            r"(?P<missing_group_name>\w+\.toolkit\.fluxcd\.io)/v\d+beta\d+)\""
        ),
        upstream="F cmd/flux/migrate.go",
        versions=">=2.7",
    ),
    Rule(
        Code("crd-missing", "The cluster does not have a kind because its CRD is not installed."),
        why="the cluster does not have kind {missing_kind} in {missing_group}: its CRD is not installed",
        steps=(
            Step(
                "install the {missing_kind} CRD first, and add the Kustomization or HelmRelease that installs it to spec.dependsOn",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            r"\"(?P<missing_group>(?P<missing_group_name>[\w.-]+)(?:/\w+)?)\""
        ),
        kinds=ALL_KINDS,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        Code("namespace-missing", "A required namespace does not exist."),
        why="namespace {missing} does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in this Kustomization or one that it depends on; for a HelmRelease, you can also set spec.install.createNamespace: true",
                read=("kubectl get namespaces",),
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=Text(r"namespaces? \"(?P<missing>[\w.-]+)\" not found"),
        kinds=ALL_KINDS,
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission",
    ),
    Rule(
        Code("namespace-unnamed", "A manifest of a namespaced kind does not set a namespace."),
        why="the manifest of {object} does not set a namespace, but its kind requires one",
        steps=(
            Step(
                "set spec.targetNamespace, or metadata.namespace in the manifest of {object}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"namespace not specified"),
        kinds=_APPLIES,
        trivial=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        Code(
            "api-missing",
            "The API server does not serve a kind, version or subresource that an object needs.",
        ),
        why="the API server does not serve a kind, version or subresource that {object} needs",
        steps=(
            Step(
                "check whether the CRD is installed and serves this version; a new CRD takes a moment to become available",
                read=("kubectl api-resources",),
            ),
        ),
        pattern=Text(r"the server could not find the requested resource|unable to recognize"),
        kinds=_APPLIES,
        reach=Reach.STAGE,
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
)

_RIGHTS = (
    Rule(
        Code("flux-forbidden", "The ServiceAccount of a Flux controller lacks an RBAC permission."),
        why="Flux itself ({user}) cannot {verb} {what}: its RBAC permissions are missing (forbidden); they come from a ClusterRole and ClusterRoleBinding that were installed with Flux",
        steps=(
            Step(
                "restore Flux's ClusterRoleBindings: the operator applies them with its FluxInstance; the operator's own ClusterRoleBindings come from its Helm chart",
                read=(
                    "kubectl get clusterrolebindings -o wide",
                    "kubectl auth can-i {verb} {what} -A --as={user}",
                ),
                change=(APPLY_INSTANCE,),
            ),
        ),
        pattern=Text(r"^(?=.*" + _OF_FLUX + r").*?" + _CANNOT),
        kinds=ALL_KINDS,
        upstream="F manifests/rbac, FO charts/flux-operator/templates/rbac.yaml",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why='{user} cannot {verb} {what}: the RBAC permission is missing (forbidden); if spec.serviceAccountName is empty, the multi-tenancy lockdown uses ServiceAccount "default"',
        steps=(
            Step(
                'set spec.serviceAccountName to a ServiceAccount with this permission (the controllers run with --default-service-account, the multi-tenancy lockdown), or bind a Role to ServiceAccount "default"',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {ns} --as={user}"),
                change=(
                    "kubectl create rolebinding default-edit -n {ns} --clusterrole=edit --serviceaccount={sa_ns}:default",
                ),
            ),
        ),
        pattern=Text(r"^(?=.*system:serviceaccount:[^:\"]+:default\")" + r".*?" + _CANNOT),
        kinds=_APPLIES,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} at the cluster scope: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "bind a ClusterRole with this permission to ServiceAccount {sa_name}, or move cluster-scoped objects to a Kustomization that has this permission",
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} --as={user}"),
            ),
        ),
        pattern=Text(_CANNOT + r" at the cluster scope"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role with this permission to the user (for example ClusterRole "edit")',
                read=("kubectl auth can-i {verb} {what} -n {in_ns} --as={user}",),
            ),
        ),
        pattern=Text(
            r"^(?!.*user \"system:serviceaccount:).*?"
            + _CANNOT
            + r"(?: in the namespace \"(?P<in_ns>[^\"]+)\")?"
        ),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role with this permission to ServiceAccount {sa_name} (for example ClusterRole "edit"), and check whether the ServiceAccount exists',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create rolebinding {sa_name}-edit -n {in_ns} --clusterrole=edit --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(_CANNOT + r"(?: in the namespace \"(?P<in_ns>[^\"]+)\")?"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb}: the RBAC permission is missing (forbidden)",
        steps=(Step("bind a ClusterRole with this permission to {user}", read=(SPEC,)),),
        pattern=Text(_USER + r" cannot (?P<verb>[^\n]{1,80})"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
)

_IMMUTABLES = (
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable); recreating the object deletes its data",
        steps=(
            Step(
                "restore the old value in Git; to grow the storage, raise resources.requests.storage if the StorageClass allows it; otherwise move the data to a new claim (spec.force: true would delete this one)",
                read=(OBJECT,),
            ),
        ),
        pattern=Text(r"^(?=.*PersistentVolume(?:Claim)?\b).*?" + _FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "have Flux recreate the object: set spec.force: true, or annotate it with kustomize.toolkit.fluxcd.io/force: enabled in Git; or restore the old value",
                read=(OBJECT,),
            ),
            Step("alternatively, delete the object; Flux recreates it", change=(_DELETE,)),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=frozenset({"Kustomization"}),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "have Helm recreate the object: set spec.upgrade.force: true for this upgrade; or restore the old value in the values or the chart",
                read=(OBJECT.replace("{object_ns}", "{target_ns}"),),
            ),
            Step(
                "alternatively, delete the object; the next attempt recreates it",
                change=(_DELETE.replace("{object_ns}", "{target_ns}"),),
            ),
            RETRY,
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=frozenset({"HelmRelease"}),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "have the operator recreate the object: annotate it with fluxcd.controlplane.io/force: enabled in its template; or restore the old value",
                read=(OBJECT,),
            ),
            Step("alternatively, delete the object; the operator recreates it", change=(_DELETE,)),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=frozenset({"ResourceSet", "FluxInstance"}),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and one of its changed fields is immutable (field is immutable)",
        steps=(
            Step(
                "have Flux recreate the object: set spec.force: true (for a HelmRelease, spec.upgrade.force), or annotate the object with kustomize.toolkit.fluxcd.io/force: enabled in Git; or restore the old value",
                read=(OBJECT, SPEC),
            ),
            Step("alternatively, delete the object; Flux recreates it", change=(_DELETE,)),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        upstream=_VALIDATION,
    ),
)

RULES = (*_MISSING, *_RIGHTS, *_IMMUTABLES)
