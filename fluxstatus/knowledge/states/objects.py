"""States of a Flux object: suspended, outdated, stuck, terminating, waiting."""

from fluxstatus.knowledge.commands import EVENTS, LOG, RECONCILE, SPEC
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.model.codes import Code

_RESUME = (
    """kubectl patch {resource} {name} -n {ns} --type=merge -p '{{"spec":{{"suspend":false}}}}'"""
)
_ENABLE = "kubectl annotate --overwrite {resource} {name} -n {ns} {switch}=enabled"
_CONTROLLER_PODS = "kubectl get pods -n {flux_namespace}"

RULES = (
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
                "grant ServiceAccount {sa} permission to delete the objects that this object manages, or get the controller running again; do not remove the finalizer: the managed objects would remain in the cluster",
                read=(EVENTS, LOG),
            ),
        ),
        certainty="one-of",
        in_full=True,
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
        in_full=True,
        upstream="FO docs/guides/instance/instance-sharding.md",
    ),
    Rule(
        Code("target-missing", "A source, dependency or other referenced object does not exist."),
        why="{missing_target}; {referrers} to it",
        steps=(
            Step(
                "create the missing object, or correct the name or namespace in {reference}",
                read=("kubectl get {target_resource} -A", SPEC),
            ),
        ),
        upstream="KC, HC, SC internal/controller",
    ),
    Rule(
        Code(
            "dependency-wrong-kind",
            "An entry in spec.dependsOn names an object of a kind that Flux does not wait for.",
        ),
        why="spec.dependsOn refers to {wrong_target}, which does not exist; there is a {other_kind} of that name, but spec.dependsOn of a {kind} only refers to objects of kind {kind}",
        steps=(
            Step(
                "remove the entry from spec.dependsOn; to wait for that {other_kind}, apply this object with a Kustomization that depends on it",
                read=(SPEC,),
            ),
        ),
        upstream="HC, KC api spec.dependsOn",
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
        why="its dependencies form a cycle: {cycle}; every object in it is blocked",
        steps=(Step("remove one of these references from spec.dependsOn", read=(SPEC,)),),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go (no detection there)",
    ),
)
