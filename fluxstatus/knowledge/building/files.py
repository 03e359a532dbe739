"""Missing files and directories: spec.path, and the entries of a kustomization.yaml.

Upstream: kustomize-controller internal/controller/kustomization_controller.go and
internal/decryptor, kustomize api (internal/target, kv, internal/builtins).
"""

from fluxstatus.knowledge.building.shared import IN_BUILD, KS, KUSTOMIZE
from fluxstatus.knowledge.facts import has_backslash_path, source_is_sparse
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_KUSTOMIZATION_FILE_MISSING = Code(
    "kustomization-file-missing",
    "A directory that is used as a base or component has no kustomization.yaml.",
)
_RESOURCE_FILE_MISSING = Code(
    "resource-file-missing", "A file that kustomization.yaml lists does not exist in the source."
)

_NO_SUCH_FILE = r"no such file or directory"

_PATH_MISSING = Code("path-missing", "The path in spec.path does not exist in the source.")

RULES = (
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml refers to a patch or file by URL ({url}), but spec.decryption does not support URLs; each patch or file must be in the source",
        steps=(
            Step(
                "commit a copy of the file and refer to the copy, or apply the file with a Kustomization that does not set spec.decryption"
            ),
        ),
        pattern=Text(
            r"error decrypting sources: (?:open|stat|lstat) \S*?/(?P<url>https?:/[^\s:]+): "
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        _PATH_MISSING,
        why="spec.path {path} contains a backslash, but paths in Flux use forward slashes",
        steps=(
            Step(
                "use forward slashes in spec.path, as in ./clusters/production",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=KS,
        when=(has_backslash_path,),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _PATH_MISSING,
        why="spec.path {path} does not exist in the source, which contains only the directories in spec.sparseCheckout of the GitRepository",
        steps=(
            Step(
                "correct spec.path or, if the path exists in Git, add it to spec.sparseCheckout",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=KS,
        when=(source_is_sparse,),
        upstream="SC docs/spec/v1/gitrepositories.md, Sparse checkout",
    ),
    Rule(
        _PATH_MISSING,
        why="spec.path {path} does not exist in the source (no such directory)",
        steps=(
            Step(
                "correct spec.path, or check whether the source excludes this path (.sourceignore or spec.ignore)",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.path}}",),
            ),
        ),
        pattern=Text(r"kustomization path not found|path not found: stat"),
        kinds=KS,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        _KUSTOMIZATION_FILE_MISSING,
        why="{directory} is used as a base or component, but has no kustomization.yaml",
        steps=(
            Step(
                "add a kustomization.yaml to {directory}, or correct the reference. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"unable to find one of 'kustomization\.yaml'[^\n]*? in directory '"
            rf"{IN_BUILD}(?P<directory>[^']+)'"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _KUSTOMIZATION_FILE_MISSING,
        why="a directory that is listed in resources or components has no kustomization.yaml",
        steps=(
            Step(
                "add a kustomization.yaml to the directory, or list its files instead. To find the directory, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"error decrypting sources: no kustomization file found"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml in {directory} lists {file}, which does not exist in the source",
        steps=(
            Step(
                "commit the file, or correct {file} in {directory}/kustomization.yaml. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"^.*accumulation of path '{IN_BUILD}(?P<directory>[^']+)': accumulating resources: accumulation err='"
            r"accumulating resources from '(?P<file>(?!\w+::|\w+://|git@)[^'?]+)': (?:open|stat|lstat|evalsymlink)"
            rf".{{0,300}}?{_NO_SUCH_FILE}"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml lists {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or remove it from resources. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<file>(?!\w+::|\w+://|git@)[^'?]+)': (?:open|stat|lstat|evalsymlink)"
            rf".{{0,300}}?{_NO_SUCH_FILE}"
        ),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a configMapGenerator or secretGenerator in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in the generator. Check that .gitignore and .sourceignore do not exclude it",
            ),
        ),
        pattern=Text(
            r"(?:env source files|file sources): \[[^\]]*\]: (?:open|stat|lstat|evalsymlink failure on)"
            rf" '?{IN_BUILD}(?P<file>[^\s:']+)'?\s*:[^\n]*{_NO_SUCH_FILE}"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/kv",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a secretGenerator or patch in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in secretGenerator or patches. Check that .gitignore and .sourceignore do not exclude it"
            ),
        ),
        pattern=Text(
            rf"error decrypting sources: (?:open|stat|lstat) {IN_BUILD}(?P<file>[^\s:']+): {_NO_SUCH_FILE}"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="KC internal/decryptor/decryptor.go",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="a patch in kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct its path in patches. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            rf"failed to get the patch file from path\((?P<file>[^)]+)\):[^\n]*{_NO_SUCH_FILE}"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/builtins",
    ),
    Rule(
        _RESOURCE_FILE_MISSING,
        why="kustomization.yaml refers to {file}, which does not exist in the source",
        steps=(
            Step(
                "commit {file}, or correct the components, patches, generators or configurations entry that refers to it. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"^(?=.*kustomize).*(?:open|stat|lstat|evalsymlink failure on) '?(?!/tmp/kustomize-)"
            rf"{IN_BUILD}(?P<file>[^\s:']+)'?\s*: [^\n]*{_NO_SUCH_FILE}"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/target",
    ),
)
