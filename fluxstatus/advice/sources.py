"""Where sources come from: encryption, signatures, registries of clouds, and versions.

The practices are those of the official audit (fluxcd/agent-skills, skills/gitops-repo-audit,
references/best-practices.md and security-audit.md).
"""

from collections.abc import Iterator

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.urls import cloud_of, host_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.ref import Key
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.references import template_owner
from fluxstatus.state.resource import Resource

_LOGIN = "***@"  # how pruning.py masks a login in a URL
_LOCAL = frozenset(f"host.{name}.internal" for name in ("containers", "docker", "k3d", "minikube"))
"""The machine on which a cluster for development runs, as its pods know it."""

_WITH_INSECURE = ("HelmRepository", "OCIRepository", "Bucket", "ImageRepository")
_ANY_VERSION = late_pattern(r"[*xX](?:\.[*xX]){0,2}(?:-0)?\Z")
"""A range without a bound (Masterminds semver)."""

_BEFORE_SEMVER = ("digest", "commit", "name")
"""The fields of a spec.ref that take precedence over semver (source-controller api/v1)."""

_OF_THE_OPERATOR = "oci://ghcr.io/controlplaneio-fluxcd/charts/"
"""The charts that the Flux Operator's documentation installs in any version."""


def _in_clear(view: View) -> Iterator[Occurrence]:
    """Yield the sources that send the credentials in their Secret or URL unencrypted."""
    for source, field, value in _plain(view):
        if _sends_credentials(source):
            yield _place(view, source, field, value)


def _insecure(view: View) -> Iterator[Occurrence]:
    """Yield the sources that anyone on the network path can replace, and that send no credentials.

    What a signature or a digest protects cannot be replaced.
    """
    for source, field, value in _plain(view):
        if not (_sends_credentials(source) or _is_protected(source)):
            yield _place(view, source, field, value)


def _plain(view: View) -> Iterator[tuple[Resource, str, str]]:
    """Yield the sources outside of the cluster that may use plain HTTP, with the field."""
    for source in view.of_kind("GitRepository", *_WITH_INSECURE):
        url = text_of(source.spec.get("url"))
        if url.startswith("http://"):
            found = source, "spec.url", url
        elif _allows_http(source):
            found = source, "spec.insecure", "true"
        else:
            continue
        if not _is_in_cluster(view, source):
            yield found


def _allows_http(source: Resource) -> bool:
    """Return whether spec.insecure is true, which a HelmRepository has only with the type oci."""
    is_index = source.ref.kind == "HelmRepository" and source.spec.get("type") != "oci"
    kind_has_it = source.ref.kind in _WITH_INSECURE and not is_index
    return kind_has_it and source.spec.get("insecure") is True


def _is_protected(source: Resource) -> bool:
    """Return whether a signature or a digest shows that what is fetched was not replaced."""
    return bool(source.spec.get("verify") or source.get("spec", "ref", "digest"))


def _sends_credentials(source: Resource) -> bool:
    """Return whether *source* logs in; a Bucket sends a signature, not the key (S3)."""
    in_url = _LOGIN in text_of(source.spec.get("url"))
    return source.ref.kind != "Bucket" and (bool(source.spec.get("secretRef")) or in_url)


def _address(source: Resource) -> str:
    fields = (source.spec.get(name) for name in ("url", "image", "endpoint"))
    return next(filter(None, map(text_of, fields)), "")


def _is_in_cluster(view: View, source: Resource) -> bool:
    """Return whether *source* is at a Service in the cluster, or on the machine itself.

    A Service is NAME, NAME.NAMESPACE, NAME.NAMESPACE.svc or NAME.NAMESPACE.svc.DOMAIN (kubernetes
    docs/concepts/services-networking/dns-pod-service.md).
    """
    host = host_of(_address(source)).rstrip(".")
    if host == "::1" or host.startswith("127.") or host in _LOCAL:
        return True
    match host.split("."):
        case [*_, "localhost"] | [_, _, "svc", *_]:
            return True
        case [name]:
            return bool(name) and ":" not in name
        case [_, namespace]:
            return namespace in view.namespaces
    return False


