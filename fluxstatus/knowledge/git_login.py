"""Git: authentication over https and ssh.

Upstream: PKG git and git/gogit, go-git, golang.org/x/crypto/ssh, and the responses of
GitHub, GitLab, Bitbucket and Azure DevOps (after "remote:").
"""

from fluxstatus.knowledge.codes import GIT_AUTH_MISSING
from fluxstatus.knowledge.commands import (
    BASIC_AUTH,
    GITHUB_APP,
    SECRET,
    SPEC,
    SSH,
    URL,
    for_secret,
)
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_PROVIDER_MISMATCH = Code(
    "provider-mismatch", "The settings in spec.provider and spec.secretRef do not match."
)
_GIT_AUTH_REJECTED = Code("git-auth-rejected", "The Git server rejects the credentials.")
_SSH_KEY_ENCRYPTED = Code(
    "ssh-key-encrypted", "The SSH private key is encrypted, and its password is missing or wrong."
)
_SSH_KEY_REJECTED = Code("ssh-key-rejected", "The Git server does not accept the SSH key or user.")
_SSH_HOST_KEY = Code(
    "ssh-host-key", "The SSH host key cannot be verified against known_hosts in the Secret."
)

_GIT: KindNames = frozenset({"GitRepository"})
_ANY_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

_REJECTED = (
    r"^(?!.*TF401019).*(?:authentication required|authorization failed|invalid credentials|"
    r"(?:status code:? |: )40[13]\b|HTTP Basic: Access denied|TF400813)"
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

_LOGIN = (
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
            r"support for password authentication was removed|required to use a (?:personal )?"
            r"(?:access )?token|stopped supporting account passwords|app passwords? (?:are|is)"
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
        pattern=Text(r"SAML SSO|SSO authorization|enforced SAML"),
        kinds=_ANY_GIT,
        upstream="GitHub: answers of the Git server",
    ),
    Rule(
        Code("github-app-failed", "The GitHub App cannot obtain an access token."),
        why="the GitHub App in Secret {secret} cannot obtain a token: {detail}",
        steps=(
            Step(
                "check the keys githubAppID, githubAppPrivateKey and githubAppInstallationID (or githubAppInstallationOwner) in Secret {secret}, and whether the App is installed for the repository",
                read=(SECRET,),
                change=(GITHUB_APP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:could not refresh installation id|A JSON web token could not be "
            r"decoded|could not parse private key|failed to get (?:GitHub )?(?:App )?installation|"
            r"failed to (?:create|get) (?:github app|token)|no (?:GitHub )?App installation)"
            r"[^\n]{0,160})"
        ),
        upstream="PKG git/github, auth/githubapp/client.go",
    ),
    Rule(
        _PROVIDER_MISMATCH,
        why="spec.provider and Secret {secret} do not match",
        steps=(
            Step(
                "set spec.provider: github for a Secret with the credentials of a GitHub App (keys githubAppID and githubAppPrivateKey), and spec.provider: generic for any other Secret",
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
        why="spec.provider and the Secret do not match",
        steps=(
            Step(
                "set spec.provider: github for a Secret with the credentials of a GitHub App, and spec.provider: generic for any other Secret",
                read=(SPEC,),
            ),
        ),
        reasons=("InvalidProviderConfiguration",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the token that {cloud} issued to the controller (spec.provider)",
        steps=(
            Step(
                "grant the controller's cloud identity, or that of spec.serviceAccountName, read access to this repository",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
        ),
        pattern=Text(_REJECTED),
        kinds=_GIT,
        needs=("cloud",),
        upstream="go-git plumbing/transport, PKG auth",
    ),
    Rule(
        _GIT_AUTH_REJECTED,
        why="the Git server rejects the credentials in Secret {secret}: the token is wrong or expired, or the keys are not username and password (or bearerToken)",
        steps=(_PUT_TOKEN,),
        pattern=Text(_REJECTED),
        kinds=_GIT,
        needs=("secret",),
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
        pattern=Text(_REJECTED),
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
        pattern=Text(_REJECTED),
        kinds=_GIT,
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
            r"construct auth method.*(?:private key|ssh:)|ssh: no key found|"
            r"unsupported key type|invalid openssh private key"
        ),
        kinds=_ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/transport.go",
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
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server does not accept the SSH key in Secret {secret} (unable to authenticate)",
        steps=(
            Step(
                "add the public key (identity.pub in Secret {secret}) to the repository as a deploy key",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"ssh: unable to authenticate|permission denied \(publickey|Public key authentication "
            r"failed"
        ),
        kinds=_ANY_GIT,
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
        pattern=Text(r"knownhosts: (?!key)|known_?hosts"),
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
)

RULES = (*_LOGIN, *_SSH)
