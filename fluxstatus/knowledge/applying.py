"""Applying: manifests that the API server rejects, or cannot accept now.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, api/errors, managedfields), helm
pkg/kube, which passes on the same messages.
"""

from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import APPLY_INSTANCE, CLUSTER_OBJECT, OBJECT, SPEC
from fluxstatus.knowledge.facts import (
    about,
    is_component_absent,
    is_component_unlisted,
    is_remote,
    is_served_newer,
    is_served_older,
    is_storage_namespace,
    is_target_namespace,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS, KindNames

_RBAC_FORBIDDEN = Code(
    "rbac-forbidden", "The user or ServiceAccount that Flux acts as lacks an RBAC permission."
)
_IMMUTABLE_FIELD = Code(
    "immutable-field", "The new manifest changes an immutable field of an existing object."
)

_API_MISSING = Code(
    "api-missing",
    "The API server does not serve a kind, version or subresource that an object needs.",
)
_FLUX_KIND_MISSING = Code(
    "flux-kind-missing", "A manifest uses a Flux kind whose component is not installed."
)
_CRD_MISSING = Code(
    "crd-missing", "The cluster does not have a kind because its CRD is not installed."
)
_NAMESPACE_MISSING = Code("namespace-missing", "A required namespace does not exist.")
_NAMESPACE_UNNAMED = Code(
    "namespace-unnamed", "A manifest of a namespaced kind does not set a namespace."
)

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
_VALIDATION = "kubernetes apimachinery validation"
_FIELD = r"(?<![\w.])(?P<field>[A-Za-z][\w.\[\]\"=:/()-]{0,200})"
_USER = (
    r"user \"(?P<user>(?:system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>[^\"]+))|[^\"]+)\""
)
_OF_ACCOUNT = r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>[^\"]+))\""
_OF_DEFAULT = r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>default))\""
_OF_FLUX = (
    r"user \"(?P<user>system:serviceaccount:(?P<sa_ns>[^:\"]+):(?P<sa_name>(?:source|kustomize|"
    r"helm|notification|image-reflector|image-automation)-controller|source-watcher|"
    r"flux-operator))\""
)
"""The ServiceAccounts of Flux itself (F manifests/rbac, FO charts)."""

_CANNOT = (
    r" cannot (?P<verb>\w+) resource \"(?P<what>[^\"]+)\"(?: in API group \"(?P<group>[^\"]*)\")?"
)
_IN_NAMESPACE = r"(?: in the namespace \"(?P<in_ns>[^\"]+)\")?"
_IN_EDIT = (
    r"\"(?P<what>(?:configmaps|secrets|services|serviceaccounts|pods|persistentvolumeclaims)"
    r"(?=\" in API group \"\")|(?:deployments|statefulsets|daemonsets|replicasets)(?=\" in API "
    r"group \"apps\")|(?:jobs|cronjobs)(?=\" in API group \"batch\")|(?:ingresses|networkpolicies)"
    r"(?=\" in API group \"networking)|horizontalpodautoscalers(?=\" in API group \"autoscaling\")|"
    r"poddisruptionbudgets(?=\" in API group \"policy\"))\" in API group \"[^\"]*\""
)
"""The resources that ClusterRole edit grants (kubernetes rbac bootstrappolicy)."""

