"""OCI registries: OCIRepository, ImageRepository, charts in registries, inputs from tags.

Upstream: go-containerregistry pkg/v1/remote/transport/error.go, oras-go registry/remote/errcode,
SC internal/controller/ocirepository_controller.go.
"""

from fluxstatus.knowledge.commands import LOG, REGISTRY, SPEC, for_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_REGISTRY_AUTH_MISSING = Code(
    "registry-auth-missing", "The registry requires a login, but no Secret is configured."
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

_OCI: KindNames = frozenset({"OCIRepository"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_ERRORS = "go-containerregistry pkg/v1/remote/transport/error.go"

_REJECTED = (
    r"UNAUTHORIZED|DENIED\b|(?:status(?: code)?:? |: )40[13]\b|\b40[13] (?:Unauthorized|Forbidden)|"
    r"no basic auth credentials|basic credential not found|failed to authorize|failed to login|"
    r"incorrect username or password"
)
_WANTED = r"(?:manifests|blobs)/(?P<wanted>(?:sha\d+:)?[^\s:]+)"
_UNKNOWN_MANIFEST = Text(r"MANIFEST_UNKNOWN|manifest unknown")

_LOGIN = (
    Rule(
        Code(
            "registry-auth-forbidden",
            "The registry accepts the login but denies access to the repository.",
        ),
        why="the registry accepts the credentials in Secret {secret} but denies access to {wanted_repository} (DENIED): they do not grant permission to pull, or the repository does not exist",
        steps=(
            Step(
                "grant the user or token in Secret {secret} read access to the repository (ghcr.io: read:packages and access to the package), or correct spec.url",
                read=("kubectl get secret {secret} -n {ns}", SPEC),
            ),
        ),
        pattern=Text(r".*/v2/(?P<wanted_repository>\S+?)/(?:manifests|blobs|tags)/"),
        context=Text(
            r"DENIED: (?:requested access|permission|access)|insufficient_scope|\b403 Forbidden"
        ),
        kinds=_PULLS,
        needs=("secret",),
        upstream=_ERRORS,
    ),
    Rule(
        Code("registry-auth-rejected", "The registry rejects the credentials in the Secret."),
        why="the registry rejects the credentials in Secret {secret} (UNAUTHORIZED): the password is wrong or expired, the Secret is not of type kubernetes.io/dockerconfigjson, or it has no entry for this host",
        steps=(
            Step(
                "recreate Secret {secret} with valid credentials; it must be of type kubernetes.io/dockerconfigjson and have an entry for {host}",
                read=("kubectl get secret {secret} -n {ns}",),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(_REJECTED),
        kinds=_PULLS,
        needs=("secret",),
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
        pattern=Text(_REJECTED),
        kinds=_PULLS,
        needs=("sync_instance",),
        trivial=True,
        upstream="FO internal/builder/templates.go",
    ),
    Rule(
        _REGISTRY_AUTH_MISSING,
        why="the registry requires authentication (UNAUTHORIZED), but no Secret is configured; some registries also respond this way if the repository does not exist",
        steps=(
            Step(
                "create a Secret of type kubernetes.io/dockerconfigjson and reference it in spec.secretRef (for a cloud registry, set spec.provider instead); if the repository is public, correct the name in {address_field}",
                read=(SPEC,),
                change=(for_secret(REGISTRY, "{name}-auth"),),
            ),
        ),
        pattern=Text(_REJECTED),
        kinds=_PULLS,
        upstream=_ERRORS,
    ),
    Rule(
        Code("registry-secret-invalid", "The Secret does not hold a valid Docker config."),
        why="Secret {secret} does not contain a valid Docker config: {detail}",
        steps=(
            Step(
                "recreate it; it must be of type kubernetes.io/dockerconfigjson",
                read=("kubectl get secret {secret} -n {ns}",),
                change=(REGISTRY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:unable to parse|failed to (?:parse|decode|unmarshal))[^\n]{0,40}"
            r"(?:docker|auth)\s?config[^\n]{0,80}|expected type[^\n]{0,40}dockerconfigjson|"
            r"invalid docker(?:\s?config| auth)[^\n]{0,80})"
        ),
        needs=("secret",),
        trivial=True,
        upstream="PKG runtime/secrets, github.com/docker/cli config",
    ),
)

_CONTENT = (
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
                "push the missing version, or correct the tag, digest or version in the spec",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?<!\S)'?(?:oci://)?(?P<wanted>[\w./-]+(?::\d+/[\w./-]+)?[:@][\w.+-]+)'?: "
            r"(?:not found|chart doesn't exist|"
            r".{0,200}(?:from remote: not found|404: (?:not found|name unknown)))"
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
        pattern=_UNKNOWN_MANIFEST,
        kinds=_PULLS,
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="the repository at {address} does not exist in the registry (NAME_UNKNOWN)",
        steps=(
            Step("correct the name in {address_field}, or push to the repository", read=(SPEC,)),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|404 Not Found|(?:status(?: code)?:? )404\b|NAME_INVALID|"
            r"repository name not known|RepositoryNotFoundException|repository .{1,120} not found"
        ),
        kinds=_PULLS - {"HelmChart"},
        trivial=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_REPOSITORY_MISSING,
        why="the registry does not serve its API at {address} (unsupported, 405)",
        steps=(
            Step(
                "check whether this is the address of a registry that supports OCI artifacts",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"UNSUPPORTED: |(?:status(?: code)?:? )405\b"),
        kinds=_PULLS,
        upstream=_ERRORS,
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
        upstream="SC internal/controller/ocirepository_controller.go, PKG tar",
    ),
    Rule(
        _REGISTRY_LAYER_MISSING,
        why="the artifact has no layer that matches spec.layerSelector",
        steps=(Step("correct spec.layerSelector", read=(SPEC,)),),
        reasons=("OCIArtifactLayerOperationFailed",),
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
)

_OTHERWISE = (
    Rule(
        Code("registry-failed", "The OCI artifact cannot be read from the registry."),
        why="{address} cannot be read from the registry",
        steps=(
            Step(
                "to reproduce it outside the cluster, run flux pull artifact or crane manifest; then check {address_field}, spec.ref, the Secret and the controller's logs",
                read=(SPEC, LOG),
            ),
        ),
        reasons=("OCIArtifactPullFailed", "ReadOperationFailed"),
        kinds=_OCI,
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
)

RULES = (*_LOGIN, *_CONTENT, *_OTHERWISE)