def _legacy(view: View) -> Iterator[Occurrence]:
    for repository in view.of_kind("HelmRepository"):
        if repository.spec.get("type") == "oci":
            yield Occurrence(repository.ref, "spec.type", "oci")


def _is_of_instance(source: Resource) -> bool:
    """Return whether the Flux Operator creates *source*, for the sync of its FluxInstance."""
    return creator_of(source.labels, "FluxInstance") is not None


def _maker(view: View, key: Key | None) -> Resource | None:
    """Return the object that makes a source, whose fields are those of the source, if known."""
    return view.state.resources.get(key) if key else None


def _place(view: View, source: Resource, field: str, value: str) -> Occurrence:
    """Return a *field* of *source*; of one that helm-controller makes, it is in the HelmRelease."""
    if release := _maker(view, template_owner(source)):
        return Occurrence(release.ref, field and f"spec.chart.{field}", value)
    return Occurrence(source.ref, field, value)


def _unverified(view: View) -> Iterator[Occurrence]:
    """Yield the OCIRepositories that verify no signature.

    A digest cannot change, whoever has signed it. The operator has no field for its own source.
    """
    for source in view.of_kind("OCIRepository"):
        known = _is_protected(source) or _is_in_cluster(view, source)
        if not known and not _is_of_instance(source):
            yield _place(view, source, "", text_of(source.spec.get("url")))


def _without_provider(view: View) -> Iterator[Occurrence]:
    """Yield the sources that log in to the registry of a cloud without workload identity.

    What is fetched without any credentials is public. ECR has no anonymous access (its public
    registry has another host). A HelmRepository has a provider only with the type oci.
    """
    for source in view.of_kind("OCIRepository", "HelmRepository", "ImageRepository"):
        if source.ref.kind == "HelmRepository" and source.spec.get("type") != "oci":
            continue
        cloud = cloud_of(host_of(_address(source)))
        provider = text_of(source.spec.get("provider"))
        static = source.spec.get("secretRef") or source.spec.get("serviceAccountName")
        if not cloud or provider not in ("", "generic") or not (static or cloud == "aws"):
            continue
        if not _logs_in_by_flag(view, source):
            yield _provider_of(view, source, cloud)


def _provider_of(view: View, source: Resource, cloud: str) -> Occurrence:
    value = f"is not {cloud}, for {host_of(_address(source))}"
    if instance := _maker(view, creator_of(source.labels, "FluxInstance")):
        return Occurrence(instance.ref, "spec.sync.provider", value)
    return _place(view, source, "spec.provider", value)


def _logs_in_by_flag(view: View, source: Resource) -> bool:
    """Return whether a flag of the controller is instead of the provider (before Flux 2.7)."""
    found = (c.args for c in view.state.components if c.name == source.kind.controller)
    return source.ref.kind == "ImageRepository" and any(
        "-autologin-for-" in arg for args in found for arg in args
    )


def _unbounded(view: View) -> Iterator[Occurrence]:
    """Yield what follows any version that is published."""
    for release in view.of_kind("HelmRelease"):
        template = map_of(release.get("spec", "chart", "spec"))
        if map_of(template.get("sourceRef")).get("kind") == "HelmRepository":
            yield from _any(release, "spec.chart.spec.version", template.get("version"))
    for chart in view.of_kind("HelmChart"):
        of, version = chart.get("spec", "sourceRef", "kind"), chart.spec.get("version")
        found = _any(chart, "spec.version", version) if of == "HelmRepository" and version else ()
        yield from (one for one in found if not template_owner(chart))
    for source in view.of_kind("GitRepository", "OCIRepository"):
        if not _is_of_instance(source):
            yield from _any_of_ref(view, source)
    for policy in view.of_kind("ImagePolicy"):
        pattern = policy.get("spec", "filterTags", "pattern")
        range_ = policy.get("spec", "policy", "semver", "range")
        if range_ and not pattern:
            yield from _any(policy, "spec.policy.semver.range", range_)


