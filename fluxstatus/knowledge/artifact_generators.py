"""Artifact generators, and invalid specs of any kind.

Upstream: source-watcher internal/controller and internal/builder, fluxcd/pkg runtime/reconcile.
"""

from fluxstatus.knowledge.codes import SPEC_INVALID
from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_GENERATOR: KindNames = frozenset({"ArtifactGenerator"})

_INVALID = (
    "ValidationFailed",
    "InvalidPolicy",
    "IntervalNotConfigured",
    "InvalidPolicySelector",
    "InvalidUpdateStrategy",
    "InvalidSourceConfiguration",
    "RemovedTemplateField",
    "InvalidSTSConfiguration",
    "InvalidSpec",
    "InvalidDefaultValues",
    "InvalidSchedule",
    "InvalidExportedInputs",
    "InvalidInputs",
    "InvalidConfig",
)
"""Reasons of a Ready condition for an invalid spec, which a retry does not fix."""

_GENERATORS = (
    Rule(
        Code(
            "generator-merge-failed",
            "The ArtifactGenerator cannot merge two files, because one of them is not valid YAML.",
        ),
        why="the ArtifactGenerator cannot merge {from_path} into a file of the artifact, because one of the two files is not valid YAML: {detail}",
        steps=(
            Step(
                "correct the YAML of both files in their sources, or remove strategy: Merge to copy the file instead",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"copy operation from '(?P<from_path>[^']+)' to '[^']+': [^\n]{0,80}?"
            r"failed to merged? YAML: (?P<detail>[^\n]{1,160})"
        ),
        kinds=_GENERATOR,
        reach=Reach.WHOLE,
        upstream="SW internal/builder/merge.go",
    ),
    Rule(
        Code(
            "generator-extract-failed",
            "The ArtifactGenerator cannot extract a file, because the file is not a tar archive.",
        ),
        why="the ArtifactGenerator cannot extract {from_path}: {detail}",
        steps=(
            Step(
                "use strategy: Extract only for .tar.gz or .tgz files; remove the strategy for other files",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"copy operation from '(?P<from_path>[^']+)' to '[^']+': [^\n]{0,80}?"
            r"(?P<detail>(?:extract strategy |failed to extract tarball )[^\n]{1,200})"
        ),
        kinds=_GENERATOR,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SW internal/builder/extract.go",
    ),
    Rule(
        Code(
            "generator-path-missing", "The ArtifactGenerator cannot copy a path from its sources."
        ),
        why="the ArtifactGenerator cannot copy {from_path}: {detail}",
        steps=(
            Step(
                "correct from, to and exclude in spec.artifacts; from has the form @ALIAS/path, and to has the form @artifact/path",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"copy operation from '(?P<from_path>[^']+)' to '[^']+': (?P<detail>[^\n]{1,200})"
        ),
        kinds=_GENERATOR,
        trivial=True,
        upstream="SW internal/builder/builder.go",
    ),
    Rule(
        SPEC_INVALID,
        why="the spec is invalid: {detail}",
        steps=(Step("fix the reported error in spec.sources or spec.artifacts", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>[^\n]{1,240})"),
        reasons=("ValidationFailed",),
        kinds=_GENERATOR,
        trivial=True,
        upstream="SW internal/controller/artifactgenerator_validation.go",
    ),
    Rule(
        Code(
            "generator-ownership-conflict",
            "An object that an ArtifactGenerator should manage belongs to another owner.",
        ),
        why="an ExternalArtifact or a Namespace that the ArtifactGenerator should manage belongs to another owner: {innermost}",
        steps=(
            Step(
                "check which ArtifactGenerators have artifacts with the same name and namespace; the label source.extensions.fluxcd.io/generator shows the owner of an ExternalArtifact",
                read=(
                    "kubectl get externalartifacts.source.toolkit.fluxcd.io -A --show-labels",
                    "kubectl get artifactgenerators.source.extensions.fluxcd.io -A",
                    SPEC,
                ),
            ),
            Step("rename the artifact, or remove it from one of the ArtifactGenerators"),
        ),
        reasons=("OwnershipConflict",),
        kinds=_GENERATOR,
        upstream="SW api/v1beta1 OwnershipConflictReason, ArtifactGeneratorLabel",
        versions=">=2.10",
    ),
    Rule(
        Code(
            "generator-failed",
            "The ArtifactGenerator cannot read its sources or build its artifacts.",
        ),
        why="the ArtifactGenerator cannot read its sources or build its artifacts: {innermost}",
        steps=(Step("check spec.sources and spec.artifacts", read=(SPEC, LOG)),),
        reasons=("SourceFetchFailed", "ArtifactFailed", "BuildFailed", "ReconciliationFailed"),
        kinds=_GENERATOR,
        certainty="unknown",
        upstream="SW internal/controller/artifactgenerator_controller.go",
    ),
)

_OF_ANY_KIND = (
    Rule(
        SPEC_INVALID,
        why="the spec is invalid: {detail}",
        steps=(Step("fix the reported error in the spec", read=(SPEC,)),),
        pattern=Text(r"failed terminally due to configuration error: (?P<detail>[^\n]{1,240})"),
        reasons=_INVALID,
        upstream="PKG runtime/reconcile, FO api/v1",
    ),
    Rule(
        SPEC_INVALID,
        why="the spec is invalid: {innermost}",
        steps=(Step("fix the reported error in the spec", read=(SPEC,)),),
        reasons=_INVALID,
        trivial=True,
        upstream="NC, IRC, IAC, SW, FO internal/controller",
    ),
)

RULES = (*_GENERATORS, *_OF_ANY_KIND)
