"""Objects that were removed from Git and cannot be deleted.

Upstream: fluxcd/pkg ssa/manager_delete.go, kustomize-controller
internal/controller/kustomization_controller.go.
"""

from fluxstatus.knowledge.building.shared import KS
from fluxstatus.knowledge.commands import EVENTS
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_PRUNE_FAILED = Code("prune-failed", "Some objects that were removed from Git cannot be deleted.")

_INVENTORY = "kubectl get {resource} {name} -n {ns} -o jsonpath={{.status.inventory}}"

RULES = (
    Rule(
        _PRUNE_FAILED,
        why="{object} was removed from Git, but cannot be deleted: the cluster no longer serves its kind in the version in status.inventory",
        steps=(
            Step(
                "if the CRD was removed by mistake, or now only serves other versions, reinstall the CRD with this version. Flux then deletes the object",
                read=("kubectl api-resources", _INVENTORY),
            ),
            Step(
                "if the CRD was removed for good, its objects no longer exist. Check all entries in status.inventory, and remove the entries of these objects (kubectl edit --subresource=status)"
            ),
        ),
        pattern=Text(
            r"query failed: (?:no matches for kind|failed to get API group resources: unable to retrieve the "
            r"complete list of server APIs: [\w./-]+: the server could not find the requested resource)"
        ),
        kinds=frozenset({"Kustomization", "ResourceSet"}),
        reach=Reach.WHOLE,
        in_full=True,
        upstream="PKG ssa/manager_delete.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="{object} was removed from Git, but cannot be deleted: {detail}",
        steps=(
            Step(
                "check the object's finalizers and webhooks, and check that ServiceAccount {sa} has permission to delete it",
                read=("kubectl get {object_resource} {object_name} -n {object_ns} -o yaml", EVENTS),
            ),
        ),
        pattern=Text(r"delete failed: (?P<detail>[^\n]{1,200})"),
        reasons=("PruneFailed",),
        kinds=KS,
        certainty="one-of",
        upstream="PKG ssa/manager_delete.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="some objects that were removed from Git cannot be deleted",
        steps=(
            Step(
                "check the finalizers and webhooks of these objects, and check that ServiceAccount {sa} has permission to delete them",
                read=(EVENTS,),
            ),
        ),
        reasons=("PruneFailed",),
        kinds=KS,
        certainty="unknown",
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="the Kustomization was deleted, but its objects were not deleted in time: {detail}",
        steps=(
            Step(
                "check the finalizers of the remaining objects, and check that ServiceAccount {sa} has permission to delete them",
                read=(EVENTS,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to wait for resources termination|pruning for deleted resource "
            r"failed)[^\n]{0,200})"
        ),
        kinds=KS,
        certainty="one-of",
        upstream="KC internal/controller/kustomization_controller.go finalize",
    ),
)
