"""A build that fails in any other way.

Upstream: fluxcd/pkg kustomize/kustomize_generator.go, kustomize-controller
internal/controller/kustomization_controller.go.
"""

from fluxstatus.knowledge.building.shared import BUILD_FAILED, GENERATOR, KS
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_TRANSFORMERS = (
    Rule(
        BUILD_FAILED,
        why="kustomize crashes while building {path}: {detail}",
        steps=(
            Step(
                "check the most recently changed manifests for null values, empty items and duplicate keys. To reproduce the crash locally, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"recovered from kustomize build panic: (?P<detail>[^\n]{1,160})"),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream=GENERATOR,
    ),
)

_REST = (
    Rule(
        BUILD_FAILED,
        why="kustomize cannot build {path}: {innermost}",
        steps=(
            Step(
                "correct the reported error. To reproduce it locally, run kustomize build {path} or, to include the variables, flux build kustomization {name} --path={path}",
                read=(SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        certainty="unknown",
        upstream="KC internal/controller/kustomization_controller.go",
    ),
)

RULES = (*_TRANSFORMERS, *_REST)
