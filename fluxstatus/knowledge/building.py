"""Building: kustomize, YAML and patches, before anything is applied.

A directory without a kustomization.yaml gets a generated one that lists every YAML file below it;
only there "failed to decode Kubernetes YAML from" is written. kustomize reports a resource that is
neither a file nor a directory as `accumulation err='ERROR AS A FILE': ERROR AS A DIRECTORY`.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
"""

from fluxstatus.knowledge.codes import RESOURCE_DUPLICATE
from fluxstatus.knowledge.commands import EVENTS, SPEC
from fluxstatus.knowledge.facts import has_backslash_path
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_KUSTOMIZATION_FILE_MISSING = Code(
    "kustomization-file-missing",
    "A directory used as a base or component has no kustomization.yaml.",
)
_RESOURCE_FILE_MISSING = Code(
    "resource-file-missing", "A file listed in the kustomization.yaml does not exist in the source."
)
_NOT_A_MANIFEST = Code("not-a-manifest", "A YAML file to be applied is not a Kubernetes manifest.")
_YAML_INVALID = Code(
    "yaml-invalid", "A manifest or the output of a ResourceSet template is not valid YAML."
)
_REMOTE_BASE_UNREACHABLE = Code(
    "remote-base-unreachable", "A remote resource in the kustomization.yaml cannot be fetched."
)
_REMOTE_BASE_DENIED = Code(
    "remote-base-denied",
    "The host of a remote resource in the kustomization.yaml requires a login.",
)
_REMOTE_BASE_MISSING = Code(
    "remote-base-missing", "A remote resource in the kustomization.yaml does not exist."
)
_PATCH_WITHOUT_TARGET = Code(
    "patch-without-target", "The object that a patch targets cannot be found."
)
_PATCH_INVALID = Code("patch-invalid", "A patch is malformed or cannot be applied to its target.")
_KUSTOMIZATION_FILE_INVALID = Code(
    "kustomization-file-invalid", "The kustomization.yaml file is not valid."
)
_GENERATOR_CONFLICT = Code(
    "generator-conflict",
    "A configMapGenerator or secretGenerator is not valid or conflicts with an object.",
)
_TRANSFORMER_FAILED = Code(
    "transformer-failed", "A kustomize replacement, variable or transformer cannot be applied."
)
_BUILD_FAILED = Code("build-failed", "Kustomize cannot build the manifests in spec.path.")
_PRUNE_FAILED = Code("prune-failed", "Objects that were removed from Git cannot be deleted.")

_KS: KindNames = frozenset({"Kustomization"})
_KUSTOMIZE = "kustomize api"
_GENERATOR = "PKG kustomize/kustomize_generator.go"
_IN_BUILD = r"(?:/tmp/)?(?:[\w.-]*kustomi[sz][\w]*-\d+/)?"
_ALONE = r"^(?:\(combined from similar events\): )?"
_NO_SUCH_FILE = r"no such file or directory"

_FROM_URL = r"from '(?P<base>(?:https?://|ssh://|git::|git@|(?:github|gitlab|bitbucket)\.\w+[/:])[^'?]*)[^']*'"
"""A resource in the kustomization.yaml that kustomize fetches, without its query."""

_IN_GIT = r"(?:git cmd = '|failed to run '|trouble cloning git repo)"

_BAD_YAML = Text(
    r"(?P<detail>MalformedYAML[^\n]{0,160}|yaml: (?:line \d+|unmarshal|mapping|invalid|"
    r"found|did not|could not|block)[^\n]{0,120}|error converting YAML to JSON[^\n]{0,160})"
)

_PATH_MISSING = Code("path-missing", "The path in spec.path does not exist in the source.")

