"""What it means that an object waits, and that many do: states that causes.py finds."""

from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.knowledge.steps import APPLY_INSTANCE

_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
_LOG = "kubectl logs -n {ns} deployment/{name} --tail=50"

RULES = (
    Rule(
        "dependency-expression",
        "it waits for {target}, which is ready, but the readyExpr that it asks for is not true: "
        "{expression}",
        (
            Step(
                "make the expression true of it, or correct spec.dependsOn[].readyExpr",
                read=(
                    "kubectl get {target_resource} {target_name} -n {target_ns} -o yaml",
                    _SPEC,
                ),
            ),
        ),
        upstream="KC, HC, FO internal/controller (evalReadyExpr)",
    ),
    Rule(
        "dependency-unready",
        "it waits for {target}, which is no object of Flux and is not ready{expected}",
        (
            Step(
                "look at it; this goes on by itself as soon as it is ready",
                read=(
                    "kubectl get {target_resource} {target_name} -n {target_ns} -o yaml",
                    "kubectl get {target_cluster_resource} {target_name} -o yaml",
                ),
            ),
        ),
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        "waits-unread",
        "{waiting} for {target}, and that could not be read",
        (
            Step(
                "ask for the right to list {target_resource}, then look again",
                read=("kubectl auth can-i list {target_resource} --all-namespaces",),
            ),
        ),
        upstream="KC, HC, SC internal/controller",
    ),
    Rule(
        "controller-storage-full",
        "its disk is full: {count} of its objects cannot be stored or built",
        (
            Step(
                "give it more storage (FluxInstance: spec.storage, or spec.kustomize.patches), or "
                "fetch fewer and smaller artifacts",
                read=(
                    "kubectl describe deployment {name} -n {ns}",
                    "kubectl get persistentvolumeclaims -n {ns}",
                ),
            ),
        ),
        upstream="Go syscall ENOSPC",
    ),
    Rule(
        "controller-storage-fails",
        "cannot write to its storage or to the API: {count} of its objects fail with that",
        (
            Step(
                "look at its volume and its log",
                read=("kubectl describe deployment {name} -n {ns}", _LOG),
            ),
        ),
        upstream="SC api/v1/condition_types.go",
    ),
    Rule(
        "controller-crd-missing",
        "is not there (not found): {controller} runs, and the API server does not know {kinds}; "
        "all objects of that kind went with it",
        (
            Step(
                "put the CRD back: the operator does it for its FluxInstance (without one: install "
                "Flux again the way it came); the objects then come back from Git",
                read=("kubectl get customresourcedefinitions -l app.kubernetes.io/part-of=flux",),
                change=(APPLY_INSTANCE,),
            ),
        ),
        upstream="F manifests/crds",
    ),
    Rule(
        "operator-crd-missing",
        "is not there (not found): the operator runs, and the API server does not know {kinds}; "
        "the FluxInstance went with it",
        (
            Step(
                "put the CRD back with the operator's Helm chart, then apply the FluxInstance "
                "again",
                read=(
                    "kubectl get customresourcedefinitions -l app.kubernetes.io/name={controller}",
                ),
                change=(
                    "helm upgrade flux-operator "
                    "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {flux_namespace} "
                    "--install",
                ),
            ),
        ),
        upstream="FO charts/flux-operator/templates/crds.yaml",
    ),
    Rule(
        "controller-forbidden",
        "its ServiceAccount may not do what {count} of its objects need: a ClusterRole or "
        "ClusterRoleBinding of Flux is missing or was changed (forbidden)",
        (
            Step(
                "put Flux's ClusterRoleBindings back: the operator does it for its FluxInstance; "
                "those of the operator itself come with its Helm chart",
                read=("kubectl get clusterrolebindings -o wide", _LOG),
                change=(APPLY_INSTANCE,),
            ),
        ),
        upstream="F manifests/rbac, FO charts/flux-operator/templates/rbac.yaml",
    ),
    Rule(
        "controller-artifacts-gone",
        "has lost artifacts that its sources still announce: {count} objects find theirs no more",
        (
            Step(
                "restart it: it then fetches every source again; a volume (FluxInstance: "
                "spec.storage) keeps artifacts over a restart",
                read=("kubectl describe deployment {name} -n {ns}", _LOG),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        upstream="SC internal/controller reconcileStorage",
    ),
    Rule(
        "controller-unreachable",
        "runs and is ready, and {count} objects cannot download their artifacts from it",
        (
            Step(
                "look at the NetworkPolicies and Services of namespace {ns}, at DNS, and at "
                "--storage-adv-addr of {name}",
                read=("kubectl get services,endpointslices,networkpolicies -n {ns}", _LOG),
            ),
        ),
        upstream="PKG http/fetch",
    ),
)
"""Rules like those of states.py."""
