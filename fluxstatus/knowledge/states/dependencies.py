"""States of objects that other objects are waiting for."""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.model.codes import Code

RULES = (
    Rule(
        Code(
            "dependency-expression",
            "A dependency is ready, but the expression in spec.dependsOn[].readyExpr is not true.",
        ),
        why="waiting for {target}, which is ready, but spec.dependsOn[].readyExpr does not evaluate to true: {expression}",
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
        why="waiting for {target}, which is not a Flux object and is not ready{expected}",
        steps=(
            Step(
                "check why {target} is not ready. Reconciliation continues automatically once it is ready",
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
        Code("waits-unread", "An object that other objects are waiting for could not be read."),
        why="{waiting} for {target}, which could not be read",
        steps=(
            Step(
                "request permission to list {target_resource}, then run the check again",
                read=("kubectl auth can-i list {target_resource} --all-namespaces",),
            ),
        ),
        certainty="unknown",
        upstream="KC, HC, SC internal/controller",
    ),
)
