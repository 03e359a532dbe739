"""Remote bases: the resources in a kustomization.yaml that kustomize itself fetches or clones.

Upstream: kustomize api internal/loader and internal/git, PKG kustomize/filesys, and the texts of
git that they quote.
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
"""A resource in the kustomization.yaml that kustomize fetches, without its query."""

_IN_GIT = r"(?:git cmd = '|failed to run '|trouble cloning git repo)"

RULES = (
    Rule(
        Code(
            "remote-base-oci",
            "The kustomization.yaml lists an OCI artifact, which kustomize cannot read.",
        ),
        why="kustomization.yaml lists {base}, but kustomize cannot read OCI artifacts",
        steps=(
            Step(
                "remove the entry from resources, and create an OCIRepository for the artifact and a Kustomization that uses it"
            ),
        ),
        pattern=Text(r"accumulating resources from '(?P<base>oci://[^']+)'"),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
    Rule(
        Code(
            "remote-base-forbidden",
            "The kustomization.yaml uses a remote base, which --no-remote-bases forbids.",
        ),
        why="kustomization.yaml uses a remote base, which kustomize-controller forbids (--no-remote-bases)",
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
        why="the remote resource {base} is not YAML: the host probably returned a login page (HTML), because the repository is private or the URL does not point to a file",
        steps=(
            Step(
                "create a GitRepository with a Secret for the repository and a Kustomization that uses it, or commit a copy of the resource: kustomize-controller cannot authenticate when it fetches remote resources"
            ),
            Step("if the URL is public, correct it so that it returns plain YAML"),
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
        why="the remote resource {base} cannot be fetched: its host denies access without credentials (HTTP {status})",
        steps=(
            Step(
                "check with curl -I {base} whether the resource is public (403 can also be a rate limit, 407 is a proxy); if it is private, create a GitRepository with a Secret for the repository and a Kustomization that uses it, or commit a copy of the resource: kustomize-controller cannot authenticate when it fetches remote resources"
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
                "correct the URL in kustomization.yaml (version, path); to check it, run curl -I {base}"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for it, or commit a copy of the resource"
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
        why="the remote resource {base} cannot be fetched: its host returned HTTP {status}",
        steps=(
            Step(
                "wait for the next attempt; to be independent of the host, commit a copy of the resource or create a separate source for it"
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
                "create a GitRepository for it and a Kustomization that uses it (source-controller caches it), or commit a copy of the base"
            ),
            Step(
                "to keep it, append ?timeout=120s to its URL, and &submodules=false if it has submodules that are not needed; check that kustomize-controller can reach the host"
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
                "correct ?ref= in its URL in kustomization.yaml; to list the existing ones, run git ls-remote"
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
        why="the remote resource {base} does not exist, or its repository is private: the host returned neither a file nor a Git repository ({detail})",
        steps=(
            Step(
                "correct the URL in kustomization.yaml (repository, version, path); to check it, run curl -I or git ls-remote"
            ),
            Step(
                "if the repository is private, create a GitRepository with a Secret for it and a Kustomization that uses it, or commit a copy of the resource"
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
        why="the remote base {base} cannot be cloned: its host requires authentication, because the repository is private or does not exist ({detail})",
        steps=(
            Step(
                "create a GitRepository with a Secret for it and a Kustomization that uses it, or commit a copy of the base: kustomize-controller cannot authenticate when it fetches remote bases"
            ),
            Step("if the repository is public, correct its URL in kustomization.yaml"),
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
        why="kustomize-controller does not trust the authority that signed the certificate of the host of remote resource {base}: remote resources are fetched without the Secret and the CA of the source",
        steps=(
            Step(
                "commit a copy of the resource, or create a GitRepository with its URL and spec.secretRef (key ca.crt), and a Kustomization for it or spec.include in the source"
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
        why="kustomize-controller does not trust the certificate of the host of remote resource {base}: {detail}",
        steps=(
            Step(
                "if the certificate is expired or was issued for another name, renew it; if a CA of your own issued it, create a GitRepository with spec.secretRef (key ca.crt) for it, or commit a copy of the resource"
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
                "allow connections from kustomize-controller to the host (DNS, NetworkPolicies, firewall, HTTPS_PROXY), or commit a copy of the resource or create a separate source for it",
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
        why="the remote base {base} cannot be cloned, because the image of kustomize-controller does not contain git",
        steps=(
            Step(
                "create a GitRepository for it and a Kustomization that uses it, or commit a copy of the base"
            ),
        ),
        pattern=Text(rf"{_FROM_URL}.{{0,600}}?no '\w+' program on path"),
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{KUSTOMIZE}/internal/git",
    ),
    Rule(
        _REMOTE_BASE_UNREACHABLE,
        why="the remote base {base} cannot be cloned with git (without a reported cause)",
        steps=(
            Step(
                "check that its ?ref= exists, that the repository is public, and that kustomize-controller can reach the host: run git fetch with the same URL and ref"
            ),
            Step(
                "create a GitRepository for it and a Kustomization that uses it (it reports the cause and supports credentials), or commit a copy of the base"
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
        steps=(
            Step(
                "correct the path or ?ref= in its URL in kustomization.yaml (the path in the repository follows //)"
            ),
        ),
        pattern=Text(
            rf"{_FROM_URL}.{{0,600}}?evalsymlink failure on '/tmp/kustomize-\d+/(?P<file>[^']+)'"
        ),
        kinds=KS,
        upstream=f"{KUSTOMIZE}/internal/loader",
    ),
)
