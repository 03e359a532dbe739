"""Submodules of a GitRepository, and the repositories in spec.include.

Upstream: go-git submodule, SC internal/controller/gitrepository_controller.go.
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
        why="{include_path} does not exist in the repository that spec.include {include} refers to",
        steps=(
            Step(
                "correct fromPath of {include} in spec.include, or add {include_path} to that repository",
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
        why="{host}, probably the host of a submodule (spec.recurseSubmodules) or a host that {redirects} redirects to, fails: {detail}",
        steps=(
            Step(
                "if {host} is in .gitmodules, correct the URL there, make {host} reachable from the cluster, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
            Step(
                "if it is not, {redirects} redirects the request: correct spec.url, or set spec.secretRef to credentials that {redirects} accepts"
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
        why="the file .gitmodules probably lists a submodule that is no longer in the repository (entry not found): unlike git, Flux needs a submodule for every section of the file",
        steps=(
            Step(
                "remove the stale section from .gitmodules, or set spec.recurseSubmodules: false; to list the submodules that exist, run git submodule status",
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
        why="the file .gitmodules probably contains a relative URL (such as ../other.git) or a local path: this version of Flux reads it as a path on its own disk, and it has no git program",
        steps=(
            Step(
                "write the absolute URL of the submodule into .gitmodules, or set spec.recurseSubmodules: false; newer versions of Flux resolve relative URLs",
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
        why="a submodule probably has an SSH URL, but spec.url uses HTTPS: Flux uses the scheme and credentials of spec.url, and has no SSH key for the submodule",
        steps=(
            Step(
                "write the HTTPS URL of the submodule into .gitmodules, or use an SSH URL and key for the repository too; or set spec.recurseSubmodules: false",
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
        why="the URL of a submodule probably has a different scheme than spec.url, so the credentials of the repository cannot be used for it (invalid auth method)",
        steps=(
            Step(
                "in .gitmodules, use the scheme of spec.url (https or ssh) for each submodule, or set spec.recurseSubmodules: false",
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
        why="the file .gitmodules is not valid: {detail}",
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
        why="the path that GitRepository {included} is copied to (toPath in spec.include) cannot be used: {innermost}",
        steps=(
            Step(
                "set toPath to a directory inside the repository, without a symlink that leads out of it or to itself",
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
        steps=(Step("check spec.include: repository, fromPath and toPath", read=(SPEC,)),),
        reasons=("NotFound", "NoArtifact", "CopyFailure"),
        kinds=GIT,
        certainty="unknown",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)
