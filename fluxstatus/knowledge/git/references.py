"""Git repositories and references that do not exist.

Upstream: fluxcd/pkg git/gogit, go-git, and the responses of Git servers.
"""

from fluxstatus.knowledge.commands import BASIC_AUTH, LOG, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.facts import has_artifact, has_reference, names_account, names_branch
from fluxstatus.knowledge.git.shared import ANY_GIT, GIT, GIT_EMPTY
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_GIT_REPOSITORY_MISSING = Code(
    "git-repository-missing",
    "The Git repository or one of its submodules does not exist or is not accessible.",
)
_GIT_REF_MISSING = Code(
    "git-ref-missing", "No branch, tag or commit in the repository matches spec.ref."
)
_GIT_REF_INVALID = Code(
    "git-ref-invalid", "A value in spec.ref is not a valid semver range or Git reference."
)
_GONE = Text(
    r"repository not found|repository does not exist|project you were looking for could "
    r"not be found|no such repository|does not appear to be a git repository|TF401019|TF200016|"
    r"Cannot find repository|may not have access to this repository or it no longer exists|"
    r"not allowed to \w+ the requested project or it does not exist|"
    r"repository '[^']*' not found"
)

RULES = (
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="{url} or one of its submodules does not exist, or the credentials do not grant access to it",
        steps=(
            Step(
                "make sure that every repository in .gitmodules exists and accepts the same credentials, or set spec.recurseSubmodules: false; if there are no submodules, correct spec.url",
                read=(SPEC, SECRET),
            ),
        ),
        pattern=_GONE,
        kinds=GIT,
        needs=("submodules",),
        certainty="one-of",
        upstream="go-git submodule.go",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="Azure DevOps does not recognize the project in {url}, or the credentials do not grant access to the project (TF200016)",
        steps=(
            Step(
                "correct the project in spec.url (https://dev.azure.com/ORG/PROJECT/_git/REPO); the repository and branch are not the cause",
                read=(URL,),
            ),
            Step(
                "if the project is correct, grant the owner of the token, or the managed identity, access to the project",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"TF200016"),
        kinds=GIT,
        certainty="one-of",
        upstream="Azure DevOps: responses from the Git server",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="the Git repository at {url} was not found, or the controller's cloud identity (provider {cloud}) does not have access to it",
        steps=(
            Step(
                "correct spec.url (for CodeCommit, the region and the name; for Azure DevOps, the organization, project and repository)",
                read=(URL,),
            ),
            Step(
                "if spec.url is correct, grant read access to the repository to the controller's cloud identity",
                read=(SPEC,),
                unless=(names_account,),
            ),
            Step(
                "if spec.url is correct, grant read access to the repository to the cloud identity of ServiceAccount {sa}",
                read=(SPEC,),
                when=(names_account,),
            ),
        ),
        pattern=_GONE,
        kinds=GIT,
        needs=("cloud",),
        certainty="one-of",
        upstream="go-git plumbing/transport, PKG auth",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="the Git repository at {url} was not found, although Flux has fetched it before: the repository was renamed, moved or deleted, the credentials in Secret {secret} expired or lost access, or spec.url was changed",
        steps=(
            Step(
                "if the repository still exists at {url}, renew the token or key in Secret {secret}, or give it read access to the repository again. On GitHub, add the repository to the fine-grained token, or give the GitHub App access to the repository",
                read=(URL, SECRET),
            ),
            Step("otherwise, correct spec.url, or restore the repository"),
        ),
        pattern=_GONE,
        kinds=GIT,
        needs=("secret",),
        when=(has_artifact,),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="the Git repository at {url} was not found, or the credentials do not grant access to it: many Git servers respond with 404 in both cases",
        steps=(
            Step(
                "if {url} is correct, grant the token or key in Secret {secret} read access to the repository (on GitHub, select the repository for a fine-grained token, or install the GitHub App for the repository)",
                read=(URL, SECRET),
            ),
            Step("if the repository was renamed, moved or deleted, correct spec.url"),
        ),
        pattern=_GONE,
        kinds=GIT,
        needs=("secret",),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="the Git repository at {url} was not found without credentials, although Flux has fetched it before: the repository was made private, renamed, moved or deleted, or spec.url was changed",
        steps=(
            Step(
                "if the repository is now private, create a Secret with a token and reference it in spec.secretRef; otherwise, correct spec.url",
                read=(URL,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_GONE,
        kinds=GIT,
        when=(has_artifact,),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REPOSITORY_MISSING,
        why="the Git repository at {url} was not found, or access requires credentials",
        steps=(
            Step(
                "correct spec.url; if the repository is private, create a Secret with a token and reference it in spec.secretRef",
                read=(URL,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_GONE,
        kinds=GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_REF_INVALID,
        why="spec.ref.branch or spec.ref.tag starts with refs/heads/ or refs/tags/: these fields require the short name, because Flux adds the prefix",
        steps=(
            Step(
                "shorten the value to {short_ref}, or use spec.ref.name, which takes the full name of the reference",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"couldn't find remote ref [\"']refs/(?:heads|tags)/refs/(?:heads|tags)/"
            r"(?P<short_ref>[^\"']+)"
        ),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why='branch {missing_ref} does not exist in the repository: spec.ref is not set, so Flux uses the branch "master"',
        steps=(
            Step(
                "set spec.ref.branch to an existing branch, or push branch {missing_ref}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"couldn't find remote ref [\"'](?:refs/heads/)(?P<missing_ref>master)[\"']"),
        kinds=GIT,
        unless=(has_reference,),
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="branch {missing_ref} in spec.ref does not exist in the repository",
        steps=(
            Step(
                "set spec.ref.branch to an existing branch, or push branch {missing_ref}",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:couldn't find remote ref [\"']refs/heads/|resolve HEAD of branch ')"
            r"(?P<missing_ref>[^\"']+)(?:[\"']$|': reference not found)?"
        ),
        kinds=GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="tag {missing_ref} in spec.ref does not exist in the repository",
        steps=(
            Step("set spec.ref.tag to an existing tag, or push tag {missing_ref}", read=(SPEC,)),
        ),
        pattern=Text(
            r"(?:couldn't find remote ref [\"']refs/tags/|unable to find reference for tag ')"
            r"(?P<missing_ref>[^\"']+)(?:': reference not found)?"
        ),
        kinds=GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="no tag in the repository matches {wanted_range} in spec.ref.semver",
        steps=(
            Step(
                "widen the range in spec.ref.semver, or push a matching tag; a range that ends in -0 includes pre-releases",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no match found for semver: (?P<wanted_range>[^\n]+)"),
        kinds=GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="commit {missing_ref} does not exist in the repository or is not on the branch in spec.ref",
        steps=(
            Step(
                "correct spec.ref.commit, or spec.ref.branch: the commit must be on that branch (a force push can remove it from there)",
                read=(SPEC,),
                when=(names_branch,),
            ),
            Step(
                "correct spec.ref.commit",
                read=(SPEC,),
                unless=(names_branch,),
            ),
        ),
        pattern=Text(
            r"unable to (?:resolve commit object for|checkout commit) '(?P<missing_ref>\w+)'[^\n]*"
            r"(?:object not found|reference not found)"
        ),
        kinds=GIT,
        certainty="one-of",
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="{ref} does not exist in the repository",
        steps=(Step("correct spec.ref, or push the missing reference", read=(SPEC,)),),
        pattern=Text(
            r"couldn't find remote ref|unable to resolve ref '[^']*' to a specific commit|"
            r"no match found for semver|pathspec"
        ),
        kinds=GIT,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_MISSING,
        why="the Git server has no reference for {ref}, or its default branch (HEAD) no longer exists",
        steps=(
            Step(
                "to list the branches and tags, run git ls-remote {url}. If {ref} is missing, correct spec.ref or push the reference; if only HEAD is missing, set the repository's default branch on the Git server",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"reference not found"),
        kinds=GIT,
        certainty="one-of",
        upstream="go-git plumbing/reference.go",
    ),
    Rule(
        Code(
            "git-checkout-failed",
            "Flux's Git client cannot check out the tag that matches spec.ref.semver.",
        ),
        why="Flux's Git client (go-git) cannot check out tag {wanted_tag}: some files in the clone differ from the repository (worktree contains unstaged changes)",
        steps=(
            Step(
                "set spec.ref.tag to the exact tag; Flux then clones the tag without this checkout",
                read=(SPEC,),
            ),
            Step(
                "alternatively, fix the files that go-git cannot check out unmodified, and then update Flux. Common causes are line endings (.gitattributes), symbolic links, and names that differ only in case"
            ),
        ),
        pattern=Text(r"checkout tag '(?P<wanted_tag>[^']+)': worktree contains unstaged changes"),
        kinds=GIT,
        certainty="one-of",
        upstream="PKG git/gogit/clone.go, go-git worktree.go",
    ),
    Rule(
        Code(
            "git-object-missing", "The Git server does not send an object that the reference needs."
        ),
        why="the Git server did not send an object that {ref} needs (object not found): common causes are a force push, a shallow clone, and a damaged repository on the server",
        steps=(
            Step(
                "push a new commit to the branch, so that the server sends a complete pack. The branch and the credentials are correct, because the server sent its references"
            ),
            Step(
                "if the error persists, check the repository on the Git server with git fsck, check the server's garbage collection, and update Flux to the latest version",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"object not found|reference delta not found|commit parent not found"),
        kinds=GIT,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/object.go",
    ),
    Rule(
        _GIT_REF_INVALID,
        why="spec.ref.semver is not a valid semver range: {detail}",
        steps=(
            Step(
                "correct the range in spec.ref.semver, for example >=1.0.0 <2.0.0 or 1.x",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"semver parse error: (?P<detail>[^\n]+)"),
        kinds=GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        _GIT_REF_INVALID,
        why="spec.ref.name is not a valid Git reference: {detail}",
        steps=(
            Step(
                "use the full name of the reference, for example refs/heads/main or refs/pull/9/head",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"ref \S+ is invalid; (?P<detail>Git refs [^\n]{1,100})"),
        kinds=GIT,
        trivial=True,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        GIT_EMPTY,
        why="the Git server reports that the repository at {url} is empty, although Flux has fetched it before: all branches were deleted, or the repository was recreated",
        steps=(
            Step(
                "restore the branches on the Git server, or correct spec.url; Flux continues to use the last artifact",
                read=(URL,),
            ),
        ),
        pattern=Text(r"repository is empty"),
        kinds=GIT,
        when=(has_artifact,),
        certainty="one-of",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        GIT_EMPTY,
        why="the Git repository is empty",
        steps=(Step("push a first commit to the branch set in spec.ref"),),
        pattern=Text(r"repository is empty"),
        kinds=GIT,
        unless=(has_artifact,),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code(
            "git-sparse-path-missing",
            "A directory in spec.sparseCheckout does not exist in the repository.",
        ),
        why="a directory in spec.sparseCheckout does not exist in the repository: {detail}",
        steps=(
            Step(
                "correct the directory in spec.sparseCheckout, or add it to the repository",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:failed to sparse checkout directories\s*|unable to sparse checkout \w+ '[^']*'): "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)
