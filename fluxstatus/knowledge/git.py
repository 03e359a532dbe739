"""GitRepository: references, URLs, includes. For logging in see git_login.

Upstream: SC internal/controller/gitrepository_controller.go, PKG git/gogit, go-git.
"""

from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, URL, named
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
        why="{url} or a submodule of it (spec.recurseSubmodules) is not found, or the login may not see it",
        steps=(
            Step(
                "look at .gitmodules: each URL there must exist and take the same login; correct it, or switch spec.recurseSubmodules off; if there are none, correct spec.url",
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
        why="there is no repository at {url} (not found), or the login may not see it",
        steps=(
            Step(
                "correct spec.url; if the repository is private, give the Secret {secret} a token that may read it",
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
        why="there is no repository at {url} (not found), or the login may not see it",
        steps=(
            Step(
                "correct spec.url; if the repository is private, name a Secret with a token in spec.secretRef",
                read=(URL,),
                change=(named(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_GONE,
        kinds=_GIT,
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the repository has no branch {missing_ref}, which spec.ref asks for; where spec.ref is empty Flux takes master",
        steps=(Step("correct spec.ref.branch, or push the branch {missing_ref}", read=(SPEC,)),),
        pattern=Text(r"couldn't find remote ref [\"'](?:refs/heads/)(?P<missing_ref>master)[\"']"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the repository has no branch {missing_ref}, which spec.ref asks for",
        steps=(Step("correct spec.ref.branch, or push the branch {missing_ref}", read=(SPEC,)),),
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
        why="the repository has no tag {missing_ref}, which spec.ref asks for",
        steps=(Step("correct spec.ref.tag, or push the tag {missing_ref}", read=(SPEC,)),),
        pattern=Text(r"couldn't find remote ref [\"']refs/tags/(?P<missing_ref>[^\"']+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the repository has no tag that fits the range {missing_ref} of spec.ref.semver",
        steps=(
            Step(
                "widen spec.ref.semver, or push a tag that fits (-0 at its end lets pre-releases in)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no match found for semver: (?P<missing_ref>[^\n]+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the commit {missing_ref} is not in the repository, or not in the branch that spec.ref names (object not found)",
        steps=(
            Step(
                "correct spec.ref.commit; with spec.ref.branch set the commit must be in it",
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
        why="spec.ref asks for {ref}, which the repository does not have",
        steps=(Step("correct spec.ref, or push what it names", read=(SPEC,)),),
        pattern=Text(
            r"couldn't find remote ref|unable to resolve|no match found for semver|"
            r"reference not found|object not found|pathspec"
        ),
        kinds=_GIT,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        Code("git-ref-invalid", "The value of spec.ref.semver is not a valid range."),
        why="spec.ref.semver is not a range: {detail}",
        steps=(Step("correct spec.ref.semver, as in >=1.0.0 <2.0.0 or 1.x", read=(SPEC,)),),
        pattern=Text(r"semver parse error: (?P<detail>[^\n]+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_EMPTY,
        why="the repository is empty",
        steps=(Step("push a first commit to the branch of spec.ref"),),
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
        why="a directory that spec.sparseCheckout names is not in the repository: {detail}",
        steps=(Step("correct spec.sparseCheckout", read=(SPEC,)),),
        pattern=Text(r"sparse checkout[^\n:]*:? (?P<detail>[^\n]{1,120})"),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-not-served", "The server at spec.url does not speak the Git protocol."),
        why="what answers at {url} is no Git server: {detail}",
        steps=(
            Step(
                "correct spec.url: a page in a browser, a login page or a proxy answers so; git ls-remote {url} shows the same from outside",
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
        why="a submodule of the repository cannot be fetched (spec.recurseSubmodules)",
        steps=(
            Step(
                "let the submodule's URL take the same scheme and login as the repository itself, or switch spec.recurseSubmodules off",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"submodule"),
        kinds=_GIT,
        upstream="go-git submodule.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="the GitRepository {missing}, which spec.include names, is missing or has no artifact yet",
        steps=(
            Step(
                "create it, or correct spec.include", read=("kubectl get {resource} -n {ns}", SPEC)
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
        why="what spec.include names cannot be copied into the artifact",
        steps=(Step("look at spec.include: repository, fromPath and toPath", read=(SPEC,)),),
        reasons=("NotFound", "NoArtifact", "CopyFailure"),
        kinds=_GIT,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

_URLS = (
    Rule(
        Code("git-url-insecure", "The Git URL contains credentials or would send them over HTTP."),
        why="credentials would travel in the open: the URL is http, or holds them itself",
        steps=(
            Step(
                "use https in spec.url, and keep credentials in the Secret of spec.secretRef",
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
        why="the Secret {secret} holds both username and password and a bearerToken: only one may be there",
        steps=(Step("take one of them out of the Secret {secret}", read=(SECRET,)),),
        pattern=Text(r"basic auth and bearer token cannot be set at the same time"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        Code("git-url-invalid", "The Git URL has a scheme that Flux does not support."),
        why="spec.url {url} has no scheme that Flux can fetch from",
        steps=(
            Step(
                "write the URL as https://HOST/PATH or as ssh://git@HOST/PATH (not git@HOST:PATH)",
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
        why="the repository is empty",
        steps=(Step("push a first commit to the branch of spec.ref"),),
        reasons=("EmptyGitRepository",),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-operation-failed", "The controller cannot read the Git repository."),
        why="source-controller cannot read {url} with {ref}",
        steps=(
            Step(
                "try it from outside with git ls-remote {url}; then look at spec.url, spec.ref and the Secret, and at the log",
                read=(SPEC, SECRET, LOG),
            ),
        ),
        reasons=("GitOperationFailed",),
        kinds=_GIT,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

RULES = (*_REFERENCES, *_URLS, *_OTHERWISE)
