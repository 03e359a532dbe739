"""Namespaces that are missing or not set, and other objects that an apply needs.

Upstream: kubernetes admission plugins (namespace/lifecycle, serviceaccount), apimachinery
api/errors, fluxcd/pkg ssa/errors, helm pkg/storage/driver.
"""

from fluxstatus.knowledge.applying.shared import API_MISSING, APPLIES
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.message_facts import is_storage_namespace, is_target_namespace
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS

_NAMESPACE_MISSING = Code("namespace-missing", "A required namespace does not exist.")
_NAMESPACE_UNNAMED = Code(
    "namespace-unnamed", "A manifest of a namespaced kind does not set a namespace."
)

_NO_NAMESPACE = r"namespaces? \"(?P<missing>[\w.-]+)\" not found"
_NAMESPACED = (
    "ConfigMap|Secret|Service|ServiceAccount|Pod|PersistentVolumeClaim|Deployment|StatefulSet|"
    "DaemonSet|Job|CronJob|Ingress|NetworkPolicy|Role|RoleBinding|PodDisruptionBudget|"
    "HorizontalPodAutoscaler|ResourceQuota|LimitRange|Kustomization|HelmRelease|GitRepository|"
    "OCIRepository|HelmRepository|Bucket|ImageRepository|ImagePolicy|ImageUpdateAutomation|"
    "Receiver"
)
"""Built-in and Flux kinds that always have a namespace."""

RULES = (
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing}, which spec.storageNamespace refers to, does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in a Kustomization that is applied before this HelmRelease, or remove spec.storageNamespace. spec.install.createNamespace only creates the target namespace",
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
                "add namespace {missing} to Git. If it is the release's target namespace, you can set spec.install.createNamespace: true instead",
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
        why="namespace {missing}, which spec.targetNamespace refers to, does not exist",
        steps=(
            Step(
                "add namespace {missing} to Git, in this Kustomization or in one that it depends on. Flux does not create the namespace in spec.targetNamespace",
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
        why="namespace {missing}, where Helm stores the release, does not exist in the remote cluster that spec.kubeConfig refers to",
        steps=(
            Step(
                "create namespace {missing} in the remote cluster, or set spec.storageNamespace to a namespace that exists there. spec.install.createNamespace only creates the target namespace",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"create: failed to create: namespaces \"(?P<missing>[^\"]+)\" not found"),
        kinds=frozenset({"HelmRelease"}),
        when=(is_remote,),
        trivial=True,
        upstream="helm pkg/storage/driver/secrets.go",
    ),
    Rule(
        _NAMESPACE_MISSING,
        why="namespace {missing} does not exist in the remote cluster that spec.kubeConfig refers to",
        steps=(
            Step(
                "add namespace {missing} to Git, in this {kind} or in one that it depends on. In a HelmRelease, you can set spec.install.createNamespace: true instead",
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
                "add namespace {missing} to Git, in this {kind} or in one that it depends on. If the namespace is not needed in this cluster, remove the objects that belong to it",
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
        why="the manifest of {object} does not set a namespace, but its kind is namespaced",
        steps=(
            Step(
                "set spec.targetNamespace, or metadata.namespace in the manifest of {object}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"\b(?:{_NAMESPACED})/\S+ namespace not specified"),
        kinds=APPLIES,
        trivial=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        _NAMESPACE_UNNAMED,
        why="the API server does not accept {object} without a namespace, or does not serve its kind (the requested resource was not found)",
        steps=(
            Step(
                "if the kind is namespaced, set metadata.namespace in the manifest, or spec.targetNamespace in the Kustomization",
                read=("kubectl api-resources",),
            ),
            Step(
                "if the kind is cluster-scoped, check its CRD. The CRD may have just been installed, may no longer have this version, or may be being deleted",
                read=("kubectl get customresourcedefinitions",),
            ),
        ),
        pattern=Text(r"namespace not specified"),
        kinds=APPLIES,
        certainty="one-of",
        transient=True,
        upstream="PKG ssa/errors",
    ),
    Rule(
        API_MISSING,
        why="the API server does not currently serve the kind, version or subresource of {object} (the requested resource was not found)",
        steps=(
            Step(
                "check that the CRD is installed, serves this version and is not being deleted. A new CRD takes a moment to become available",
                read=("kubectl api-resources", "kubectl get customresourcedefinitions"),
            ),
        ),
        pattern=Text(r"the server could not find the requested resource|unable to recognize"),
        kinds=APPLIES,
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
                "if a bare Pod and its ServiceAccount are in the same Kustomization, move the ServiceAccount to a Kustomization that this one depends on (spec.dependsOn). The dry run of a Pod fails until its ServiceAccount exists (Deployments and Jobs are not affected)"
            ),
        ),
        pattern=Text(
            r"error looking up service account [^\s:]+: serviceaccount \"(?P<missing_sa>[^\"]+)\" not found"
        ),
        kinds=APPLIES,
        certainty="one-of",
        upstream="kubernetes ServiceAccount admission",
    ),
)
