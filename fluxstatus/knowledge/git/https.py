"""Authentication at a Git server over https.

Upstream: go-git plumbing/transport, fluxcd/pkg auth.
"""

from fluxstatus.knowledge.codes import GIT_AUTH_MISSING
from fluxstatus.knowledge.commands import BASIC_AUTH, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.facts import has_artifact
from fluxstatus.knowledge.git.shared import GIT, GIT_ACCESS_DENIED
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_GIT_AUTH_REJECTED = Code("git-auth-rejected", "The Git server rejects the credentials.")

_UNKNOWN_LOGIN = (
    r"authentication required|HTTP Basic: Access denied|invalid credentials|"
    r"Invalid username or (?:token|password)|Bad credentials|TF400813|status code:? 401\b"
)
_NO_PERMISSION = r"authorization failed|status code:? 403\b"
_REJECTED = Text(f"{_UNKNOWN_LOGIN}|{_NO_PERMISSION}")

_PUT_TOKEN = Step(
    "store a valid token in Secret {secret}, with the keys username and password, or as bearerToken; Flux retries automatically",
    read=(SECRET,),
    change=(BASIC_AUTH,),
)

RULES = (
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server returns its sign-in page (203) instead of the repository: the token in Secret {secret} is missing, wrong or expired",
        steps=(_PUT_TOKEN,),
        pattern=Text(r"status code: 203\b"),
        kinds=GIT,
        certainty="one-of",
        upstream="Azure DevOps: responses from the Git server",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the token in Secret {secret} has expired: {detail}",
        steps=(_PUT_TOKEN,),
        pattern=Text(
            r"(?P<detail>(?:personal |project |group )?(?:access )?token (?:used )?"
            r"(?:has|is) expired)"
        ),
        kinds=GIT,
        needs=("secret",),
        trivial=True,
        upstream="Azure DevOps: responses from the Git server",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the token that the provider {cloud} issued to the controller",
        steps=(
            Step(
                "grant read access to this repository to the controller's cloud identity, or to the identity of spec.serviceAccountName if set. On Azure DevOps, add the identity to the organization and assign it the Reader role in the project. On CodeCommit, allow codecommit:GitPull",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
        ),
        pattern=_REJECTED,
        kinds=GIT,
        needs=("cloud",),
        certainty="one-of",
        upstream="go-git plumbing/transport, PKG auth",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the token of the GitHub App in Secret {secret}",
        steps=(
            Step(
                'check that the App is installed for this repository with the permission "Contents: read", and that spec.url is correct. Secret {secret} holds the App\'s key, so do not store a username and password in it',
                read=(SECRET, URL),
            ),
        ),
        pattern=_REJECTED,
        kinds=GIT,
        needs=("github_app",),
        certainty="one-of",
        upstream="go-git plumbing/transport, PKG auth/githubapp",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the credentials in Secret {secret}, either for the repository or for one of its submodules",
        steps=(
            Step(
                "make sure that every repository in .gitmodules accepts the same credentials, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
            Step(
                "if the repository itself rejects the credentials, store a valid token in Secret {secret}, with the keys username and password, or as bearerToken",
                read=(SECRET,),
            ),
        ),
        pattern=_REJECTED,
        kinds=GIT,
        needs=("secret", "submodules"),
        certainty="one-of",
        upstream="go-git plumbing/transport, submodule.go",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server no longer accepts the credentials in Secret {secret}: Flux has fetched this repository before, so the token has probably expired or been revoked",
        steps=(_PUT_TOKEN,),
        pattern=Text(_UNKNOWN_LOGIN),
        kinds=GIT,
        needs=("secret",),
        when=(has_artifact,),
        certainty="likely",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the credentials in Secret {secret}: the token is wrong or expired, or the Secret does not use the keys username and password (or bearerToken)",
        steps=(_PUT_TOKEN,),
        pattern=Text(_UNKNOWN_LOGIN),
        kinds=GIT,
        needs=("secret",),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="the Git server denies access with the credentials in Secret {secret} (403): the token has no permission to read this repository, or a policy on the server blocks access",
        steps=(
            Step(
                "give the token read access to this repository. If it already has access, check the server for a policy that blocks it (IP allow list or SSO) and for an expired or blocked account",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(_NO_PERMISSION),
        kinds=GIT,
        needs=("secret",),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        GIT_AUTH_MISSING,
        why="the Git server requires authentication, but FluxInstance {sync_instance} does not specify a pull Secret with credentials",
        steps=(
            Step(
                "create a Secret with the keys username and password, and reference it in spec.sync.pullSecret of FluxInstance {sync_instance}. The operator reverts changes made directly to the source",
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=GIT,
        needs=("sync_instance",),
        trivial=True,
        upstream="go-git plumbing/transport, FO internal/builder/templates.go",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="the Git server denies access (403), and no credentials are configured: the repository is private, or a policy, a firewall or a rate limit blocks requests without a login",
        steps=(
            Step(
                "if the repository is private, create a Secret with the keys username and password (use a token as the password), and reference it in spec.secretRef. If it is public, check what blocks the controller's requests to {host}",
                read=(URL,),
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=Text(_NO_PERMISSION),
        kinds=GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        GIT_AUTH_MISSING,
        why="the Git server requires authentication, but no credentials are configured",
        steps=(
            Step(
                "create a Secret with the keys username and password (use a token as the password), and reference it in spec.secretRef. If the repository is public, correct spec.url: some servers also require authentication for repositories that do not exist",
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=GIT,
        certainty="one-of",
        trivial=True,
        upstream="go-git plumbing/transport",
    ),
)