def _any(resource: Resource, field: str, version: object) -> Iterator[Occurrence]:
    """Yield *field* if its *version* has no bound, which is the default for a chart."""
    text = text_of(version).strip()
    is_unset = version in (None, "")
    if is_unset or _ANY_VERSION.match(text):
        yield Occurrence(resource.ref, field, text or "not set, so it is any version")


def _any_of_ref(view: View, source: Resource) -> Iterator[Occurrence]:
    """Yield what spec.ref follows: a digest, commit or name goes first, then semver, then a tag."""
    ref = source.spec.get("ref", {})
    is_from_operator = text_of(source.spec.get("url")).startswith(_OF_THE_OPERATOR)
    if type(ref) is not dict or is_from_operator or any(map(ref.get, _BEFORE_SEMVER)):
        return
    if semver := text_of(ref.get("semver")):
        if _ANY_VERSION.match(semver.strip()) and not ref.get("semverFilter"):
            yield _place(view, source, "spec.ref.semver", semver)
    elif source.ref.kind == "OCIRepository" and ref.get("tag") in (None, "", "latest"):
        value = text_of(ref.get("tag")) or "not set, so it is latest"
        yield _place(view, source, "spec.ref.tag", value)


_CREDENTIALS_IN_CLEAR = Code(
    "credentials-in-clear", "Some sources may send their credentials over unencrypted connections."
)
_SOURCE_INSECURE = Code(
    "source-insecure",
    "Some sources may be fetched over plain HTTP, so anyone on the network path can replace them.",
)
_OCI_HELM_REPOSITORY = Code(
    "oci-helm-repository",
    "Some HelmRepositories have spec.type: oci, which is in maintenance mode.",
)
_OCI_NOT_VERIFIED = Code(
    "oci-not-verified", "Some OCIRepositories do not verify the signatures of their artifacts."
)
_NO_CLOUD_PROVIDER = Code(
    "no-cloud-provider",
    "Some sources do not use workload identity to log in to a cloud provider's registry.",
)
_VERSION_UNBOUNDED = Code(
    "version-unbounded",
    "Some charts, artifacts or images are not pinned: they accept any version or the tag latest.",
)

