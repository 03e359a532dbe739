"""States of a controller: its Deployment, its pods and its installation."""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.knowledge.states.shared import DESCRIBE, OWN_LOG
from fluxstatus.model.codes import Code

_PREVIOUS = "kubectl logs -n {ns} deployment/{name} --previous --tail=50"

RULES = (
    Rule(
        Code("controller-missing", "The Deployment of a Flux controller does not exist."),
        why="the Deployment does not exist; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "reconcile the FluxInstance, so that the Flux Operator recreates the Deployment",
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
            "The Flux Operator is not installed, so Flux Operator objects are not reconciled.",
        ),
        why="the Deployment does not exist; no controller reconciles {kinds} objects or upgrades the Flux installation",
        steps=(
            Step(
                "reinstall the Flux Operator. It takes over the existing installation and finishes pending deletions",
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
            "The namespace of Flux is probably being deleted, along with everything in it.",
        ),
        why="namespace {ns} is probably being deleted; the Deployments in this namespace no longer exist, and {count} of its objects are being deleted",
        steps=(
            Step(
                "check whether namespace {ns} is being deleted (status.phase is Terminating) and which objects block the deletion",
                read=(
                    "kubectl get namespace {ns} -o yaml",
                    "kubectl get kustomizations.kustomize.toolkit.fluxcd.io,helmreleases.helm.toolkit.fluxcd.io -n {ns}",
                ),
            ),
            Step(
                "remove the finalizers of the remaining Flux objects only if the namespace should be deleted, because no controller is left to remove them. The objects that Flux has applied then stay in the cluster",
            ),
            Step(
                "once the namespace is gone, reinstall Flux. Keep the Namespace manifest out of Kustomizations that prune, or annotate it with kustomize.toolkit.fluxcd.io/prune: disabled",
            ),
        ),
        certainty="likely",
        upstream="kubernetes namespace lifecycle, KC internal/controller (prune)",
    ),
    Rule(
        Code(
            "instance-deleted",
            "The FluxInstance and the Flux controllers no longer exist, but Flux objects do.",
        ),
        why="the FluxInstance does not exist, and neither do {names}; no controller reconciles Flux objects{pending}",
        steps=(
            Step(
                "to keep Flux, apply the FluxInstance again. Pending deletions then continue, and each Kustomization that is being deleted prunes the objects that it applied, unless you first set its spec.suspend to true",
                read=(
                    "kubectl get kustomizations.kustomize.toolkit.fluxcd.io,helmreleases.helm.toolkit.fluxcd.io --all-namespaces",
                ),
                change=("kubectl apply -f flux-instance.yaml",),
            ),
            Step(
                "to uninstall Flux and keep the workloads, run the uninstall command, which removes the finalizers from Flux objects",
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
        why="the Deployment is scaled to 0 replicas; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "scale up the Deployment",
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
        why="{trouble}; the container probably needs more memory than its limit allows; {looping}no controller reconciles {kinds} objects",
        steps=(
            Step(
                "raise the controller's memory limit with spec.cluster.size or a patch in spec.kustomize.patches of the FluxInstance",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        certainty="likely",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code(
            "controller-crash-loop",
            "A Flux controller's pod is crashing or has failed.",
        ),
        why="{trouble}; {looping}no controller reconciles {kinds} objects",
        steps=(Step("check the logs of the crashed container", read=(_PREVIOUS, DESCRIBE)),),
        certainty="unknown",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code("controller-image-pull", "A Flux controller's image cannot be pulled."),
        why="the controller's pod {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "check spec.distribution.registry and spec.distribution.imagePullSecret of the FluxInstance, and allow outbound connections from the nodes to the registry",
                read=(DESCRIBE, "kubectl get pods -n {ns} -o wide"),
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
        why="the images of {names} cannot be pulled from {registry}, the registry in spec.distribution.registry",
        steps=(
            Step(
                "correct spec.distribution.registry, or set spec.distribution.imagePullSecret if the registry requires authentication",
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
                "set spec.cluster.type: openshift in the FluxInstance, so that the operator omits the fields that the SCC rejects",
                read=(
                    "kubectl get {instance_resource} {instance} -n {flux_namespace} -o yaml",
                    "kubectl get events -n {ns} --field-selector=reason=FailedCreate",
                ),
            ),
            Step(
                "if there is no FluxInstance, bind the SCC nonroot-v2 to the ServiceAccounts of the controllers, as described in the Flux documentation for OpenShift",
            ),
        ),
        upstream="FO internal/builder (cluster type), OpenShift SCC admission",
    ),
    Rule(
        Code(
            "controller-keeps-restarting",
            "A Flux controller is ready now, but keeps restarting before it finishes reconciling.",
        ),
        why="the controller is ready now, but its container keeps terminating ({trouble}), so {count} of its objects are not reconciled",
        steps=(
            Step(
                "check the logs of the terminated container",
                read=(_PREVIOUS, DESCRIBE),
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
        why="the controller is ready now, but its container keeps running out of memory ({trouble}), so {count} of its objects are not reconciled; the memory limit is probably too low",
        steps=(
            Step(
                "raise the controller's memory limit with spec.cluster.size or a patch in spec.kustomize.patches of the FluxInstance, or lower its --concurrent flag",
                read=(DESCRIBE, _PREVIOUS),
            ),
        ),
        certainty="likely",
        upstream="kubernetes kubelet",
    ),
    Rule(
        Code("controller-hangs", "A Flux controller is ready, but does not reconcile its objects."),
        why="the controller is running and ready, but has not reconciled anything since {count} of its objects changed; the controller might be stuck, or might not be watching these objects",
        steps=(
            Step(
                "check the controller's logs. Restarting the controller is safe",
                read=(OWN_LOG,),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="one-of",
        upstream="sigs.k8s.io/controller-runtime",
    ),
    Rule(
        Code(
            "controller-overdue",
            "A Flux controller is ready, but does not reconcile objects that are overdue.",
        ),
        why="the controller is running and ready, but has not reconciled anything for {age}; {overdue}, such as {example}, which has an interval of {every}",
        steps=(
            Step(
                "check the controller's logs. Restarting the controller is safe",
                read=(OWN_LOG,),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
            Step(
                "if the machine that runs this cluster was asleep until now, run the check again in {every}, because timers resume where they stopped",
            ),
        ),
        certainty="one-of",
        upstream="sigs.k8s.io/controller-runtime, KC and FO api (status.history)",
    ),
    Rule(
        Code(
            "controller-lease-expired",
            "A Flux controller is ready, but no longer renews its leader election Lease.",
        ),
        why="the controller is ready, but has not renewed its Lease {lease} for {unrenewed}; the process probably hangs or cannot reach the API server",
        steps=(
            Step(
                "check the controller's logs. Restarting the controller is safe",
                read=(OWN_LOG, "kubectl get lease/{lease} -n {ns} -o yaml"),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        certainty="likely",
        upstream="client-go tools/leaderelection, PKG runtime/leaderelection",
    ),
    Rule(
        Code("controller-not-scheduled", "A Flux controller's pod cannot be scheduled."),
        why="the controller's pod {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "free up capacity on the nodes, or correct the controller's node selector",
                read=(DESCRIBE,),
            ),
        ),
        certainty="one-of",
        upstream="kubernetes scheduler",
    ),
    Rule(
        Code("controller-not-ready", "A Flux controller is not available."),
        why="the controller is not available; {trouble}; no controller reconciles {kinds} objects",
        steps=(
            Step(
                "check the controller's pods and events",
                read=(DESCRIBE, "kubectl get pods -n {ns}"),
            ),
        ),
        certainty="unknown",
        upstream="kubernetes apps/v1",
    ),
)
