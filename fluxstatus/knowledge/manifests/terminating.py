"""Objects that cannot be recreated yet, because they are still being deleted.

Upstream: kubernetes apiserver pkg/registry/generic/registry, fluxcd/pkg ssa/manager_apply.go and
ssa/manager_wait.go.
"""

from fluxstatus.knowledge.commands import CLUSTER_OBJECT, OBJECT
from fluxstatus.knowledge.manifests.shared import APPLIES
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_TERMINATING = Code(
    "object-terminating", "An object is still being deleted, so it cannot be created again."
)
_FINALIZERS = Step(
    "check the object's metadata.finalizers, and the controllers that remove them; a PersistentVolumeClaim is not deleted while a pod uses it",
    read=(OBJECT, CLUSTER_OBJECT),
)

RULES = (
    Rule(
        _TERMINATING,
        why="{object} is still being deleted, so it cannot be created again; Flux recreates it after the deletion",
        steps=(_FINALIZERS,),
        pattern=Text(
            r"object is being deleted: |no new finalizers can be added if the object is being deleted"
        ),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        upstream="kubernetes apiserver pkg/registry/generic/registry store.go",
    ),
    Rule(
        _TERMINATING,
        why="Flux deleted {object} to recreate it with a changed immutable field, but the deletion did not finish before the timeout",
        steps=(_FINALIZERS,),
        pattern=Text(r"immutable field detected, failed to wait for object to be deleted"),
        kinds=APPLIES,
        reach=Reach.WHOLE,
        upstream="PKG ssa/manager_apply.go, ssa/manager_wait.go",
    ),
)
