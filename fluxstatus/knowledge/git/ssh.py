"""Authentication at a Git server over ssh.

Upstream: fluxcd/pkg git/gogit, golang.org/x/crypto/ssh, and the responses of SSH servers.
"""

from fluxstatus.knowledge.commands import SECRET, SSH, URL
from fluxstatus.knowledge.facts import has_artifact, uses_ssh
from fluxstatus.knowledge.git.shared import ANY_GIT, GIT
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SSH_KEY_ENCRYPTED = Code(
    "ssh-key-encrypted", "The SSH private key is encrypted, and its passphrase is missing or wrong."
)
_SSH_KEY_REJECTED = Code(
    "ssh-key-rejected", "The Git server does not accept the SSH key or the user name."
)
_SSH_HOST_KEY = Code(
    "ssh-host-key", "The SSH host key cannot be verified with known_hosts in the Secret."
)

_KEY_REJECTED = Text(
    r"ssh: unable to authenticate|permission denied \(publickey|Public key authentication "
    r"failed|Too many authentication failures"
)
_PUT_SSH_KEY = Step(
    'in Secret {secret}, store the private key as "identity" and the host keys as "known_hosts"; if the private key is encrypted, also store its passphrase as "password"',
    read=(SECRET,),
    change=(SSH,),
)
_SCAN = Step(
    "make sure that the host key was changed intentionally (a mismatch can indicate a man-in-the-middle attack), and then update known_hosts in Secret {secret} with the output of `ssh-keyscan {host}`",
    read=(SECRET,),
    change=(SSH,),
)

