"""A build that fails in any other way.

Upstream: PKG kustomize/kustomize_generator.go, KC
internal/controller/kustomization_controller.go.
"""

from fluxstatus.knowledge.building.shared import BUILD_FAILED, GENERATOR, KS
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_TRANSFORMERS = (
    Rule(
        BUILD_FAILED,
        why="kustomize crashes while it builds {path}: {detail}",
        steps=(
            Step(
                "check the manifests changed last for null values, empty items and duplicate keys; to reproduce it locally, run kustomize build {path}",
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
                "to reproduce it locally, run kustomize build {path} (or, with the variables, flux build kustomization {name} --path={path}); then fix the reported error",
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