_FILES = (
    Rule(
        _PATH_MISSING,
        why="spec.path {path} contains a backslash: paths in Flux use forward slashes",
        steps=(
            Step(
                "write spec.path with forward slashes, as in ./clusters/production",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=_KS,
        when=(has_backslash_path,),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PATH_MISSING,
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
        _KUSTOMIZATION_FILE_MISSING,
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
        _KUSTOMIZATION_FILE_MISSING,
        why="a directory that is listed in resources or components has no kustomization.yaml",
        steps=(
            Step(
                "to find the directory, run kustomize build {path}; add a kustomization.yaml to it, or list its files instead"
            ),
        ),
        pattern=Text(r"error decrypting sources: no kustomization file found"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="KC internal/decryptor/decryptor.go",
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
            r"accumulating resources from '(?P<file>(?!\w+::|\w+://|git@)[^'?]+)': (?:open|stat|lstat|evalsymlink)"
            rf".{{0,300}}?{_NO_SUCH_FILE}"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a configMapGenerator or secretGenerator in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in the generator; check that .gitignore and .sourceignore do not exclude it",
            ),
        ),
        pattern=Text(
            r"(?:env source files|file sources): \[[^\]]*\]: (?:open|stat|lstat|evalsymlink failure on)"
            rf" '?{_IN_BUILD}(?P<file>[^\s:']+)'?\s*:[^\n]*{_NO_SUCH_FILE}"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/kv",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a secretGenerator or patch in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in secretGenerator or patches; check that .gitignore and .sourceignore do not exclude it"
            ),
        ),
        pattern=Text(
            rf"error decrypting sources: (?:open|stat|lstat) {_IN_BUILD}(?P<file>[^\s:']+): {_NO_SUCH_FILE}"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a patch in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in patches; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"failed to get the patch file from path\((?P<file>[^)]+)\):[^\n]*{_NO_SUCH_FILE}"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
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
            r"^(?=.*kustomize).*(?:open|stat|lstat|evalsymlink failure on) '?(?!/tmp/kustomize-)"
            rf"{_IN_BUILD}(?P<file>[^\s:']+)'?\s*: [^\n]*{_NO_SUCH_FILE}"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
)

_REMOTE_BASES = (
    Rule(
        Code(
            "remote-base-forbidden",
            "The kustomization.yaml uses a remote base, which --no-remote-bases forbids.",
        ),
        why="kustomization.yaml uses a remote base, which kustomize-controller forbids (--no-remote-bases)",
        steps=(
            Step("commit a copy of the base, or create a separate source and Kustomization for it"),
        ),
        pattern=Text(r"fs-security-constraint abs /tmp/kustomize-\d+"),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG kustomize/filesys",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote resource {base} is not YAML: the host probably returned a login page (HTML), because the repository is private or the URL is not that of a file",
        steps=(
            Step(
                "create a GitRepository with a Secret for the repository and a Kustomization that uses it, or commit a copy of the resource: kustomize-controller cannot log in for remote resources"
            ),
            Step("if the URL is public, correct it so that it returns plain YAML"),
        ),
        pattern=Text(
            rf"{_FROM_URL}: (?:MalformedYAMLError|missing Resource metadata|missing metadata\.name|"
            r"missing kind|invalid character|yaml: )"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote resource {base} cannot be fetched: its host denies access without a login (HTTP {status})",
        steps=(
            Step(
                "check with curl -I {base} whether the resource is public (403 can also be a rate limit, 407 is a proxy); if it is private, create a GitRepository with a Secret for the repository and a Kustomization that uses it, or commit a copy of the resource: kustomize-controller cannot log in for remote resources"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>40[137])"),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote resource {base} does not exist (HTTP {status}), or its repository is private",
        steps=(
            Step(
                "correct the URL in kustomization.yaml (version, path); to check it, run curl -I {base}"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for it, or commit a copy of the resource"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>404|410)"),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote resource {base} cannot be fetched: its host returned HTTP {status}",
        steps=(
            Step(
                "wait for the next attempt; to be independent of the host, commit a copy of the resource or create a separate source for it"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>\d+)"),
        kinds=_KS,
        reach=Reach.WHOLE,
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned in time: git {git} did not finish within {limit}",
        steps=(
            Step(
                "create a GitRepository for it and a Kustomization that uses it (source-controller caches it), or commit a copy of the base"
            ),
            Step(
                "to keep it, append ?timeout=120s to its URL, and &submodules=false if it has submodules that are not needed; check that kustomize-controller can reach the host"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,600}}?hit (?P<limit>\S+) timeout running '[^']*?git (?P<git>[\w-]+)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/git, internal/utils",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote base {base} does not have the requested branch, tag or commit ({detail})",
        steps=(
            Step(
                "correct ?ref= in its URL in kustomization.yaml; to list the existing ones, run git ls-remote"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>couldn't find remote ref [^\s']+|"
            r"Remote branch \S+ not found|not our ref \w+|pathspec '[^']*' did not match|"
            r"reference is not a tree: \w+)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote resource {base} does not exist, or its repository is private: the host returned neither a file nor a Git repository ({detail})",
        steps=(
            Step(
                "correct the URL in kustomization.yaml (repository, version, path); to check it, run curl -I or git ls-remote"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for it and a Kustomization that uses it, or commit a copy of the resource"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>repository (?:'[^']*' )?not found|returned error: 404)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote base {base} cannot be cloned: its host requires a login, because the repository is private or does not exist ({detail})",
        steps=(
            Step(
                "create a GitRepository with a Secret for it and a Kustomization that uses it, or commit a copy of the base: kustomize-controller cannot log in for remote bases"
            ),
            Step("if the repository is public, correct its URL in kustomization.yaml"),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>could not read (?:Username|Password)|"
            r"Authentication failed|Access denied|Permission denied \(publickey|"
            r"Host key verification failed|cannot run ssh|"
            r"returned error: 40[13]|terminal prompts disabled|invalid credentials)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="kustomize-controller does not trust the certificate of the host of remote resource {base}: {detail}",
        steps=(
            Step(
                "if the certificate is expired or was issued for another name, renew it; if a CA of your own issued it, create a GitRepository with spec.secretRef (key ca.crt) for it, or commit a copy of the resource"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>x509: [^\n']{{1,120}}|SSL certificate problem[^\n']{{0,100}})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="Go crypto/x509, curl",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote resource {base} cannot be fetched: the connection failed ({detail})",
        steps=(
            Step(
                "allow connections from kustomize-controller to the host (DNS, NetworkPolicies, firewall, HTTPS_PROXY), or commit a copy of the resource or create a separate source for it",
                read=("kubectl describe deployment kustomize-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>no such host|i/o timeout|TLS handshake timeout|"
            r"connection refused|connection reset|no route to host|network is unreachable|"
            r"server misbehaving|context deadline exceeded|Client\.Timeout|unexpected EOF|\bEOF\b|"
            r"Could not resolve host|Failed to connect|Couldn't connect|Connection timed out|"
            r"early EOF|RPC failed|proxyconnect|returned error: 5\d\d)"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/loader, Go net, git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned, because the image of kustomize-controller does not contain git",
        steps=(
            Step(
                "create a GitRepository for it and a Kustomization that uses it, or commit a copy of the base"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}.{{0,600}}?no '\w+' program on path"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned with git (without a reported cause)",
        steps=(
            Step(
                "check that its ?ref= exists, that the repository is public, and that kustomize-controller can reach the host: run git fetch with the same URL and ref"
            ),
            Step(
                "create a GitRepository for it and a Kustomization that uses it (it reports the cause and supports a login), or commit a copy of the base"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}.{{0,600}}?{_IN_GIT}"),
        kinds=_KS,
        certainty="one-of",
        transient=True,
        upstream=f"{_KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the repository of the remote base {base} was cloned, but does not contain {file}",
        steps=(
            Step(
                "correct the path or ?ref= in its URL in kustomization.yaml (the path in the repository follows //)"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,600}}?evalsymlink failure on '/tmp/kustomize-\d+/(?P<file>[^']+)'"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
)

_OUTSIDE = (
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
            rf"(?:security; file|fs-security-constraint[^\n']*path) '(?!/tmp/kustomize-){_IN_BUILD}"
            r"(?P<file>[^']+)' is not in or below"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/internal/loader, PKG kustomize/filesys",
    ),
    Rule(
        Code("path-not-local", "A path in spec.components is not relative to spec.path."),
        why="{file} in spec.components is not a relative path below the source: URLs and absolute paths are not allowed",
        steps=(Step("use a path relative to spec.path in spec.components", read=(SPEC,)),),
        pattern=Text(r"component path '(?P<file>[^']+)' must be local and relative"),
        kinds=_KS,
        trivial=True,
        upstream=_GENERATOR,
    ),
)

_MANIFESTS = (
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="{file} is a kustomize file, but its name is not one that kustomize recognizes (kustomization.yaml, kustomization.yml or Kustomization), so it is read as a manifest",
        steps=(Step("rename {file} to kustomization.yaml (lower case)"),),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {_IN_BUILD}(?P<file>\S+?): missing "
            r"metadata\.name in object \{\{kustomize\.config\.k8s\.io/"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=_GENERATOR,
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="the resources field of kustomization.yaml lists {file}, which is itself a kustomize file",
        steps=(
            Step(
                "list its directory instead of the file; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': missing metadata\.name in object "
            r"\{\{kustomize\.config\.k8s\.io/"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="{file} is not a Kubernetes manifest ({detail}), but spec.path {path} has no kustomization.yaml, so Flux applies every YAML file below it",
        steps=(
            Step(
                "add a kustomization.yaml to {path} that lists the manifests; or exclude the file with .sourceignore or spec.ignore of the source; or move it out of {path}"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {_IN_BUILD}(?P<file>\S+?): "
            r"(?P<detail>missing (?:Resource metadata|kind))"
        ),
        kinds=_KS,
        trivial=True,
        upstream=_GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="the {made} in {file} has no metadata.name",
        steps=(
            Step(
                "set metadata.name in {file} (check the spelling of metadata and name); if the file is not meant to be applied, exclude it with .sourceignore or spec.ignore of the source"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {_IN_BUILD}(?P<file>\S+?): missing "
            r"metadata\.name in object \{\{\S* (?P<made>\w+)\}"
        ),
        kinds=_KS,
        trivial=True,
        upstream=_GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="key {key} occurs twice in the same mapping in {file} (line {line})",
        steps=(
            Step(
                "remove one of the two keys in {file}; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?:failed to decode Kubernetes YAML from |accumulating resources from ')"
            rf"{_IN_BUILD}(?P<file>[^\s']+?)'?: [^\n]*\n\s*line (?P<line>\d+): mapping key "
            r"\"(?P<key>[^\"]+)\" already defined"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="go-yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="key {key} occurs twice in the same mapping of a YAML file (line {line})",
        steps=(
            Step("remove one of the two keys in Git; to find the file, run kustomize build {path}"),
        ),
        pattern=Text(r"line (?P<line>\d+): mapping key \"(?P<key>[^\"]+)\" already defined"),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream="go-yaml",
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not a valid Kubernetes manifest: {detail}",
        steps=(
            Step("correct {file} in Git; to check before you push, run kustomize build {path}"),
            Step(
                "if {file} is not meant to be applied (a template, a values file), exclude it with .sourceignore or spec.ignore of the source, or add a kustomization.yaml to {path} that lists the manifests"
            ),
        ),
        pattern=Text(
            rf"failed to decode Kubernetes YAML from {_IN_BUILD}"
            r"(?P<file>\S+?): (?P<detail>[^\n]{1,160}?)(?: <nil>|$|\n)"
        ),
        kinds=_KS,
        trivial=True,
        upstream=_GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="the {made} in {file} has no metadata.name",
        steps=(
            Step(
                "set metadata.name in {file} (check the spelling of metadata and name); if the file is not a manifest, remove it from resources in kustomization.yaml"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': missing metadata\.name in object "
            r"\{\{\S* (?P<made>\w+)\}"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="the resources field of kustomization.yaml lists {file}, which is not a Kubernetes manifest ({detail})",
        steps=(
            Step(
                "remove {file} from resources; values files belong in a configMapGenerator, patches in patches, and transformer configurations in configurations"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>[^']+)': (?P<detail>missing (?:Resource metadata|"
            r"kind|metadata\.name))"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _NOT_A_MANIFEST,
        why="the build contains an object without apiVersion, kind or metadata.name: {detail}",
        steps=(
            Step(
                "correct the manifest or the patch that removes these fields; to find it, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"failed to decode Kubernetes apiVersion, kind and name from: (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _BUILD_FAILED,
        why="kustomize crashes while it parses {file}: {detail}",
        steps=(
            Step(
                "check {file} for null or empty items and wrong nesting; if it is not a manifest, exclude it with .sourceignore"
            ),
        ),
        pattern=Text(
            r"recovered from panic while parsing YAML file (?P<file>[^\s:]+): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream=_GENERATOR,
    ),
    Rule(
        _YAML_INVALID,
        why="{file} is not valid YAML: {detail}",
        steps=(
            Step("correct {file} in Git; to check before you push, run kustomize build {path}"),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>(?!https?://)[^']+)': (?P<detail>MalformedYAMLError: "
            r"[^\n]{1,160}?)(?: in File|'|$|\n)"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _YAML_INVALID,
        why="a manifest is not valid YAML: {detail}",
        steps=(
            Step("correct the file in Git; to check before you push, run kustomize build {path}"),
            Step(
                "if all files are valid, a patch in spec.patches or the value of a variable (spec.postBuild) breaks the YAML: quote the variable, or correct its value",
                read=(SPEC,),
            ),
        ),
        pattern=_BAD_YAML,
        reasons=("BuildFailed",),
        kinds=_KS,
        certainty="one-of",
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
                "remove one of them: the object is defined in two files or in two bases, or one file is listed twice; to check before you push, run kustomize build {path}"
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
        _KUSTOMIZATION_FILE_INVALID,
        why="a kustomization.yaml is not a kustomize file, but has another apiVersion or kind ({detail}): probably it is a Flux Kustomization",
        steps=(
            Step(
                "rename the file (a Flux Kustomization must not be named kustomization.yaml); a kustomize file has apiVersion kustomize.config.k8s.io/v1beta1 and kind Kustomization"
            ),
        ),
        pattern=Text(
            r"(?P<detail>apiVersion for \w+ should be \S+|kind should be Kustomization or Component|"
            r"(?:invalid Kustomization|kustomize build failed): json: unknown field \"spec\")"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=f"{_KUSTOMIZE}/types",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="a kustomization.yaml is not valid YAML: {detail}",
        steps=(
            Step(
                "correct the indentation and syntax of kustomization.yaml; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"invalid Kustomization: (?:error converting YAML to JSON: )?(?P<detail>yaml: [^\n]{1,160})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/types",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="the entries of {field} in kustomization.yaml are plain strings, such as file names, but must be mappings with path: or patch:",
        steps=(
            Step(
                'write each file name as "- path: FILE" (as in the former patchesStrategicMerge, it was a plain string); kustomize edit fix converts the file'
            ),
        ),
        pattern=Text(
            r"cannot unmarshal string into Go struct field Kustomization\.(?P<field>patches\w*) "
            r"of type types\.Patch\b"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/types",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="field {field} in kustomization.yaml has the wrong type: it is of type {given}, but must be {wanted}",
        steps=(
            Step(
                "correct {field} in kustomization.yaml (list, mapping or string); to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"cannot unmarshal (?P<given>\w+) into Go struct field (?:Kustomization\.)?(?P<field>[\w.]+) "
            r"of type (?P<wanted>[^\s']+)"
        ),
        context=Text(r"invalid Kustomization|Go struct field Kustomization\.|kustomization file"),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/types, {_GENERATOR}",
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
        why="components in kustomization.yaml or spec.components lists {directory}, which is not a component (kind: Component)",
        steps=(
            Step(
                "list {directory} in resources instead, or set apiVersion kustomize.config.k8s.io/v1alpha1 and kind Component in its kustomization.yaml"
            ),
        ),
        pattern=Text(
            rf"expected kind 'Component' for path '{_IN_BUILD}(?P<directory>[^']+)' but got"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="the resources field of kustomization.yaml lists {directory}, which is a component (kind: Component)",
        steps=(Step("list {directory} in components instead of resources"),),
        pattern=Text(rf"expected kind != 'Component' for path '{_IN_BUILD}(?P<directory>[^']+)'"),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/target",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="kustomization.yaml refers to file {file} where a directory is required (as in components)",
        steps=(
            Step(
                "refer to the directory of {file}; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"(?:refers to file '{_IN_BUILD}(?P<file>[^']+)'; expecting directory|"
            r"loader\.New \"must build at directory)"
        ),
        kinds=_KS,
        needs=("file",),
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="the kustomization.yaml in {directory} is empty",
        steps=(Step("list its manifests in resources, or remove the reference to {directory}"),),
        pattern=Text(
            rf"couldn't make target for path '{_IN_BUILD}(?P<directory>[^']+)': kustomization\.yaml is empty"
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
            r"failed to unmarshal kustomization file|expected kustomization\S* to be a regular file|"
            r"path \"[^\"]*\" is ambiguous|"
            r"label name '[^']*' exists in both|conflicting fieldspecs)[^\n]{0,160}|"
            r"kustomization\.yaml is empty)"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/target, KC internal/decryptor/decryptor.go",
    ),
    Rule(
        _KUSTOMIZATION_FILE_INVALID,
        why="the kustomization.yaml in spec.path {path} is not valid YAML: {detail}",
        steps=(
            Step(
                "correct kustomization.yaml in {path}; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"{_ALONE}error (?:converting YAML to JSON|unmarshaling JSON): (?P<detail>[^\n]{{1,160}})"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="certain",
        upstream=_GENERATOR,
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
        upstream=f"{_KUSTOMIZE}/internal/loader",
    ),
)

_PATCHES = (
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
        _PATCH_WITHOUT_TARGET,
        why="the patch target {target} matches several objects",
        steps=(
            Step(
                "add the namespace or the group and version to the patch, so that it selects one object"
            ),
        ),
        pattern=Text(r"multiple matches for Id (?P<target>[^\s;]+)"),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _PATCH_INVALID,
        why="a JSON patch cannot be applied to its target: {detail}",
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
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream="evanphx/json-patch",
    ),
    Rule(
        _PATCH_INVALID,
        why="a JSON patch in kustomization.yaml or spec.patches has no target",
        steps=(
            Step(
                "add target (kind and name) to the patch; only a strategic merge patch selects its object by its own kind and name",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"must specify a target for (?:JSON )?patch"),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_INVALID,
        why="a patch is neither a strategic merge patch nor a JSON patch: {detail}",
        steps=(
            Step(
                "correct the patch in kustomization.yaml or spec.patches: a strategic merge patch needs apiVersion, kind and metadata.name, and a JSON patch is a list of operations; to check before you push, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>unable to parse SM or JSON patch[^\n]{0,200}|invalid patch[^\n]{0,160}|"
            r"illegally qualifies as both an SM and JSON patch[^\n]{0,120})"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _PATCH_INVALID,
        why="an entry of patches in kustomization.yaml or spec.patches is not valid: {detail}",
        steps=(
            Step(
                "correct the entry: it needs either patch or path, and with a target only one strategic merge patch",
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
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/builtins, {_GENERATOR}",
    ),
)

_GENERATORS = (
    Rule(
        _GENERATOR_CONFLICT,
        why="a configMapGenerator or secretGenerator generates an object that exists already: {detail}",
        steps=(
            Step(
                "set behavior: merge or replace on the generator, or rename it; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>behavior must be merge or replace)"),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _GENERATOR_CONFLICT,
        why="a configMapGenerator or secretGenerator has behavior: merge or replace, but no object that it could change exists in this build",
        steps=(
            Step(
                "remove behavior from the generator, or correct its name and namespace; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"does not exist; cannot merge or replace"),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/resmap",
    ),
    Rule(
        _GENERATOR_CONFLICT,
        why="a configMapGenerator or secretGenerator in kustomization.yaml is not valid: {detail}",
        steps=(
            Step(
                "correct the generator: literals are KEY=VALUE, files are FILE or KEY=FILE, and each key occurs once; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid literal source[^\n]{0,120}|illegally repeats the key[^\n]{0,80}|"
            r"cannot (?:add|set) key[^\n]{0,120}|missing (?:key name for file path|file path for key name)"
            r"[^\n]{0,100}|key name or file path contains '='|a configmap must have a name|"
            r"invalid utf8 bytes|loading KV pairs[^\n]{0,160}|merging from generator[^\n]{0,160})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/kv, internal/generators",
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
            r"external plugins? disabled|must specify --enable-helm|--enable-alpha-plugins|"
            r"plugin load is disabled"
        ),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/plugins",
    ),
)

_TRANSFORMERS = (
    Rule(
        _TRANSFORMER_FAILED,
        why="a replacement in kustomization.yaml cannot be applied: {detail}",
        steps=(
            Step(
                "correct the source (kind, name, fieldPath) or the targets of the replacement; options.create: true creates a missing target field; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>nothing selected by [^\n]{1,120}|multiple matches for selector [^\n]{1,120}|"
            r"fieldPath `[^`]*` is missing for replacement source[^\n]{0,80}|"
            r"unable to find (?:or create )?field \"[^\"]*\" in replacement target|"
            r"replacements must specify a source[^\n]{0,60}|target must specify resources to select|"
            r"delimiter option can only be used[^\n]{0,40}|"
            r"options\.index \d+ is out of bounds[^\n]{0,60})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/filters/replacement",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a variable in vars of kustomization.yaml cannot be resolved: {detail}",
        steps=(
            Step(
                "correct the object and field of the variable, or use replacements instead (vars is deprecated)"
            ),
        ),
        pattern=Text(
            r"(?P<detail>var '[^']*' already encountered|field specified in var [^\n]{1,120}|"
            r"var '[^']*' cannot be mapped to a field[^\n]{0,60}|found \d+ resId matches for var[^\n]{0,80})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/internal/accumulator",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="replicas in kustomization.yaml names a workload that does not exist: {detail}",
        steps=(
            Step(
                "correct the name in replicas: it is the workload's name before namePrefix and nameSuffix"
            ),
        ),
        pattern=Text(r"(?P<detail>resource with name \S+ does not match a config[^\n]{0,120})"),
        kinds=_KS,
        trivial=True,
        upstream=f"{_KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a reference in a manifest matches several objects, so kustomize cannot update it: {detail}",
        steps=(
            Step(
                "set the namespace of the reference, or give the objects different names; to see them, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"(?P<detail>found multiple possible referrals[^\n]{0,160})"),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/filters/nameref",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="kustomize cannot set field {field} of {target}, because a value on this path has the wrong type: {detail}",
        steps=(
            Step(
                "correct the manifest of {target}: {field} and its parents must be mappings or lists as its kind requires; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"considering field '(?P<field>[^']+)' of object (?P<target>\S+): (?P<detail>[^\n]{1,160})"
        ),
        kinds=_KS,
        upstream=f"{_KUSTOMIZE}/filters/fieldspec",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="kustomize cannot set a namespace or a reference in a manifest: {detail}",
        steps=(
            Step(
                "correct the manifest with the value of the wrong type (a name or namespace must be a string); to find it, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:namespace transformation failed|setting namespace (?:on|field)|"
            r"updating name reference in)[^\n]{0,200})"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        certainty="one-of",
        upstream=f"{_KUSTOMIZE}/filters",
    ),
    Rule(
        _TRANSFORMER_FAILED,
        why="a file in crds, configurations or openapi of kustomization.yaml cannot be read: {detail}",
        steps=(
            Step(
                "crds takes OpenAPI definitions (JSON), not CustomResourceDefinition manifests: list those in resources; to check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:loading CRDs|unable to parse open API definition|merging config|merging CRDs|"
            r"invalid schema file|the specified OpenAPI version is not built in|"
            r"builtin version and custom schema provided)[^\n]{0,160})"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_KUSTOMIZE}/internal/accumulator, kyaml/openapi",
    ),
    Rule(
        _BUILD_FAILED,
        why="kustomize crashes while it builds {path}: {detail}",
        steps=(
            Step(
                "check the manifests changed last for null values, empty items and duplicate keys; to reproduce it locally, run kustomize build {path}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"recovered from kustomize build panic: (?P<detail>[^\n]{1,160})"),
        kinds=_KS,
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream=_GENERATOR,
    ),
)

_REST = (
    Rule(
        _BUILD_FAILED,
        why="kustomize cannot build {path}: {innermost}",
        steps=(
            Step(
                "to reproduce it locally, run kustomize build {path} (or, with the variables, flux build kustomization {name} --path={path}); then fix the reported error",
                read=(SPEC,),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        certainty="unknown",
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
        certainty="one-of",
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
        certainty="unknown",
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
        certainty="one-of",
        upstream="KC internal/controller/kustomization_controller.go finalize",
    ),
)

RULES = (
    *_FILES,
    *_REMOTE_BASES,
    *_OUTSIDE,
    *_MANIFESTS,
    *_KUSTOMIZATION,
    *_PATCHES,
    *_GENERATORS,
    *_TRANSFORMERS,
    *_REST,
)
