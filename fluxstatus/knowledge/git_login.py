"""Git: authentication over https and ssh.

Upstream: PKG git and git/gogit, auth/githubapp, go-git, golang.org/x/crypto/ssh, and the responses
of GitHub, GitLab, Bitbucket and Azure DevOps (after "remote:").
"""

from fluxstatus.knowledge.codes import GIT_AUTH_MISSING
from fluxstatus.knowledge.commands import (
    BASIC_AUTH,
    ENDPOINT,
    GITHUB_APP,
    SECRET,
    SPEC,
    SSH,
    URL,
    for_secret,
)
from fluxstatus.knowledge.facts import at_host, has_artifact, is_github_app, uses_ssh
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_PROVIDER_MISMATCH = Code(
    "provider-mismatch", "The settings in spec.provider and spec.secretRef do not match."
)
_GIT_AUTH_REJECTED = Code("git-auth-rejected", "The Git server rejects the credentials.")
_GIT_ACCESS_DENIED = Code(
    "git-access-denied",
    "The Git server knows the credentials, but they do not grant access to the repository.",
)
_GITHUB_APP_FAILED = Code("github-app-failed", "The GitHub App cannot obtain an access token.")
_SSH_KEY_ENCRYPTED = Code(
    "ssh-key-encrypted", "The SSH private key is encrypted, and its password is missing or wrong."
)
_SSH_KEY_REJECTED = Code("ssh-key-rejected", "The Git server does not accept the SSH key or user.")
_SSH_HOST_KEY = Code(
    "ssh-host-key", "The SSH host key cannot be verified against known_hosts in the Secret."
)

_GIT: KindNames = frozenset({"GitRepository"})
_ANY_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

_UNKNOWN_LOGIN = (
    r"authentication required|HTTP Basic: Access denied|invalid credentials|"
    r"Invalid username or (?:token|password)|Bad credentials|TF400813|status code:? 401\b"
)
_NO_PERMISSION = r"authorization failed|status code:? 403\b"
_REJECTED = Text(f"{_UNKNOWN_LOGIN}|{_NO_PERMISSION}")
_NOT_GRANTED = (
    r"access to (?:the )?repository not granted|Write access not granted|not accessible by (?:integration|"
    r"personal access token)|not allowed to (?:download|pull|access|view)[^\n]{0,60}|"
    r"insufficient[_ ](?:scope|permission)s?|lacks? one or more required privilege[^\n]{0,40}|"
    r"do(?:es)? not have (?:the )?(?:required )?(?:read |pull )?(?:access|permission)[^\n]{0,60}|"
    r"not authorized to access this repository|"
    r"Permission to \S+ denied to [^\n]{1,60}|may not have access to this repository[^\n]{0,60}|"
    r"Access denied[.!]? (?:User|You|Project)[^\n]{0,60}"
)

_PUT_TOKEN = Step(
    "put a valid token into Secret {secret} (keys username and password, or bearerToken); Flux retries automatically",
    read=(SECRET,),
    change=(BASIC_AUTH,),
)
_PUT_SSH_KEY = Step(
    'in Secret {secret}, store the private key as "identity" and the host keys as "known_hosts"; if the private key is encrypted, also store its passphrase as "password"',
    read=(SECRET,),
    change=(SSH,),
)
_SCAN = Step(
    "make sure that the host key was changed on purpose (this may be a man-in-the-middle attack), then update known_hosts in Secret {secret} with the output of `ssh-keyscan {host}`",
    read=(SECRET,),
    change=(SSH,),
)

