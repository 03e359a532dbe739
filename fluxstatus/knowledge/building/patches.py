"""Patches in a kustomization.yaml or in spec.patches, and their targets.

Upstream: kustomize api (resmap, internal/builtins), evanphx/json-patch, fluxcd/pkg
kustomize/kustomize_generator.go.
"""

from fluxstatus.knowledge.building.shared import GENERATOR, KS, KUSTOMIZE
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_PATCH_WITHOUT_TARGET = Code(
    "patch-without-target", "The object that a patch targets cannot be found."
)
_PATCH_INVALID = Code("patch-invalid", "A patch is invalid or cannot be applied to its target.")

RULES = (
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="no object matches the patch target {target}",
        steps=(
            Step(
                "correct the patch target (group, kind, name, namespace), or add the object that it selects. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"no resource matches strategic merge patch \"(?P<target>[^\"]+)\""),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="no object matches the patch target {target}",
        steps=(
            Step(
                "correct the target's kind, name and namespace, or add the object that it selects. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:no matches for Id|unable to find (?:patch )?target|failed to find unique target "
            r"for patch) (?P<target>[^\s;]+)"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="more than one object matches the patch target {target}",
        steps=(
            Step(
                "add the namespace, or the group and version, to the patch so that it selects a single object"
            ),
        ),
        pattern=Text(r"multiple matches for Id (?P<target>[^\s;]+)"),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_INVALID,
        why="a JSON patch cannot be applied to its target: {detail}",
        steps=(
            Step(
                "correct the path of the patch. The operations replace and remove require an existing field, add requires an existing parent, and test requires the object's current value; write / in a key as ~1. To check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:add|remove|replace|test|move|copy) operation does not apply"
            r"[^\n]{0,200}|"
            r"doc is missing (?:path|key)[^\n]{0,160}|"
            r"error in (?:add|remove|replace|move|copy) for path: [^\n]{0,200}|"
            r"testing (?:value|path) \S+ (?:value )?failed[^\n]{0,40})"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        upstream="evanphx/json-patch",
    ),
    Rule(
        _PATCH_INVALID,
        why="a patch or a manifest contains {given} where kustomize expects {wanted} ({field})",
        steps=(
            Step(
                'correct {field} in the patches of kustomization.yaml or spec.patches, or in the manifest that they change. List entries start with "-", and mappings have keys. To check before you push, run kustomize build {path}',
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"wrong Node Kind for (?P<field>[\w./\[\]-]*) ?expected: (?P<wanted>\w+) was (?P<given>\w+)"
        ),
        kinds=KS,
        certainty="one-of",
        quoted=True,
        upstream="KZ kyaml/yaml/types.go",
    ),
    Rule(
        _PATCH_INVALID,
        why="a JSON patch in kustomization.yaml or spec.patches has no target",
        steps=(
            Step(
                "add a target (kind and name) to the patch. Only a strategic merge patch selects its object by its own kind and name",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"must specify a target for (?:JSON )?patch"),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_INVALID,
        why="the field patch has the name of a file, {file}, where the patch itself must be",
        steps=(
            Step(
                "in kustomization.yaml, use path instead of patch for the name of a file. In spec.patches, which has no path, write the content of the file as the patch. To check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"unable to parse SM or JSON patch from \[(?:patch: )?['\"]?(?P<file>[\w./@-]+\.(?:ya?ml|json))(?=['\"\]\\])"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        quoted=True,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_INVALID,
        why="a patch is neither a strategic merge patch nor a JSON patch: {detail}",
        steps=(
            Step(
                "correct the patch in kustomization.yaml or spec.patches. A strategic merge patch requires apiVersion, kind and metadata.name; a JSON patch is a list of operations. To check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to parse SM or JSON patch[^\n]{0,200}|invalid patch[^\n]{0,160}|"
            r"illegally qualifies as both an SM and JSON patch[^\n]{0,120})"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_INVALID,
        why="an entry under patches in kustomization.yaml or spec.patches is invalid: {detail}",
        steps=(
            Step(
                "correct the entry. It requires either patch or path, and an entry with a target can contain only one strategic merge patch",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>must specify one of patch and path|patch and path can't be set at the same time|"
            r"Multiple Strategic-Merge Patches in one `?patches`? entry|patch appears to be empty|"
            r"empty json patch operations|empty file path and empty|"
            r"patch file '[^']*' empty|unable to get patches[^\n]{0,120}|"
            r"trouble configuring builtin Patch\w*)"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/builtins, {GENERATOR}",
    ),
)
