"""Paths that a build cannot use: outside the source artifact, or not relative to spec.path.

Upstream: kustomize api internal/loader, fluxcd/pkg kustomize/filesys and kustomize_generator.go.
"""

from fluxstatus.knowledge.building.shared import GENERATOR, IN_BUILD, KS, KUSTOMIZE
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

RULES = (
    Rule(
        Code("path-not-a-directory", "The path in spec.path is a file."),
        why="spec.path {path} is a file, but must be a directory",
        steps=(
            Step(
                "set spec.path to the directory that contains the file. To apply only some of the files in that directory, list these files in its kustomization.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"kustomize create failed: [^\n]*\.(?:ya?ml|json)/kustomization\.ya?ml: not a directory|kustomization path is not a directory"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code(
            "kustomize-outside-root",
            "The kustomization.yaml refers to a path outside the source artifact.",
        ),
        why="kustomization.yaml refers to {file}, which is outside the source artifact",
        steps=(
            Step(
                "move the file into the root directory of the source, or include the parent directory in the source"
            ),
        ),
        pattern=Text(
            rf"(?:security; file|fs-security-constraint[^\n']*path) '(?!/tmp/kustomize-){IN_BUILD}"
            r"(?P<file>[^']+)' is not in or below"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/internal/loader, PKG kustomize/filesys",
    ),
    Rule(
        Code(
            "path-absolute",
            "A path in the kustomization.yaml is absolute, but kustomize only reads relative ones.",
        ),
        why="kustomization.yaml lists the absolute path {file}, but kustomize only reads paths that are relative to the directory of the kustomization.yaml",
        steps=(
            Step(
                "write the path relative to that directory, such as ../base; / is not the root of the repository. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(r"new root '(?P<file>[^']+)' cannot be absolute"),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream=f"{KUSTOMIZE}/internal/loader/fileloader.go",
    ),
    Rule(
        Code("path-not-local", "A path in spec.components is not relative to spec.path."),
        why="{file} in spec.components is a URL or an absolute path, but must be a relative path within the source",
        steps=(Step("use a path that is relative to spec.path", read=(SPEC,)),),
        pattern=Text(r"component path '(?P<file>[^']+)' must be local and relative"),
        kinds=KS,
        trivial=True,
        upstream=GENERATOR,
    ),
)
