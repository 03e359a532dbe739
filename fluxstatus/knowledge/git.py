"""GitRepository: references, URLs, submodules and includes. For authentication see git_login.

Upstream: SC internal/controller/gitrepository_controller.go, PKG git/gogit, go-git.
"""

from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.facts import at_host, has_artifact, lacks_azure_version
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_GIT_REPOSITORY_MISSING = Code(
    "git-repository-missing",
    "The Git repository or a submodule does not exist or is not accessible.",
)
_GIT_REF_MISSING = Code(
    "git-ref-missing", "No branch, tag or commit in the repository matches spec.ref."
)
_GIT_REF_INVALID = Code("git-ref-invalid", "A value in spec.ref is not a valid range or reference.")
_GIT_EMPTY = Code("git-empty", "The Git repository is empty and has no commits.")
_GIT_PROTOCOL = Code(
    "git-protocol", "The Git server and the Git client in Flux do not agree on the Git protocol."
)
_GIT_URL_INVALID = Code(
    "git-url-invalid", "The Git URL is not valid, or Flux or the Git server does not support it."
)
_SUBMODULE_FAILED = Code(
    "git-submodule-failed", "A submodule of the Git repository cannot be fetched."
)
_PROVIDER_WITHOUT_GIT = Code(
    "provider-without-git", "The provider in spec.provider cannot log in to Git servers."
)
_GIT_FAILED = Code("git-operation-failed", "The controller cannot read the Git repository.")
_INCLUDE_MISSING = Code(
    "include-missing",
    "A repository in spec.include is missing, has no artifact or cannot be copied.",
)

_GIT: KindNames = frozenset({"GitRepository"})
_ANY_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

at_azure_devops = at_host("dev.azure.com", "visualstudio.com")