_HOSTS = (
    Rule(
        Code(
            "git-password-not-supported",
            "The Git server requires a token and no longer accepts passwords.",
        ),
        why="the Git server no longer accepts passwords over HTTPS: Secret {secret} must contain a token",
        steps=(
            Step(
                'create an access token with read access to the repository, and store it under key "password" in Secret {secret}',
                read=(SECRET,),
                change=(BASIC_AUTH,),
            ),
        ),
        pattern=Text(
            r"support for password authentication was removed|must use a personal access token|"
            r"stopped supporting account passwords|app passwords? (?:are|is) "
            r"(?:deprecated|no longer)"
        ),
        kinds=_ANY_GIT,
        needs=("secret",),
        trivial=True,
        upstream="GitHub, GitLab, Bitbucket: answers of the Git servers",
    ),
    Rule(
        Code(
            "git-sso-required", "The credential is not authorized for the organization's SAML SSO."
        ),
        why="the organization enforces SAML SSO, but the credential in Secret {secret} is not authorized for it",
        steps=(
            Step(
                "authorize the token or SSH key for SSO in its owner's settings, or use a GitHub App (spec.provider: github) or a deploy key",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"SAML SSO|SSO authorization|enforced SAML|SAML enforcement"),
        kinds=_ANY_GIT,
        upstream="GitHub: answers of the Git server",
    ),
    Rule(
        Code(
            "git-address-blocked",
            "The Git server's IP allow list does not include the address of the cluster.",
        ),
        why="the IP allow list of the repository's owner does not include this cluster: {host} rejects its address, and the credentials are not at fault",
        steps=(
            Step(
                "add the cluster's egress IP addresses (NAT gateway, proxy) to the IP allow list of the organization or workspace; or set spec.proxySecretRef to a proxy whose address is on the list",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"IP allow ?list|allow-?list[^\n]{0,40}(?:IP|address)|IP address is not (?:permitted|"
            r"allowed)|(?:your|from this|this) IP (?:address )?[^\n]{0,30}(?:not (?:permitted|"
            r"allowed|on)|blocked|restricted)|VS403463|Conditional Access policy"
        ),
        kinds=_ANY_GIT,
        upstream="GitHub, GitLab, Bitbucket, Azure DevOps: answers of the Git servers",
    ),
    Rule(
        Code("git-account-blocked", "The Git server has blocked the account or the repository."),
        why="the Git server {host} has blocked the account or the repository: {detail}",
        steps=(
            Step(
                "have an administrator of {host} unblock the account or the repository (suspension, billing, sign-in or terms to accept); a new token of the same account does not help",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:your |the |this )?account (?:is |has been )?(?:suspended|locked|blocked|"
            r"disabled|deactivated)[^\n]{0,120}|(?:access to )?(?:this |the )?repository (?:access "
            r")?(?:has been |is )?(?:disabled|blocked|locked)[^\n]{0,120}|TF401444[^\n]{0,120}|"
            r"must (?:accept|agree)[^\n]{0,80}terms[^\n]{0,60})"
        ),
        kinds=_ANY_GIT,
        upstream="GitHub, GitLab, Azure DevOps: answers of the Git servers",
    ),
    Rule(
        Code("git-protocol-disabled", "The Git server does not allow access over this protocol."),
        why="the Git server {host} does not allow access over this protocol: {detail}",
        steps=(
            Step(
                "use the other protocol (HTTPS or SSH) in spec.url with matching credentials in Secret {secret}, or have an administrator of {host} enable this protocol",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:pulling|cloning|git access|access|git) over (?:HTTPS?|SSH)[^\n]{0,20} "
            r"(?:is )?(?:not allowed|disabled|not permitted)|Git access protocol[^\n]{0,40}not allowed)"
        ),
        kinds=_ANY_GIT,
        upstream="GitLab: answers of the Git server",
    ),
    Rule(
        _GIT_ACCESS_DENIED,
        why="the GitHub App in Secret {secret} is valid, but it has no access to this repository: {detail}",
        steps=(
            Step(
                'in the settings of the App\'s installation, add the repository and grant permission "Contents: read" (ImageUpdateAutomation: read and write); the owner must accept new permissions',
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=_ANY_GIT,
        when=(is_github_app,),
        upstream="GitHub: answers of the Git server",
    ),
    Rule(
        _GIT_ACCESS_DENIED,
        why="GitHub knows the token in Secret {secret}, but the token does not grant access to this repository: {detail}",
        steps=(
            Step(
                'in the token\'s settings on GitHub, select this repository and grant permission "Contents: read" (fine-grained token), or scope repo (classic token); an owner of the organization may have to approve the token',
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=_GIT,
        needs=("secret",),
        when=(at_host("github.com"),),
        upstream="GitHub: answers of the Git server",
    ),
    Rule(
        _GIT_ACCESS_DENIED,
        why="the Git server {host} knows the credentials in Secret {secret}, but they do not grant access to this repository: {detail}",
        steps=(
            Step(
                "give the owner of the token or key read access to the repository, and the token the scope to read it (GitLab: read_repository; Bitbucket: repositories, read; Azure DevOps: Code, read)",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(f"(?P<detail>{_NOT_GRANTED})"),
        kinds=_GIT,
        needs=("secret",),
        upstream="GitLab, Bitbucket, Azure DevOps: answers of the Git servers",
    ),
)

_WITHOUT_REASON = (
    Rule(
        _GIT_ACCESS_DENIED,
        why="the Git server {host} refuses the request without a reason in the first line of its answer: usually the key or token has no access to the repository, or the repository does not exist",
        steps=(
            Step(
                "to read the whole answer, run git ls-remote {url} with the same credentials",
                read=(URL,),
            ),
            Step(
                "add the public key (identity.pub in Secret {secret}) to the repository as a deploy key, or correct the path in spec.url",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"unknown error: (?:remote:)?[\s=]*$"),
        kinds=_GIT,
        certainty="one-of",
        upstream="go-git plumbing/transport/internal/common, GitLab: answers of the Git server",
    ),
)

_APPS = (
    Rule(
        _GITHUB_APP_FAILED,
        why="the installation of the GitHub App in Secret {secret} does not exist: {detail}",
        steps=(
            Step(
                "install the App in the organization, or correct githubAppInstallationID or githubAppInstallationOwner in Secret {secret}; for GitHub Enterprise Server, also set githubAppBaseURL",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not refresh installation id [^\n]{0,80}404 Not Found|"
            r"failed to find (?:organization|user) installation[^\n]{0,120}404[^\n]{0,40}|"
            r"no (?:GitHub )?App installation[^\n]{0,80})"
        ),
        certainty="one-of",
        upstream="PKG auth/githubapp/client.go, ghinstallation",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="GitHub rejects the key of the GitHub App in Secret {secret}: {detail}",
        steps=(
            Step(
                "generate a new private key in the App's settings and store it as githubAppPrivateKey in Secret {secret}; githubAppID must be the ID of the same App",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
            Step("if the key and the ID are correct, check the clocks of the nodes (NTP)"),
        ),
        pattern=Text(
            r"(?P<detail>could not refresh installation id [^\n]{0,80}401 Unauthorized|"
            r"A JSON web token could not be decoded|'Expiration time' claim[^\n]{0,60}|"
            r"could not parse private key[^\n]{0,80})"
        ),
        certainty="one-of",
        upstream="PKG auth/githubapp/client.go, ghinstallation",
    ),
    Rule(
        _GITHUB_APP_FAILED,
        why="the GitHub App in Secret {secret} cannot obtain a token: {detail}",
        steps=(
            Step(
                "check the keys githubAppID, githubAppPrivateKey and githubAppInstallationID (or githubAppInstallationOwner) in Secret {secret}, and whether the App is installed for the repository",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not refresh installation id|failed to get app information|"
            r"failed to find (?:organization|user) installation|app (?:ID|installation owner or ID) "
            r"must be provided|only one of app installation owner or ID|private key must be provided|"
            r"failed to get (?:GitHub )?(?:App )?installation|failed to (?:create|get) github app)"
            r"[^\n]{0,160})"
        ),
        certainty="one-of",
        upstream="PKG git/github, auth/githubapp/client.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="spec.provider is github, but Secret {secret} does not contain the credentials of a GitHub App",
        steps=(
            Step(
                "for a GitHub App, put githubAppID, githubAppInstallationID (or githubAppInstallationOwner) and githubAppPrivateKey into Secret {secret}",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
            Step("for a token or an SSH key, remove spec.provider", read=(SPEC,)),
        ),
        pattern=Text(r"github app data must be specified when provider is set to github"),
        needs=("secret",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="Secret {secret} contains the credentials of a GitHub App, but spec.provider is not github",
        steps=(
            Step(
                "set spec.provider: github, or put a token or an SSH key into Secret {secret}",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(r"github app data"),
        needs=("secret",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="spec.provider and the Secret probably do not match",
        steps=(
            Step(
                "set spec.provider: github for a Secret with the credentials of a GitHub App, and spec.provider: generic for any other Secret",
                read=(SPEC,),
            ),
        ),
        reasons=("InvalidProviderConfiguration",),
        certainty="likely",
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)

_LOGIN = (
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the token that {cloud} issued to the controller (spec.provider)",
        steps=(
            Step(
                "grant the controller's cloud identity, or that of spec.serviceAccountName, read access to this repository (Azure DevOps: add the identity to the organization and give it the Reader role in the project; CodeCommit: codecommit:GitPull)",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
        ),
        pattern=_REJECTED,
        kinds=_GIT,
        needs=("cloud",),
        certainty="one-of",
        upstream="go-git plumbing/transport, PKG auth",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the token of the GitHub App in Secret {secret}",
        steps=(
            Step(
                'check whether the App is installed for this repository with permission "Contents: read", and whether spec.url is correct; Secret {secret} holds the App\'s key, so do not store a username and password in it',
                read=(SECRET, URL),
            ),
        ),
        pattern=_REJECTED,
        kinds=_GIT,
        needs=("github_app",),
        certainty="one-of",
        upstream="go-git plumbing/transport, PKG auth/githubapp",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the credentials in Secret {secret}, for the repository or for one of its submodules (spec.recurseSubmodules)",
        steps=(
            Step(
                "make sure that each repository in .gitmodules accepts the same credentials, or set spec.recurseSubmodules: false",
                read=(SPEC,),
            ),
            Step(
                "if the repository itself rejects them, put a valid token into Secret {secret} (keys username and password, or bearerToken)",
                read=(SECRET,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_GIT,
        needs=("secret", "submodules"),
        certainty="one-of",
        upstream="go-git plumbing/transport, submodule.go",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server no longer accepts the credentials in Secret {secret}: the token has probably expired or was revoked, because Flux has fetched this repository before",
        steps=(_PUT_TOKEN,),
        pattern=Text(_UNKNOWN_LOGIN),
        kinds=_GIT,
        needs=("secret",),
        when=(has_artifact,),
        certainty="likely",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the credentials in Secret {secret}: the token is wrong or expired, or the keys are not username and password (or bearerToken)",
        steps=(_PUT_TOKEN,),
        pattern=Text(_UNKNOWN_LOGIN),
        kinds=_GIT,
        needs=("secret",),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        _GIT_ACCESS_DENIED,
        why="the Git server denies access with the credentials in Secret {secret} (403): the token has no permission to read this repository, or an access policy of the server applies",
        steps=(
            Step(
                "give the token read access to this repository; if it has access, check the server's policies (IP allow list, SSO, expired or blocked account)",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(_NO_PERMISSION),
        kinds=_GIT,
        needs=("secret",),
        certainty="one-of",
        upstream="go-git plumbing/transport",
    ),
    Rule(
        GIT_AUTH_MISSING,
        why="the Git server requires credentials (authentication required), but FluxInstance {sync_instance} does not set a pull Secret",
        steps=(
            Step(
                "create a Secret with the keys username and password, and reference it in spec.sync.pullSecret of FluxInstance {sync_instance}; the operator reverts changes made directly to the source",
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_GIT,
        needs=("sync_instance",),
        trivial=True,
        upstream="go-git plumbing/transport, FO internal/builder/templates.go",
    ),
    Rule(
        GIT_AUTH_MISSING,
        why="the Git server requires credentials (authentication required), but no Secret is configured",
        steps=(
            Step(
                "create a Secret with the keys username and password (a token), and reference it in spec.secretRef; if the repository is public, correct spec.url: some servers also respond this way if the repository does not exist",
                change=(for_secret(BASIC_AUTH, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_GIT,
        certainty="one-of",
        trivial=True,
        upstream="go-git plumbing/transport",
    ),
)

_SSH = (
    Rule(
        _SSH_KEY_ENCRYPTED,
        why="the SSH private key in Secret {secret} is encrypted, but no password is set",
        steps=(
            Step(
                'add key "password" to Secret {secret}, or store a private key without a passphrase',
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"identity key is encrypted|key is passphrase protected"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SSH_KEY_ENCRYPTED,
        why="the password in Secret {secret} does not decrypt the SSH private key (identity)",
        steps=(Step('correct key "password" in Secret {secret}', read=(SECRET,)),),
        pattern=Text(r"decryption password incorrect"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        Code("ssh-key-invalid", 'Key "identity" in the Secret is not a usable SSH private key.'),
        why='key "identity" in Secret {secret} is not a usable SSH private key',
        steps=(_PUT_SSH_KEY,),
        pattern=Text(
            r"construct auth method[^\n]*(?:private key|ssh: (?!handshake))|ssh: no key found|"
            r"unsupported key type|invalid openssh private key|ssh: unhandled key type"
        ),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/transport.go",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server {host} no longer accepts this SSH key: {detail}",
        steps=(
            Step(
                "create a new key (ed25519), add its public key to the Git server as a deploy key, and store the private key in Secret {secret}",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>SSH key has expired[^\n]{0,60}|RSA key with SHA-1[^\n]{0,80}|"
            r"(?:DSA|DSS) keys? (?:is|are) no longer[^\n]{0,60}|key (?:type|algorithm) (?:is )?not "
            r"(?:accepted|allowed|supported)[^\n]{0,60})"
        ),
        kinds=_ANY_GIT,
        upstream="GitHub, GitLab: answers of the SSH servers",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server does not accept SSH keys for this user (unable to authenticate)",
        steps=(
            Step(
                "set the server's Git user in spec.url, for example ssh://git@{host}/PATH, and check whether the server accepts this key type",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"unable to authenticate, attempted methods \[none\]"),
        kinds=_ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="AWS CodeCommit does not accept the SSH key in Secret {secret} for the user in spec.url (unable to authenticate)",
        steps=(
            Step(
                "write the ID of the SSH public key in IAM as the user, ssh://KEY_ID@{host}/v1/repos/NAME, or set spec.provider: aws with the HTTPS URL",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"ssh: unable to authenticate|permission denied \(publickey"),
        context=Text(r"git-codecommit\."),
        kinds=_ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server does not accept the SSH key in Secret {secret} (unable to authenticate)",
        steps=(
            Step(
                "add the public key (identity.pub in Secret {secret}) to the repository as a deploy key; if it is added, check the user in spec.url (usually git)",
                read=(SECRET, URL),
            ),
        ),
        pattern=Text(
            r"ssh: unable to authenticate|permission denied \(publickey|Public key authentication "
            r"failed|Too many authentication failures"
        ),
        kinds=_ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="the SSH host key of {host} does not match known_hosts in Secret {secret} (key mismatch)",
        steps=(_SCAN,),
        pattern=Text(r"knownhosts: key mismatch|host key (?:mismatch|verification failed)"),
        kinds=_ANY_GIT,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="known_hosts in Secret {secret} does not contain the key of {host} (key is unknown)",
        steps=(
            Step(
                "add the output of `ssh-keyscan {host}` (with -p PORT if the port is not 22) to known_hosts in Secret {secret}, after you compare it with the keys that the host publishes",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(r"knownhosts: key is unknown|hostkey could not be verified"),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="known_hosts in Secret {secret} is not valid",
        steps=(
            Step(
                "store the output of `ssh-keyscan {host}` as known_hosts in Secret {secret}",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(
            r"knownhosts: (?!key)|cannot create known hosts callback|valid known_hosts file"
        ),
        kinds=_GIT,
        needs=("ssh",),
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        Code("ssh-no-common-algorithm", "Flux and the SSH server have no algorithm in common."),
        why="Flux and {host} have no {algorithm} algorithm in common",
        steps=(
            Step(
                "have the server offer a current algorithm (ed25519, rsa-sha2), or allow its algorithm with --ssh-hostkey-algos or --ssh-kex-algos of source-controller",
                read=("kubectl describe deployment source-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"ssh: no common algorithm for (?P<algorithm>[\w ]+)"),
        kinds=_ANY_GIT,
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        Code("ssh-handshake-failed", "The SSH server closes the connection during the handshake."),
        why="{host} closes the connection during the SSH handshake ({detail}), before it checks the key",
        steps=(
            Step(
                "check whether {host} is an SSH server on this port, and whether a firewall, a limit on connections or a ban (fail2ban) closes connections from the cluster",
                read=(URL,),
            ),
            Step(
                "if it happens only from time to time, raise spec.interval; Flux retries automatically"
            ),
        ),
        pattern=Text(
            r"ssh: (?:handshake failed|disconnect|overflow reading version string)(?:: )?[^\n]{0,80}?"
            r"(?P<detail>\bEOF\b|connection reset by peer|broken pipe|overflow reading version string|"
            r"i/o timeout|disconnect, reason \d+)"
        ),
        kinds=_ANY_GIT,
        when=(uses_ssh,),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="golang.org/x/crypto/ssh",
    ),
)

RULES = (*_HOSTS, *_WITHOUT_REASON, *_APPS, *_LOGIN, *_SSH)
