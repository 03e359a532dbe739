"""Building: kustomize, YAML and patches, before anything is applied.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE
from fluxstatus.knowledge.commands import EVENTS, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RESOURCE_FILE_MISSING = Code(
    "resource-file-missing", "A file listed in the kustomization.yaml does not exist in the source."
)
_YAML_INVALID = Code(
    "yaml-invalid", "A manifest or the output of a ResourceSet template is not valid YAML."
)
_PATCH_WITHOUT_TARGET = Code(
    "patch-without-target", "The object that a patch targets cannot be found."
)
_PATCH_INVALID = Code("patch-invalid", "A patch is malformed or cannot be applied to its target.")
_KUSTOMIZATION_FILE_INVALID = Code(
    "kustomization-file-invalid", "The kustomization.yaml file is not valid."
)
_PRUNE_FAILED = Code("prune-failed", "Objects that were removed from Git cannot be deleted.")

_KS: KindNames = frozenset({"Kustomization"})
_KUSTOMIZE = "kustomize api"
_IN_BUILD = r"(?:/tmp/)?(?:[\w.-]*kustomization-\d+/)?"

_BAD_YAML = Text(
    r"(?P<detail>MalformedYAML[^\n]{0,160}|yaml: (?:line \d+|unmarshal|mapping|invalid|"
    r"found|did not|could not|block)[^\n]{0,120}|error converting YAML to JSON[^\n]{0,160}|"
    r"failed to decode Kubernetes[^\n]{0,160})"
)

_FILES = (
    Rule(
        Code("path-missing", "The path in spec.path does not exist in the source."),
        why="spec.path {path} does not exist in the source (no such directory)",
        steps=(
            Step(
                "correct spec.path, or check whether .sourceignore, spec.ignore or spec.sparseCheckout of the source excludes it",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=_KS,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code(
            "kustomization-file-missing",
            "A directory used as a base or component has no kustomization.yaml.",
        ),
        why="{directory} is used as a base or component but has no kustomization.yaml",
        steps=(
            Step(
                "add a kustomization.yaml to {directory}, or correct the reference; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"unable to find one of 'kustomization\.yaml'[^\n]*? in directory '"
            rf"{_IN_BUILD}(?P<directory>[^']+)'"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        Code(
            "kustomize-outside-root",
            "The kustomization.yaml refers to a path outside the source artifact.",
        ),
        why="kustomization.yaml refers to {file}, which is outside the source artifact",
        steps=(
            Step(
                "move the file below the root of the source, or include the parent directory in the source"
            ),
        ),
        pattern=Text(
            rf"(?:security; file|fs-security-constraint[^\n']*path) '{_IN_BUILD}"
            r"(?P<file>[^']+)' is not in or below"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/internal/loader, PKG kustomize/filesys",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml lists {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or remove it from resources; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': (?:open|stat|lstat|evalsymlink)"
            r".{0,300}?no such file or directory"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct the components, patches, generators or configurations that refer to it; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"^(?=.*kustomize).*(?:open|stat|lstat|evalsymlink failure on) '?"
            rf"{_IN_BUILD}(?P<file>[^\s:']+)'?\s*: [^\n]*no such file or directory"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        Code(
            "remote-base-unreachable",
            "A remote resource in the kustomization.yaml cannot be fetched.",
        ),
        why="kustomization.yaml refers to a remote resource on {host} that cannot be fetched",
        steps=(
            Step(
                "commit a copy of the resource, create a separate source for it, or allow connections from kustomize-controller to {host}"
            ),
        ),
        pattern=Text(
            r"dial tcp|no such host|i/o timeout|TLS handshake timeout|x509:|git fetch|"
            r"hit \S+ timeout running|could not read Username|URL is a git repository|"
            r"(?:accumulating resources|kustomize)[^\n]*https?://[^\n]*(?:40[134]|5\d\d)"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        Code(
            "remote-base-forbidden",
            "The kustomization.yaml uses a remote base, which --no-remote-bases forbids.",
        ),
        why="kustomization.yaml uses a remote base, which kustomize-controller forbids (--no-remote-bases)",
        steps=(
            Step("commit a copy of the base, or create a separate source and Kustomization for it"),
        ),
        pattern=Text(r"remote (?:bases|resources?) (?:are |is )?(?:not allowed|disabled|blocked)"),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG kustomize/filesys",
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not a valid Kubernetes manifest: {detail}",
        steps=(
            Step("correct {file} in Git; to check before you push, run kustomize build {path}"),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes (?:YAML|apiVersion|kind|resources?) from {_IN_BUILD}"
            r"(?P<file>\S+?): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/kustomize_generator.go",
    ),
    Rule(
        _YAML_INVALID,
        why="a manifest is not valid YAML: {detail}",
        steps=(
            Step("correct the file in Git; to check before you push, run kustomize build {path}"),
        ),
        pattern=_BAD_YAML,
        kinds=_KS,
        upstream="PKG ssa/utils, sigs.k8s.io/yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="the template of this ResourceSet renders invalid YAML: {detail}",
        steps=(
            Step(
                "correct spec.resourcesTemplate (or spec.resources): check the indentation, and quote inputs that are used as values; to see the result, run flux-operator build rset -f FILE",
                read=(SPEC,),
            ),
        ),
        pattern=_BAD_YAML,
        kinds=frozenset({"ResourceSet"}),
        upstream="FO internal/builder, PKG ssa/utils",
    ),
)

_KUSTOMIZATION = (
    Rule(
        RESOURCE_DUPLICATE,
        why="two manifests define the same object ({duplicate})",
        steps=(
            Step(
                "remove one of them: the object is defined in two files or in two bases; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="two manifests produce the same object: {detail}",
        steps=(
            Step(
                "check namespace, namePrefix and nameSuffix in kustomization.yaml, and spec.targetNamespace: they give two objects the same name and namespace; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>(?:ID conflict|found multiple objects)[^\n]{0,160})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="the patch target {target} matches no object",
        steps=(
            Step(
                "correct the patch target (group, kind, name, namespace), or add the object that it selects; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"no resource matches strategic merge patch \"(?P<target>[^\"]+)\""),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="the patch target {target} matches no object",
        steps=(
            Step(
                "correct the target's kind, name and namespace, or add the object that it selects; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:no matches for Id|unable to find (?:patch )?target|failed to find unique target "
            r"for patch) (?P<target>[^\s;]+)"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_INVALID,
        why="a JSON patch cannot be applied to {object}: {detail}",
        steps=(
            Step(
                "correct the patch's path: replace and remove need an existing field, and add needs an existing parent; write / in a key as ~1; to check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:add|remove|replace|test|move|copy) operation does not apply"
            r"[^\n]{0,200}|"
            r"doc is missing (?:path|key)[^\n]{0,160})"
        ),
        kinds=_KS,
        upstream="evanphx/json-patch",
    ),
    Rule(
        _PATCH_INVALID,
        why="a patch is neither a strategic merge patch nor a JSON patch: {detail}",
        steps=(
            Step(
                "correct the patch in kustomization.yaml or spec.patches; to check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to parse SM or JSON patch[^\n]{0,200}|trouble configuring builtin "
            r"Patch\w*[^\n]{0,160}|invalid patch[^\n]{0,160})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml has an unknown field ({field})",
        steps=(
            Step(
                "correct {field} in kustomization.yaml; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:invalid Kustomization|kustomize build failed)[^\n]*unknown field "
            r"\"(?P<field>[^\"]+)"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/types",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml is not valid: {detail}",
        steps=(
            Step(
                "correct kustomization.yaml; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:invalid Kustomization|Found multiple kustomization files|"
            r"kustomization file[^\n]{0,40}(?:empty|invalid)|"
            r"expected kind [^\n]{0,20}Kustomization|"
            r"couldn't make (?:target|loader))[^\n]{0,160}|"
            r"kustomization\.yaml is empty)"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        Code("kustomize-cycle", "The kustomization.yaml files refer to each other in a cycle."),
        why="the kustomization.yaml files refer to each other in a cycle: {detail}",
        steps=(
            Step(
                "remove one of the references; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>cycle detected[^\n]{0,160}|contains visited root[^\n]{0,80})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        Code(
            "generator-conflict",
            "A configMapGenerator or secretGenerator conflicts with an object, or its input file is missing.",
        ),
        why="a configMapGenerator or secretGenerator conflicts with an existing object, or one of its input files is missing: {detail}",
        steps=(
            Step(
                "set behavior: merge or replace, rename the generator, or correct the paths of its files; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>behavior must be merge or replace|merging from generator[^\n]{0,160}|"
            r"loading KV pairs[^\n]{0,160}|cannot (?:add|set) key[^\n]{0,120})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/accumulator",
    ),
    Rule(
        Code(
            "kustomize-plugin-forbidden",
            "The kustomization.yaml uses a plugin or helmCharts, which Flux does not support.",
        ),
        why="kustomization.yaml uses a plugin or helmCharts, which kustomize-controller does not support",
        steps=(
            Step(
                "render the manifests outside Flux (for example in CI) and commit the result; for a chart, use a HelmRelease"
            ),
        ),
        pattern=Text(
            r"external plugins? disabled|must specify --enable-helm|--enable-alpha-plugins"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/plugins",
    ),
)

_REST = (
    Rule(
        Code("build-failed", "Kustomize cannot build the manifests in spec.path."),
        why="kustomize cannot build {path}",
        steps=(
            Step(
                "to reproduce it locally, run kustomize build {path} (or, with the variables, flux build kustomization {name} --path={path}); then fix the reported error",
                read=(SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="{object} was removed from Git, but cannot be deleted: {detail}",
        steps=(
            Step(
                "check the object's finalizers and webhooks, and whether ServiceAccount {sa} has permission to delete it",
                read=("kubectl get {object_resource} {object_name} -n {object_ns} -o yaml", EVENTS),
            ),
        ),
        pattern=Text(r"delete failed: (?P<detail>[^\n]{1,200})"),
        reasons=("PruneFailed",),
        kinds=_KS,
        upstream="PKG ssa/manager_delete.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="objects that were removed from Git cannot be deleted",
        steps=(
            Step(
                "check the finalizers and webhooks of these objects, and the permissions of ServiceAccount {sa}",
                read=(EVENTS,),
            ),
        ),
        reasons=("PruneFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="the Kustomization was deleted, but its objects could not be deleted in time: {detail}",
        steps=(
            Step(
                "check the finalizers of the remaining objects, and whether ServiceAccount {sa} has permission to delete them",
                read=(EVENTS,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to wait for resources termination|pruning for deleted resource "
            r"failed)[^\n]{0,200})"
        ),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go finalize",
    ),
)

RULES = (*_FILES, *_KUSTOMIZATION, *_REST)