_REMOVED = (
    r"(?P<missing_kind>(?!IPAddress|ServiceCIDR|VolumeAttributesClass|ClusterTrustBundle|"
    r"\w*AdmissionPolicy|LeaseCandidate|SelfSubjectReview|PodCertificate)\w+)\" in version "
    r"\"(?P<missing_group>(?P<missing_group_name>"
    r"extensions(?=/v1beta1\")|apps(?=/v1beta[12]\")|batch(?=/v1beta1\"|/v2alpha1\")|"
    r"policy(?=/v1beta1\")|autoscaling(?=/v2beta[12]\")|"
    r"(?:rbac\.authorization|admissionregistration|apiextensions|apiregistration|certificates|"
    r"coordination|scheduling|node|discovery|events|authentication|authorization|storage|"
    r"networking)\.k8s\.io(?=/v1beta1\")|flowcontrol\.apiserver\.k8s\.io(?=/v1beta[123]\")"
    r")/\w+)\""
)
"""The built-in API versions that were removed (Kubernetes deprecation guide).

The excepted kinds are newer, and had a beta version later than the others of their group.
"""
_BUILT_IN = (
    r"(?P<missing_group_name>[\w-]+(?=/)|(?:networking|storage|"
    r"rbac\.authorization|admissionregistration|apiextensions|apiregistration|scheduling|"
    r"coordination|node|discovery|events|certificates|resource|authentication|authorization|"
    r"flowcontrol\.apiserver|internal\.apiserver|storagemigration)(?:\.k8s\.io))"
)
"""The groups that are not of a CRD, whose group has a dot (apiextensions validation)."""
_ALWAYS_SERVED = (
    r"(?P<missing_kind>(?:ConfigMap|Secret|Service|ServiceAccount|Namespace|Pod|Node|Endpoints|"
    r"PersistentVolume|PersistentVolumeClaim|LimitRange|ResourceQuota|Event)(?=\" in version "
    r"\"v1\")|(?:Deployment|StatefulSet|DaemonSet|ReplicaSet)(?=\" in version \"apps/v1\")|"
    r"(?:Job|CronJob)(?=\" in version \"batch/v1\")|(?:Ingress|IngressClass|NetworkPolicy)"
    r"(?=\" in version \"networking\.k8s\.io/v1\")|(?:Cluster)?Role(?:Binding)?(?=\" in version "
    r"\"rbac\.authorization\.k8s\.io/v1\")|CustomResourceDefinition(?=\" in version "
    r"\"apiextensions\.k8s\.io/v1\")|StorageClass(?=\" in version \"storage\.k8s\.io/v1\")|"
    r"PodDisruptionBudget(?=\" in version \"policy/v1\")|HorizontalPodAutoscaler(?=\" in version "
    r"\"autoscaling/v2\"))\" in version \"(?P<missing_group>[\w./]+)\""
)
"""Built-in kinds in the version that every supported Kubernetes serves."""
_NO_KIND = (
    r"no matches for kind \"(?P<missing_kind>\w+)\" in versions? "
    r"\[?\"(?P<missing_group>(?P<missing_group_name>[\w.-]+)"
)
_FLUX_GROUP = (
    r"no matches for kind \"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
    r"(?P<missing_group_name>\w+\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io|"
    r"fluxcd\.controlplane\.io)"
)
_NO_FLUX_KIND = _FLUX_GROUP + r"/\w+)\""
_NO_NAMESPACE = r"namespaces? \"(?P<missing>[\w.-]+)\" not found"
_NAMESPACED = (
    "ConfigMap|Secret|Service|ServiceAccount|Pod|PersistentVolumeClaim|Deployment|StatefulSet|"
    "DaemonSet|Job|CronJob|Ingress|NetworkPolicy|Role|RoleBinding|PodDisruptionBudget|"
    "HorizontalPodAutoscaler|ResourceQuota|LimitRange|Kustomization|HelmRelease|GitRepository|"
    "OCIRepository|HelmRepository|Bucket|ImageRepository|ImagePolicy|ImageUpdateAutomation|"
    "Receiver"
)
"""Built-in and Flux kinds that always have a namespace."""

