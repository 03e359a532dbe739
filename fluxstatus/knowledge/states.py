"""The meaning of states of objects and controllers that no message reports.

Tracing the causes finds these states.
"""

from collections.abc import Mapping

from fluxstatus.knowledge.commands import APPLY_INSTANCE, EVENTS, LOG, RECONCILE, SPEC
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.model.codes import Code

_RESUME = (
    """kubectl patch {resource} {name} -n {ns} --type=merge -p '{{"spec":{{"suspend":false}}}}'"""
)
_ENABLE = "kubectl annotate --overwrite {resource} {name} -n {ns} {switch}=enabled"
_CONTROLLER_PODS = "kubectl get pods -n {flux_namespace}"
_DESCRIBE = "kubectl describe deployment {name} -n {ns}"
_PREVIOUS = "kubectl logs -n {ns} deployment/{name} --previous --tail=50"
_OWN_LOG = "kubectl logs -n {ns} deployment/{name} --tail=50"

_OBJECTS = (
    Rule(
        Code("suspended", "The object is suspended by spec.suspend until it is resumed."),
        why="reconciliation is suspended{suspended_by}: {held_back} until it is resumed",
        steps=(
            Step(
                "resume it when it should reconcile again; if spec.suspend is set in Git, remove it there",
                change=(_RESUME,),
            ),
        ),
        trivial=True,
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        Code(
            "suspended-by-annotation",
            "The object is suspended by an annotation until it is resumed.",
        ),
        why="reconciliation is suspended by annotation {switch} (disabled){suspended_by}: {held_back}",
        steps=(Step("enable it when it should reconcile again", change=(_ENABLE,)),),
        trivial=True,
        upstream="FO api/v1/common_types.go",
    ),
    Rule(
        Code("never-reconciled", "No controller has reconciled the object since it was created."),
        why="no controller has reconciled it since it was created",
        steps=(
            Step(
                "check the controller, its flags --watch-label-selector and --watch-all-namespaces, and its logs",
                read=(_CONTROLLER_PODS, LOG),
            ),
        ),
        certainty="one-of",
        upstream="default of status.observedGeneration (-1) in the Flux CRDs",
    ),
    Rule(
        Code(
            "shard-without-controller",
            "The object belongs to a shard that no running controller handles.",
        ),
        why="its label sharding.fluxcd.io/key assigns it to shard {shard}, but no controller for that shard is running; its status is outdated (generation {generation}, observed {observed})",
        steps=(
            Step(
                "add {shard} to spec.sharding.shards of the FluxInstance to start its controllers, or remove the label",
                read=("kubectl get deployments -n {flux_namespace} --show-labels",),
            ),
        ),
        upstream="FO docs/guides/instance/instance-sharding.md",
    ),
    Rule(
        Code(
            "outdated",
            "The spec has changed, but the controller has not observed the new generation.",
        ),
        why="its spec has changed, but the controller has not observed the change (generation {generation}, observed {observed}); its conditions are about the previous spec",
        steps=(
            Step(
                "check the controller: it might be busy or stuck, or might not be watching this object",
                read=(_CONTROLLER_PODS, LOG),
            ),
        ),
        certainty="one-of",
        upstream="PKG runtime/conditions",
    ),
    Rule(
        Code("stuck", "The object has been reconciling for longer than its timeout allows."),
        why="it has been reconciling for longer than its timeout allows",
        steps=(
            Step(
                "check the controller's logs, and what the object is waiting for",
                read=(LOG, EVENTS),
            ),
        ),
        certainty="one-of",
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        Code(
            "attempt-failed",
            "The last attempt failed for a reason that is no longer known, and the next one is running.",
        ),
        why="{failures}, and the next attempt is running; the event with the error has expired",
        steps=(
            Step(
                "check its events and the controller's logs: the result of this attempt is written there{and_objects}",
                read=(EVENTS, LOG, "kubectl get pods -n {pods_ns}"),
            ),
        ),
        certainty="unknown",
        transient=True,
        upstream="PKG apis/meta/conditions.go ProgressingWithRetry",
    ),
    Rule(
        Code("terminating", "The object is being deleted, but its finalizer blocks the deletion."),
        why="deletion is blocked by finalizer {finalizers}: the controller has not yet deleted the objects that it manages",
        steps=(
            Step(
                "grant ServiceAccount {sa} permission to delete the objects that this one manages, or get the controller running again; do not remove the finalizer: the managed objects would remain in the cluster",
                read=(EVENTS, LOG),
            ),
        ),
        certainty="one-of",
        upstream="KC internal/controller/kustomization_controller.go finalize",
    ),
    Rule(
        Code(
            "terminating-without-controller",
            "The object is being deleted, but no controller handles its finalizer.",
        ),
        why="deletion is blocked by finalizer {finalizers}: no running controller handles it (shard {shard})",
        steps=(
            Step(
                "add shard {shard} to spec.sharding.shards of the FluxInstance, or remove the label so that the default controller finishes the deletion; do not remove the finalizer",
                read=("kubectl get deployments -n {flux_namespace} --show-labels",),
            ),
        ),
        upstream="FO docs/guides/instance/instance-sharding.md",
    ),
    Rule(
        Code("target-missing", "A source, dependency or other referenced object does not exist."),
        why="{missing_target}; {referrers} to it",
        steps=(
            Step(
                "create the missing object, or correct {reference}",
                read=("kubectl get {target_resource} -A", SPEC),
            ),
        ),
        upstream="KC, HC, SC internal/controller",
    ),
    Rule(
        Code(
            "waits",
            "The object is still waiting for another object that is now ready or no longer exists.",
        ),
        why="it is waiting for {target}, which is probably ready by now, or no longer exists",
        steps=(
            Step(
                "check again in a minute; if the object is still waiting, request a reconciliation",
                read=(EVENTS,),
                change=(RECONCILE,),
            ),
        ),
        certainty="likely",
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code(
            "dependency-unobserved",
            "A dependency is Ready, but its status is about an older generation of it.",
        ),
        why="it is waiting for {target}, which is Ready, but the status of {target_name} is not about its current spec (generation {target_generation}, observedGeneration {target_observed}), so it does not count as ready",
        steps=(
            Step(
                "reconcile {target}",
                read=("kubectl get {target_resource} {target_name} -n {target_ns} -o yaml",),
                change=(
                    "kubectl annotate --overwrite {target_resource} {target_name} -n {target_ns} reconcile.fluxcd.io/requestedAt={now}",
                ),
            ),
            Step(
                "if its observedGeneration does not change, force it; for a HelmRelease, this runs one Helm upgrade",
                change=(
                    "kubectl annotate --overwrite {target_resource} {target_name} -n {target_ns} reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/forceAt={now}",
                ),
            ),
        ),
        upstream="KC, HC internal/controller checkDependencies",
    ),
    Rule(
        Code(
            "component-not-installed",
            "Objects of Flux wait for a controller that is not installed.",
        ),
        why="{objects}, but {components} not installed{deletion}",
        steps=(
            Step(
                "install {component_names} (spec.components of the FluxInstance, or --components-extra of flux bootstrap and flux install){until}",
                read=("kubectl get deployments -n {flux_namespace}",),
            ),
            Step(
                "if you no longer use these kinds, remove their manifests from Git{by_hand}",
                read=(SPEC,),
            ),
        ),
        upstream="F pkg/manifestgen/install, FO api/v1 spec.components",
    ),
    Rule(
        Code(
            "dependency-cycle",
            "The objects depend on each other in a cycle, so none of them can be reconciled.",
        ),
        why="the dependencies form a cycle, so every object in it is blocked: {cycle}",
        steps=(Step("remove one of these references from spec.dependsOn", read=(SPEC,)),),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go (no detection there)",
    ),
)

