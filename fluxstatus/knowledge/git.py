"""GitRepository: references, URLs and includes. For authentication see git_login.

Upstream: SC internal/controller/gitrepository_controller.go, PKG git/gogit, go-git.
"""

from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_GIT_REPOSITORY_MISSING = Code(
    "git-repository-missing",
    "The Git repository or a submodule does not exist or is not accessible.",
)
_GIT_REF_MISSING = Code(
    "git-ref-missing", "No branch, tag or commit in the repository matches spec.ref."
)
_GIT_EMPTY = Code("git-empty", "The Git repository is empty and has no commits.")
_INCLUDE_MISSING = Code(
    "include-missing",
    "A repository in spec.include is missing, has no artifact or cannot be copied.",
)

_GIT: KindNames = frozenset({"GitRepository"})
_ANY_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

_GONE = Text(
    r"repository not found|repository does not exist|project you were looking for could "
    r"not be found|TF401019"
)

_REFERENCES = (
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="{url} or one of its submodules (spec.recurseSubmodules) does not exist, or the credentials do not grant access to it",
        steps=(
            Step(
                "make sure that each repository in .gitmodules exists and accepts the same credentials, or disable spec.recurseSubmodules; if there are no submodules, correct spec.url",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=_GONE,
        kinds=_GIT,
        needs=("submodules",),
        upstream="go-git submodule.go",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="no Git repository exists at {url} (not found), or the credentials do not grant access to it",
        steps=(
            Step(
                "correct spec.url; if the repository is private, put a token with read access into Secret {secret}",
                read=(URL, SECRET),
            ),
        ),
        pattern=_GONE,
        kinds=_GIT,
        needs=("secret",),
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="no Git repository exists at {url} (not found), or it requires credentials",
        steps=(
            Step(
                "correct spec.url; if the repository is private, create a Secret with a token and reference it in spec.secretRef",
                read=(URL,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_GONE,
        kinds=_GIT,
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REF_MISSING,
        why='branch {missing_ref} (spec.ref) does not exist in the repository; if spec.ref is empty, Flux uses branch "master"',
        steps=(Step("correct spec.ref.branch, or push branch {missing_ref}", read=(SPEC,)),),
        pattern=Text(r"couldn't find remote ref [\"'](?:refs/heads/)(?P<missing_ref>master)[\"']"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="branch {missing_ref} (spec.ref) does not exist in the repository",
        steps=(Step("correct spec.ref.branch, or push branch {missing_ref}", read=(SPEC,)),),
        pattern=Text(
            r"(?:couldn't find remote ref [\"']refs/heads/|resolve HEAD of branch ')"
            r"(?P<missing_ref>[^\"']+)"
        ),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="tag {missing_ref} (spec.ref) does not exist in the repository",
        steps=(Step("correct spec.ref.tag, or push tag {missing_ref}", read=(SPEC,)),),
        pattern=Text(r"couldn't find remote ref [\"']refs/tags/(?P<missing_ref>[^\"']+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="no tag in the repository matches the range {wanted_range} in spec.ref.semver",
        steps=(
            Step(
                "widen spec.ref.semver, or push a matching tag (a range that ends in -0 includes pre-releases)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no match found for semver: (?P<wanted_range>[^\n]+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="commit {missing_ref} is not in the repository, or not on the branch in spec.ref (object not found)",
        steps=(
            Step(
                "correct spec.ref.commit; if spec.ref.branch is set, the commit must be on that branch",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"unable to (?:resolve commit object for|checkout commit) '(?P<missing_ref>\w+)"
        ),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the repository does not have {ref} (spec.ref)",
        steps=(Step("correct spec.ref, or push the missing reference", read=(SPEC,)),),
        pattern=Text(
            r"couldn't find remote ref|unable to resolve|no match found for semver|"
            r"reference not found|object not found|pathspec"
        ),
        kinds=_GIT,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        Code("git-ref-invalid", "The value of spec.ref.semver is not a valid range."),
        why="spec.ref.semver is not a valid range: {detail}",
        steps=(Step("correct spec.ref.semver, for example >=1.0.0 <2.0.0 or 1.x", read=(SPEC,)),),
        pattern=Text(r"semver parse error: (?P<detail>[^\n]+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_EMPTY,
        why="the Git repository is empty",
        steps=(Step("push a first commit to the branch in spec.ref"),),
        pattern=Text(r"repository is empty|empty git-upload-pack given"),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code(
            "git-sparse-path-missing",
            "A directory in spec.sparseCheckout does not exist in the repository.",
        ),
        why="a directory in spec.sparseCheckout does not exist in the repository: {detail}",
        steps=(Step("correct spec.sparseCheckout", read=(SPEC,)),),
        pattern=Text(r"sparse checkout[^\n:]*:? (?P<detail>[^\n]{1,120})"),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-not-served", "The server at spec.url is not a Git server."),
        why="the server at {url} is not a Git server: {detail}",
        steps=(
            Step(
                "correct spec.url: it may lead to a web page, a login page or a proxy; to reproduce the error outside the cluster, run git ls-remote {url}",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid pkt-len found|invalid content[- ]type[^\n]{0,80}|"
            r"no flush-pkt found|malformed pkt-len[^\n]{0,40})"
        ),
        kinds=_ANY_GIT,
        upstream="go-git plumbing/format/pktline",
    ),
    Rule(
        Code("git-submodule-failed", "A submodule of the Git repository cannot be fetched."),
        why="a submodule of the Git repository cannot be fetched (spec.recurseSubmodules)",
        steps=(
            Step(
                "use the same scheme and credentials for the submodule as for the repository itself, or disable spec.recurseSubmodules",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"submodule"),
        kinds=_GIT,
        upstream="go-git submodule.go",
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
        transient=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="a repository in spec.include cannot be copied into the artifact",
        steps=(Step("check spec.include: repository, fromPath and toPath", read=(SPEC,)),),
        reasons=("NotFound", "NoArtifact", "CopyFailure"),
        kinds=_GIT,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

_URLS = (
    Rule(
        Code(
            "git-url-insecure",
            "The Git URL contains credentials, or credentials would be sent over HTTP.",
        ),
        why="spec.url contains credentials, or it uses http, so that credentials would be sent unencrypted",
        steps=(
            Step(
                "use https in spec.url, and store credentials in the Secret in spec.secretRef",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:basic auth|bearer token) cannot be sent over HTTP|URL cannot contain credentials"
        ),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        Code(
            "git-auth-ambiguous",
            "The Secret holds both basic auth credentials and a bearerToken, but only one is allowed.",
        ),
        why="Secret {secret} has both basic auth credentials (username and password) and a bearerToken, but only one is allowed",
        steps=(
            Step(
                "remove either the basic auth credentials or the bearerToken from Secret {secret}",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"basic auth and bearer token cannot be set at the same time"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        Code("git-url-invalid", "The Git URL has a scheme that Flux does not support."),
        why="Flux does not support the scheme of {url} (spec.url)",
        steps=(
            Step(
                "write the URL as https://HOST/PATH or ssh://git@HOST/PATH (not git@HOST:PATH)",
                read=(URL,),
            ),
        ),
        pattern=Text(r"unsupported (?:scheme|transport|protocol)|no transport|transport scheme"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
)

_OTHERWISE = (
    Rule(
        _GIT_EMPTY,
        why="the Git repository is empty",
        steps=(Step("push a first commit to the branch in spec.ref"),),
        reasons=("EmptyGitRepository",),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-operation-failed", "The controller cannot read the Git repository."),
        why="source-controller cannot read {ref} from {url}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run git ls-remote {url}; then check spec.url, spec.ref, the Secret and the controller's logs",
                read=(SPEC, SECRET, LOG),
            ),
        ),
        reasons=("GitOperationFailed",),
        kinds=_GIT,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

RULES = (*_REFERENCES, *_URLS, *_OTHERWISE)
