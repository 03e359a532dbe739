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
        Code("suspended", "The object is suspended with spec.suspend: true."),
        why="reconciliation is suspended{suspended_by}: {held_back} until the object is resumed",
        steps=(
            Step(
                "resume the object to reconcile it again. If Git sets spec.suspend, remove the field there",
                change=(_RESUME,),
            ),
        ),
        trivial=True,
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        Code(
            "suspended-by-annotation",
            "The object is suspended with an annotation.",
        ),
        why="reconciliation is suspended by annotation {switch} (disabled){suspended_by}: {held_back}",
        steps=(
            Step(
                'set the annotation to "enabled" to reconcile the object again', change=(_ENABLE,)
            ),
        ),
        trivial=True,
        upstream="FO api/v1/common_types.go",
    ),
    Rule(
        Code("never-reconciled", "No controller has reconciled the object since it was created."),
        why="no controller has reconciled this object since it was created",
        steps=(
            Step(
                "check that the controller is running, that its flags --watch-label-selector and --watch-all-namespaces include this object, and that its logs show no errors",
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
        why="label sharding.fluxcd.io/key assigns this object to shard {shard}, but no controller for that shard is running; the status is outdated (generation {generation}, observedGeneration {observed})",
        steps=(
            Step(
                "add {shard} to spec.sharding.shards of the FluxInstance to start the controllers for this shard, or remove the label",
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
        why="the spec has changed, but the controller has not observed the change; the conditions describe the previous spec (generation {generation}, observedGeneration {observed})",
        steps=(
            Step(
                "check the controller. It might be busy or stuck, or might not be watching this object",
                read=(_CONTROLLER_PODS, LOG),
            ),
        ),
        certainty="one-of",
        upstream="PKG runtime/conditions",
    ),
    Rule(
        Code("stuck", "The object has been reconciling for longer than its timeout allows."),
        why="reconciliation is taking longer than the object's timeout allows",
        steps=(
            Step(
                "check the controller's logs, and use the object's events to find out what the reconciliation is waiting for",
                read=(LOG, EVENTS),
            ),
        ),
        certainty="one-of",
        upstream="KC docs/spec/v1/kustomizations.md",
    ),
    Rule(
        Code(
            "attempt-failed",
            "The last attempt failed with an error that is no longer available, and the next one is running.",
        ),
        why="{failures}, and the next attempt is running; the event that contained the error has expired",
        steps=(
            Step(
                "check the object's events and the controller's logs for the result of the next attempt{and_objects}",
                read=(EVENTS, LOG, "kubectl get pods -n {pods_ns}"),
            ),
        ),
        certainty="unknown",
        transient=True,
        upstream="PKG apis/meta/conditions.go ProgressingWithRetry",
    ),
    Rule(
        Code("terminating", "The object is being deleted, but its finalizer blocks the deletion."),
        why="deletion is blocked by finalizer {finalizers}: the controller has not deleted the managed objects yet",
        steps=(
            Step(
                "grant ServiceAccount {sa} permission to delete the managed objects, or get the controller running again. Do not remove the finalizer, because the managed objects would then remain in the cluster",
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
        why="deletion is blocked by finalizer {finalizers}: no controller for shard {shard} is running",
        steps=(
            Step(
                "add shard {shard} to spec.sharding.shards of the FluxInstance, or remove the label sharding.fluxcd.io/key so that the default controller finishes the deletion. Do not remove the finalizer",
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
            "An entry in spec.dependsOn refers to a kind that the object cannot depend on.",
        ),
        why="spec.dependsOn refers to {wrong_target}, which does not exist; a {other_kind} of that name exists, but spec.dependsOn of a {kind} can only refer to other {kind} objects",
        steps=(
            Step(
                "remove the entry from spec.dependsOn. If this object must wait for that {other_kind}, apply this object from a Kustomization that depends on the {other_kind} or on the Kustomization that applies it",
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
        why="waiting for {target}, which is probably ready by now or no longer exists",
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
            "A dependency is ready, but its status describes an older generation of its spec.",
        ),
        why="waiting for {target}, which has an outdated status; the Ready condition of {target_name} describes an older spec (generation {target_generation}, observedGeneration {target_observed}), so the dependency does not count as ready",
        steps=(
            Step(
                "reconcile {target}",
                read=("kubectl get {target_resource} {target_name} -n {target_ns} -o yaml",),
                change=(
                    "kubectl annotate --overwrite {target_resource} {target_name} -n {target_ns} reconcile.fluxcd.io/requestedAt={now}",
                ),
            ),
            Step(
                "if status.observedGeneration does not change, force a reconciliation. For a HelmRelease, this runs one Helm upgrade",
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
            "A health check is waiting for Flux objects, but their controller is not installed.",
        ),
        why="{objects}, {components} not installed{deletion}",
        steps=(
            Step(
                "install {component_names} with spec.components of the FluxInstance, or with --components-extra of flux bootstrap or flux install{until}",
                read=("kubectl get deployments -n {flux_namespace}",),
            ),
            Step(
                "if you no longer use these kinds, remove the objects from Git{by_hand}",
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
        why="the dependencies form a cycle: {cycle}; no object in the cycle can be reconciled",
        steps=(
            Step("remove one of the references in the cycle from spec.dependsOn", read=(SPEC,)),
        ),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go (no detection there)",
    ),
)
