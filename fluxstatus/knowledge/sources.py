"""GitRepository, OCIRepository, HelmRepository, HelmChart, Bucket, ArtifactGenerator.

Upstream: SC internal/controller/*_controller.go, PKG git/options.go, PKG runtime/secrets.
"""

from fluxstatus.knowledge.rule import Rule, Step, text

_GIT, _OCI = frozenset({"GitRepository"}), frozenset({"OCIRepository"})
_HELM, _CHART = frozenset({"HelmRepository"}), frozenset({"HelmChart"})
_BUCKET = frozenset({"Bucket"})
_PULLS = frozenset({"OCIRepository", "HelmChart", "ImageRepository"})

_KEY_NAMES = "kubectl describe secret {secret} -n {ns}"
_BASIC = "flux-operator create secret basic-auth {secret} -n {ns} --username=git --password-stdin"
_PUT_BASIC = Step(
    "put a valid token into the Secret {secret} (keys username and password, or bearerToken); "
    "Flux retries by itself",
    read=(_KEY_NAMES,),
    change=(_BASIC,),
)
_SPEC = "kubectl get {resource} {name} -n {ns} -o yaml"


def _secret_missing(kinds: frozenset[str], keys: str, create: str) -> Rule:
    return Rule(
        "secret-missing",
        "the Secret {missing} does not exist (not found) in namespace {ns}",
        (
            Step(
                f"create the Secret {{missing}}, or correct the name that the spec has; {keys}",
                read=("kubectl get secrets -n {ns}",),
                change=(create,) if create else (),
            ),
        ),
        pattern=text(r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"),
        kinds=kinds,
        trivial=True,
        upstream="PKG runtime/secrets/error.go",
    )


RULES = (
    Rule(
        "proxy-secret-missing",
        "the Secret {proxy_secret} that spec.proxySecretRef names does not exist, or lacks the key "
        "address",
        (
            Step(
                "create the Secret {proxy_secret} with the key address (http, https or socks5)",
                read=("kubectl get secrets -n {ns}",),
                change=(
                    "flux-operator create secret proxy {proxy_secret} -n {ns} "
                    "--address=http://PROXY:3128",
                ),
            ),
        ),
        pattern=text(r"proxy options|failed to get proxy|proxy URL must use"),
        kinds=_GIT | _PULLS | _HELM | _BUCKET,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    _secret_missing(
        _GIT,
        "Git over https takes username and password, over ssh identity and known_hosts",
        "flux-operator create secret basic-auth {missing} -n {ns} --username=git --password-stdin",
    ),
    _secret_missing(
        _PULLS,
        "it must be of type kubernetes.io/dockerconfigjson",
        "flux-operator create secret registry {missing} -n {ns} --server={host} --username=USER "
        "--password-stdin",
    ),
    _secret_missing(
        _HELM,
        "it takes username and password",
        "flux-operator create secret basic-auth {missing} -n {ns} --username=USER --password-stdin",
    ),
    _secret_missing(
        _BUCKET,
        "it takes accesskey and secretkey",
        "kubectl create secret generic {missing} -n {ns} --from-file=./accesskey "
        "--from-file=./secretkey",
    ),
    _secret_missing(frozenset(), "its keys are those that this kind's page names", ""),
    Rule(
        "secret-key-missing",
        "the Secret {secret} lacks what is needed: {detail}",
        (
            Step(
                "put the missing key into the Secret {secret}; its keys (not the values) are "
                "listed by",
                read=(_KEY_NAMES,),
                change=(
                    "flux-operator create secret ssh {secret} -n {ns} "
                    "--private-key-file=./identity --knownhosts-file=./known_hosts",
                ),
            ),
        ),
        pattern=text(r"(?P<detail>invalid 'ssh' auth option: '[\w-]+' is required)"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        "secret-key-missing",
        "the Secret {secret} lacks what is needed: {detail}",
        (
            Step(
                "put the missing key into the Secret {secret}; its keys (not the values) are "
                "listed by",
                read=(_KEY_NAMES,),
            ),
        ),
        pattern=text(
            r"(?P<detail>invalid '\w+' auth option: '[\w-]+' is required|'password' requires "
            r"'username' to be set|malformed [\w ]+ - has '[\w.]+' but missing '[\w.]+'|"
            r"key '[\w.-]+' not found in secret|contains '[\w.]+' but missing '[\w.]+'|"
            r"must contain exactly one of [\w' ]+|required fields? '[\w.]+')"
        ),
        trivial=True,
        upstream="PKG git/options.go, PKG runtime/secrets/error.go",
    ),
    Rule(
        "ssh-key-encrypted",
        "the SSH private key in the Secret {secret} is encrypted and no password is given",
        (Step("add the key password to the Secret {secret}", read=(_KEY_NAMES,)),),
        pattern=text(r"identity key is encrypted|key is passphrase protected"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/options.go",
    ),
    Rule(
        "ssh-key-invalid",
        "the identity in the Secret {secret} is not a usable SSH private key",
        (
            Step(
                "store an unencrypted private key (or add its password) as identity in {secret}",
                read=(_KEY_NAMES,),
                change=(
                    "flux-operator create secret ssh {secret} -n {ns} "
                    "--private-key-file=./identity --knownhosts-file=./known_hosts",
                ),
            ),
        ),
        pattern=text(r"unable to construct auth method.*(?:private key|ssh:)|no key found"),
        kinds=_GIT,
        upstream="PKG git/gogit/transport.go",
    ),
    Rule(
        "ssh-key-rejected",
        "the Git server does not accept the SSH key in the Secret {secret} (unable to "
        "authenticate)",
        (
            Step(
                "add the public key (identity.pub of {secret}) as a deploy key of the repository",
                read=(_KEY_NAMES,),
            ),
        ),
        pattern=text(r"ssh: unable to authenticate|permission denied \(publickey"),
        kinds=_GIT,
        upstream="golang.org/x/crypto/ssh",
    ),
    Rule(
        "ssh-host-key",
        "the SSH host key of the Git server is not the one in known_hosts of the Secret {secret}",
        (
            Step(
                "make sure that the change is meant, then renew known_hosts in {secret}",
                read=(_KEY_NAMES,),
                change=(
                    "flux-operator create secret ssh {secret} -n {ns} "
                    "--private-key-file=./identity --knownhosts-file=./known_hosts",
                ),
            ),
        ),
        pattern=text(r"knownhosts: key (?:mismatch|is unknown)|host key"),
        kinds=_GIT,
        upstream="golang.org/x/crypto/ssh/knownhosts",
    ),
    Rule(
        "git-auth-rejected",
        "the Git server asks for a login and takes none of what the Secret {secret} holds: a wrong "
        "or expired token, or keys other than username and password (or bearerToken)",
        (_PUT_BASIC,),
        pattern=text(
            r"authentication required|authorization failed|invalid credentials|"
            r"(?:status code:? |: )40[13]\b"
        ),
        kinds=_GIT,
        needs=("secret",),
        upstream="go-git plumbing/transport",
    ),
    Rule(
        "git-auth-missing",
        "the Git server asks for a login (authentication required) and no Secret is named",
        (
            Step(
                "make a Secret with username and password and name it in spec.secretRef; for the "
                "source that a FluxInstance makes, name it in spec.sync.pullSecret",
                change=(
                    "flux-operator create secret basic-auth {name}-auth -n {ns} --username=git "
                    "--password-stdin",
                ),
            ),
        ),
        pattern=text(r"authentication required|authorization failed|(?:status code:? |: )40[13]\b"),
        kinds=_GIT,
        upstream="go-git plumbing/transport",
    ),
    Rule(
        "git-repository-missing",
        "there is no repository at {url} (not found), or the login may not see it",
        (
            Step(
                "correct spec.url; if the repository is private, name a Secret with a token in "
                "spec.secretRef",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.url}}",),
            ),
        ),
        pattern=text(r"repository not found|repository does not exist"),
        kinds=_GIT,
        upstream="go-git plumbing/transport",
    ),
    Rule(
        "git-ref-missing",
        "spec.ref asks for {ref}, which the repository does not have",
        (Step("correct spec.ref, or push what it names", read=(_SPEC,)),),
        pattern=text(
            r"couldn't find remote ref|unable to resolve|no match found for semver|"
            r"reference not found|object not found|pathspec"
        ),
        kinds=_GIT,
        upstream="PKG git/gogit/clone.go",
    ),
    Rule(
        "git-url-insecure",
        "credentials would travel in the open: the URL is http, or holds them itself",
        (Step("use https in spec.url and keep credentials in a Secret", read=(_SPEC,)),),
        pattern=text(r"basic auth cannot be sent over HTTP|URL cannot contain credentials"),
        kinds=_GIT,
        trivial=True,
        upstream="PKG git/gogit/client.go",
    ),
    Rule(
        "git-empty",
        "the repository is empty",
        (Step("push a first commit to it"),),
        reasons=("EmptyGitRepository",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        "git-sparse-path-missing",
        "a directory that spec.sparseCheckout names is not in the repository",
        (Step("correct spec.sparseCheckout", read=(_SPEC,)),),
        pattern=text(r"failed to sparse checkout"),
        kinds=_GIT,
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        "signature-invalid",
        "the signature does not verify: what was fetched is not signed by a key that spec.verify "
        "trusts",
        (
            Step(
                "have it signed by a trusted key, or add the author's public key to the Secret of "
                "spec.verify; do not switch verification off",
                read=("kubectl describe secret {verify_secret} -n {ns}", _SPEC),
            ),
        ),
        pattern=text(
            r"signature verification|failed to verify the signature|no matching signatures|"
            r"public key provider|chart verification"
        ),
        upstream="SC internal/controller/gitrepository_controller.go, internal/oci/cosign",
    ),
    Rule(
        "signature-invalid",
        "spec.verify cannot be satisfied",
        (
            Step(
                "look at spec.verify and its Secret; do not switch verification off", read=(_SPEC,)
            ),
        ),
        reasons=(
            "VerificationError",
            "InvalidTagSignature",
            "InvalidCommitSignature",
            "InvalidGitObject",
            "InvalidVerificationMode",
            "ChartVerificationError",
        ),
        upstream="SC api/v1/gitrepository_types.go",
    ),
    Rule(
        "provider-mismatch",
        "spec.provider and the Secret do not fit together",
        (
            Step(
                "set spec.provider: github for a GitHub App's Secret, generic for others",
                read=(_SPEC,),
            ),
        ),
        reasons=("InvalidProviderConfiguration",),
        trivial=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
    Rule(
        "registry-auth-rejected",
        "the registry rejects the login (UNAUTHORIZED) of the Secret {secret}: a wrong or expired "
        "password, or not a Secret of type kubernetes.io/dockerconfigjson for this host",
        (
            Step(
                "renew the Secret {secret}; it must be of type kubernetes.io/dockerconfigjson",
                read=("kubectl get secret {secret} -n {ns}",),
                change=(
                    "flux-operator create secret registry {secret} -n {ns} --server={host} "
                    "--username=USER --password-stdin",
                ),
            ),
        ),
        pattern=text(r"UNAUTHORIZED|DENIED\b|(?:status code:? |: )40[13]\b|\b40[13] \w"),
        kinds=_PULLS,
        needs=("secret",),
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        "registry-auth-missing",
        "the registry asks for a login (UNAUTHORIZED) and no Secret is named",
        (
            Step(
                "make a Secret of type kubernetes.io/dockerconfigjson and name it in "
                "spec.secretRef",
                change=(
                    "flux-operator create secret registry {name}-auth -n {ns} --server={host} "
                    "--username=USER --password-stdin",
                ),
            ),
        ),
        pattern=text(r"UNAUTHORIZED|DENIED\b|(?:status code:? |: )40[13]\b|\b40[13] \w"),
        kinds=_PULLS,
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        "registry-tag-missing",
        "the registry has no such tag or digest: {url} at {ref} (MANIFEST_UNKNOWN)",
        (Step("push the tag, or correct spec.ref", read=(_SPEC,)),),
        pattern=text(r"MANIFEST_UNKNOWN|manifest unknown|no match found for semver"),
        kinds=_PULLS,
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        "registry-repository-missing",
        "the registry has no repository {url} (NAME_UNKNOWN)",
        (Step("correct spec.url, or push to it", read=(_SPEC,)),),
        pattern=text(r"NAME_UNKNOWN|404 Not Found|NAME_INVALID"),
        kinds=_OCI,
        upstream="go-containerregistry pkg/v1/remote/transport/error.go",
    ),
    Rule(
        "registry-layer-missing",
        "the artifact has no layer as spec.layerSelector asks for",
        (Step("correct spec.layerSelector", read=(_SPEC,)),),
        reasons=("OCIArtifactLayerOperationFailed",),
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        "cloud-login-failed",
        "the cloud provider gives no credential to the controller",
        (
            Step(
                "look at spec.provider and the cloud identity of the ServiceAccount",
                read=("kubectl get serviceaccounts -n {ns}", _SPEC),
            ),
        ),
        pattern=text(r"failed to get credential"),
        upstream="PKG auth",
    ),
    Rule(
        "helm-index-auth",
        "the chart repository {url} asks for a login ({status})",
        (
            Step(
                "make a Secret with username and password and name it in spec.secretRef",
                read=(_KEY_NAMES,),
                change=(
                    "flux-operator create secret basic-auth {name}-auth -n {ns} --username=USER "
                    "--password-stdin",
                ),
            ),
        ),
        pattern=text(r"\b(?P<status>40[13]) \w+"),
        kinds=_HELM,
        upstream="SC internal/helm/repository/chart_repository.go",
    ),
    Rule(
        "helm-index-missing",
        "there is no chart repository at {url}: no index.yaml (404)",
        (
            Step(
                "correct spec.url of the HelmRepository",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.url}}",),
            ),
        ),
        pattern=text(r"\b404\b"),
        kinds=_HELM,
        upstream="SC internal/helm/repository/chart_repository.go",
    ),
    Rule(
        "helm-index-invalid",
        "what {url} serves is not a Helm repository index",
        (
            Step(
                "point spec.url at the root of the chart repository, where index.yaml is",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.url}}",),
            ),
        ),
        reasons=("IndexationFailed",),
        kinds=_HELM,
        upstream="SC internal/helm/repository/chart_repository.go",
    ),
    Rule(
        "chart-version-missing",
        "the repository has no chart {wanted_chart} in a version that fits {wanted_version}",
        (Step("correct the chart's name or version", read=(_SPEC,)),),
        pattern=text(
            r"no '(?P<wanted_chart>[^']+)' chart with version matching '(?P<wanted_version>[^']*)'"
        ),
        upstream="SC internal/helm/repository/chart_repository.go",
    ),
    Rule(
        "chart-archive-missing",
        "the index lists the chart, and its archive is not there: {archive} answers 404",
        (Step("publish the chart's archive again, or choose another version", read=(_SPEC,)),),
        pattern=text(r"failed to fetch (?P<archive>\S+) : 404"),
        reasons=("ChartPullError", "SourceNotReady"),
        upstream="SC internal/helm/chart/errors.go",
    ),
    Rule(
        "chart-invalid",
        "the chart cannot be built from its source",
        (Step("correct what the message says in the chart or its values files", read=(_SPEC,)),),
        reasons=(
            "InvalidChartReference",
            "ChartPullError",
            "DependencyBuildError",
            "ChartPackageError",
            "ValuesFilesError",
            "MetadataPatchError",
            "UnsupportedSourceKind",
        ),
        upstream="SC internal/helm/chart/errors.go",
    ),
    Rule(
        "bucket-denied",
        "access to the bucket '{bucket}' is denied",
        (
            Step(
                "correct the credentials (keys accesskey and secretkey) or the bucket's policy",
                read=(_KEY_NAMES, _SPEC),
            ),
        ),
        pattern=text(r"access denied|forbidden|signature.*does not match|InvalidAccessKey"),
        kinds=_BUCKET,
        upstream="SC internal/bucket",
    ),
    Rule(
        "bucket-missing",
        "there is no bucket {bucket} at {endpoint}",
        (Step("correct spec.bucketName or spec.endpoint", read=(_SPEC,)),),
        pattern=text(r"bucket '[^']*' (?:not found|does not exist)|NoSuchBucket"),
        kinds=_BUCKET,
        trivial=True,
        upstream="SC internal/controller/bucket_controller.go",
    ),
    Rule(
        "bucket-failed",
        "the bucket {bucket} cannot be read",
        (Step("look at spec.endpoint, spec.bucketName and the credentials", read=(_SPEC,)),),
        reasons=("BucketOperationFailed",),
        upstream="SC internal/controller/bucket_controller.go",
    ),
    Rule(
        "url-invalid",
        "spec.url is not valid for this kind",
        (Step("correct spec.url and spec.type", read=(_SPEC,)),),
        reasons=("URLInvalid", "ImageURLInvalid"),
        trivial=True,
        upstream="SC internal/controller",
    ),
    Rule(
        "source-storage",
        "source-controller cannot write to its storage or to the API",
        (
            Step(
                "look at the controller's volume and log",
                read=("kubectl logs -n {flux_namespace} deployment/source-controller --tail=50",),
            ),
        ),
        reasons=(
            "DirectoryCreationFailed",
            "StatOperationFailed",
            "ArchiveOperationFailed",
            "AcquireLockFailed",
            "SymlinkUpdateFailed",
            "InvalidPath",
            "SourceIgnoreError",
            "IllegalPath",
            "CopyFailure",
            "PatchOperationFailed",
            "StorageOperationFailed",
        ),
        upstream="SC api/v1/condition_types.go",
    ),
    Rule(
        "include-missing",
        "a repository that spec.include names is missing or has no artifact yet",
        (Step("create it, or correct spec.include", read=(_SPEC,)),),
        pattern=text(r"resource for include|artifact available for include"),
        transient=True,
        upstream="SC internal/controller/gitrepository_controller.go",
    ),
)
