"""Submodules of a GitRepository, and the repositories in spec.include.

Upstream: go-git submodule, source-controller internal/controller/gitrepository_controller.go.
"""

from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.git.shared import GIT
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SUBMODULE_FAILED = Code(
    "git-submodule-failed", "A submodule of the Git repository cannot be fetched."
)
_INCLUDE_MISSING = Code(
    "include-missing",
    "A repository in spec.include is missing, has no artifact or cannot be copied.",
)

RULES = (
    Rule(
        _INCLUDE_MISSING,
        why="{include_path} does not exist in repository {include}, which spec.include refers to",
        steps=(
            Step(
                "in spec.include, correct fromPath of {include}, or add {include_path} to that repository",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to copy '(?P<include>[^']+)' include from (?P<include_path>\S+) to \S+: "
            r"[^\n]*no such file or directory"
        ),
        reasons=("CopyFailure",),
        kinds=GIT,
        reach=Reach.WHOLE,
        upstream="SC internal/controller/gitrepository_controller.go, PKG fsutil",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the request to {host}, probably the host of a submodule or the target of a redirect from {redirects}, fails: {detail}",
        steps=(
            Step(
                "if {host} is in .gitmodules, correct the URL there, make {host} reachable from the cluster, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
            Step(
                "otherwise, {redirects} redirects the request to {host}, so correct spec.url, or set spec.secretRef to credentials that {redirects} accepts"
            ),
        ),
        pattern=Text(
            r"unable to (?:clone|list remote for) 'http[^']*': (?:Get|Head|Post) \"http[^\"]*\": "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=GIT,
        needs=("redirects", "submodules"),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="go-git submodule.go",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the file .gitmodules probably lists a submodule that is no longer in the repository (entry not found): unlike git, Flux requires a submodule for every section of the file",
        steps=(
            Step(
                "remove the stale section from .gitmodules, or set spec.recurseSubmodules: false; to list the existing submodules, run git submodule status",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"entry not found"),
        kinds=GIT,
        needs=("submodules",),
        certainty="likely",
        upstream="go-git submodule.go, plumbing/object/tree.go",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the file .gitmodules probably contains a local path or a relative URL (such as ../other.git), which this version of Flux cannot resolve",
        steps=(
            Step(
                "use the absolute URL of the submodule in .gitmodules, or set spec.recurseSubmodules: false; newer versions of Flux resolve relative URLs",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"exec: \"[\w-]+\": executable file not found|"
            r"fork/exec \S*git[^\n]{0,40}: no such file or directory"
        ),
        kinds=GIT,
        certainty="likely",
        upstream="go-git submodule.go, plumbing/transport/file",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="a submodule probably has an SSH URL, but spec.url uses HTTPS: Flux uses the scheme and credentials of spec.url for submodules, so it has no SSH key for the submodule",
        steps=(
            Step(
                "use the HTTPS URL of the submodule in .gitmodules, use an SSH URL and an SSH key for the repository, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"error creating SSH agent|SSH agent requested"),
        kinds=GIT,
        needs=("submodules",),
        certainty="likely",
        upstream="go-git plumbing/transport/ssh/auth_method.go",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the URL of a submodule probably has a different scheme than spec.url, so Flux cannot use the repository's credentials for it (invalid auth method)",
        steps=(
            Step(
                "use the scheme of spec.url (https or ssh) for every submodule in .gitmodules, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid auth method"),
        kinds=GIT,
        needs=("submodules",),
        certainty="likely",
        upstream="go-git plumbing/transport/common.go",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the file .gitmodules is invalid: {detail}",
        steps=(Step("correct .gitmodules, or set spec.recurseSubmodules: false", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>module config: empty (?:URL|path)|submodule has an invalid path|"
            r"ignoring suspicious submodule name[^\n]{0,60}|submodule name escapes[^\n]{0,40}|"
            r"\.gitmodules is a symlink|resolving relative submodule URL[^\n]{0,100}|"
            r"submodule not found)"
        ),
        kinds=GIT,
        upstream="go-git config/modules.go, submodule.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="GitRepository {missing} in spec.include does not exist or has no artifact yet",
        steps=(
            Step(
                "create the GitRepository, or correct spec.include",
                read=("kubectl get {resource} -n {ns}", SPEC),
            ),
        ),
        pattern=Text(
            r"(?:get resource for include|artifact available for include) '(?P<missing>[^']+)'"
        ),
        kinds=GIT,
        certainty="one-of",
        transient=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="toPath of GitRepository {included} in spec.include cannot be used: {innermost}",
        steps=(
            Step(
                "set toPath to a directory inside the repository. The path must not contain a symbolic link that points outside the repository or to itself",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"path calculation for include '(?P<included>[^']+)' failed"),
        kinds=GIT,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="a repository in spec.include cannot be copied into the artifact",
        steps=(Step("check repository, fromPath and toPath in spec.include", read=(SPEC,)),),
        reasons=("NotFound", "NoArtifact", "CopyFailure"),
        kinds=GIT,
        certainty="unknown",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)