_ACCOUNTS = "kubectl get serviceaccounts,rolebindings -n {sa_ns}"
_IS_IMMUTABLE = (
    r"(?:field is immutable|immutable field|is immutable|may not change once set|"
    r"updates to [^\n]{1,200} are forbidden|cannot change roleRef|may not change fields|"
    r"can ?not be (?:changed|unset|updated)|may not be (?:changed|updated)|"
    r"cannot be modified)"
)
_FIELD_IS_IMMUTABLE = rf"{_FIELD}: (?:Invalid value|Forbidden)[^\n]{{0,2000}}?{_IS_IMMUTABLE}"
_DELETE = "kubectl delete {object_resource} {object_name} -n {object_ns}"
_DELETE_CLUSTER = "kubectl delete {object_resource} {cluster_object}"
_ORPHAN = "kubectl delete {object_resource} {object_name} -n {object_ns} --cascade=orphan"
_is_priced = about(
    "PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Job", "Deployment", "DaemonSet",
    "ReplicaSet", "ReplicationController", "Service", "RoleBinding", "ClusterRoleBinding", "Secret",
    "ConfigMap", "StorageClass", "VolumeSnapshotClass", "PriorityClass", "IngressClass",
    "CSIDriver", "RuntimeClass", "CustomResourceDefinition", "Namespace",
)  # fmt: skip

