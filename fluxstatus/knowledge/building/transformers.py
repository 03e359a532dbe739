"""Replacements, variables and the other transformers of kustomize, and the schemas that they read.

Upstream: kustomize api (filters, internal/accumulator, internal/builtins), kyaml openapi.
"""

from fluxstatus.knowledge.building.shared import KS, KUSTOMIZE
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_TRANSFORMER_FAILED = Code(
    "transformer-failed", "A kustomize replacement, variable or transformer cannot be applied."
)

RULES = (
    Rule(
        _TRANSFORMER_FAILED,
        why="a replacement in kustomization.yaml cannot be applied: {detail}",
        steps=(
            Step(
                "correct the source (kind, name, fieldPath) or the targets of the replacement. To create missing target fields, set options.create: true. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>nothing selected by [^\n]{1,120}|multiple matches for selector [^\n]{1,120}|"
            r"fieldPath `[^`]*` is missing for replacement source[^\n]{0,80}|"
            r"unable to find (?:or create )?field \"[^\"]*\" in replacement target|"
            r"replacements must specify a source[^\n]{0,60}|target must specify resources to select|"
            r"delimiter option can only be used[^\n]{0,40}|"
            r"options\.index \d+ is out of bounds[^\n]{0,60}|not a structured data path|no structured data found in path|"
            r"unable to find field in structured data)"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/filters/replacement",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="an entry under replacements in kustomization.yaml is invalid: {detail}",
        steps=(
            Step(
                "correct the entry: it is either inline or a path to a file, and it needs one source or sourceValue and at least one target with select and fieldPaths. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>cannot specify both path and inline replacement|value and resource selectors are mutually exclusive|"
            r"unsupported replacement type encountered[^\n]{0,80})"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/builtins/ReplacementTransformer.go",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a variable under vars in kustomization.yaml cannot be resolved: {detail}",
        steps=(
            Step(
                "correct the variable's object and field, or use replacements instead (vars is deprecated)"
            ),
        ),
        pattern=Text(
            r"(?P<detail>var '[^']*' already encountered|field specified in var [^\n]{1,120}|"
            r"var '[^']*' cannot be mapped to a field[^\n]{0,60}|found \d+ resId matches for var[^\n]{0,80})"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/accumulator",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="replicas in kustomization.yaml refers to a workload that does not exist: {detail}",
        steps=(
            Step(
                "correct the name under replicas. It must be the workload's name before namePrefix and nameSuffix are applied"
            ),
        ),
        pattern=Text(r"(?P<detail>resource with name \S+ does not match a config[^\n]{0,120})"),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a reference in a manifest matches more than one object, so kustomize cannot update it: {detail}",
        steps=(
            Step(
                "set the namespace of the reference, or give the objects different names. To see the objects, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>found multiple possible referrals[^\n]{0,160})"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/filters/nameref",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="kustomize cannot set field {field} of {target} because a value on this path has the wrong type: {detail}",
        steps=(
            Step(
                "correct the manifest of {target}. The field {field} and its parents must have the types that the kind requires (mapping or list). To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"considering field '(?P<field>[^']+)' of object (?P<target>\S+): (?P<detail>[^\n]{1,160})"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/filters/fieldspec",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="kustomize cannot set a namespace or a reference in a manifest: {detail}",
        steps=(
            Step(
                "correct the type of the value in the manifest (a name or namespace must be a string). To find the value, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:namespace transformation failed|setting namespace (?:on|field)|"
            r"updating name reference in)[^\n]{0,200})"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        certainty="one-of",
        upstream=f"{KUSTOMIZE}/filters",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a file under crds, configurations or openapi in kustomization.yaml cannot be read: {detail}",
        steps=(
            Step(
                "list CustomResourceDefinition manifests under resources instead of crds, which is for OpenAPI definitions (JSON). To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:loading CRDs|unable to parse open API definition|merging config|merging CRDs|"
            r"invalid schema file|the specified OpenAPI version is not built in|"
            r"builtin version and custom schema provided)[^\n]{0,160})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/internal/accumulator, kyaml/openapi",
    ),
)
