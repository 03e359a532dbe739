"""OCI registries: repositories, tags and artifacts. For authentication see registry_login.

Upstream: go-containerregistry pkg/v1/remote/transport/error.go, oras-go registry/remote/errcode,
source-controller internal/controller/ocirepository_controller.go.
"""

from fluxstatus.knowledge.commands import ENDPOINT, LOG, SPEC
from fluxstatus.knowledge.facts import has_digest_in_tag, has_reference
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

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
    "oci-container-image", "The OCI tag refers to a container image, not to a Flux artifact."
)

_REGISTRY_NOT_SERVED = Code(
    "registry-not-served", "The server at the address is not an OCI registry."
)

_REGISTRY_FAILED = Code("registry-failed", "The OCI artifact cannot be read from the registry.")

_OCI: KindNames = frozenset({"OCIRepository"})
_PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
_ERRORS = "go-containerregistry pkg/v1/remote/transport/error.go"

_WANTED = r"(?:manifests|blobs)/(?P<wanted>(?:sha\d+:)?[^\s:]+)"
_UNKNOWN_MANIFEST = Text(r"MANIFEST_UNKNOWN|manifest unknown")

_CONTENT = (
    Rule(
        _REGISTRY_TAG_MISSING,
        why="spec.ref.tag contains a tag and a digest, which Flux does not accept in one field",
        steps=(
            Step(
                "move the digest (sha256:HEX) to spec.ref.digest. If both fields are set, Flux uses the digest",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to (?:determine artifact digest|pull|parse)|invalid (?:reference|URL)|could not parse reference"
        ),
        kinds=_OCI,
        when=(has_digest_in_tag,),
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="SC docs/spec/v1/ocirepositories.md, Reference",
    ),
    Rule(
        _REGISTRY_TAG_MISSING,
        why='spec.ref is not set, so Flux requests the tag "latest", which does not exist in the registry',
        steps=(
            Step(
                "set spec.ref.tag or spec.ref.semver to a version that exists in the registry",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"manifests/latest\b[^\n]*?(?:NOT_FOUND|MANIFEST_UNKNOWN|manifest unknown|not found)"
        ),
        kinds=_OCI,
        unless=(has_reference,),
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="SC internal/controller/ocirepository_controller.go",
    ),
    Rule(
        _REGISTRY_FAILED,
        why="spec.ref.digest is not the digest of an OCI artifact: {digest} does not have the form sha256:HEX",
        steps=(
            Step(
                "set spec.ref.digest to the digest of the artifact's manifest, which crane digest prints, or remove the field. The checksum of a chart archive is not this digest",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"cannot parse hash: \"?(?P<digest>[^\"\n]+)"),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="go-containerregistry pkg/v1/hash.go",
    ),
    Rule(
        Code(
            "registry-data-corrupt",
            "The data from the registry does not match the artifact's digest.",
        ),
        why="the data from {host} does not match the artifact's digest: {detail}",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, check the caches and proxies between the cluster and {host}, and push the artifact again",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>error verifying (?:sha256 checksum|size)[^\n]{0,160}|"
            r"does not match requested digest[^\n]{0,100}|unexpected commit (?:digest|size)[^\n]{0,160}|"
            r"failed size validation[^\n]{0,80}|mismatch(?:ed)? digest[^\n]{0,80})"
        ),
        kinds=_PULLS,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="go-containerregistry internal/verify, containerd content",
    ),
    Rule(
        Code(
            "registry-blob-missing",
            "The registry has the manifest, but lacks a blob that the manifest refers to.",
        ),
        why="{host} has the manifest, but lacks a blob that the manifest refers to: the registry's storage is incomplete; the credentials and the version are not the cause",
        steps=(
            Step(
                "push the chart or artifact again (helm push or flux push artifact). Then check the registry's storage and garbage collection, or the upstream of a pull-through cache",
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
                "set spec.ref.tag to a tag of the artifact or chart, or exclude images with spec.ref.semverFilter. For a Helm chart, also set spec.layerSelector.mediaType to application/vnd.cncf.helm.chart.content.v1.tar+gzip and spec.layerSelector.operation to copy",
                read=(SPEC,),
            ),
            Step(
                "if it is an artifact, push it again without symbolic links, device files or files that only root can read; the controller's volume is not the cause"
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
        _NOT_AN_ARTIFACT,
        why="{ref} of {address} is probably a multi-platform container image, not a Flux artifact: the manifest is an image index ({detail})",
        steps=(
            Step(
                "set spec.url and spec.ref to the artifact or chart, which is often in a different repository from the project's image",
                read=(SPEC,),
            ),
            Step("if the artifact was pushed with another tool, push it with flux push artifact"),
        ),
        pattern=Text(r"(?P<detail>no child with platform \S+)"),
        kinds=_OCI,
        certainty="likely",
        upstream="go-containerregistry pkg/v1/remote/index.go",
    ),
    Rule(
        Code(
            "oci-too-large",
            "The OCI artifact is larger than the limit up to which source-controller unpacks artifacts.",
        ),
        why="the artifact is larger than the limit up to which source-controller unpacks artifacts: {detail}",
        steps=(
            Step(
                "push a smaller artifact that contains only manifests (exclude other files with .sourceignore), or check whether {ref} is a container image",
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
        why="version {wanted} of {address} does not exist in the registry (MANIFEST_UNKNOWN)",
        steps=(
            Step(
                "push the artifact, or correct spec.ref; for a chart, correct the chart's version",
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
                "widen the range in spec.ref.semver, or push a matching tag. A range that ends in -0 includes pre-releases, and spec.ref.semverFilter may exclude tags",
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
                "push the missing version, or correct the tag, digest or version in the spec. For a Helm chart, also check the chart's name, which Flux appends to {address_field}",
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
        why="ghcr.io responds with an internal GitHub address that does not exist (404): GitHub has a problem, or the package was deleted",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, check www.githubstatus.com, and check that the package still exists",
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
        why="the repository or project at {address} does not exist in the registry",
        steps=(
            Step(
                "correct the name in {address_field}, or push to the repository; in ECR, create the repository first",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|"
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
            "The value of spec.ref.semver or spec.ref.semverFilter is invalid.",
        ),
        why="spec.ref is invalid: {detail}",
        steps=(
            Step(
                "correct spec.ref.semver (a range such as >=1.0.0 <2.0.0 or 1.x) or spec.ref.semverFilter (a regular expression)",
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
                "check that this is the address of a registry that supports OCI artifacts",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"UNSUPPORTED: |(?:status(?: code)?:? )405\b"),
        kinds=_PULLS,
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_NOT_SERVED,
        why="{host} responds with a web page (text/html), not as an OCI registry",
        steps=(
            Step(
                "correct {address_field}, which may point to a web page, a login page or a proxy",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"unsupported MediaType: .text/html"),
        kinds=_PULLS,
        certainty="one-of",
        quoted=True,
        upstream="go-containerregistry pkg/v1/remote/descriptor.go",
    ),
    Rule(
        _REGISTRY_NOT_SERVED,
        why="{host} does not respond as an OCI registry: {detail}",
        steps=(
            Step(
                "correct {address_field}, which may point to a web page, a login page or a proxy",
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
        why="{address} does not contain an archive that can be unpacked: the artifact may be a container image or a plain file",
        steps=(
            Step(
                "push the artifact with flux push artifact. For a Helm chart, set spec.layerSelector.mediaType to application/vnd.cncf.helm.chart.content.v1.tar+gzip and spec.layerSelector.operation to copy",
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
        _REGISTRY_FAILED,
        why="the registry {host} reports an internal error: {detail}",
        steps=(
            Step(
                "check the status and logs of {host}, and check its storage and database; Flux retries automatically",
                read=(LOG,),
            ),
        ),
        pattern=Text(r": UNKNOWN: (?P<detail>[^\n]{1,120})"),
        kinds=_PULLS,
        reach=Reach.STAGE,
        certainty="one-of",
        transient=True,
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_FAILED,
        why="{host} rejects the request for {address} as invalid (400 Bad Request)",
        steps=(
            Step(
                "check that the name in {address_field} is complete and spelled as the registry shows it (for DigitalOcean, registry.digitalocean.com/REGISTRY/REPOSITORY)",
                read=(ENDPOINT,),
            ),
            Step(
                "if the name is correct, check that the credentials are for this registry, and check the logs of the registry and of any proxy in front of it"
            ),
        ),
        pattern=Text(r"status code:? 400\b"),
        kinds=_PULLS,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=_ERRORS,
    ),
    Rule(
        _REGISTRY_FAILED,
        why="the response from the registry {host} is incomplete: {detail}",
        steps=(
            Step(
                "check {host} and any proxy between {host} and the cluster; Flux retries automatically",
                read=(ENDPOINT, LOG),
            ),
        ),
        pattern=Text(r"(?P<detail>unexpected end of JSON input)"),
        reasons=("OCIArtifactPullFailed", "ReadOperationFailed", "ChartPullError", "Failure"),
        kinds=_PULLS,
        certainty="one-of",
        transient=True,
        upstream="go-containerregistry pkg/v1/remote",
    ),
    Rule(
        _REGISTRY_FAILED,
        why="the manifest at {address} is of a type that Flux does not support: {detail}",
        steps=(
            Step(
                "push the artifact again with a current version of flux push artifact, helm push or docker push",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"unsupported MediaType: (?!\"text/html)(?P<detail>\"[^\"\n]{1,250}\")"),
        kinds=_PULLS,
        quoted=True,
        upstream="go-containerregistry pkg/v1/remote/descriptor.go",
    ),
    Rule(
        _REGISTRY_FAILED,
        why="{address} cannot be read from the registry: {innermost}",
        steps=(
            Step(
                "to reproduce the error outside the cluster, run flux pull artifact or crane manifest. Then check {address_field}, spec.ref, the Secret and the controller's logs",
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

RULES = (*_CONTENT, *_OTHERWISE)
