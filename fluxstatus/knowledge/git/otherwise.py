"""A Git request that fails in any other way.

Upstream: fluxcd/pkg git/gogit, go-git, source-controller
internal/controller/gitrepository_controller.go.
"""

from fluxstatus.knowledge.commands import LOG, SECRET, SPEC, URL
from fluxstatus.knowledge.facts import uses_ssh
from fluxstatus.knowledge.git.shared import ANY_GIT, GIT, GIT_EMPTY
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_GIT_FAILED = Code("git-operation-failed", "The controller cannot read the Git repository.")

RULES = (
    Rule(
        GIT_EMPTY,
        why="the Git repository is empty",
        steps=(Step("push a first commit to the branch set in spec.ref"),),
        reasons=("EmptyGitRepository",),
        kinds=GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        Code("git-server-refused", "The Git server refuses the request and reports the reason."),
        why="{host} refuses the request: {detail}",
        steps=(
            Step(
                "follow the Git server's message; to reproduce the error outside the cluster, run git ls-remote {url} with the same credentials",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(
            r"(?:unknown error|authentication required|authorization failed): "
            r"(?:(?:remote: )?(?:ERROR: |error: |fatal: )?)(?P<detail>[^\n]{1,300})"
        ),
        kinds=GIT,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="go-git plumbing/transport/internal/common",
    ),
    Rule(
        _GIT_FAILED,
        why="the credentials in Secret {secret} do not match the scheme of {url}: ssh:// URLs need an SSH key (identity), and https:// URLs need a username and password",
        steps=(
            Step(
                "change spec.url to the scheme that the credentials are for, or store credentials for the current scheme in Secret {secret}",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"invalid auth method"),
        kinds=ANY_GIT,
        certainty="likely",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_FAILED,
        why="{url} is an SSH URL, but the controller has no SSH key for it",
        steps=(
            Step(
                "create a Secret with the keys identity and known_hosts, and reference it in spec.secretRef; if the repository is public, use its https:// URL without a Secret",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"error creating SSH agent|SSH agent requested"),
        kinds=ANY_GIT,
        when=(uses_ssh,),
        upstream="go-git plumbing/transport/ssh",
    ),
    Rule(
        _GIT_FAILED,
        why="{host} responds to the Git request with HTTP {status}",
        steps=(
            Step(
                "to reproduce the error outside the cluster, run git ls-remote {url} with the same credentials. Then check spec.url and any proxy or load balancer in front of {host}",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"unexpected requesting \"[^\"]*\" status code: (?P<status>\d{3})"),
        kinds=ANY_GIT,
        certainty="unknown",
        upstream="go-git plumbing/transport/http",
    ),
    Rule(
        _GIT_FAILED,
        why="source-controller cannot read {ref} from {url}: {innermost}",
        steps=(
            Step(
                "to reproduce the error outside the cluster, run git ls-remote {url}. Then check spec.url, spec.ref, the Secret and the controller's logs",
                read=(SPEC, SECRET, LOG),
            ),
        ),
        reasons=("GitOperationFailed",),
        kinds=GIT,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)