_MISSING = (
    Rule(
        Code(
            "kustomize-file-applied",
            "A file for kustomize is applied to the cluster as if it were a Kubernetes object.",
        ),
        why="a {missing_kind} of kustomize ({missing_group}) is applied as a Kubernetes object: it is an input file of kustomize, which the cluster does not know",
        steps=(
            Step(
                "name the file kustomization.yaml; under resources in the kustomization.yaml above it, list the directory, not the file (a Component belongs under components)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            r"\"(?P<missing_group>kustomize\.config\.k8s\.io/\w+)\""
        ),
        kinds=_APPLIES,
        trivial=True,
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        API_REMOVED,
        why="the cluster no longer serves PodSecurityPolicy, which was removed in Kubernetes 1.25",
        steps=(
            Step(
                "remove the PodSecurityPolicy from Git (for a HelmRelease, disable it in the values or use a newer chart), and label the namespaces for Pod Security admission instead (pod-security.kubernetes.io/enforce)",
                read=("kubectl get namespaces --show-labels",),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"PodSecurityPolicy\" in version \"(?:policy|extensions)/"
        ),
        kinds=_APPLIES,
        upstream="kubernetes deprecation guide",
    ),
    Rule(
        API_REMOVED,
        why="the cluster no longer serves {missing_kind} in {missing_group}: this API version was removed in a newer Kubernetes version",
        steps=(
            Step(
                "change apiVersion in the manifest to a version that the cluster serves, or use a newer chart",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(rf"no matches for kind \"{_REMOVED}"),
        upstream="kubernetes deprecation guide",
    ),
    Rule(
        _API_MISSING,
        why="the API server probably did not list {missing_kind} in {missing_group}, which is built in: API discovery was incomplete",
        steps=(
            Step(
                "check the API server and aggregated APIs; Flux retries automatically",
                read=(
                    "kubectl get --raw /readyz?verbose",
                    "kubectl get apiservices.apiregistration.k8s.io",
                ),
            ),
            Step(
                "if the error persists although kubectl lists the kind, restart {controller}",
                read=("kubectl api-resources",),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(rf"no matches for kind \"{_ALWAYS_SERVED}"),
        certainty="likely",
        transient=True,
        upstream="client-go discovery, controller-runtime apiutil",
    ),
    Rule(
        Code("api-version-wrong", "A manifest sets an API version that has no such kind."),
        why="the cluster does not serve {missing_kind} in {missing_group}",
        steps=(
            Step(
                "if the kind is from another API group or version, correct apiVersion in the manifest",
                read=("kubectl explain {missing_kind}",),
            ),
            Step(
                "if it is an alpha or beta API, enable it in the API server (--runtime-config and its feature gate); if it is from a newer Kubernetes version, upgrade the cluster or use an older chart",
                read=("kubectl version", "kubectl api-resources"),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            rf"\"(?P<missing_group>{_BUILT_IN}/\w+|v1)\""
        ),
        certainty="one-of",
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _FLUX_KIND_MISSING,
        why="the cluster does not serve {missing_kind}: spec.components of FluxInstance {instance} does not include {component}, which installs its CRD",
        steps=(
            Step(
                "add {component} to spec.components of the FluxInstance in Git, and use an API version that this Flux serves",
                read=("kubectl get {instance_resource} {instance} -n {flux_namespace} -o yaml",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("component", "instance"),
        when=(is_component_unlisted,),
        trivial=True,
        upstream="FO api/v1 FluxInstance",
    ),
    Rule(
        _FLUX_KIND_MISSING,
        why="the cluster does not serve {missing_kind}: its CRD is not installed; it comes with {component}",
        steps=(
            Step(
                "install {component}: add it to spec.components of the FluxInstance, or run flux bootstrap or flux install with it in --components-extra",
                read=("kubectl get deployments -n {flux_namespace}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("component",),
        when=(is_component_absent,),
        unless=(is_component_unlisted,),
        trivial=True,
        upstream="F cmd/flux/install.go",
    ),
    Rule(
        Code(
            "flux-older-than-manifest",
            "A manifest uses an API version of Flux that is newer than the Flux in the cluster.",
        ),
        why="Flux in this cluster serves {missing_kind} only in {served_api}, which is older than {missing_group} in the manifest",
        steps=(
            Step(
                "upgrade Flux in the cluster, or change apiVersion in the manifest to {served_api}",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("served_api",),
        when=(is_served_older,),
        trivial=True,
        upstream="F manifests/crds",
    ),
    Rule(
        API_REMOVED,
        why="this version of Flux no longer serves {missing_kind} in {missing_group}, only in {served_api}",
        steps=(
            Step(
                "change apiVersion in Git to {served_api}; to update files, run flux migrate -f",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(_NO_FLUX_KIND),
        needs=("served_api",),
        when=(is_served_newer,),
        trivial=True,
        upstream="F cmd/flux/migrate.go",
        versions=">=2.7",
    ),
    Rule(
        API_REMOVED,
        why="this version of Flux probably no longer serves {missing_kind} in {missing_group}",
        steps=(
            Step(
                "change apiVersion in Git to a version that the cluster serves; to update files, run flux migrate -f",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if the cluster serves no version of {missing_kind}, install the Flux component that it belongs to (spec.components of the FluxInstance, or --components-extra of flux bootstrap)",
            ),
        ),
        pattern=Text(_FLUX_GROUP + r"/v\d+(?:alpha|beta)\d+)\""),
        unless=(is_served_older, is_served_newer, is_component_absent),
        certainty="likely",
        upstream="F cmd/flux/migrate.go",
        versions=">=2.7",
    ),
    Rule(
        API_REMOVED,
        why="the release contains {missing_kind} in {missing_group}, which this Kubernetes version does not serve, so Helm cannot uninstall it",
        steps=(
            Step(
                "rewrite the stored release with the Helm plugin mapkubeapis, which replaces removed API versions; the uninstallation is then retried",
                read=("kubectl api-resources --api-group={missing_group_name}", SPEC),
            ),
        ),
        pattern=Text(
            r"no matches for kind \"(?P<missing_kind>\w+)\" in version "
            rf"\"(?P<missing_group>{_BUILT_IN}/\w+)\""
        ),
        reasons=("UninstallFailed",),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        API_REMOVED,
        why="the release contains {missing_kind} in {missing_group}, which the cluster no longer serves, so Helm cannot uninstall it",
        steps=(
            Step(
                "reinstall the {missing_kind} CRD until the release is uninstalled, or rewrite the stored release with the Helm plugin mapkubeapis",
                read=("kubectl api-resources --api-group={missing_group_name}", SPEC),
            ),
        ),
        pattern=Text(_NO_KIND + r"(?:/\w+)?)\""),
        reasons=("UninstallFailed",),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.WHOLE,
        upstream="helm pkg/action/uninstall.go",
    ),
    Rule(
        _CRD_MISSING,
        why="the cluster does not serve {missing_kind} in {missing_group}: its CRD is not installed, or no longer has this version",
        steps=(
            Step(
                "check in which versions the cluster serves {missing_kind}; if in a newer one, change apiVersion in the manifest",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if in none, install the {missing_kind} CRD first: move its objects to a separate Kustomization, with the Kustomization or HelmRelease that installs the CRD in spec.dependsOn (a HelmRelease in the same Kustomization is never applied, because the dry run fails first)",
            ),
        ),
        pattern=Text(_NO_KIND + r"/v\d+(?:alpha|beta)\d+)\""),
        kinds=ALL_KINDS,
        certainty="one-of",
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _CRD_MISSING,
        why="the cluster does not serve {missing_kind} in {missing_group}: its CRD is probably not installed",
        steps=(
            Step(
                "install the {missing_kind} CRD first: move its objects to a separate Kustomization, with the Kustomization or HelmRelease that installs the CRD in spec.dependsOn (a HelmRelease in the same Kustomization is never applied, because the dry run fails first)",
                read=(
                    "kubectl api-resources --api-group={missing_group_name}",
                    "kubectl get helmreleases.helm.toolkit.fluxcd.io -A",
                ),
            ),
            Step(
                "if the CRD is installed in an older version, upgrade it; Helm does not upgrade the CRDs of a chart unless spec.upgrade.crds is CreateReplace",
            ),
        ),
        pattern=Text(_NO_KIND + r"(?:/\w+)?)\""),
        kinds=ALL_KINDS,
        certainty="likely",
        upstream="kubernetes apimachinery meta.NoKindMatchError",
    ),
    Rule(
        _CRD_MISSING,
        why="the API server has no API {missing_group}: the CRDs of this group are probably not installed, or are being removed",
        steps=(
            Step(
                "install the CRDs of {missing_group} first, and add the Kustomization or HelmRelease that installs them to spec.dependsOn",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
        ),
        pattern=Text(
            r"unable to retrieve the complete list of server APIs: (?P<missing_group>"
            r"(?P<missing_group_name>[\w.-]+)/v\w+): the server could not find the requested resource"
        ),
        certainty="likely",
        transient=True,
        upstream="client-go discovery",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} (spec.storageNamespace) does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in a Kustomization that is applied before this HelmRelease, or remove spec.storageNamespace; spec.install.createNamespace creates only the target namespace",
                read=("kubectl get namespaces",),
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=Text(_NO_NAMESPACE),
        kinds=frozenset({"HelmRelease"}),
        when=(is_storage_namespace,),
        unless=(is_remote,),
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission, HC api/v2",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git; if it is the release's target namespace, you can set spec.install.createNamespace: true instead",
                read=("kubectl get namespaces",),
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=Text(_NO_NAMESPACE),
        kinds=frozenset({"HelmRelease"}),
        unless=(is_storage_namespace, is_remote),
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission, HC api/v2",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} (spec.targetNamespace) does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in this Kustomization or one that it depends on: spec.targetNamespace does not create it",
                read=("kubectl get namespaces",),
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=Text(_NO_NAMESPACE),
        kinds=frozenset({"Kustomization"}),
        when=(is_target_namespace,),
        unless=(is_remote,),
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission, KC docs",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} does not exist in the remote cluster (spec.kubeConfig)",
        steps=(
            Step(
                "add namespace {missing} to Git, in this object or one that it depends on; for a HelmRelease, you can also set spec.install.createNamespace: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_NO_NAMESPACE),
        when=(is_remote,),
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in this object or one that it depends on; if this cluster does not need it, remove the objects in it",
                read=("kubectl get namespaces",),
                change=("kubectl create namespace {missing}",),
            ),
        ),
        pattern=Text(_NO_NAMESPACE),
        kinds=ALL_KINDS - {"HelmRelease"},
        unless=(is_target_namespace, is_remote),
        trivial=True,
        upstream="kubernetes NamespaceLifecycle admission",
    ),
    Rule(
        _NAMESPACE_UNNAMED,
        why="the manifest of {object} does not set a namespace, but its kind requires one",
        steps=(
            Step(
                "set spec.targetNamespace, or metadata.namespace in the manifest of {object}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"\b(?:{_NAMESPACED})/\S+ namespace not specified"),
        kinds=_APPLIES,
        trivial=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        _NAMESPACE_UNNAMED,
        why="the API server does not accept {object} without a namespace, or does not serve its kind (the requested resource was not found)",
        steps=(
            Step(
                "if the kind is namespaced, set metadata.namespace in the manifest, or spec.targetNamespace of a Kustomization",
                read=("kubectl api-resources",),
            ),
            Step(
                "if the kind is cluster-scoped, check its CRD: it is being deleted, was just installed, or no longer has this version",
                read=("kubectl get customresourcedefinitions",),
            ),
        ),
        pattern=Text(r"namespace not specified"),
        kinds=_APPLIES,
        certainty="one-of",
        transient=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        _API_MISSING,
        why="the API server does not serve the kind, version or subresource of {object} at the moment (the requested resource was not found)",
        steps=(
            Step(
                "check whether the CRD is installed, serves this version and is not being deleted; a new CRD takes a moment to become available",
                read=("kubectl api-resources", "kubectl get customresourcedefinitions"),
            ),
        ),
        pattern=Text(r"the server could not find the requested resource|unable to recognize"),
        kinds=_APPLIES,
        reach=Reach.STAGE,
        certainty="one-of",
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code("pod-account-missing", "A Pod uses a ServiceAccount that does not exist yet."),
        why="{object} uses ServiceAccount {missing_sa}, which does not exist in its namespace",
        steps=(
            Step(
                "add the ServiceAccount to Git, or correct serviceAccountName",
                read=("kubectl get serviceaccounts -n {object_ns}",),
            ),
            Step(
                "if the ServiceAccount is in the same Kustomization as a bare Pod, apply it in a Kustomization before this one: the dry run of a Pod fails until it exists (a Deployment or Job has no such check)"
            ),
        ),
        pattern=Text(
            r"error looking up service account [^\s:]+: serviceaccount \"(?P<missing_sa>[^\"]+)\" not found"
        ),
        kinds=_APPLIES,
        certainty="one-of",
        upstream="kubernetes ServiceAccount admission",
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
        pattern=Text(_OF_FLUX + _CANNOT),
        kinds=ALL_KINDS,
        upstream="F manifests/rbac, FO charts/flux-operator/templates/rbac.yaml",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why='{user} cannot {verb} {what}: the RBAC permission is missing (forbidden); if spec.serviceAccountName is empty, the multi-tenancy lockdown uses ServiceAccount "default"',
        steps=(
            Step(
                'set spec.serviceAccountName to a ServiceAccount with this permission (the controllers run with --default-service-account, the multi-tenancy lockdown), or bind a Role with it to ServiceAccount "default"',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
            ),
        ),
        pattern=Text(_OF_DEFAULT + _CANNOT + _IN_NAMESPACE),
        kinds=_APPLIES,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} at the cluster scope: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "move cluster-scoped objects to a Kustomization of the platform team, which has this permission, or bind a ClusterRole with only this permission to {user}",
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what}.{group} --as={user}"),
            ),
        ),
        pattern=Text(_USER + _CANNOT + r" at the cluster scope"),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role with this permission to ServiceAccount {sa_name} in namespace {in_ns}; ClusterRole "edit" grants it',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create rolebinding {sa_name}-edit -n {in_ns} --clusterrole=edit --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(_OF_ACCOUNT + r" cannot (?P<verb>\w+) resource " + _IN_EDIT + _IN_NAMESPACE),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind ClusterRole "admin" to ServiceAccount {sa_name} in namespace {in_ns}: "edit" does not grant Roles and RoleBindings; Flux can then grant only permissions that this ServiceAccount has',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create rolebinding {sa_name}-admin -n {in_ns} --clusterrole=admin --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(
            _OF_ACCOUNT + r" cannot (?P<verb>\w+) resource \"(?P<what>roles|rolebindings)\" in API "
            r"group \"rbac\.authorization\.k8s\.io\"" + _IN_NAMESPACE
        ),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what} in namespace {in_ns}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role that grants {what} to ServiceAccount {sa_name}, or move these objects to a Kustomization of the platform team: ClusterRole "edit" does not grant {what}',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create role {sa_name}-{what} -n {in_ns} --verb=get,list,watch,create,update,patch,delete --resource={what}",
                    "kubectl create rolebinding {sa_name}-{what} -n {in_ns} --role={sa_name}-{what} --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(
            _OF_ACCOUNT
            + r" cannot (?P<verb>\w+) resource \"(?P<what>[^\"/]+)\" in API group \"\""
            + _IN_NAMESPACE
        ),
        kinds=ALL_KINDS,
        needs=("in_ns",),
        upstream="kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                'bind a Role that grants {what} to ServiceAccount {sa_name}, and check whether the ServiceAccount exists (ClusterRole "edit" contains custom resources only if their operator adds them to it)',
                read=(_ACCOUNTS, "kubectl auth can-i {verb} {what} -n {in_ns} --as={user}"),
                change=(
                    "kubectl create role {sa_name}-{what} -n {in_ns} --verb=get,list,watch,create,update,patch,delete --resource={what}.{group}",
                    "kubectl create rolebinding {sa_name}-{what} -n {in_ns} --role={sa_name}-{what} --serviceaccount={sa_ns}:{sa_name}",
                ),
            ),
        ),
        pattern=Text(_OF_ACCOUNT + _CANNOT + _IN_NAMESPACE),
        kinds=ALL_KINDS,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _RBAC_FORBIDDEN,
        why="{user} cannot {verb} {what}: the RBAC permission is missing (forbidden)",
        steps=(
            Step(
                "bind a Role with this permission to the user",
                read=("kubectl auth can-i {verb} {what} -n {in_ns} --as={user}",),
            ),
        ),
        pattern=Text(_USER + _CANNOT + _IN_NAMESPACE),
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
        why="{object} already exists, and its spec cannot be changed (field is immutable); recreating the claim deletes its data",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart); only resources.requests.storage can be raised, if the StorageClass allows it",
                read=(OBJECT, "kubectl get storageclasses"),
            ),
            Step(
                "to change anything else, move the data to a new claim with another name; do not use spec.force, which deletes this one"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("PersistentVolumeClaim"),),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its source cannot be changed (field is immutable); a volume with reclaim policy Delete loses its data when its claim is deleted",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart), or define a volume with another name",
                read=("kubectl describe persistentvolume {object_name}",),
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("PersistentVolume"),),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and the changed field cannot be changed (immutable): only replicas, template, updateStrategy and a few other fields of a StatefulSet can",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, recreate the StatefulSet around its running pods: with --cascade=orphan, pods and volumes stay, and the next attempt adopts them (existing volumes keep their size; spec.force and spec.upgrade.force are not safe here)",
                change=(_ORPHAN,),
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("StatefulSet"),),
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its pod template and selector cannot be changed (field is immutable)",
        steps=(
            Step(
                "delete the Job, so that the next attempt recreates it with the new template; the Job then runs again",
                read=(OBJECT,),
                change=(_DELETE,),
            ),
            Step(
                "to do this on every change, annotate the Job with kustomize.toolkit.fluxcd.io/force: enabled (in a ResourceSet, fluxcd.controlplane.io/force: enabled), or use a chart hook or ttlSecondsAfterFinished"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("Job"),),
        upstream="kubernetes pkg/apis/batch/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "restore the old selector labels in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT,),
            ),
            Step(
                "alternatively, delete the {object_kind}, so that the next attempt recreates it; its pods are deleted, so the application is down until the new ones are ready",
                change=(_DELETE,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("Deployment", "DaemonSet", "ReplicaSet", "ReplicationController"),),
        upstream="kubernetes pkg/apis/apps/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable); recreating the Service gives it a new cluster IP and load balancer address",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart), or remove clusterIP, clusterIPs and ipFamilies from the manifest so that the existing values stay",
                read=(OBJECT + " --show-managed-fields",),
            ),
            Step(
                "if the manifest does not set them, another field manager of the live Service does: remove its entry from metadata.managedFields"
            ),
            Step(
                "as a last resort, delete the Service: clients lose the connection, and the Service gets a new IP address",
                change=(_DELETE,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("Service"),),
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and its roleRef cannot be changed (immutable)",
        steps=(
            Step(
                "give the binding a new name in Git, which keeps the old permissions until the new ones exist; or delete it, so that the next attempt recreates it",
                read=(OBJECT, CLUSTER_OBJECT),
                change=(_DELETE, _DELETE_CLUSTER),
            ),
            Step(
                "do not delete a binding that grants Flux its own permissions: Flux cannot recreate it"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("RoleBinding", "ClusterRoleBinding"),),
        upstream="kubernetes pkg/apis/rbac/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} has immutable: true or a fixed type, so {field} cannot be changed",
        steps=(
            Step(
                "give the {object_kind} a new name in Git and refer to the new name, as kustomize's generators do",
                read=("kubectl describe {object_kind} {object_name} -n {object_ns}",),
            ),
            Step(
                "alternatively, delete it, so that the next attempt recreates it; pods that start in between fail, and running pods keep the old values until they restart",
                change=("kubectl delete {object_kind} {object_name} -n {object_ns}",),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("Secret", "ConfigMap"),),
        upstream="kubernetes pkg/apis/core/validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (immutable)",
        steps=(
            Step(
                "give it a new name in Git, or delete it so that the next attempt recreates it; existing volumes and pods are not affected, new ones wait until it exists again",
                read=(CLUSTER_OBJECT,),
                change=(_DELETE_CLUSTER,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(
            about(
                "StorageClass",
                "VolumeSnapshotClass",
                "PriorityClass",
                "IngressClass",
                "CSIDriver",
                "RuntimeClass",
            ),
        ),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (immutable); recreating it deletes everything in it",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart); do not recreate it and do not use spec.force: deleting a CRD deletes all its custom resources, and deleting a namespace all objects in it",
                read=(CLUSTER_OBJECT,),
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        when=(about("CustomResourceDefinition", "Namespace"),),
        upstream="kubernetes apiextensions-apiserver validation",
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and {field} cannot be changed (field is immutable)",
        steps=(
            Step(
                "restore the old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT, CLUSTER_OBJECT),
            ),
            Step(
                "alternatively, recreate the object, if everything that its controller deletes with it can be lost: in a Kustomization, annotate it with kustomize.toolkit.fluxcd.io/force: enabled (in a ResourceSet, fluxcd.controlplane.io/force: enabled); for a HelmRelease, delete it, because spec.upgrade.force does not recreate objects"
            ),
        ),
        pattern=Text(_FIELD_IS_IMMUTABLE),
        kinds=_APPLIES,
        unless=(_is_priced,),
        upstream=_VALIDATION,
    ),
    Rule(
        _IMMUTABLE_FIELD,
        why="{object} already exists, and one of its changed fields is immutable (field is immutable)",
        steps=(
            Step(
                "find the changed field and restore its old value in Git (for a HelmRelease, in the values or the chart)",
                read=(OBJECT, CLUSTER_OBJECT, SPEC),
            ),
            Step(
                "alternatively, recreate the object, if its pods, its data and everything that its controller deletes with it can be lost (kubectl delete --cascade=orphan keeps the pods of a StatefulSet)"
            ),
        ),
        pattern=Text(_IS_IMMUTABLE),
        kinds=_APPLIES,
        upstream=_VALIDATION,
    ),
)

RULES = (*_MISSING, *_RIGHTS, *_IMMUTABLES)
