"""Problems of a controller that only the faults of its objects show: storage, CRDs, permissions."""

from fluxstatus.knowledge.commands import APPLY_INSTANCE
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.knowledge.states.shared import DESCRIBE, OWN_LOG
from fluxstatus.model.codes import Code

RULES = (
    Rule(
        Code(
            "controller-storage-full",
            "Several objects fail because their controller has no disk space left.",
        ),
        why="the controller's storage is full, so the artifacts of {count} objects cannot be stored",
        steps=(
            Step(
                "enlarge the controller's volume with spec.storage or a patch in spec.kustomize.patches of the FluxInstance, or fetch fewer or smaller artifacts (spec.ignore, .sourceignore, sparse checkout). If no volume is configured, /data is an emptyDir on the node's disk",
                read=(DESCRIBE, "kubectl get persistentvolumeclaims -n {ns}"),
            ),
        ),
        upstream="Go syscall ENOSPC",
    ),
    Rule(
        Code(
            "controller-temporary-storage-full",
            "Several objects fail because their controller has no space left in /tmp.",
        ),
        why="the controller's /tmp is full, so {count} of its objects cannot be fetched or built",
        steps=(
            Step(
                "find out what filled /tmp. It is an emptyDir on the node's disk, which other pods, images and logs also use. Free up space on the node's disk, enlarge the disk, or move the pod to another node",
                read=("kubectl get pods -n {ns} -o wide", "kubectl describe nodes", DESCRIBE),
            ),
            Step(
                "if the sources are large, make them smaller (spec.ignore, .sourceignore, sparse checkout), or lower the controller's --concurrent flag, because each attempt needs a copy of the source in /tmp"
            ),
        ),
        certainty="one-of",
        upstream="Go syscall ENOSPC, F manifests/bases (volume tmp)",
    ),
    Rule(
        Code(
            "controller-disk-full",
            "Several objects fail because a file system, probably their controller's, is full.",
        ),
        why="the controller's disk is probably full; {count} of its objects fail because no space is left on a device",
        steps=(
            Step(
                "check the free space on the controller's volumes and on the node's disk. If space is low, fetch fewer or smaller artifacts (spec.ignore, .sourceignore, sparse checkout)",
                read=(DESCRIBE, "kubectl get pods,persistentvolumeclaims -n {ns} -o wide"),
            ),
        ),
        certainty="likely",
        upstream="Go syscall ENOSPC",
    ),
    Rule(
        Code(
            "controller-storage-fails",
            "Several objects fail because their controller cannot write to its storage or to the API server.",
        ),
        why="the controller cannot write to its storage or to the API server, so {count} of its objects fail",
        steps=(Step("check the controller's volume, and read its logs", read=(DESCRIBE, OWN_LOG)),),
        certainty="one-of",
        upstream="SC api/v1/condition_types.go",
    ),
    Rule(
        Code(
            "controller-crd-missing",
            "A Flux controller is running, but a CRD that it requires is missing.",
        ),
        why="the CRD of {kinds} does not exist; {controller} is running, but the API server does not serve this kind, and all of its objects were deleted with the CRD",
        steps=(
            Step(
                "reconcile the FluxInstance, so that the operator restores the CRD. Flux then recreates the objects from Git",
                read=("kubectl get customresourcedefinitions -l app.kubernetes.io/part-of=flux",),
                change=(APPLY_INSTANCE,),
                needs=("instance",),
            ),
            Step(
                "reinstall Flux the way it was installed before. Flux then recreates the objects from Git",
                read=("kubectl get customresourcedefinitions -l app.kubernetes.io/part-of=flux",),
                lacks=("instance",),
            ),
        ),
        upstream="F manifests/crds",
    ),
    Rule(
        Code(
            "operator-crd-missing", "The Flux Operator is running, but one of its CRDs is missing."
        ),
        why="the CRD of {kinds} does not exist; the operator is running, but the API server does not serve this kind, and the FluxInstance was deleted with the CRD",
        steps=(
            Step(
                "restore the CRD with the operator's Helm chart, and then apply the FluxInstance again",
                read=(
                    "kubectl get customresourcedefinitions -l app.kubernetes.io/name={controller}",
                ),
                change=(
                    "helm upgrade flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {flux_namespace} --install",
                ),
            ),
        ),
        upstream="FO charts/flux-operator/templates/crds.yaml",
    ),
    Rule(
        Code(
            "controller-forbidden",
            "The ServiceAccount of a Flux controller lacks permissions that several objects need.",
        ),
        why="the controller's ServiceAccount lacks permissions that {count} of its objects need; a ClusterRole or ClusterRoleBinding of Flux is probably missing or was modified (forbidden)",
        steps=(
            Step(
                "restore Flux's ClusterRoleBindings. The operator applies them when it reconciles the FluxInstance, and the operator's own ClusterRoleBindings are part of its Helm chart",
                read=("kubectl get clusterrolebindings -o wide", OWN_LOG),
                change=(APPLY_INSTANCE,),
            ),
        ),
        certainty="likely",
        upstream="F manifests/rbac, FO charts/flux-operator/templates/rbac.yaml",
    ),
    Rule(
        Code(
            "controller-artifacts-gone",
            "A Flux controller has lost artifacts that its sources still refer to.",
        ),
        why="the controller has probably lost artifacts that its sources still refer to; {count} objects cannot download their artifacts",
        steps=(
            Step(
                "restart the controller, so that it fetches every source again. To keep artifacts across restarts, configure a volume with spec.storage of the FluxInstance",
                read=(DESCRIBE, OWN_LOG),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="likely",
        upstream="SC internal/controller reconcileStorage",
    ),
    Rule(
        Code(
            "controller-artifacts-corrupt",
            "A Flux controller serves artifacts that do not match the digests in the status of their sources.",
        ),
        why="the controller serves artifacts that do not match the digests of their sources, so {count} objects cannot use them; the controller probably stored the artifacts again after a restart, or runs with several replicas",
        steps=(
            Step(
                "restart the controller, so that it stores every artifact again. To keep artifacts across restarts, configure a volume with spec.storage of the FluxInstance, and run a single replica",
                read=(DESCRIBE, "kubectl get deployments,pods -n {ns}"),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="likely",
        upstream="PKG http/fetch, SC internal/controller reconcileStorage",
    ),
    Rule(
        Code(
            "controller-unreachable",
            "Several objects cannot download artifacts from a Flux controller that is ready.",
        ),
        why="the controller is running and ready, but {count} objects cannot download their artifacts from it: {innermost}",
        steps=(
            Step(
                "check the NetworkPolicies and Services in namespace {ns}, DNS, and the --storage-adv-addr flag of {name}",
                read=("kubectl get services,endpointslices,networkpolicies -n {ns}", OWN_LOG),
            ),
        ),
        certainty="one-of",
        upstream="PKG http/fetch",
    ),
)
