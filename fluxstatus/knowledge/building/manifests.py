"""Files of a build that are not YAML or not manifests, and kustomize files with a wrong name.

For a directory without a kustomization.yaml, Flux generates one that lists every YAML file below
it; only then can the message "failed to decode Kubernetes YAML from" occur. kustomize reports a
resource that is neither a valid file nor a valid directory as
`accumulation err='ERROR AS A FILE': ERROR AS A DIRECTORY`.

Upstream: fluxcd/pkg kustomize/kustomize_generator.go, kustomize api internal/target, flux-operator
internal/builder.
"""

from fluxstatus.knowledge.building.shared import (
    BUILD_FAILED,
    GENERATOR,
    IN_BUILD,
    KS,
    KUSTOMIZATION_FILE_INVALID,
    KUSTOMIZE,
)
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_NOT_A_MANIFEST = Code(
    "not-a-manifest", "A YAML file that Flux applies is not a Kubernetes manifest."
)
_YAML_INVALID = Code(
    "yaml-invalid", "A manifest, or the output of a ResourceSet template, is not valid YAML."
)

_BAD_YAML = Text(
    r"(?P<detail>MalformedYAML[^\n]{0,160}|yaml: (?:line \d+|unmarshal|mapping|invalid|"
    r"found|did not|could not|block)[^\n]{0,120}|error converting YAML to JSON[^\n]{0,160})"
)

RULES = (
    Rule(
        _YAML_INVALID,
        why="a manifest has a list with an empty item (a dash without a value) at {detail}",
        steps=(
            Step(
                "remove the empty item, or indent its content below the dash. To find the file, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"empty item at (?P<detail>\S{1,120}) in object"),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=f"{KUSTOMIZE}/resource/factory.go",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="{file} is a kustomize file with an unrecognized name, so it is read as a manifest; kustomize only recognizes kustomization.yaml, kustomization.yml and Kustomization",
        steps=(Step("rename {file} to kustomization.yaml (in lowercase)"),),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {IN_BUILD}(?P<file>\S+?): missing "
            r"metadata\.name in object \{\{kustomize\.config\.k8s\.io/"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=GENERATOR,
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the resources field of kustomization.yaml lists {file}, which is itself a kustomize file",
        steps=(
            Step(
                "list the directory instead of the file. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': missing metadata\.name in object "
            r"\{\{kustomize\.config\.k8s\.io/"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="{file} is not a Kubernetes manifest ({detail}); spec.path {path} has no kustomization.yaml, so Flux applies every YAML file in it",
        steps=(
            Step(
                "add a kustomization.yaml that lists the manifests to {path}, exclude the file with .sourceignore or with spec.ignore of the source, or move the file out of {path}"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {IN_BUILD}(?P<file>\S+?): "
            r"(?P<detail>missing (?:Resource metadata|kind))"
        ),
        kinds=KS,
        trivial=True,
        upstream=GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="the {made} in {file} has no metadata.name",
        steps=(
            Step(
                "set metadata.name in {file} (check the spelling of metadata and name). If the file is not meant to be applied, exclude it with .sourceignore or with spec.ignore of the source"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {IN_BUILD}(?P<file>\S+?): missing "
            r"metadata\.name in object \{\{\S* (?P<made>\w+)\}"
        ),
        kinds=KS,
        trivial=True,
        upstream=GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="key {key} occurs twice in the same mapping in {file} (line {line})",
        steps=(
            Step(
                "remove one of the two keys in {file}. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:failed to decode Kubernetes YAML from |accumulating resources from ')"
            rf"{IN_BUILD}(?P<file>[^\s']+?)'?: [^\n]*\n\s*line (?P<line>\d+): mapping key "
            r"\"(?P<key>[^\"]+)\" already defined"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="go-yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="key {key} occurs twice in the same mapping of a YAML file (line {line})",
        steps=(
            Step("remove one of the two keys in Git. To find the file, run kustomize build {path}"),
        ),
        pattern=Text(r"line (?P<line>\d+): mapping key \"(?P<key>[^\"]+)\" already defined"),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="go-yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not a valid Kubernetes manifest: {detail}",
        steps=(
            Step("correct {file} in Git. To check before you push, run kustomize build {path}"),
            Step(
                "if {file} is not meant to be applied (because it is a template or a values file), exclude it with .sourceignore or with spec.ignore of the source, or add a kustomization.yaml that lists the manifests to {path}"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {IN_BUILD}"
            r"(?P<file>\S+?): (?P<detail>[^\n]{1,400}?)(?: <nil>|$|\n)"
        ),
        kinds=KS,
        trivial=True,
        upstream=GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="the {made} in {file} has no metadata.name",
        steps=(
            Step(
                "set metadata.name in {file} (check the spelling of metadata and name). If the file is not a manifest, remove it from resources in kustomization.yaml"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': missing metadata\.name in object "
            r"\{\{\S* (?P<made>\w+)\}"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="the resources field of kustomization.yaml lists {file}, which is not a Kubernetes manifest ({detail})",
        steps=(
            Step(
                "remove {file} from resources. Values files belong under files of a configMapGenerator, patches under patches, and transformer configurations under configurations"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': (?P<detail>missing (?:Resource metadata|"
            r"kind|metadata\.name))"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="the build contains an object without apiVersion, kind or metadata.name: {detail}",
        steps=(
            Step(
                "correct the manifest, or the patch that removes these fields. To find the object, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"failed to decode Kubernetes apiVersion, kind and name from: (?P<detail>[^\n]{1,160})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        BUILD_FAILED,
        why="kustomize crashes while parsing {file}: {detail}",
        steps=(
            Step(
                "check {file} for null or empty items and wrong nesting. If it is not a manifest, exclude it with .sourceignore"
            ),
        ),
        pattern=Text(
            r"recovered from panic while parsing YAML file (?P<file>[^\s:]+): (?P<detail>[^\n]{1,160})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream=GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not valid YAML: {detail}",
        steps=(
            Step("correct {file} in Git. To check before you push, run kustomize build {path}"),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>(?!https?://)[^']+)': (?P<detail>(?:MalformedYAMLError: |"
            r"yaml: line \d+: )[^\n]{1,160}?)(?: in File|: must build at directory|'(?=: |$|\n)|$|\n)"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _YAML_INVALID,
        why="a manifest is not valid YAML: {detail}",
        steps=(
            Step("correct the file in Git. To check before you push, run kustomize build {path}"),
            Step(
                "if all files are valid, a patch in spec.patches or the value of a variable in spec.postBuild breaks the YAML. Quote the variable, or correct its value",
                read=(SPEC,),
            ),
        ),
        pattern=_BAD_YAML,
        reasons=("BuildFailed",),
        kinds=KS,
        certainty="one-of",
        upstream="PKG ssa/utils, sigs.k8s.io/yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="a template of this ResourceSet renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct spec.resourcesTemplate or spec.resources. Check the indentation, and quote the inputs that are used as values. To see the output, run flux-operator build rset -f FILE",
                read=(SPEC,),
            ),
        ),
        pattern=_BAD_YAML,
        kinds=frozenset({"ResourceSet"}),
        upstream="FO internal/builder, PKG ssa/utils",
    ),
)
