"""Building: kustomize, YAML, patches; what fails before anything is applied.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
"""

from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.steps import EVENTS, SPEC

_KS = frozenset({"Kustomization"})
_KUSTOMIZE = "kustomize api"
_LOCALLY = "kustomize build {path} shows it before a push"
_IN_BUILD = r"(?:/tmp/)?(?:[\w.-]*kustomization-\d+/)?"

_BAD_YAML = Text(
    r"(?P<detail>MalformedYAML[^\n]{0,160}|yaml: (?:line \d+|unmarshal|mapping|invalid|"
    r"found|did not|could not|block)[^\n]{0,120}|error converting YAML to JSON[^\n]{0,160}|"
    r"failed to decode Kubernetes[^\n]{0,160})"
)

_FILES = (
    Rule(
        "path-missing",
        "spec.path {path} is not in the source (no such directory)",
        (
            Step(
                "correct spec.path, or look whether .sourceignore, spec.ignore or "
                "spec.sparseCheckout of the source leaves it out",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=_KS,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "kustomization-file-missing",
        "{directory} is named as a base or component, and has no kustomization.yaml",
        (Step(f"add a kustomization.yaml to {{directory}}, or correct the reference; {_LOCALLY}"),),
        pattern=Text(
            r"unable to find one of 'kustomization\.yaml'[^\n]*? in directory '"
            rf"{_IN_BUILD}(?P<directory>[^']+)'"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        "kustomize-outside-root",
        "kustomization.yaml reaches out of what the source packs: {file}",
        (
            Step(
                "move the file below the root of the source, or let the source pack the "
                "directory above"
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
        "resource-file-missing",
        "kustomization.yaml lists {file}, which is not in the source",
        (Step(f"commit {{file}}, or take it out of resources; {_LOCALLY}"),),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': (?:open|stat|lstat|evalsymlink)"
            r".{0,300}?no such file or directory"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        "resource-file-missing",
        "kustomization.yaml names {file}, which is not in the source",
        (
            Step(
                "commit {file}, or correct the components, patches, generators or configurations "
                f"that name it; {_LOCALLY}"
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
        "remote-base-unreachable",
        "kustomization.yaml names something on {host} that cannot be fetched",
        (
            Step(
                "commit a copy instead of naming a URL, make it a source of its own, or open the "
                "way from kustomize-controller to {host}"
            ),
        ),
        reasons=("BuildFailed",),
        pattern=Text(
            r"dial tcp|no such host|i/o timeout|TLS handshake timeout|x509:|git fetch|"
            r"hit \S+ timeout running|could not read Username|URL is a git repository|"
            r"(?:accumulating resources|kustomize)[^\n]*https?://[^\n]*(?:40[134]|5\d\d)"
        ),
        kinds=_KS,
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        "remote-base-forbidden",
        "kustomization.yaml names a remote base, which this kustomize-controller forbids "
        "(--no-remote-bases)",
        (Step("commit a copy of the base, or make it a source of its own with its Kustomization"),),
        pattern=Text(r"remote (?:bases|resources?) (?:are |is )?(?:not allowed|disabled|blocked)"),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/filesys",
    ),
    Rule(
        "yaml-invalid",
        "{file} is not valid YAML for Kubernetes: {detail}",
        (Step(f"correct the file {{file}} in Git; {_LOCALLY}"),),
        pattern=Text(
            rf"failed to decode Kubernetes (?:YAML|apiVersion|kind|resources?) from {_IN_BUILD}"
            r"(?P<file>\S+?): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        trivial=True,
        upstream="PKG kustomize/kustomize_generator.go",
    ),
    Rule(
        "yaml-invalid",
        "a manifest is not valid YAML: {detail}",
        (Step(f"correct the file in Git; {_LOCALLY}"),),
        pattern=_BAD_YAML,
        kinds=_KS,
        upstream="PKG ssa/utils, sigs.k8s.io/yaml",
    ),
    Rule(
        "yaml-invalid",
        "what the template of this ResourceSet gives is not valid YAML: {detail}",
        (
            Step(
                "correct spec.resourcesTemplate (or spec.resources): indentation, and quotes "
                "around an input that ends up in a value; flux-operator build rset -f FILE shows "
                "the outcome",
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
        "resource-duplicate",
        "two manifests define the same object: {duplicate}",
        (Step(f"take one of them out: it stands in two files, or in two bases; {_LOCALLY}"),),
        pattern=Text(r"may not add resource with an already registered id: (?P<duplicate>[^\s']+)"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        "resource-duplicate",
        "two manifests become the same object: {detail}",
        (
            Step(
                "look at namespace, namePrefix and nameSuffix in kustomization.yaml, and at "
                f"spec.targetNamespace: they make two objects alike; {_LOCALLY}"
            ),
        ),
        pattern=Text(r"(?P<detail>(?:ID conflict|found multiple objects)[^\n]{0,160})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        "patch-without-target",
        "a patch has no object to change: {target}",
        (
            Step(
                "correct the patch's target (group, kind, name, namespace), or add the object (no "
                f"matches for it now); {_LOCALLY}"
            ),
        ),
        pattern=Text(r"no resource matches strategic merge patch \"(?P<target>[^\"]+)\""),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        "patch-without-target",
        "a patch has no object to change: {target}",
        (
            Step(
                "correct the target's kind, name and namespace, or add the object (no matches for "
                f"it now); {_LOCALLY}"
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
        "patch-invalid",
        "a JSON patch does not fit {object}: {detail}",
        (
            Step(
                "correct the path of the patch; replace and remove need a field that is there, "
                f"add needs its parent, and / in a key is written ~1; {_LOCALLY}",
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
        "patch-invalid",
        "a patch is neither a strategic merge patch nor a JSON patch: {detail}",
        (
            Step(
                f"correct the patch in kustomization.yaml or spec.patches; {_LOCALLY}", read=(SPEC,)
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
        "kustomization-file-invalid",
        "kustomization.yaml has a field that kustomize does not know: {field}",
        (Step(f"correct {{field}} in kustomization.yaml; {_LOCALLY}"),),
        pattern=Text(
            r"(?:invalid Kustomization|kustomize build failed)[^\n]*unknown field "
            r"\"(?P<field>[^\"]+)"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/types",
    ),
    Rule(
        "kustomization-file-invalid",
        "kustomization.yaml is not valid: {detail}",
        (Step(f"correct kustomization.yaml; {_LOCALLY}"),),
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
        "kustomize-cycle",
        "the kustomization.yaml files name each other in a circle: {detail}",
        (Step(f"take one of the references out; {_LOCALLY}"),),
        pattern=Text(r"(?P<detail>cycle detected[^\n]{0,160}|contains visited root[^\n]{0,80})"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        "generator-conflict",
        "a configMapGenerator or secretGenerator makes what is there already, or lacks its "
        "source: {detail}",
        (
            Step(
                "set behavior: merge or replace, give the generator another name, or correct the "
                f"files that it reads; {_LOCALLY}"
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
        "kustomize-plugin-forbidden",
        "kustomization.yaml uses a plugin or helmCharts, which kustomize-controller does not run",
        (
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
        "build-failed",
        "kustomize cannot build {path}",
        (
            Step(
                "build it locally and correct what the message says: kustomize build {path}, or "
                "flux build kustomization {name} --path={path} with its variables",
                read=(SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        "prune-failed",
        "{object} is no longer in Git and cannot be deleted: {detail}",
        (
            Step(
                "look at its finalizers, at webhooks, and at the rights of the ServiceAccount {sa} "
                "to delete it",
                read=(
                    "kubectl get {object_resource} {object_name} -n {object_ns} -o yaml",
                    EVENTS,
                ),
            ),
        ),
        reasons=("PruneFailed",),
        pattern=Text(r"delete failed: (?P<detail>[^\n]{1,200})"),
        kinds=_KS,
        upstream="PKG ssa/manager_delete.go",
    ),
    Rule(
        "prune-failed",
        "what is no longer in Git cannot be deleted",
        (
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
        "prune-failed",
        "it was deleted, and what it made is not, or not in time: {detail}",
        (
            Step(
                "look at the finalizers of what is left behind, and at the rights of the "
                "ServiceAccount {sa} to delete it",
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