_PROTOCOL_TEXTS = Text(
    r"(?P<detail>empty git-upload-pack given|multi_ack and multi_ack_detailed are not supported|"
    r"unsupported capability[^\n]{0,60}|server does not support exact SHA1 refspec|"
    r"unexpected content \"[^\n]{0,60}|malformed ACK[^\n]{0,40}|unexpected flush|"
    r"filter(?:ing)? not (?:supported|recogni[sz]ed)[^\n]{0,40}|no common ancestor[^\n]{0,20}|"
    r"shallow not supported|existing checkout is not shallow|"
    r"error decoding upload-pack response[^\n]{0,80})"
)
_GONE = Text(
    r"repository not found|repository does not exist|project you were looking for could "
    r"not be found|no such repository|does not appear to be a git repository|TF401019|TF200016|"
    r"repository '[^']*' not found"
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
        certainty="one-of",
        upstream="go-git submodule.go",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="no Git repository exists at {url} (not found), or the credentials do not grant access to it: many Git servers respond with 404 in both cases",
        steps=(
            Step(
                "if {url} is spelled correctly, grant the token or key in Secret {secret} read access to the repository (GitHub: for a fine-grained token, select the repository; for a GitHub App, install it for the repository)",
                read=(URL, SECRET),
            ),
            Step("if the repository was renamed, moved or deleted, correct spec.url"),
        ),
        pattern=_GONE,
        kinds=_GIT,
        needs=("secret",),
        certainty="one-of",
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
        certainty="one-of",
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
            r"(?P<missing_ref>[^\"']+)(?:[\"']$|': reference not found)?"
        ),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="tag {missing_ref} (spec.ref) does not exist in the repository",
        steps=(Step("correct spec.ref.tag, or push tag {missing_ref}", read=(SPEC,)),),
        pattern=Text(
            r"(?:couldn't find remote ref [\"']refs/tags/|unable to find reference for tag ')"
            r"(?P<missing_ref>[^\"']+)(?:': reference not found)?"
        ),
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
                "correct spec.ref.commit; if spec.ref.branch is set, the commit must be on that branch (a force push can remove it)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"unable to (?:resolve commit object for|checkout commit) '(?P<missing_ref>\w+)'[^\n]*"
            r"(?:object not found|reference not found)"
        ),
        kinds=_GIT,
        certainty="one-of",
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the repository does not have {ref} (spec.ref)",
        steps=(Step("correct spec.ref, or push the missing reference", read=(SPEC,)),),
        pattern=Text(
            r"couldn't find remote ref|unable to resolve ref '[^']*' to a specific commit|"
            r"no match found for semver|pathspec"
        ),
        kinds=_GIT,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the Git server has no reference for {ref} (spec.ref), or its default branch (HEAD) no longer exists",
        steps=(
            Step(
                "to list the branches and tags, run git ls-remote {url}; if {ref} is missing, correct spec.ref or push it; if only HEAD is missing, set the repository's default branch on the Git server",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"reference not found"),
        kinds=_GIT,
        certainty="one-of",
        upstream="go-git plumbing/reference.go",
    ),
    Rule(
        Code("git-object-missing", "The Git server does not send an object that the branch needs."),
        why="the Git server did not send an object that {ref} needs (object not found): this is usual after a force push, with a shallow clone, or if the repository on the server is damaged",
        steps=(
            Step(
                "push a new commit to the branch, so that the server sends a complete pack; the branch and the credentials are correct, because the server sent its references"
            ),
            Step(
                "if it fails again, check the repository on the Git server (git fsck, and its garbage collection), and update Flux to the latest version",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"object not found|reference delta not found|commit parent not found"),
        kinds=_GIT,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/object.go",
    ),
    Rule(
        _GIT_REF_INVALID,
        why="spec.ref.semver is not a valid range: {detail}",
        steps=(Step("correct spec.ref.semver, for example >=1.0.0 <2.0.0 or 1.x", read=(SPEC,)),),
        pattern=Text(r"semver parse error: (?P<detail>[^\n]+)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_INVALID,
        why="spec.ref.name is not a valid Git reference: {detail}",
        steps=(
            Step(
                "write the full name of the reference, for example refs/heads/main or refs/pull/9/head",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"ref \S+ is invalid; (?P<detail>Git refs [^\n]{1,100})"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_EMPTY,
        why="the Git server reports an empty repository at {url}, although Flux has fetched it before: all branches were deleted, or the repository was recreated",
        steps=(
            Step(
                "restore the branches on the Git server, or correct spec.url; the last artifact stays in use",
                read=(URL,),
            ),
        ),
        pattern=Text(r"repository is empty"),
        kinds=_GIT,
        when=(has_artifact,),
        certainty="one-of",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _GIT_EMPTY,
        why="the Git repository is empty",
        steps=(Step("push a first commit to the branch in spec.ref"),),
        pattern=Text(r"repository is empty"),
        kinds=_GIT,
        unless=(has_artifact,),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _GIT_PROTOCOL,
        why="Azure DevOps and the Git client in Flux (go-git) probably do not agree on the Git protocol: {detail}",
        steps=(
            Step(
                "update Flux to the latest version; the repository is not empty, and neither the branch nor the credentials are at fault",
                read=("kubectl get deployments -n {flux_namespace} -o wide",),
            ),
            Step(
                "if it fails again, use the HTTPS URL https://dev.azure.com/ORG/PROJECT/_git/REPO with a personal access token (PAT) in Secret {secret}",
                read=(URL,),
            ),
        ),
        pattern=_PROTOCOL_TEXTS,
        kinds=_ANY_GIT,
        when=(at_azure_devops,),
        certainty="likely",
        upstream="go-git plumbing/transport, plumbing/protocol/packp",
    ),
    Rule(
        _GIT_PROTOCOL,
        why="the Git server and the Git client in Flux (go-git) do not agree on the Git protocol: {detail}",
        steps=(
            Step(
                "update Flux and the Git server to the latest versions; to compare with another client, run git ls-remote {url}",
                read=(URL, LOG),
            ),
            Step(
                "if spec.ref.commit is set, also set spec.ref.branch: not all servers send single commits",
                read=(SPEC,),
            ),
        ),
        pattern=_PROTOCOL_TEXTS,
        kinds=_ANY_GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport, plumbing/protocol/packp",
    ),
    Rule(
        Code("git-transfer-broken", "The data that the Git server sends is damaged or incomplete."),
        why="the data from the Git server is damaged or incomplete: {detail}",
        steps=(
            Step(
                "wait for the next attempt; if it fails again, check the proxy or load balancer between the cluster and {host}, and the repository on the server (git fsck)",
                read=(LOG,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>malformed PACK file[^\n]{0,80}|zlib reset error[^\n]{0,60}|"
            r"(?:zlib|flate): [^\n]{1,60}|empty packfile|checksum mismatch|packfile: [^\n]{1,80}|"
            r"invalid delta|malformed (?:tree|commit|tag)\b[^\n]{0,60})"
        ),
        kinds=_ANY_GIT,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/format/packfile",
    ),
    Rule(
        Code(
            "git-sparse-path-missing",
            "A directory in spec.sparseCheckout does not exist in the repository.",
        ),
        why="a directory in spec.sparseCheckout does not exist in the repository: {detail}",
        steps=(Step("correct spec.sparseCheckout", read=(SPEC,)),),
        pattern=Text(
            r"(?:failed to sparse checkout directories\s*|unable to sparse checkout \w+ '[^']*'): "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-not-served", "The server at spec.url is not a Git server."),
        why="the server at {url} does not respond as a Git server: {detail}",
        steps=(
            Step(
                "correct spec.url: it may lead to a web page, a login page or a proxy; to reproduce the error outside the cluster, run git ls-remote {url}",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid pkt-len found|invalid content[- ]type[^\n]{0,80}|"
            r"no flush-pkt found|malformed pkt-len[^\n]{0,40}|empty advertised-ref message|"
            r"target \"[^\"]*\" does not end with /info/refs|malformed ref data[^\n]{0,60})"
        ),
        kinds=_ANY_GIT,
        certainty="one-of",
        upstream="go-git plumbing/format/pktline",
    ),
)

_SUBMODULES = (
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
        kinds=_GIT,
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
        kinds=_GIT,
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
        kinds=_GIT,
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
        kinds=_GIT,
        needs=("submodules",),
        certainty="likely",
        upstream="go-git plumbing/transport/ssh/auth_method.go",
    ),
    Rule(
        _SUBMODULE_FAILED,
        why="the URL of a submodule probably has another scheme than spec.url, so the credentials of the repository cannot be used for it (invalid auth method)",
        steps=(
            Step(
                "in .gitmodules, use the scheme of spec.url (https or ssh) for each submodule, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"invalid auth method"),
        kinds=_GIT,
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
        kinds=_GIT,
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
        kinds=_GIT,
        certainty="one-of",
        transient=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _INCLUDE_MISSING,
        why="a repository in spec.include cannot be copied into the artifact",
        steps=(Step("check spec.include: repository, fromPath and toPath", read=(SPEC,)),),
        reasons=("NotFound", "NoArtifact", "CopyFailure"),
        kinds=_GIT,
        certainty="unknown",
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
        _GIT_URL_INVALID,
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
    Rule(
        _GIT_URL_INVALID,
        why="spec.url cannot be parsed: {detail}",
        steps=(
            Step(
                "write the URL as ssh://git@HOST/PATH, with a slash after the host: git@HOST:PATH is not a URL, and after a colon only a port is allowed",
                read=(URL,),
            ),
        ),
        pattern=Text(r"(?:failed to parse url|cannot parse url)[^\n]*\": (?P<detail>[^\n]{1,120})"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go, Go net/url",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="spec.url is not an SSH URL of Azure DevOps: its path must start with v3/",
        steps=(
            Step(
                "set spec.url to ssh://git@ssh.dev.azure.com/v3/ORG/PROJECT/REPO; the credentials are not at fault",
                read=(URL,),
            ),
        ),
        pattern=Text(r"Command git-upload-pack[^\n]*is not in expected format"),
        kinds=_ANY_GIT,
        when=(lacks_azure_version,),
        upstream="Azure DevOps: answers of the Git server",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="the SSH server does not accept the path in spec.url: it is not in the form that the server expects",
        steps=(
            Step(
                "correct the path in spec.url (Azure DevOps: ssh://git@ssh.dev.azure.com/v3/ORG/PROJECT/REPO, with spaces as %20)",
                read=(URL,),
            ),
        ),
        pattern=Text(r"is not in (?:the )?expected format|not a valid repository name"),
        kinds=_ANY_GIT,
        upstream="Azure DevOps: answers of the Git server",
    ),
    Rule(
        _GIT_URL_INVALID,
        why="the provider aws (spec.provider) works only with HTTPS URLs of AWS CodeCommit, but spec.url is {url}",
        steps=(
            Step(
                "set spec.url to the HTTPS URL of the repository, https://git-codecommit.REGION.amazonaws.com/v1/repos/NAME; to use SSH instead, set spec.provider: generic and store an SSH key in a Secret",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"AWS CodeCommit authentication requires an HTTPS|invalid AWS CodeCommit Git URL|"
            r"failed to parse CodeCommit URL|Git URL must be specified for AWS CodeCommit"
        ),
        kinds=_ANY_GIT,
        upstream="PKG auth/aws/provider.go",
    ),
    Rule(
        _PROVIDER_WITHOUT_GIT,
        why="spec.provider {cloud} cannot log in to Git servers",
        steps=(
            Step(
                "set spec.provider: generic and use a Secret in spec.secretRef; aws works with CodeCommit, azure with Azure DevOps, gcp with Secure Source Manager",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"provider '[^']*' does not support Git credentials"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG auth/utils/git.go",
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
        Code("git-server-refused", "The Git server refuses the request with a message of its own."),
        why="the Git server {host} refuses the request: {detail}",
        steps=(
            Step(
                "do what the Git server's message requires; to reproduce it outside the cluster, run git ls-remote {url} with the same credentials",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(
            r"(?:unknown error|authentication required|authorization failed): "
            r"(?:(?:remote: )?(?:ERROR: |error: |fatal: )?)(?P<detail>[^\n]{1,300})"
        ),
        kinds=_GIT,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="go-git plumbing/transport/internal/common",
    ),
    Rule(
        _GIT_FAILED,
        why="{host} responds to the Git request with HTTP {status}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run git ls-remote {url} with the same credentials; then check spec.url, and the proxy or load balancer in front of {host} (HTTP 413: a limit on the size of requests)",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"unexpected requesting \"[^\"]*\" status code: (?P<status>\d{3})"),
        kinds=_ANY_GIT,
        certainty="unknown",
        upstream="go-git plumbing/transport/http",
    ),
    Rule(
        _GIT_FAILED,
        why="source-controller cannot read {ref} from {url}: {innermost}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run git ls-remote {url}; then check spec.url, spec.ref, the Secret and the controller's logs",
                read=(SPEC, SECRET, LOG),
            ),
        ),
        reasons=("GitOperationFailed",),
        kinds=_GIT,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

RULES = (*_REFERENCES, *_SUBMODULES, *_URLS, *_OTHERWISE)