ADVICE = (
    Advice(
        code=_CREDENTIALS_IN_CLEAR,
        step="sources",
        area="security",
        title_one="{what} is {value}: its credentials may be sent unencrypted",
        title_many="{n} sources may send their credentials unencrypted",
        why="anyone on the network path can read and use them; with an http:// URL, Flux uses "
        "plain HTTP, and spec.insecure allows it",
        steps=(
            Step(
                "use https, remove spec.insecure, and move credentials in the URL to a Secret; "
                "then rotate the credentials at the host"
            ),
        ),
        find=_in_clear,
        upstream="SC internal/controller/gitrepository_controller.go; F rfcs/0004-insecure-http",
        docs="https://fluxcd.io/flux/components/source/gitrepositories/#secret-reference",
    ),
    Advice(
        code=_SOURCE_INSECURE,
        step="sources",
        area="security",
        title_one="{what} is {value}: it may be fetched over plain HTTP",
        title_many="{n} sources may be fetched over plain HTTP",
        why="anyone on the network path can replace what Flux fetches and applies to the cluster; "
        "spec.insecure allows plain HTTP, and can turn off the check of certificates",
        steps=(
            Step(
                "use https and remove spec.insecure; if a private CA signed the host's "
                "certificate, set spec.certSecretRef to a Secret with the key ca.crt (for a "
                "GitRepository, spec.secretRef)"
            ),
        ),
        find=_insecure,
        upstream="SC docs/spec/v1/ocirepositories.md, helmrepositories.md, buckets.md, Insecure; "
        "SC internal/controller/ocirepository_controller.go transport; "
        "IRC docs/spec/v1/imagerepositories.md, Insecure",
        docs="https://fluxcd.io/flux/components/source/ocirepositories/#insecure",
    ),
    Advice(
        code=_OCI_HELM_REPOSITORY,
        step="sources",
        area="upgrades",
        title_one="{what} is {value}, which is in maintenance mode: an OCIRepository replaces it",
        title_many="{n} HelmRepositories are of type oci, which is in maintenance mode: an "
        "OCIRepository replaces it",
        why="a HelmRepository of type oci has no status, and newer features, such as digests and "
        "tag filters, are available only in OCIRepository",
        steps=(
            Step(
                "create an OCIRepository with the address of the chart in spec.url and its version "
                "in spec.ref, with spec.layerSelector.mediaType: "
                "application/vnd.cncf.helm.chart.content.v1.tar+gzip and "
                "spec.layerSelector.operation: copy"
            ),
            Step(
                "set spec.chartRef of the HelmRelease to it instead of spec.chart; this upgrades "
                "the release once, since its chart version then has a digest"
            ),
            Step("delete the HelmRepository when no HelmRelease refers to it"),
        ),
        find=_legacy,
        upstream="SC docs/spec/v1/helmrepositories.md, Type",
        docs="https://fluxcd.io/flux/components/source/helmrepositories/#type",
    ),
    Advice(
        code=_OCI_NOT_VERIFIED,
        step="sources",
        area="security",
        title_one="{what} does not verify the signature of {value}",
        title_many="{n} OCIRepositories do not verify signatures",
        why="anyone who can push to the registry or replace a tag can change what Flux applies",
        steps=(
            Step(
                "if the publisher signs the artifacts, set spec.verify.provider to cosign or "
                "notation, with the public key in spec.verify.secretRef or, for keyless "
                "cosign signatures, the signer in spec.verify.matchOIDCIdentity"
            ),
            Step(
                "otherwise set spec.ref.digest: a digest cannot be replaced, but each new version "
                "then needs a new digest"
            ),
        ),
        find=_unverified,
        upstream="SC docs/spec/v1/ocirepositories.md, Verification",
        docs="https://fluxcd.io/flux/components/source/ocirepositories/#verification",
    ),
    Advice(
        code=_NO_CLOUD_PROVIDER,
        step="sources",
        area="security",
        title_one="{what} {value}: Flux does not log in with workload identity",
        title_many="{n} sources log in to a cloud provider's registry without workload identity",
        why="static credentials can leak, and expire or have to be rotated; with workload "
        "identity, the cloud gives the controller short-lived ones",
        steps=(
            Step(
                "allow the controller's ServiceAccount to pull from the registry; then set "
                "spec.provider to aws, azure or gcp and remove spec.secretRef (in a FluxInstance, "
                "spec.sync.provider and spec.sync.pullSecret)"
            ),
            Step(
                "if the cluster has no workload identity for that cloud, ignore this with --skip "
                "no-cloud-provider"
            ),
        ),
        find=_without_provider,
        upstream="SC docs/spec/v1/ocirepositories.md, Provider; IRC "
        "docs/spec/v1/imagerepositories.md, Provider",
        docs="https://fluxcd.io/flux/components/source/ocirepositories/#provider",
    ),
    Advice(
        code=_VERSION_UNBOUNDED,
        step="sources",
        area="versions",
        title_one="{what} is {value}: any new version is used automatically",
        title_many="{n} objects have no version limit: any new version is used automatically",
        why="a breaking version can be deployed without review, and clusters with the same "
        "manifests can run different versions",
        steps=(
            Step(
                "use a range with an upper bound, such as 6.x or >=1.2.0 <2.0.0, or an exact "
                "version; for an OCIRepository, set the range in spec.ref.semver, or one artifact "
                "in spec.ref.tag or spec.ref.digest"
            ),
            Step(
                "if this cluster is meant to get new versions first, such as a staging cluster, "
                "accept this with --accept, or ignore it with --skip version-unbounded"
            ),
        ),
        find=_unbounded,
        upstream="HC docs/spec/v2/helmreleases.md, Chart template; SC "
        "docs/spec/v1/ocirepositories.md, Reference",
        docs="https://fluxcd.io/flux/components/source/ocirepositories/#reference",
    ),
)
"""Advice on sources, and on the versions that are taken from them."""