_CONTROLLERS = (
    Rule(
        Code("controller-missing", "The Deployment of a Flux controller does not exist."),
        why="does not exist: no controller reconciles {kinds} objects",
        steps=(
            Step(
                "have the operator recreate the Deployment",
                change=(
                    "kubectl annotate --overwrite {instance_resource} {instance} -n {ns} reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/forceAt={now}",
                ),
            ),
            Step(
                "if Flux was not installed with a FluxInstance, reinstall it the way it was installed before",
                read=("kubectl get deployments -n {ns}",),
            ),
        ),
        upstream="F pkg/manifestgen/install",
    ),
    Rule(
        Code(
            "operator-missing",
            "The Flux Operator is missing, so its objects are not reconciled.",
        ),
        why="does not exist: no controller reconciles {kinds} objects, and the Flux installation is not upgraded",
        steps=(
            Step(
                "reinstall the operator; it takes over the existing installation, and finishes pending deletions",
                change=(
                    "helm upgrade flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {ns} --install",
                ),
            ),
        ),
        upstream="FO docs/guides/operator/operator-install.md",
    ),
    Rule(
        Code(
            "operator-namespace-terminating",
            "The namespace of Flux is probably being deleted, with everything in it.",
        ),
        why="namespace {ns} is probably being deleted: its Deployments no longer exist, and {count} of its objects are being deleted",
        steps=(
            Step(
                "check whether namespace {ns} is being deleted (status.phase is Terminating), and which objects block the deletion",
                read=(
                    "kubectl get namespace {ns} -o yaml",
                    "kubectl get kustomizations.kustomize.toolkit.fluxcd.io,helmreleases.helm.toolkit.fluxcd.io -n {ns}",
                ),
            ),
            Step(
                "no controller is left to remove the finalizers of the remaining Flux objects: remove them only if the namespace should be deleted; the objects that they applied then stay in the cluster",
            ),
            Step(
                "once the namespace is gone, install Flux again; keep the Namespace manifest out of Kustomizations that prune, or annotate it with kustomize.toolkit.fluxcd.io/prune: disabled",
            ),
        ),
        certainty="likely",
        upstream="kubernetes namespace lifecycle, KC internal/controller (prune)",
    ),
    Rule(
        Code(
            "instance-deleted",
            "The FluxInstance and the controllers no longer exist, but objects of Flux do.",
        ),
        why="does not exist, and neither do {names}: no controller reconciles the objects of Flux{pending}",
        steps=(
            Step(
                "to keep Flux, apply the FluxInstance again: pending deletions then continue, and Kustomizations that are being deleted prune the objects that they applied; to keep these objects, first set spec.suspend: true on the Kustomization",
                read=(
                    "kubectl get kustomizations.kustomize.toolkit.fluxcd.io,helmreleases.helm.toolkit.fluxcd.io --all-namespaces",
                ),
                change=("kubectl apply -f flux-instance.yaml",),
            ),
            Step(
                "to remove Flux and keep the workloads, uninstall it: this removes the finalizers of its objects",
                change=("flux-operator uninstall -n {ns} --keep-namespace",),
            ),
        ),
        upstream="FO internal/controller/fluxinstance_uninstaller.go, F cmd/flux/uninstall.go",
    ),
    Rule(
        Code(
            "controller-scaled-to-zero",
            "The Deployment of a Flux controller is scaled to zero replicas.",
        ),
        why="is scaled to 0 replicas: no controller reconciles {kinds} objects",
        steps=(
            Step(
                "scale it up",
                change=("kubectl scale deployment {name} -n {ns} --replicas=1",),
            ),
        ),
        trivial=True,
        upstream="kubernetes apps/v1",
    ),
    Rule(
        Code(
            "controller-out-of-memory",
            "The container of a Flux controller needs more memory than its limit allows.",
        ),
        why="its pod {trouble}; the container probably needs more memory than its limit allows, and no controller reconciles {kinds} objects",
        steps=(
            Step(
                "raise the controller's memory limit with spec.cluster.size or spec.kustomize.patches of the FluxInstance",
                read=(_DESCRIBE, _PREVIOUS),
            ),
        ),
        certainty="likely",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code(
            "controller-crash-loop",
            "A pod of a Flux controller crashes, has failed or cannot start its container.",
        ),
        why="its pod {trouble}; no controller reconciles {kinds} objects",
        steps=(Step("check the logs of the crashed container", read=(_PREVIOUS, _DESCRIBE)),),
        certainty="unknown",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code("controller-image-pull", "The image of a Flux controller cannot be pulled."),
        why="its pod {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "check the registry (spec.distribution.registry and spec.distribution.imagePullSecret of the FluxInstance) and outbound connections from the nodes",
                read=(_DESCRIBE, "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        certainty="one-of",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code(
            "instance-images",
            "Several controller images cannot be pulled from spec.distribution.registry.",
        ),
        why="the images of {names} cannot be pulled; they come from {registry} (spec.distribution.registry)",
        steps=(
            Step(
                "correct spec.distribution.registry, or set spec.distribution.imagePullSecret",
                read=(SPEC, "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        certainty="one-of",
        upstream="FO internal/builder/images.go",
    ),
    Rule(
        Code(
            "instance-scc",
            "OpenShift's security context constraints reject the pods of the Flux controllers.",
        ),
        why="the security context constraints (SCC) of OpenShift reject the pods of {names}{cluster_type}",
        steps=(
            Step(
                "set spec.cluster.type: openshift in the FluxInstance: the operator then leaves out the fields that the SCC rejects",
                read=(
                    "kubectl get {instance_resource} {instance} -n {flux_namespace} -o yaml",
                    "kubectl get events -n {ns} --field-selector=reason=FailedCreate",
                ),
            ),
            Step(
                "without a FluxInstance, bind the SCC nonroot-v2 to the ServiceAccounts of the controllers, as the Flux documentation for OpenShift shows",
            ),
        ),
        upstream="FO internal/builder (cluster type), OpenShift SCC admission",
    ),
    Rule(
        Code(
            "controller-keeps-restarting",
            "A Flux controller is ready now, but keeps restarting before it finishes reconciling.",
        ),
        why="is ready now, but its container keeps terminating ({trouble}), so {count} of its objects are not reconciled",
        steps=(
            Step(
                "check the logs of the terminated container",
                read=(_PREVIOUS, _DESCRIBE),
            ),
        ),
        certainty="unknown",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code(
            "controller-keeps-running-out-of-memory",
            "A Flux controller is ready now, but is repeatedly killed for exceeding its memory limit.",
        ),
        why="is ready now, but its container keeps running out of memory, probably because of its limit ({trouble}), so {count} of its objects are not reconciled",
        steps=(
            Step(
                "raise its memory limit with spec.cluster.size or spec.kustomize.patches of the FluxInstance, or lower its --concurrent flag",
                read=(_DESCRIBE, _PREVIOUS),
            ),
        ),
        certainty="likely",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code("controller-hangs", "A Flux controller is ready but does not reconcile its objects."),
        why="is running and ready, but has not reconciled anything since {count} of its objects changed; it might be stuck, or might not be watching them",
        steps=(
            Step(
                "check the controller's logs; you can restart it safely",
                read=(_OWN_LOG,),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="one-of",
        upstream="sigs.k8s.io/controller-runtime",
    ),
    Rule(
        Code("controller-not-scheduled", "The pod of a Flux controller cannot be scheduled."),
        why="its pod {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step("free up capacity, or correct the controller's node selector", read=(_DESCRIBE,)),
        ),
        certainty="one-of",
        upstream="kubernetes scheduler",
    ),
    Rule(
        Code("controller-not-ready", "A Flux controller is not available."),
        why="is not available; {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "check the controller's pods and events",
                read=(_DESCRIBE, "kubectl get pods -n {ns}"),
            ),
        ),
        certainty="unknown",
        upstream="kubernetes apps/v1",
    ),
)

_BLOCKED = (
    Rule(
        Code(
            "dependency-expression",
            "A dependency is ready, but its spec.dependsOn[].readyExpr is not true.",
        ),
        why="it is waiting for {target}, which is ready, but the readyExpr of this dependency is not true: {expression}",
        steps=(
            Step(
                "check the fields that the expression reads, or correct spec.dependsOn[].readyExpr",
                read=("kubectl get {target_resource} {target_name} -n {target_ns} -o yaml", SPEC),
            ),
        ),
        upstream="KC, HC, FO internal/controller (evalReadyExpr)",
    ),
    Rule(
        Code("dependency-unready", "A dependency that is not a Flux object is not ready."),
        why="it is waiting for {target}, which is not a Flux object and is not ready{expected}",
        steps=(
            Step(
                "check why it is not ready; reconciliation continues automatically once it is ready",
                read=(
                    "kubectl get {target_resource} {target_name} -n {target_ns} -o yaml",
                    "kubectl get {target_cluster_resource} {target_name} -o yaml",
                ),
            ),
        ),
        certainty="unknown",
        upstream="FO internal/controller/resourceset_controller.go",
    ),
    Rule(
        Code("waits-unread", "An object that others wait for could not be read."),
        why="{waiting} for {target}, but it could not be read",
        steps=(
            Step(
                "request permission to list {target_resource}, then check again",
                read=("kubectl auth can-i list {target_resource} --all-namespaces",),
            ),
        ),
        certainty="unknown",
        upstream="KC, HC, SC internal/controller",
    ),
    Rule(
        Code(
            "controller-storage-full",
            "Several objects fail because their controller has no disk space left.",
        ),
        why="its storage is full: {count} of its objects cannot be stored",
        steps=(
            Step(
                "enlarge its volume (spec.storage or spec.kustomize.patches of the FluxInstance; without a volume, /data is an emptyDir on the node's disk), or fetch fewer and smaller artifacts (spec.ignore, .sourceignore, sparse checkout)",
                read=(_DESCRIBE, "kubectl get persistentvolumeclaims -n {ns}"),
            ),
        ),
        upstream="Go syscall ENOSPC",
    ),
    Rule(
        Code(
            "controller-temporary-storage-full",
            "Several objects fail because their controller has no space left in /tmp.",
        ),
        why="its /tmp is full: {count} of its objects cannot be fetched or built",
        steps=(
            Step(
                "find out what filled it: /tmp is an emptyDir on the disk of the node, so other pods, images and logs count, too; free up or enlarge the node's disk, or move the pod to another node",
                read=("kubectl get pods -n {ns} -o wide", "kubectl describe nodes", _DESCRIBE),
            ),
            Step(
                "if the sources are large, make them smaller (spec.ignore, .sourceignore, sparse checkout), or lower --concurrent: each attempt needs a copy of the source in /tmp"
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
        why="its disk is probably full: {count} of its objects fail because no space is left on a device",
        steps=(
            Step(
                "check its volumes and the disk of its node; fetch fewer and smaller artifacts (spec.ignore, .sourceignore, sparse checkout)",
                read=(_DESCRIBE, "kubectl get pods,persistentvolumeclaims -n {ns} -o wide"),
            ),
        ),
        certainty="likely",
        upstream="Go syscall ENOSPC",
    ),
    Rule(
        Code(
            "controller-storage-fails",
            "Several objects fail because their controller cannot write to its storage or the API.",
        ),
        why="cannot write to its storage or to the API server, so {count} of its objects fail",
        steps=(Step("check the controller's volume and logs", read=(_DESCRIBE, _OWN_LOG)),),
        certainty="one-of",
        upstream="SC api/v1/condition_types.go",
    ),
    Rule(
        Code(
            "controller-crd-missing",
            "A Flux controller is running, but the CRD of a kind it reconciles is missing.",
        ),
        why="does not exist (not found): {controller} is running, but the API server does not serve {kinds}; all objects of that kind were deleted with the CRD",
        steps=(
            Step(
                "have the operator restore the CRD by applying its FluxInstance; if Flux was not installed with a FluxInstance, reinstall it the way it was installed before; Flux then recreates the objects from Git",
                read=("kubectl get customresourcedefinitions -l app.kubernetes.io/part-of=flux",),
                change=(APPLY_INSTANCE,),
            ),
        ),
        upstream="F manifests/crds",
    ),
    Rule(
        Code(
            "operator-crd-missing", "The Flux Operator is running, but one of its CRDs is missing."
        ),
        why="does not exist (not found): the operator is running, but the API server does not serve {kinds}; the FluxInstance was deleted with the CRD",
        steps=(
            Step(
                "restore the CRD with the operator's Helm chart, then apply the FluxInstance again",
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
        why="its ServiceAccount lacks permissions that {count} of its objects need: a ClusterRole or ClusterRoleBinding of Flux is probably missing or was changed (forbidden)",
        steps=(
            Step(
                "restore Flux's ClusterRoleBindings: the operator applies them with its FluxInstance; the operator's own ClusterRoleBindings come from its Helm chart",
                read=("kubectl get clusterrolebindings -o wide", _OWN_LOG),
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
        why="has probably lost artifacts that its sources still refer to: {count} objects cannot download their artifacts",
        steps=(
            Step(
                "restart the controller, so that it fetches every source again; to keep artifacts across restarts, add a volume (spec.storage of the FluxInstance)",
                read=(_DESCRIBE, _OWN_LOG),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="likely",
        upstream="SC internal/controller reconcileStorage",
    ),
    Rule(
        Code(
            "controller-artifacts-corrupt",
            "A Flux controller serves artifacts that do not match the digests of its sources.",
        ),
        why="serves files that do not match the digests in the status of its sources, so {count} objects cannot use their artifacts; it probably stored them again after a restart, or runs with several replicas",
        steps=(
            Step(
                "restart it, so that it stores every artifact again; to keep artifacts across restarts, add a volume (spec.storage of the FluxInstance), and run one replica",
                read=(_DESCRIBE, "kubectl get deployments,pods -n {ns}"),
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
        why="is running and ready, but {count} objects cannot download their artifacts from it",
        steps=(
            Step(
                "check the NetworkPolicies and Services in namespace {ns}, DNS, and --storage-adv-addr of {name}",
                read=("kubectl get services,endpointslices,networkpolicies -n {ns}", _OWN_LOG),
            ),
        ),
        certainty="one-of",
        upstream="PKG http/fetch",
    ),
)

STATES: Mapping[str, Rule] = {rule.code: rule for rule in (*_OBJECTS, *_CONTROLLERS, *_BLOCKED)}
"""The rules for states, by code."""
