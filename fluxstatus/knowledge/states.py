"""What an object's state means when no message of a controller tells it."""

from collections.abc import Mapping

from fluxstatus.knowledge import blocked
from fluxstatus.knowledge.rule import Rule, Step

_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"
_EVENTS = "kubectl get events -n {ns} --field-selector=involvedObject.name={name}"
_RESUME = (
    """kubectl patch {resource} {name} -n {ns} --type=merge -p '{{"spec":{{"suspend":false}}}}'"""
)
_RESUME_ANNOTATED = "kubectl annotate --overwrite {resource} {name} -n {ns} {switch}=enabled"
_AGAIN = (
    "kubectl annotate --overwrite {resource} {name} -n {ns} reconcile.fluxcd.io/requestedAt={now}"
)
_CONTROLLER_LOG = "kubectl logs -n {flux_namespace} deployment/{controller} --tail=50"
_CONTROLLER_PODS = "kubectl get pods -n {flux_namespace}"
_DESCRIBE = "kubectl describe deployment {name} -n {ns}"
_PREVIOUS = "kubectl logs -n {ns} deployment/{name} --previous --tail=50"

_RULES = (
    Rule(
        "suspended",
        "it is suspended: nothing new of it reaches the cluster until it is resumed",
        (
            Step(
                "resume it if the pause is over; when suspend stands in Git, change it there",
                change=(_RESUME,),
            ),
        ),
        trivial=True,
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        "suspended-by-annotation",
        "it is suspended by the annotation {switch} (disabled): nothing new of it reaches the "
        "cluster",
        (Step("switch its reconciliation on if the pause is over", change=(_RESUME_ANNOTATED,)),),
        trivial=True,
        upstream="FO api/v1/common_types.go",
    ),
    Rule(
        "never-reconciled",
        "no controller has looked at it since it was created",
        (
            Step(
                "look at the controller, its arguments --watch-label-selector and "
                "--watch-all-namespaces, and its log",
                read=(_CONTROLLER_PODS, _CONTROLLER_LOG),
            ),
        ),
        upstream="facts of each CRD: status.observedGeneration -1",
    ),
    Rule(
        "shard-without-controller",
        "its label sharding.fluxcd.io/key={shard} gives it to the shard {shard}, and no controller "
        "of that shard runs; its status is old (generation {generation}, observed {observed})",
        (
            Step(
                "add {shard} to spec.sharding.shards of the FluxInstance so that its controllers "
                "run, or take the label off",
                read=("kubectl get deployments -n {flux_namespace} --show-labels",),
            ),
        ),
        upstream="FO docs/guides/instance/instance-sharding.md",
    ),
    Rule(
        "outdated",
        "its spec has changed and the controller has not looked at it: generation {generation}, "
        "observed {observed}; what its conditions say is about the older spec",
        (
            Step(
                "look at the controller: it is busy, hangs, or does not watch this object",
                read=(_CONTROLLER_PODS, _CONTROLLER_LOG),
            ),
        ),
        upstream="PKG runtime/conditions",
    ),
    Rule(
        "stuck",
        "it has been reconciling for longer than its timeout allows",
        (
            Step(
                "look at the controller's log and at what it waits for",
                read=(_CONTROLLER_LOG, _EVENTS),
            ),
        ),
        transient=False,
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        "attempt-failed",
        "its last attempt failed, and the next one is running; what failed stood in an event that "
        "has expired",
        (Step("wait for the result of this attempt", read=(_EVENTS,)),),
        transient=True,
        upstream="PKG apis/meta/conditions.go ProgressingWithRetry",
    ),
    Rule(
        "terminating",
        "it was deleted and is not gone: its finalizer {finalizers} waits for the controller to "
        "delete what it made",
        (
            Step(
                "let the ServiceAccount {sa} delete what it made, or bring its controller back; "
                "do not strip the finalizer: that leaves everything behind",
                read=(_EVENTS, _CONTROLLER_LOG),
            ),
        ),
        upstream="KC internal/controller/kustomization_controller.go finalize",
    ),
    Rule(
        "terminating-without-controller",
        "it was deleted, its finalizer {finalizers} waits for a controller, and none takes it "
        "(shard {shard})",
        (
            Step(
                "run the controllers of shard {shard} (spec.sharding of the FluxInstance), or take "
                "the label off so that the default controller finishes it; do not strip the "
                "finalizer",
                read=("kubectl get deployments -n {flux_namespace} --show-labels",),
            ),
        ),
        upstream="FO docs/guides/instance/instance-sharding.md",
    ),
    Rule(
        "target-missing",
        "{missing_target}; {referrers} to it",
        (
            Step(
                "create it, or correct {reference}",
                read=("kubectl get {target_resource} -A", _SPEC),
            ),
        ),
        upstream="KC, HC, SC internal/controller",
    ),
    Rule(
        "waits",
        "it waits for {target}, which is well now, or gone",
        (
            Step(
                "look at it again in a minute; if it stays, ask for a reconciliation",
                read=(_EVENTS,),
                change=(_AGAIN,),
            ),
        ),
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "dependency-cycle",
        "the dependencies are circular (a cycle), so that each waits for ever: {cycle}",
        (Step("take one of these references out of spec.dependsOn", read=(_SPEC,)),),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go (no detection there)",
    ),
    Rule(
        "controller-missing",
        "does not exist: nothing reconciles {kinds}",
        (
            Step(
                "let the operator make it again",
                change=(
                    "kubectl annotate --overwrite {instance_resource} {instance} -n {ns} "
                    "reconcile.fluxcd.io/requestedAt={now} reconcile.fluxcd.io/forceAt={now}",
                ),
            ),
            Step(
                "without a FluxInstance: install Flux again the way it came",
                read=("kubectl get deployments -n {ns}",),
            ),
        ),
        upstream="F pkg/manifestgen/install",
    ),
    Rule(
        "operator-missing",
        "does not exist: nothing reconciles {kinds}, and what it has installed is never upgraded",
        (
            Step(
                "install it again; it takes over what is there",
                change=(
                    "helm install flux-operator "
                    "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {ns}",
                ),
            ),
        ),
        upstream="FO docs/guides/operator/operator-install.md",
    ),
    Rule(
        "controller-scaled-to-zero",
        "is scaled to 0 replicas: nothing reconciles {kinds}",
        (
            Step(
                "scale it up again",
                change=("kubectl scale deployment {name} -n {ns} --replicas=1",),
            ),
        ),
        trivial=True,
        upstream="kubernetes apps/v1",
    ),
    Rule(
        "controller-out-of-memory",
        "its pod {trouble}; it needs more memory than its limit, and nothing reconciles {kinds}",
        (
            Step(
                "raise its memory limit: spec.cluster.size or spec.kustomize.patches of the "
                "FluxInstance",
                read=(_DESCRIBE, _PREVIOUS),
            ),
        ),
        upstream="kubernetes kubelet",
    ),
    Rule(
        "controller-crash-loop",
        "its pod {trouble}; nothing reconciles {kinds}",
        (Step("read the log of the crash", read=(_PREVIOUS, _DESCRIBE)),),
        upstream="kubernetes kubelet",
    ),
    Rule(
        "controller-image-pull",
        "its pod {trouble}; nothing reconciles {kinds}",
        (
            Step(
                "look at the registry (FluxInstance: spec.distribution.registry and "
                "imagePullSecret) and at the way out of the nodes",
                read=(_DESCRIBE, "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        upstream="kubernetes kubelet",
    ),
    Rule(
        "instance-images",
        "the images of {names} cannot be pulled; they come from spec.distribution.registry "
        "{registry}",
        (
            Step(
                "correct spec.distribution.registry, or give its pull Secret in "
                "spec.distribution.imagePullSecret",
                read=(_SPEC, "kubectl get pods -n {ns} -o wide"),
            ),
        ),
        upstream="FO internal/builder/images.go",
    ),
    Rule(
        "controller-hangs",
        "runs and is ready, and has reconciled nothing since {count} of its objects changed; it "
        "hangs, or does not watch them",
        (
            Step(
                "read its log; a restart takes nothing away",
                read=("kubectl logs -n {ns} deployment/{name} --tail=50",),
                change=("kubectl rollout restart deployment/{name} -n {ns}",),
            ),
        ),
        upstream="sigs.k8s.io/controller-runtime",
    ),
    Rule(
        "controller-not-scheduled",
        "its pod {trouble}; nothing reconciles {kinds}",
        (Step("make room for it, or correct its node selector", read=(_DESCRIBE,)),),
        upstream="kubernetes scheduler",
    ),
    Rule(
        "controller-not-ready",
        "is not available; {trouble}; nothing reconciles {kinds}",
        (Step("look at its pods and events", read=(_DESCRIBE, "kubectl get pods -n {ns}")),),
        upstream="kubernetes apps/v1",
    ),
)

STATES: Mapping[str, Rule] = {rule.code: rule for rule in (*_RULES, *blocked.RULES)}
"""The rules that a state selects, not a message, by their code."""
