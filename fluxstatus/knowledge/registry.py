"""OCI registries: OCIRepository, ImageRepository, charts in registries, inputs from tags.

Upstream: go-containerregistry pkg/v1/remote/transport/error.go, oras-go registry/remote/errcode,
SC internal/controller/ocirepository_controller.go, internal/helm/registry/auth.go.
"""

from fluxstatus.knowledge.commands import ENDPOINT, LOG, REGISTRY, SPEC, for_secret
from fluxstatus.knowledge.facts import at_host, has_cloud_provider, has_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_REGISTRY_AUTH_MISSING = Code(
    "registry-auth-missing", "The registry requires a login, but no Secret is configured."
)
_REGISTRY_AUTH_REJECTED = Code(
    "registry-auth-rejected", "The registry rejects the credentials in the Secret."
)
_REGISTRY_ACCESS_DENIED = Code(
    "registry-access-denied",
    "The registry denies anonymous access: the repository is private or does not exist.",
)
_REGISTRY_SECRET_INVALID = Code(
    "registry-secret-invalid",
    "The Secret does not hold a valid Docker config, or no login for this registry.",
)
_REGISTRY_TAG_MISSING = Code(
    "registry-tag-missing", "The requested tag, digest or version does not exist in the registry."
)
_REGISTRY_REPOSITORY_MISSING = Code(
    "registry-repository-missing",
    "The repository does not exist, or the registry does not support OCI artifacts.",
)
_REGISTRY_LAYER_MISSING = Code(
    "registry-layer-missing",
    "The OCI artifact has no layer that matches spec.layerSelector and can be unpacked.",
)
_NOT_AN_ARTIFACT = Code(
    "oci-container-image", "The OCI tag refers to a container image, not to an artifact for Flux."
)

