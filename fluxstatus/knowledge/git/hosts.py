"""Git servers that recognize the credentials but deny access, such as GitHub and GitLab.

Upstream: the responses of these servers (after "remote:"), go-git.
"""

from fluxstatus.knowledge.commands import BASIC_AUTH, ENDPOINT, SECRET, URL
from fluxstatus.knowledge.facts import at_host, is_github_app
from fluxstatus.knowledge.git.shared import ANY_GIT, GIT, GIT_ACCESS_DENIED
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_NOT_GRANTED = (
    r"access to (?:the )?repository not granted|Write access not granted|not accessible by (?:integration|"
    r"personal access token)|not allowed to (?:download|pull|access|view)(?![^\n]{0,60}not exist)[^\n]{0,60}|"
    r"insufficient[_ ](?:scope|permission)s?|lacks? one or more required privilege[^\n]{0,40}|"
    r"repository access denied[^\n]{0,100}|(?<!or you )do(?:es)? not have (?:the )?(?:required )?(?:read |pull )?(?:access|permission)[^\n]{0,60}|"
    r"not authorized to (?:access this repository|read)\b[^\n]{0,60}|TF401027[^\n]{0,120}|"
    r"Permission to \S+ denied to [^\n]{1,60}|"
    r"Access denied[.!]? (?:User|You|Project)[^\n]{0,60}"
)