RULES = (
    Rule(
        _SSH_KEY_ENCRYPTED,
        why="the SSH private key in Secret {secret} is encrypted, but the Secret has no password for it",
        steps=(
            Step(
                'add the passphrase as "password" to Secret {secret}, or store a private key without a passphrase',
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"identity key is encrypted|key is passphrase protected"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        _SSH_KEY_ENCRYPTED,
        why="the password in Secret {secret} does not decrypt the SSH private key (identity)",
        steps=(
            Step('correct the passphrase in key "password" of Secret {secret}', read=(SECRET,)),
        ),
        pattern=Text(r"decryption password incorrect"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        Code("ssh-key-invalid", 'Key "identity" in the Secret is not a usable SSH private key.'),
        why='key "identity" in Secret {secret} is not a usable SSH private key',
        steps=(_PUT_SSH_KEY,),
        pattern=Text(
            r"construct auth method[^\n]*(?:private key|ssh: (?!handshake)|asn1: )|"
            r"ssh: no key found|"
            r"unsupported key type|invalid openssh private key|ssh: unhandled key type"
        ),
        kinds=ANY_GIT,
        trivial=True,
        upstream="PKG git/gogit/transport.go",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="{host} no longer accepts ssh-rsa (SHA-1) signatures, which old versions of Flux use for RSA keys",
        steps=(
            Step(
                "update Flux; newer versions use rsa-sha2 with the same key, so the key does not have to change",
                read=("kubectl get deployments -n {flux_namespace} -o wide",),
            ),
            Step(
                "alternatively, use another type of key (ECDSA or Ed25519), if the server supports it",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"using ssh-rsa that is about to be deprecated|ssh-rsa[^\n]{0,40}blocked"),
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="Azure DevOps: responses of the SSH server",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="{host} no longer accepts this SSH key: {detail}",
        steps=(
            Step(
                "create a new Ed25519 key, add its public key to the repository as a deploy key, and store the private key in Secret {secret}",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>SSH key has expired[^\n]{0,60}|RSA key with SHA-1[^\n]{0,80}|"
            r"(?:DSA|DSS) keys? (?:is|are) no longer[^\n]{0,60}|key (?:type|algorithm) (?:is )?not "
            r"(?:accepted|allowed|supported)[^\n]{0,60})"
        ),
        kinds=ANY_GIT,
        upstream="GitHub, GitLab: responses of the SSH servers",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server does not accept SSH keys for this user (unable to authenticate)",
        steps=(
            Step(
                "set the server's Git user in spec.url, for example ssh://git@{host}/PATH, and check that the server accepts this type of key",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"unable to authenticate, attempted methods \[none\]"),
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="AWS CodeCommit does not accept the SSH key in Secret {secret} for the user in spec.url (unable to authenticate)",
        steps=(
            Step(
                "use the ID of the SSH public key in IAM as the user (ssh://KEY_ID@{host}/v1/repos/NAME), or set spec.provider: aws and use the HTTPS URL",
                read=(URL, SECRET),
            ),
        ),
        pattern=Text(r"ssh: unable to authenticate|permission denied \(publickey"),
        context=Text(r"git-codecommit\."),
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="Azure DevOps does not accept the SSH key in Secret {secret} (unable to authenticate): the public key has expired or was not added to a user's SSH keys, or it is not an RSA key, the only type that Azure DevOps accepts",
        steps=(
            Step(
                "create an RSA key (flux create secret git --ssh-key-algorithm=rsa --ssh-rsa-bits=4096), and add its public key (identity.pub in Secret {secret}) to the SSH keys of a user who can read the repository; Azure DevOps does not support deploy keys",
                read=(SECRET, URL),
            ),
        ),
        pattern=_KEY_REJECTED,
        context=Text(r"ssh\.dev\.azure\.com|vs-ssh\.visualstudio\.com"),
        kinds=ANY_GIT,
        certainty="one-of",
        quoted=True,
        upstream="Azure DevOps: responses of the SSH server",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server no longer accepts the SSH key in Secret {secret} (unable to authenticate): the deploy key was removed or has expired, its user lost access, or the Secret or spec.url was changed",
        steps=(
            Step(
                "compare the public key (identity.pub in Secret {secret}) with the deploy keys of the repository, and add it again if it is missing. If the Secret was changed intentionally, add its new public key",
                read=(SECRET, URL),
            ),
        ),
        pattern=_KEY_REJECTED,
        kinds=GIT,
        needs=("secret",),
        when=(has_artifact,),
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_KEY_REJECTED,
        why="the Git server does not accept the SSH key in Secret {secret} (unable to authenticate)",
        steps=(
            Step(
                "add the public key (identity.pub in Secret {secret}) to the repository as a deploy key; if it was already added, check the user in spec.url (usually git)",
                read=(SECRET, URL),
            ),
        ),
        pattern=_KEY_REJECTED,
        kinds=ANY_GIT,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="the SSH host key of {host} does not match known_hosts in Secret {secret} (key mismatch)",
        steps=(_SCAN,),
        pattern=Text(r"knownhosts: key mismatch|host key (?:mismatch|verification failed)"),
        kinds=ANY_GIT,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="known_hosts in Secret {secret} does not contain the host key of {host} (key is unknown)",
        steps=(
            Step(
                "add the output of `ssh-keyscan {host}` (with -p PORT if the port is not 22) to known_hosts in Secret {secret}, after comparing it with the keys that the host publishes",
                read=(SECRET,),
                change=(SSH,),
            ),
        ),
        pattern=Text(r"knownhosts: key is unknown|hostkey could not be verified"),
        kinds=ANY_GIT,
        trivial=True,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="known_hosts in Secret {secret} marks the SSH host key of {host} as revoked (@revoked)",
        steps=(_SCAN,),
        pattern=Text(r"knownhosts: key is revoked"),
        kinds=ANY_GIT,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        _SSH_HOST_KEY,
        why="known_hosts in Secret {secret} is invalid",
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
        kinds=GIT,
        needs=("ssh",),
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        Code(
            "ssh-no-common-algorithm", "Flux and the SSH server do not support a common algorithm."
        ),
        why="Flux and {host} do not support a common {algorithm} algorithm",
        steps=(
            Step(
                "configure the server to offer a current algorithm (ed25519, rsa-sha2), or allow the server's algorithm with the flag --ssh-hostkey-algos or --ssh-kex-algos of source-controller",
                read=("kubectl describe deployment source-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"ssh: no common algorithm for (?P<algorithm>[\w ]+)"),
        kinds=ANY_GIT,
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        Code("ssh-not-served", "The server at the SSH address does not respond as an SSH server."),
        why="{host} does not respond as an SSH server on this port: {detail}",
        steps=(
            Step(
                "correct the host and port in spec.url: the port may be used for another protocol such as HTTP, or a proxy or firewall may respond instead of the server",
                read=(URL,),
            ),
        ),
        pattern=Text(
            r"ssh: handshake failed: (?:ssh: )?(?P<detail>overflow reading version string|"
            r"invalid packet length[^\n]{0,40}|unexpected (?:message|packet)[^\n]{0,60})"
        ),
        kinds=ANY_GIT,
        when=(uses_ssh,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="golang.org/x/crypto/ssh transport.go",
    ),
    Rule(
        Code(
            "ssh-session-refused",
            "The SSH server accepts the credentials but refuses or closes the session.",
        ),
        why="{host} refuses or closes the SSH session after authentication: {detail}",
        steps=(
            Step(
                "check the SSH server's logs; common causes are a limit on sessions or connections, maintenance, and a key that is not allowed to run git-upload-pack",
                read=(URL,),
            ),
            Step(
                "if the error occurs only occasionally, no action is needed, because Flux retries automatically"
            ),
        ),
        pattern=Text(
            r"(?P<detail>ssh: rejected: [^\n]{1,80}|"
            r"ssh: unexpected packet in response to channel open[^\n]{0,40})"
        ),
        kinds=ANY_GIT,
        certainty="one-of",
        transient=True,
        upstream="golang.org/x/crypto/ssh mux.go",
    ),
    Rule(
        Code("ssh-handshake-failed", "The SSH server closes the connection during the handshake."),
        why="{host} closes the connection during the SSH handshake ({detail}), before checking the key",
        steps=(
            Step(
                "check that {host} is an SSH server on this port, and that no firewall, connection limit or ban (fail2ban) closes connections from the cluster",
                read=(URL,),
            ),
            Step(
                "if the error occurs only occasionally, increase spec.interval; Flux retries automatically"
            ),
        ),
        pattern=Text(
            r"ssh: (?:handshake failed|disconnect)(?:: )?[^\n]{0,80}?"
            r"(?P<detail>\bEOF\b|connection reset by peer|broken pipe|i/o timeout|"
            r"disconnect, reason \d+(?!: too many authentication))"
        ),
        kinds=ANY_GIT,
        when=(uses_ssh,),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="golang.org/x/crypto/ssh",
    ),
)