_OCI: KindNames = frozenset({"OCIRepository"})
_CHART: KindNames = frozenset({"HelmChart"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_ERRORS = "go-containerregistry pkg/v1/remote/transport/error.go"
_SECRET = "kubectl get secret {secret} -n {endpoint_ns}"  # noqa: S105 - prints the type and the age

_REJECTED = Text(
    r"\bUNAUTHORIZED\b|(?<![a-z] )\bDENIED(?::|$)|(?:status(?: code)?:? |: )40[13]\b|"
    r"\b40[13] (?:Unauthorized|Forbidden)|no basic auth credentials|basic credential not found|"
    r"credential required for basic auth|failed to authorize|failed to login|"
    r"incorrect username or password"
)
_FORBIDDEN = Text(
    r"DENIED: (?:requested access|permission|access)|insufficient_scope|\b403 Forbidden|"
    r"status code:? 403\b|unauthorized to access repository|"
    r"access to the requested resource is not authorized"
)
_WANTED = r"(?:manifests|blobs)/(?P<wanted>(?:sha\d+:)?[^\s:]+)"
_UNKNOWN_MANIFEST = Text(r"MANIFEST_UNKNOWN|manifest unknown")
_AT_GHCR = at_host("ghcr.io")

_LOGIN = (
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="ghcr.io denies anonymous access: the repository does not exist (ghcr.io then responds with 403), or it is private",
        steps=(
            Step(
                "correct spec.url{of_endpoint}: Flux appends the chart's name to it, so the URL must not include the chart's name",
                read=(ENDPOINT, SPEC),
            ),
            Step(
                "only if the package is private, reference a Secret of type kubernetes.io/dockerconfigjson in spec.secretRef{of_endpoint}, with a token that has read:packages"
            ),
        ),
        pattern=_REJECTED,
        kinds=_CHART,
        when=(_AT_GHCR,),
        unless=(has_secret,),
        certainty="one-of",
        upstream="oras-go registry/remote/errcode, containerd remotes/docker",
    ),
    Rule(
        _REGISTRY_ACCESS_DENIED,
        why="ghcr.io denies anonymous access: the repository does not exist (ghcr.io then responds with 403), or it is private",
        steps=(
            Step("correct the name in {address_field}", read=(ENDPOINT,)),
            Step(
                "if the package is private, reference a Secret of type kubernetes.io/dockerconfigjson in spec.secretRef{of_endpoint}, with a token that has read:packages",
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        when=(_AT_GHCR,),
        unless=(has_secret,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="no login for {host} was sent: Secret {secret}{of_endpoint} probably has no entry for this host",
        steps=(
            Step(
                "add an entry for {host}, spelled exactly like in {address_field}, to the Docker config in Secret {secret} (for Docker Hub, https://index.docker.io/v1/)",
                read=(_SECRET, ENDPOINT),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"no basic auth credentials|basic credential not found|credential required for basic auth"
        ),
        kinds=_PULLS,
        needs=("secret",),
        certainty="likely",
        upstream="docker/cli config, oras-go registry/remote/auth",
    ),
    Rule(
        Code(
            "registry-auth-forbidden",
            "The registry accepts the login but denies access to the repository.",
        ),
        why="the registry accepts the credentials in Secret {secret}{of_endpoint} but denies access to {wanted_repository} (DENIED): they do not grant permission to pull, or the repository does not exist",
        steps=(
            Step(
                "grant the user or token in Secret {secret} read access to the repository (ghcr.io: read:packages and access to the package; Harbor: a member or robot account of the project), or correct {address_field}",
                read=(_SECRET, ENDPOINT),
            ),
        ),
        pattern=Text(r".*/v2/(?P<wanted_repository>\S+?)/(?:manifests|blobs|tags)/"),
        context=_FORBIDDEN,
        kinds=_PULLS,
        needs=("secret",),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="ghcr.io denies the login in Secret {secret}{of_endpoint}: the token has expired or was revoked (the GITHUB_TOKEN of a workflow expires when its job ends), or it does not have read:packages",
        steps=(
            Step(
                "put a token with read:packages that does not expire soon into Secret {secret}, not the GITHUB_TOKEN of a workflow; then check whether its owner has access to the package",
                read=(_SECRET, ENDPOINT),
                change=(REGISTRY,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret",),
        when=(_AT_GHCR,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_REJECTED,
        why="the registry rejects the credentials in Secret {secret}{of_endpoint} (UNAUTHORIZED): the password is wrong or expired, the Secret is not of type kubernetes.io/dockerconfigjson, or it has no entry for this host",
        steps=(
            Step(
                "recreate Secret {secret} with valid credentials; it must be of type kubernetes.io/dockerconfigjson and have an entry for {host}",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("secret",),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_AUTH_MISSING,
        why="the registry requires authentication (UNAUTHORIZED), but FluxInstance {sync_instance} does not set a pull Secret; some registries also respond this way if the repository does not exist",
        steps=(
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson and reference it in spec.sync.pullSecret of FluxInstance {sync_instance}; the operator reverts changes made directly to the source",
                change=(for_secret(REGISTRY, "{name}-auth"),),
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        needs=("sync_instance",),
        certainty="one-of",
        trivial=True,
        upstream="FO internal/builder/templates.go",
    ),
    Rule(
        _REGISTRY_AUTH_MISSING,
        why="the registry requires authentication (UNAUTHORIZED), but no Secret is configured (spec.secretRef{of_endpoint}); some registries also respond this way if the repository does not exist",
        steps=(
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson and reference it in spec.secretRef{of_endpoint} (for a cloud registry, set spec.provider instead)",
                read=(ENDPOINT,),
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
            ),
            Step(
                "if the repository is public, correct the name in {address_field} (for a Helm chart, Flux appends the chart's name to it)"
            ),
        ),
        pattern=_REJECTED,
        kinds=_PULLS,
        unless=(has_cloud_provider,),
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="Secret {secret}{of_endpoint} has no login for this registry: {detail}",
        steps=(
            Step(
                "add an entry for {host} to the Docker config in Secret {secret}",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(r"(?P<detail>no auth config for '[^']*' in the docker-registry Secret)"),
        needs=("secret",),
        trivial=True,
        upstream="SC internal/helm/registry/auth.go",
    ),
    Rule(
        _REGISTRY_SECRET_INVALID,
        why="Secret {secret}{of_endpoint} does not contain a valid Docker config: {detail}",
        steps=(
            Step(
                "recreate the Secret; it must be of type kubernetes.io/dockerconfigjson",
                read=(_SECRET,),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:unable to (?:parse|load)|failed to (?:parse|decode|unmarshal))[^\n]{0,40}"
            r"(?:docker|auth)\s?config[^\n]{0,80}|expected type[^\n]{0,40}dockerconfigjson|"
            r"invalid docker(?:\s?config| auth)[^\n]{0,80}|"
            r"unable to get authentication data from Secret[^\n]{0,80})"
        ),
        needs=("secret",),
        trivial=True,
        upstream="PKG runtime/secrets, github.com/docker/cli config",
    ),
)

_CONTENT = (
    Rule(
        Code(
            "registry-blob-missing",
            "The registry has the manifest, but not a blob that the manifest refers to.",
        ),
        why="the registry {host} has the manifest, but not a blob that it refers to: its storage is incomplete, and neither the login nor the version is at fault",
        steps=(
            Step(
                "push the chart or artifact again (helm push, flux push artifact); then check the registry's storage and its garbage collection, or the upstream of a pull-through cache",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:could not fetch content descriptor |BLOB_UNKNOWN|blob unknown)[^\n]*(?:not found|unknown)"
        ),
        kinds=_PULLS,
        upstream="containerd remotes/docker, oras-go content",
    ),
    Rule(
        _NOT_AN_ARTIFACT,
        why="{ref} of {address} is probably a container image, not a Flux artifact: Flux cannot unpack it ({detail})",
        steps=(
            Step(
                "set spec.ref.tag to a tag of the artifact or chart, or exclude images with spec.ref.semverFilter; for a Helm chart, also set spec.layerSelector.mediaType to application/vnd.cncf.helm.chart.content.v1.tar+gzip and spec.layerSelector.operation to copy",
                read=(SPEC,),
            ),
            Step(
                "if it is an artifact, push it again without symbolic links, devices and files that only root can read; the controller's volume is not at fault"
            ),
        ),
        pattern=Text(
            r"(?P<detail>tar file entry \S+ (?:is a symlink|contained unsupported file type)[^\n]{0,60}|"
            r"archive artifact to storage: (?:open|lstat|readlink) /tmp/\S+: permission denied)"
        ),
        kinds=_OCI,
        reach=Reach.WHOLE,
        certainty="likely",
        upstream="PKG tar/untar.go, SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        Code("oci-too-large", "The OCI artifact is larger than source-controller unpacks."),
        why="the artifact is larger than source-controller unpacks: {detail}",
        steps=(
            Step(
                "push a smaller artifact (only manifests; exclude other files with .sourceignore), or check whether {ref} is a container image",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>tar \S+ is bigger than max archive size of \d+ bytes)"),
        kinds=_OCI,
        certainty="one-of",
        upstream="PKG tar/untar.go",
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why="tag or digest {wanted} of {address} does not exist in the registry (MANIFEST_UNKNOWN)",
        steps=(
            Step(
                "push the artifact, or correct spec.ref (for a chart, its version)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf".*{_WANTED}"),
        context=_UNKNOWN_MANIFEST,
        kinds=_OCI,
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why="{wanted} does not exist in the registry (MANIFEST_UNKNOWN)",
        steps=(
            Step(
                "push the missing version, or correct the tag, digest or version in the spec",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf".*{_WANTED}"),
        context=_UNKNOWN_MANIFEST,
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why="no tag of {address} matches the range {wanted} in spec.ref.semver",
        steps=(
            Step(
                "widen spec.ref.semver, or push a matching tag (a range that ends in -0 includes pre-releases; spec.ref.semverFilter may exclude tags)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no match found for semver: (?P<wanted>[^\n]+)"),
        kinds=_PULLS,
        trivial=True,
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why="{wanted} does not exist in the registry (not found)",
        steps=(
            Step(
                "push the missing version, or correct the tag, digest or version in the spec; for a Helm chart, check the chart's name too, which Flux appends to {address_field}",
                read=(SPEC, ENDPOINT),
            ),
        ),
        pattern=Text(
            r"(?<!\S)'?(?:oci://)?(?P<wanted>[\w./-]+(?::\d+/[\w./-]+)?[:@][\w.+-]+)'?: "
            r"(?:not found|chart doesn't exist|"
            r".{0,200}404: (?:not found|name unknown))"
        ),
        kinds=_PULLS,
        trivial=True,
        upstream="oras-go registry/remote",
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why="the requested tag or digest does not exist in the registry (MANIFEST_UNKNOWN)",
        steps=(
            Step(
                "push the missing version, or correct the tag, digest or version in the spec",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"MANIFEST_UNKNOWN|manifest unknown|NOT_FOUND: artifact[^\n]* not found"),
        kinds=_PULLS,
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="ghcr.io answers with an internal address of GitHub that does not exist (404): this is a fault on GitHub's side, or the package was deleted",
        steps=(
            Step(
                "wait for the next attempt; if it lasts, check www.githubstatus.com and whether the package still exists",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"//github\.com/[^\n]*404 Not Found"),
        kinds=_PULLS,
        certainty="one-of",
        transient=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="the repository at {address} does not exist in the registry (NAME_UNKNOWN)",
        steps=(
            Step(
                "correct the name in {address_field}, or push to the repository (in ECR, create the repository first)",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|NAME_INVALID|"
            r"repository name not known|RepositoryNotFoundException|"
            r"(?:NOT_FOUND: )?(?:repository|project) .{1,120} not found"
        ),
        kinds=_PULLS - {"HelmChart"},
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="{address} was not found at {host} (404): the repository or the tag does not exist, or {host} is not a registry",
        steps=(
            Step(
                "correct the name in {address_field} and the tag or digest, or push the missing version",
                read=(ENDPOINT, SPEC),
            ),
        ),
        pattern=Text(r"404 Not Found|(?:status(?: code)?:? )404\b"),
        kinds=_PULLS - {"HelmChart"},
        certainty="one-of",
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        Code(
            "registry-ref-invalid",
            "The value of spec.ref.semver or spec.ref.semverFilter is not valid.",
        ),
        why="spec.ref is not valid: {detail}",
        steps=(
            Step(
                "correct spec.ref.semver (for example >=1.0.0 <2.0.0 or 1.x) or spec.ref.semverFilter (a regular expression)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"semver '[^']*' parse error: (?P<detail>[^\n]{1,120})|regex '[^']*' parse error[^\n]{0,120}|"
            r"failed to compile regex[^\n]{0,120}|error parsing regexp[^\n]{0,120}"
        ),
        kinds=_OCI,
        trivial=True,
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="the registry does not serve its API at {address} (unsupported, 405)",
        steps=(
            Step(
                "check whether this is the address of a registry that supports OCI artifacts",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"UNSUPPORTED: |(?:status(?: code)?:? )405\b"),
        kinds=_PULLS,
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        Code("registry-not-served", "The server at the address is not an OCI registry."),
        why="{host} does not respond as an OCI registry: {detail}",
        steps=(
            Step(
                "correct {address_field}: it may lead to a web page, a login page or a proxy",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid character '<' looking for beginning of value|"
            r"unsupported content type[^\n]{0,60}|unexpected media type text/html[^\n]{0,40}|"
            r"response body is not[^\n]{0,60}|unsupported status code[^\n]{0,20})"
        ),
        kinds=_PULLS,
        certainty="one-of",
        upstream="go-containerregistry pkg/v1/remote",
    ),
    Rule(
        _REGISTRY_LAYER_MISSING,
        why="the artifact has no layer with the media type {media_type}, which spec.layerSelector requires",
        steps=(
            Step(
                "correct spec.layerSelector.mediaType; flux push artifact uses application/vnd.cncf.flux.content.v1.tar+gzip, and Helm charts use application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to find layer with media type '(?P<media_type>[^']+)'"),
        kinds=_OCI,
        trivial=True,
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        _REGISTRY_LAYER_MISSING,
        why="{address} does not contain an archive that can be unpacked: it may be a container image or a plain file",
        steps=(
            Step(
                "push the artifact with flux push artifact; for a Helm chart, set spec.layerSelector.mediaType to application/vnd.cncf.helm.chart.content.v1.tar+gzip and spec.layerSelector.operation to copy",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"extract layer contents|requires gzip|gzip: invalid|no layers found"),
        reasons=("OCIArtifactLayerOperationFailed",),
        kinds=_OCI,
        certainty="one-of",
        upstream="SC internal/controller/ocirepository_controller.go, PKG tar",
    ),
    Rule(
        _REGISTRY_LAYER_MISSING,
        why="the artifact has no layer that matches spec.layerSelector",
        steps=(Step("correct spec.layerSelector", read=(SPEC,)),),
        reasons=("OCIArtifactLayerOperationFailed",),
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
)

_OTHERWISE = (
    Rule(
        Code("registry-failed", "The OCI artifact cannot be read from the registry."),
        why="{address} cannot be read from the registry: {innermost}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run flux pull artifact or crane manifest; then check {address_field}, spec.ref, the Secret and the controller's logs",
                read=(SPEC, LOG),
            ),
        ),
        reasons=("OCIArtifactPullFailed", "ReadOperationFailed"),
        kinds=_OCI,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
)

RULES = (*_LOGIN, *_CONTENT, *_OTHERWISE)
