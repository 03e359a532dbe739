"""Remote bases: the resources in a kustomization.yaml that kustomize itself fetches or clones.

Upstream: kustomize api internal/loader and internal/git, fluxcd/pkg kustomize/filesys, and the
texts of git that they quote.
"""

from fluxstatus.knowledge.building.shared import KS, KUSTOMIZE
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_REMOTE_BASE_UNREACHABLE = Code(
    "remote-base-unreachable", "A remote resource in the kustomization.yaml cannot be fetched."
)
_REMOTE_BASE_DENIED = Code(
    "remote-base-denied",
    "The host of a remote resource in the kustomization.yaml requires authentication.",
)
_REMOTE_BASE_MISSING = Code(
    "remote-base-missing", "A remote resource in the kustomization.yaml does not exist."
)

_FROM_URL = r"from '(?P<base>(?:https?://|ssh://|git::|git@|(?:github|gitlab|bitbucket)\.\w+[/:])[^'?]*)[^']*'"
"""The URL of a resource that kustomize fetches itself, without its query string."""

_IN_GIT = r"(?:git cmd = '|failed to run '|trouble cloning git repo)"

RULES = (
    Rule(
        Code(
            "remote-base-oci",
            "The kustomization.yaml lists an OCI artifact, which kustomize cannot fetch.",
        ),
        why="kustomization.yaml lists {base}, but kustomize cannot fetch OCI artifacts",
        steps=(
            Step(
                "remove the entry from resources. Create an OCIRepository for the artifact, and use it in a Kustomization"
            ),
        ),
        pattern=Text(r"accumulating resources from '(?P<base>oci://[^']+)'"),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="kustomization.yaml lists {base}, but kustomize does not know this kind of URL",
        steps=(
            Step(
                "correct the scheme of the URL in kustomization.yaml: kustomize reads https:// and clones https://, ssh:// and git@HOST:PATH. To check before you push, run kustomize build {path}"
            ),
        ),
        pattern=Text(
            r"accumulating resources from '(?P<base>(?!https?:|ssh:|git:|file:|oci:)[a-z][a-z0-9+.-]*://[^'?]*)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=f"{KUSTOMIZE}/internal/git/repospec.go",
    ),
    Rule(
        Code(
            "remote-base-forbidden",
            "The kustomization.yaml uses a remote base, which the --no-remote-bases flag forbids.",
        ),
        why="kustomization.yaml uses a remote base, which kustomize-controller does not allow (--no-remote-bases)",
        steps=(
            Step("commit a copy of the base, or create a separate source and Kustomization for it"),
        ),
        pattern=Text(r"fs-security-constraint \w+ /tmp/kustomize-\d+"),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG kustomize/filesys",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote resource {base} is not YAML; the host probably returned a login page (HTML), because the repository is private or the URL does not point to a file",
        steps=(
            Step(
                "create a GitRepository with a Secret for the repository, and use this GitRepository in a Kustomization. Alternatively, commit a copy of the resource. kustomize-controller has no credentials for remote resources"
            ),
            Step("if the resource is public, correct the URL so that it returns plain YAML"),
        ),
        pattern=Text(
            rf"{_FROM_URL}: (?:MalformedYAMLError|missing Resource metadata|missing metadata\.name|"
            r"missing kind|invalid character|yaml: )"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote resource {base} cannot be fetched: the host denies access without credentials (HTTP {status})",
        steps=(
            Step(
                "if the resource is private, create a GitRepository with a Secret for the repository, and use this GitRepository in a Kustomization. Alternatively, commit a copy of the resource. kustomize-controller has no credentials for remote resources. To check whether the resource is public, run curl -I {base} (status 403 can also be a rate limit, and 407 comes from a proxy)"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>40[137])"),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        in_full=True,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote resource {base} does not exist (HTTP {status}), or its repository is private",
        steps=(
            Step(
                "correct the version and path of the URL in kustomization.yaml. To check it, run curl -I {base}"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for the repository, or commit a copy of the resource"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>404|410)"),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote resource {base} cannot be fetched: the host returned HTTP {status}",
        steps=(
            Step(
                "wait for the next attempt. To become independent of the host, commit a copy of the resource, or create a separate source for it"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}: HTTP Error: status code (?P<status>\d+)"),
        kinds=KS,
        reach=Reach.WHOLE,
        transient=True,
        in_full=True,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned in time: git {git} did not finish within {limit}",
        steps=(
            Step(
                "create a GitRepository for the base (source-controller caches the repository), and use it in a Kustomization. Alternatively, commit a copy of the base"
            ),
            Step(
                "to keep the remote base, append ?timeout=120s to its URL, and &submodules=false if it has submodules that you do not need. Check that kustomize-controller can reach the host"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,600}}?hit (?P<limit>\S+) timeout running '[^']*?git (?P<git>[\w-]+)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        in_full=True,
        upstream=f"{KUSTOMIZE}/internal/git, internal/utils",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote base {base} does not have the requested branch, tag or commit ({detail})",
        steps=(
            Step(
                "correct ?ref= of the URL in kustomization.yaml. To list the existing branches and tags, run git ls-remote"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>couldn't find remote ref [^\s']+|"
            r"Remote branch \S+ not found|not our ref \w+|pathspec '[^']*' did not match|"
            r"reference is not a tree: \w+)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the remote resource {base} does not exist, or its repository is private; the host returned neither a file nor a Git repository ({detail})",
        steps=(
            Step(
                "correct the repository, version and path of the URL in kustomization.yaml. To check it, run curl -I or git ls-remote"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for the repository, and use this GitRepository in a Kustomization. Alternatively, commit a copy of the resource"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>repository (?:'[^']*' )?not found|returned error: 404)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_DENIED,
        why="the remote base {base} cannot be cloned: the host requires authentication because the repository is private or does not exist ({detail})",
        steps=(
            Step(
                "create a GitRepository with a Secret for the repository, and use this GitRepository in a Kustomization. Alternatively, commit a copy of the base. kustomize-controller has no credentials for remote bases"
            ),
            Step("if the repository is public, correct the URL in kustomization.yaml"),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>could not read (?:Username|Password)|"
            r"Authentication failed|Access denied|Permission denied \(publickey|"
            r"Host key verification failed|cannot run ssh|"
            r"returned error: 40[13]|terminal prompts disabled|invalid credentials)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="kustomize-controller does not trust the CA that signed the TLS certificate of the host serving {base} (a remote resource); remote resources are fetched without the source's Secret and CA certificate",
        steps=(
            Step(
                "commit a copy of the resource, or create a GitRepository for its URL (with the CA certificate as key ca.crt in the Secret in spec.secretRef) and use it in a Kustomization or in spec.include of the source"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?:x509: certificate signed by unknown authority|SSL certificate problem: (?:unable to get local issuer|self[- ]signed))"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="Go crypto/x509, curl",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="kustomize-controller does not trust the TLS certificate of the host serving {base} (a remote resource): {detail}",
        steps=(
            Step(
                "if the certificate has expired or was issued for another name, renew it. If it was issued by a private CA, create a GitRepository with the CA certificate as key ca.crt in the Secret in spec.secretRef, or commit a copy of the resource"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>x509: [^\n']{{1,120}}|SSL certificate problem[^\n']{{0,100}})"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="Go crypto/x509, curl",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote resource {base} cannot be fetched: the connection failed ({detail})",
        steps=(
            Step(
                "allow connections from kustomize-controller to the host (DNS, NetworkPolicies, firewall, HTTPS_PROXY). Alternatively, commit a copy of the resource, or create a separate source for it",
                read=("kubectl describe deployment kustomize-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,1200}}?(?P<detail>no such host|i/o timeout|TLS handshake timeout|"
            r"connection refused|connection reset|no route to host|network is unreachable|"
            r"server misbehaving|context deadline exceeded|Client\.Timeout|unexpected EOF|\bEOF\b|"
            r"Could not resolve host|Failed to connect|Couldn't connect|Connection timed out|"
            r"early EOF|RPC failed|proxyconnect|returned error: 5\d\d)"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream=f"{KUSTOMIZE}/internal/loader, Go net, git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned because the kustomize-controller image does not contain git",
        steps=(
            Step(
                "create a GitRepository for the base, and use it in a Kustomization. Alternatively, commit a copy of the base"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}.{{0,600}}?no '\w+' program on path"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned with git (no cause was reported)",
        steps=(
            Step(
                "check that its ?ref= exists, that the repository is public, and that kustomize-controller can reach the host. To test this, run git fetch with the same URL and ref"
            ),
            Step(
                "create a GitRepository for the base, and use it in a Kustomization. Alternatively, commit a copy of the base. A GitRepository reports the cause and supports credentials"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}.{{0,600}}?{_IN_GIT}"),
        kinds=KS,
        certainty="one-of",
        transient=True,
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_MISSING,
        why="the repository of the remote base {base} was cloned, but does not contain {file}",
        steps=(Step("correct ?ref= or the path after // of the URL in kustomization.yaml"),),
        pattern=Text(
            rf"{_FROM_URL}.{{0,600}}?evalsymlink failure on '/tmp/kustomize-\d+/(?P<file>[^']+)'"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
)
