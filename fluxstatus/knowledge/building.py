"""Building: kustomize, YAML, patches; what fails before anything is applied.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE
from fluxstatus.knowledge.commands import EVENTS, SPEC
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_RESOURCE_FILE_MISSING = Code(
    "resource-file-missing", "A file named in the kustomization.yaml does not exist in the source."
)
_YAML_INVALID = Code(
    "yaml-invalid", "A manifest or the output of a ResourceSet template is not valid YAML."
)
_PATCH_WITHOUT_TARGET = Code(
    "patch-without-target", "The object that a patch targets cannot be found."
)
_PATCH_INVALID = Code(
    "patch-invalid", "A patch is malformed or does not fit the object it targets."
)
_KUSTOMIZATION_FILE_INVALID = Code(
    "kustomization-file-invalid", "The kustomization.yaml file is not valid."
)
_PRUNE_FAILED = Code(
    "prune-failed", "The Kustomization cannot delete objects that it has to remove."
)

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
        why="spec.path {path} is not in the source (no such directory)",
        steps=(
            Step(
                "correct spec.path, or look whether .sourceignore, spec.ignore or spec.sparseCheckout of the source leaves it out",
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
        why="{directory} is named as a base or component, and has no kustomization.yaml",
        steps=(
            Step(
                "add a kustomization.yaml to {directory}, or correct the reference; kustomize build {path} shows it before a push"
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
        why="kustomization.yaml reaches out of what the source packs: {file}",
        steps=(
            Step(
                "move the file below the root of the source, or let the source pack the directory above"
            ),
        ),
        pattern=Text(
            rf"(?:security; file|fs-security-constraint[^\n']*path) '{_IN_BUILD}"
            r"(?P<file>[^']+)' is not in or below"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/loader, PKG kustomize/filesys",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml lists {file}, which is not in the source",
        steps=(
            Step(
                "commit {file}, or take it out of resources; kustomize build {path} shows it before a push"
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
        why="kustomization.yaml names {file}, which is not in the source",
        steps=(
            Step(
                "commit {file}, or correct the components, patches, generators or configurations that name it; kustomize build {path} shows it before a push"
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
        why="kustomization.yaml names something on {host} that cannot be fetched",
        steps=(
            Step(
                "commit a copy instead of naming a URL, make it a source of its own, or open the way from kustomize-controller to {host}"
            ),
        ),
        pattern=Text(
            r"dial tcp|no such host|i/o timeout|TLS handshake timeout|x509:|git fetch|"
            r"hit \S+ timeout running|could not read Username|URL is a git repository|"
            r"(?:accumulating resources|kustomize)[^\n]*https?://[^\n]*(?:40[134]|5\d\d)"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        Code(
            "remote-base-forbidden",
            "The kustomization.yaml uses a remote base, which --no-remote-bases forbids.",
        ),
        why="kustomization.yaml names a remote base, which this kustomize-controller forbids (--no-remote-bases)",
        steps=(
            Step(
                "commit a copy of the base, or make it a source of its own with its Kustomization"
            ),
        ),
        pattern=Text(r"remote (?:bases|resources?) (?:are |is )?(?:not allowed|disabled|blocked)"),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/filesys",
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not valid YAML for Kubernetes: {detail}",
        steps=(
            Step("correct the file {file} in Git; kustomize build {path} shows it before a push"),
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
        steps=(Step("correct the file in Git; kustomize build {path} shows it before a push"),),
        pattern=_BAD_YAML,
        kinds=_KS,
        upstream="PKG ssa/utils, sigs.k8s.io/yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="what the template of this ResourceSet gives is not valid YAML: {detail}",
        steps=(
            Step(
                "correct spec.resourcesTemplate (or spec.resources): indentation, and quotes around an input that ends up in a value; flux-operator build rset -f FILE shows the outcome",
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
        why="two manifests define the same object: {duplicate}",
        steps=(
            Step(
                "take one of them out: it stands in two files, or in two bases; kustomize build {path} shows it before a push"
            ),
        ),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        RESOURCE_DUPLICATE,
        why="two manifests become the same object: {detail}",
        steps=(
            Step(
                "look at namespace, namePrefix and nameSuffix in kustomization.yaml, and at spec.targetNamespace: they make two objects alike; kustomize build {path} shows it before a push"
            ),
        ),
        pattern=Text(r"(?P<detail>(?:ID conflict|found multiple objects)[^\n]{0,160})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="a patch has no object to change: {target}",
        steps=(
            Step(
                "correct the patch's target (group, kind, name, namespace), or add the object (no matches for it now); kustomize build {path} shows it before a push"
            ),
        ),
        pattern=Text(r"no resource matches strategic merge patch \"(?P<target>[^\"]+)\""),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_WITHOUT_TARGET,
        why="a patch has no object to change: {target}",
        steps=(
            Step(
                "correct the target's kind, name and namespace, or add the object (no matches for it now); kustomize build {path} shows it before a push"
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
        why="a JSON patch does not fit {object}: {detail}",
        steps=(
            Step(
                "correct the path of the patch; replace and remove need a field that is there, add needs its parent, and / in a key is written ~1; kustomize build {path} shows it before a push",
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
                "correct the patch in kustomization.yaml or spec.patches; kustomize build {path} shows it before a push",
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
        why="kustomization.yaml has a field that kustomize does not know: {field}",
        steps=(
            Step(
                "correct {field} in kustomization.yaml; kustomize build {path} shows it before a push"
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
        steps=(Step("correct kustomization.yaml; kustomize build {path} shows it before a push"),),
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
        why="the kustomization.yaml files name each other in a circle: {detail}",
        steps=(
            Step("take one of the references out; kustomize build {path} shows it before a push"),
        ),
        pattern=Text(r"(?P<detail>cycle detected[^\n]{0,160}|contains visited root[^\n]{0,80})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        Code(
            "generator-conflict",
            "A configMapGenerator or secretGenerator conflicts with an object or lacks its input.",
        ),
        why="a configMapGenerator or secretGenerator makes what is there already, or lacks its source: {detail}",
        steps=(
            Step(
                "set behavior: merge or replace, give the generator another name, or correct the files that it reads; kustomize build {path} shows it before a push"
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
        why="kustomization.yaml uses a plugin or helmCharts, which kustomize-controller does not run",
        steps=(
            Step(
                "render it outside (or in CI) and commit the result; for a chart use a HelmRelease"
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
                "build it locally and correct what the message says: kustomize build {path}, or flux build kustomization {name} --path={path} with its variables",
                read=(SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="{object} is no longer in Git and cannot be deleted: {detail}",
        steps=(
            Step(
                "look at its finalizers, at webhooks, and at the rights of the ServiceAccount {sa} to delete it",
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
        why="what is no longer in Git cannot be deleted",
        steps=(
            Step(
                "look at finalizers, webhooks and the rights of the ServiceAccount {sa}",
                read=(EVENTS,),
            ),
        ),
        reasons=("PruneFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PRUNE_FAILED,
        why="it was deleted, and what it made is not, or not in time: {detail}",
        steps=(
            Step(
                "look at the finalizers of what is left behind, and at the rights of the ServiceAccount {sa} to delete it",
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
