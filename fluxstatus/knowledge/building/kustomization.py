"""The kustomization.yaml file: its fields and entries, duplicate objects and cycles.

Upstream: kustomize api (types, resmap, internal/target, internal/loader), fluxcd/pkg
kustomize/kustomize_generator.go.
"""

from fluxstatus.knowledge.building.shared import (
    GENERATOR,
    IN_BUILD,
    KS,
    KUSTOMIZATION_FILE_INVALID,
    KUSTOMIZE,
)
from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_ALONE = r"^(?:\(combined from similar events\): )?"

RULES = (
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml in {directory} is not valid YAML: {detail}",
        steps=(
            Step(
                "correct that kustomization.yaml (often, the indentation of a line is wrong). To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"target for path '{IN_BUILD}(?P<directory>[^']+)': (?:[^\n]{{0,80}}: )?(?P<detail>yaml: [^\n']{{1,120}})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the {made} that kustomization.yaml uses is invalid: unknown field {field}",
        steps=(
            Step(
                "correct {field} in the {made} file, which is listed under transformers, generators or validators in kustomization.yaml. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"trouble configuring builtin (?P<made>(?!Patch)\w+) with config: .*json: unknown field \"(?P<field>[^\"]+)\""
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        in_full=True,
        upstream=f"{KUSTOMIZE}/internal/plugins/loader",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="two manifests define the same object ({duplicate})",
        steps=(
            Step(
                "remove one of the two manifests. The object is defined in two files or two bases, or the same file is listed twice. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="two manifests produce the same object: {detail}",
        steps=(
            Step(
                "check namespace, namePrefix and nameSuffix in kustomization.yaml, and spec.targetNamespace, because they give two objects the same name and namespace. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>(?:ID conflict|found multiple objects)[^\n]{0,160})"),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="a kustomization.yaml is not a kustomize file because it has a different apiVersion or kind ({detail}); the file probably contains a Flux Kustomization",
        steps=(
            Step(
                "rename the file, because a Flux Kustomization must not be named kustomization.yaml. A kustomize file has apiVersion kustomize.config.k8s.io/v1beta1 and kind Kustomization"
            ),
        ),
        pattern=Text(
            r"(?P<detail>apiVersion for \w+ should be \S+|kind should be Kustomization or Component|"
            r"(?:invalid Kustomization|kustomize build failed): json: unknown field \"spec\")"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="a kustomization.yaml is not valid YAML: {detail}",
        steps=(
            Step(
                "correct the indentation and syntax of kustomization.yaml. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"invalid Kustomization: (?:error converting YAML to JSON: )?(?P<detail>yaml: [^\n]{1,160})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the entries of {field} in kustomization.yaml are plain strings, but must be mappings; each entry needs a path or a patch key",
        steps=(
            Step(
                'write each file name as "- path: FILE" (only the former field patchesStrategicMerge had plain file names). To convert the file, run kustomize edit fix'
            ),
        ),
        pattern=Text(
            r"cannot unmarshal string into Go struct field Kustomization\.(?P<field>patches\w*) "
            r"of type types\.Patch\b"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="field {field} in kustomization.yaml must be a string, but it is a {given}: YAML reads a value without quotes as a {given}",
        steps=(
            Step(
                'put the value of {field} in kustomization.yaml in quotes, for example newTag: "1.10". To check before you push, run kustomize build {path}'
            ),
        ),
        pattern=Text(
            r"cannot unmarshal (?P<given>number|bool) into Go struct field (?:Kustomization\.)?(?P<field>[\w.]+) of type string"
        ),
        context=Text(r"invalid Kustomization|Go struct field Kustomization\.|kustomization file"),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types, {GENERATOR}",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="field {field} in kustomization.yaml has the wrong type: {given} instead of {wanted}",
        steps=(
            Step(
                "correct the type of {field} in kustomization.yaml (list, mapping or string). To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"cannot unmarshal (?P<given>\w+) into Go struct field (?:Kustomization\.)?(?P<field>[\w.]+) "
            r"of type (?P<wanted>[^\s']+)"
        ),
        context=Text(r"invalid Kustomization|Go struct field Kustomization\.|kustomization file"),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types, {GENERATOR}",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml in {directory} has an unknown field ({field})",
        steps=(
            Step(
                "remove or correct {field} in that kustomization.yaml (files are listed under resources, or under files in a generator). To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"target for path '{IN_BUILD}(?P<directory>[^']+)': [^\n]*unknown field \"(?P<field>[^\"]+)"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml has an unknown field ({field})",
        steps=(
            Step(
                "correct {field} in kustomization.yaml. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:invalid Kustomization|kustomize build failed)[^\n]*unknown field "
            r"\"(?P<field>[^\"]+)"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="components in kustomization.yaml or spec.components lists {directory}, which is not a component (kind: Component)",
        steps=(
            Step(
                "list {directory} under resources instead, or set apiVersion: kustomize.config.k8s.io/v1alpha1 and kind: Component in its kustomization.yaml"
            ),
        ),
        pattern=Text(
            rf"expected kind 'Component' for path '{IN_BUILD}(?P<directory>[^']+)' but got"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the resources field of kustomization.yaml lists {directory}, which is a component (kind: Component)",
        steps=(Step("list {directory} under components instead of resources"),),
        pattern=Text(rf"expected kind != 'Component' for path '{IN_BUILD}(?P<directory>[^']+)'"),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml refers to file {file} where a directory is required, for example under components",
        steps=(
            Step(
                "refer to the directory that contains {file}. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"(?:refers to file '{IN_BUILD}(?P<file>[^']+)'; expecting directory|"
            r"loader\.New \"must build at directory)"
        ),
        kinds=KS,
        needs=("file",),
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the kustomization.yaml in {directory} is empty",
        steps=(
            Step(
                "list the manifests in that directory under resources, or remove the reference to {directory}"
            ),
        ),
        pattern=Text(
            rf"couldn't make target for path '{IN_BUILD}(?P<directory>[^']+)': kustomization\.yaml is empty"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml is empty, so there is nothing to build",
        steps=(
            Step(
                "add resources to kustomization.yaml in {path}, or remove the Flux Kustomization until there are resources to apply"
            ),
        ),
        pattern=Text(r"kustomization\.ya?ml is empty"),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/types",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml is invalid: {detail}",
        steps=(
            Step(
                "correct kustomization.yaml. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:invalid Kustomization|Found multiple kustomization files|"
            r"failed to unmarshal kustomization file|expected kustomization\S* to be a regular file|"
            r"path \"[^\"]*\" is ambiguous|"
            r"label name '[^']*' exists in both|conflicting fieldspecs)[^\n]{0,160}|"
            r"kustomization\.yaml is empty)"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/target, KC internal/decryptor/decryptor.go",
    ),
    Rule(
        KUSTOMIZATION_FILE_INVALID,
        why="the kustomization.yaml in spec.path {path} is not valid YAML: {detail}",
        steps=(
            Step(
                "correct kustomization.yaml in {path}. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"{_ALONE}error (?:converting YAML to JSON|unmarshaling JSON): (?P<detail>[^\n]{{1,160}})"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="certain",
        upstream=GENERATOR,
    ),
    Rule(
        Code("kustomize-cycle", "The kustomization.yaml files refer to each other in a cycle."),
        why="the kustomization.yaml files refer to each other in a cycle: {detail}",
        steps=(
            Step(
                "remove one of the references. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>cycle detected[^\n]{0,160}|contains visited root[^\n]{0,80})"),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
)