_HOSTS = (
    Rule(
        Code(
            "git-password-not-supported",
            "The Git server requires a token and no longer accepts passwords.",
        ),
        why="the Git server no longer accepts passwords over HTTPS, so Secret {secret} must contain a token",
        steps=(
            Step(
                'create an access token with read access to the repository, and store it as "password" in Secret {secret}',
                read=(SECRET,),
                change=(BASIC_AUTH,),
            ),
        ),
        pattern=Text(
            r"support for password authentication was removed|must use a personal access token|"
            r"stopped supporting account passwords|app passwords? (?:are|is) "
            r"(?:deprecated|no longer)"
        ),
        kinds=ANY_GIT,
        needs=("secret",),
        trivial=True,
        upstream="GitHub, GitLab, Bitbucket: responses from Git servers",
    ),
    Rule(
        Code(
            "git-sso-required",
            "The credentials are not authorized for the organization's SAML SSO.",
        ),
        why="the organization enforces SAML SSO, but the credentials in Secret {secret} are not authorized for SSO",
        steps=(
            Step(
                "authorize the token or SSH key for SSO in its owner's settings, or use a deploy key or a GitHub App (spec.provider: github)",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"SAML SSO|SSO authorization|enforced SAML|SAML enforcement"),
        kinds=ANY_GIT,
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        Code(
            "git-address-blocked",
            "The Git server's IP allow list does not include the cluster's IP address.",
        ),
        why="the repository owner's IP allow list does not include this cluster: {host} rejects requests from the cluster's IP address, regardless of the credentials",
        steps=(
            Step(
                "add the cluster's egress IP addresses (NAT gateway or proxy) to the IP allow list of the organization or workspace, or set spec.proxySecretRef to use a proxy whose address is on the list",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"IP allow ?list|allow-?list[^\n]{0,40}(?:IP|address)|IP address is not (?:permitted|"
            r"allowed)|(?:your|from this|this) IP (?:address )?[^\n]{0,30}(?:not (?:permitted|"
            r"allowed|on)|blocked|restricted)|VS403463|Conditional Access policy"
        ),
        kinds=ANY_GIT,
        upstream="GitHub, GitLab, Bitbucket, Azure DevOps: responses from Git servers",
    ),
    Rule(
        Code("git-account-blocked", "The Git server has blocked the account or the repository."),
        why="{host} has blocked the account or the repository: {detail}",
        steps=(
            Step(
                "ask an administrator of {host} to unblock the account or repository. It may be suspended, or waiting for a payment, a sign-in or the acceptance of terms; a new token for the same account does not help",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:your |the |this )?account (?:is |has been )?(?:suspended|locked|blocked|"
            r"disabled|deactivated)[^\n]{0,120}|(?:access to )?(?:this |the )?repository (?:access "
            r")?(?:has been |is )?(?:disabled|blocked|locked)[^\n]{0,120}|TF401444[^\n]{0,120}|"
            r"must (?:accept|agree)[^\n]{0,80}terms[^\n]{0,60})"
        ),
        kinds=ANY_GIT,
        upstream="GitHub, GitLab, Azure DevOps: responses from Git servers",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="the organization does not allow the type or lifetime of the token in Secret {secret}: {detail}",
        steps=(
            Step(
                "use credentials that the organization allows, such as a fine-grained token with a shorter lifetime, a deploy key, or a GitHub App (spec.provider: github)",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(r"(?P<detail>forbids access via a [^\n]{1,160})"),
        kinds=ANY_GIT,
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why='the Git request was answered with an "access denied" web page (403): the page is probably from a proxy, a firewall or bot protection in front of {host}, not from the Git server',
        steps=(
            Step(
                "allow Git clients from the cluster's egress IP addresses in that proxy, firewall or bot protection; to see the page, run git ls-remote {url} from the cluster's network",
                read=(URL,),
            ),
            Step(
                "if {host} itself sends the page, check that the credentials grant access to the repository",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"authorization failed: (?:<|error code: 10\d\d\b)"),
        kinds=ANY_GIT,
        certainty="likely",
        upstream="go-git plumbing/transport/http, Cloudflare: responses of the proxy",
    ),
    Rule(
        Code("git-protocol-disabled", "The Git server does not allow access over this protocol."),
        why="{host} does not allow access over this protocol: {detail}",
        steps=(
            Step(
                "use the other protocol (HTTPS or SSH) in spec.url, with matching credentials in Secret {secret}, or ask an administrator of {host} to enable this protocol",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:pulling|cloning|git access|access|git) over (?:HTTPS?|SSH)[^\n]{0,20} "
            r"(?:is )?(?:not allowed|disabled|not permitted)|Git access protocol[^\n]{0,40}not allowed)"
        ),
        kinds=ANY_GIT,
        upstream="GitLab: responses from the Git server",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="the GitHub App in Secret {secret} is valid but has no access to this repository: {detail}",
        steps=(
            Step(
                'in the settings of the App\'s installation, add the repository and grant the permission "Contents: read" (for an ImageUpdateAutomation, read and write). The owner must approve new permissions',
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=ANY_GIT,
        when=(is_github_app,),
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="GitHub recognizes the token in Secret {secret}, but the token does not grant access to this repository: {detail}",
        steps=(
            Step(
                'in the token\'s settings on GitHub, select this repository and grant the permission "Contents: read" (for a classic token, grant the scope repo). An owner of the organization may have to approve the token',
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=GIT,
        needs=("secret",),
        when=(at_host("github.com"),),
        upstream="GitHub: responses from the Git server",
    ),
    Rule(
        GIT_ACCESS_DENIED,
        why="{host} recognizes the credentials in Secret {secret}, but they do not grant access to this repository: {detail}",
        steps=(
            Step(
                "give the owner of the token or key read access to the repository, and give the token the scope to read it (GitLab: read_repository; Bitbucket: repositories, read; Azure DevOps: Code, read)",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=GIT,
        needs=("secret",),
        upstream="GitLab, Bitbucket, Azure DevOps: responses from Git servers",
    ),
)

_WITHOUT_REASON = (
    Rule(
        GIT_ACCESS_DENIED,
        why="{host} refuses the request, and the first line of its response does not state a reason: usually, the key or token has no access to the repository, or the repository does not exist",
        steps=(
            Step(
                "to see the full response, run git ls-remote {url} with the same credentials",
                read=(URL,),
            ),
            Step(
                "add the public key (identity.pub in Secret {secret}) to the repository as a deploy key, or correct the path in spec.url",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"unknown error: (?:remote:)?[\s=]*$"),
        kinds=GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport/internal/common, GitLab: responses from the Git server",
    ),
)

RULES = (*_HOSTS, *_WITHOUT_REASON)
