"""Facts about an object other than its message, which confirm or refute a rule.

A fact is true only on positive evidence, so `unless=(has_artifact,)` refutes a claim and
`when=(is_remote,)` requires a confirmation; a rule that cannot be confirmed does not apply.
"""

import re
from collections.abc import Callable

from fluxstatus.base.durations import parse_duration, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.versions import minor_of
from fluxstatus.knowledge.fields import fields_of, host_in
from fluxstatus.knowledge.flux_minors import RETIRED_IN
from fluxstatus.knowledge.subject import Subject
from fluxstatus.state.deployments import image_version
from fluxstatus.state.references import made_source_of, source_of
from fluxstatus.state.resource import Resource, release_name, target_namespace


def is_a(*kinds: str) -> Callable[[Subject], bool]:
    """Return the fact that the object is of one of *kinds*."""
    return lambda subject: subject.kind in kinds


def is_remote(subject: Subject) -> bool:
    """Return whether the object applies to another cluster (spec.kubeConfig)."""
    return bool(map_of(subject.resource.spec.get("kubeConfig")))


def has_retired(gate: str) -> Callable[[Subject], bool]:
    """Return the fact that Flux no longer has the feature *gate*, because the feature is always on."""

    def is_gone(subject: Subject) -> bool:
        flux = minor_of(subject.state.flux_version) if subject.state else None
        return flux is not None and flux >= RETIRED_IN[gate]

    return is_gone


def names_account(subject: Subject) -> bool:
    """Return whether spec.serviceAccountName is set."""
    return bool(address_of(subject)["sa"])


def has_artifact(subject: Subject) -> bool:
    """Return whether the source was fetched before: its artifact is in status."""
    return bool(map_of(subject.resource.status.get("artifact")))


def was_deployed(subject: Subject) -> bool:
    """Return whether a version of the Helm release was deployed before (api/v2 Snapshot)."""
    history = maps_of(subject.resource.status.get("history"))
    return any(text_of(one.get("status")) in ("deployed", "superseded") for one in history)


def at_host(*domains: str) -> Callable[[Subject], bool]:
    """Return the fact that the last host in the message, or the host in the spec, is in one of *domains*."""

    def is_there(subject: Subject) -> bool:
        host = host_in(subject.message.text).get("host") or address_of(subject)["host"]
        name = host.partition(":")[0]
        return any(name == domain or name.endswith(f".{domain}") for domain in domains)

    return is_there


def address_of(subject: Subject) -> dict[str, str]:
    """Return the fields of the object, its address and credentials."""
    return fields_of(subject.resource, subject.endpoint)


def uses_ssh(subject: Subject) -> bool:
    """Return whether spec.url is an SSH URL."""
    return bool(address_of(subject)["ssh"])


def has_cloud_provider(subject: Subject) -> bool:
    """Return whether spec.provider is a cloud: the controller logs in without a Secret."""
    return bool(address_of(subject)["cloud"])


def is_github_app(subject: Subject) -> bool:
    """Return whether the login is that of a GitHub App (spec.provider: github)."""
    return bool(address_of(subject)["github_app"])


def lacks_azure_version(subject: Subject) -> bool:
    """Return whether the path of an SSH URL of Azure DevOps does not start with v3/."""
    url = address_of(subject)["ssh"]
    return "ssh.dev.azure.com/" in url and "ssh.dev.azure.com/v3/" not in url


def has_secret(subject: Subject) -> bool:
    """Return whether a Secret with credentials is configured."""
    return bool(address_of(subject)["secret"])


def source_lacks_credentials(subject: Subject) -> bool:
    """Return whether the source was read and has neither a Secret nor a cloud provider."""
    source = subject.endpoint
    provider = text_of(source.spec.get("provider")) or "generic"
    return (
        source is not subject.resource
        and not map_of(source.spec.get("secretRef"))
        and provider == "generic"
    )


_TINY = 3.0  # seconds


def has_tiny_timeout(subject: Subject) -> bool:
    """Return whether an attempt may take less than 3 s: spec.timeout, or an image's spec.interval."""
    spec = subject.endpoint.spec
    scans = subject.endpoint.kind.name == "ImageRepository"
    given = text_of(spec.get("timeout")) or (text_of(spec.get("interval")) if scans else "")
    limit = parse_duration(given)
    return limit is not None and limit < _TINY


def has_reference(subject: Subject) -> bool:
    """Return whether the source specifies a version (spec.ref)."""
    return bool(map_of(subject.resource.spec.get("ref")))


def names_branch(subject: Subject) -> bool:
    """Return whether the source is limited to a branch (spec.ref.branch)."""
    return bool(map_of(subject.endpoint.spec.get("ref")).get("branch"))


def pins_commit(subject: Subject) -> bool:
    """Return whether the source specifies a commit (spec.ref.commit)."""
    return bool(map_of(subject.endpoint.spec.get("ref")).get("commit"))


def is_at_cloud_registry(subject: Subject) -> bool:
    """Return whether the address is in the container registry of a cloud."""
    return bool(address_of(subject)["cloud_registry"])


def has_instance(subject: Subject) -> bool:
    """Return whether there is a FluxInstance."""
    return bool(subject.state and subject.state.instance)


def provides(*types: str) -> Callable[[Subject], bool]:
    """Return the fact that the spec.type of the object contains one of *types*."""
    return lambda subject: any(one in text_of(subject.resource.spec.get("type")) for one in types)


def substitutes(subject: Subject) -> bool:
    """Return whether a Kustomization substitutes variables (spec.postBuild)."""
    return bool(map_of(subject.resource.spec.get("postBuild")))


def has_certificate_secret(subject: Subject) -> bool:
    """Return whether the source has its own TLS configuration (spec.certSecretRef)."""
    return bool(address_of(subject)["cert_secret"])


def passes_credentials(subject: Subject) -> bool:
    """Return whether the credentials of a HelmRepository are sent to other hosts (spec.passCredentials)."""
    return subject.endpoint.spec.get("passCredentials") is True


def has_submodules(subject: Subject) -> bool:
    """Return whether submodules are fetched as well (spec.recurseSubmodules)."""
    return subject.resource.spec.get("recurseSubmodules") is True


def has_verify_secret(subject: Subject) -> bool:
    """Return whether spec.verify refers to a Secret with public keys: it is not keyless."""
    return bool(address_of(subject)["verify_secret"])


def source_is_sparse(subject: Subject) -> bool:
    """Return whether the source is a GitRepository that fetches only some directories."""
    key = source_of(subject.resource)
    source = subject.state.resources.get(key) if subject.state and key else None
    return bool(source and source.spec.get("sparseCheckout"))


def source_has_tags(subject: Subject) -> bool:
    """Return whether the last scan of the ImagePolicy's ImageRepository found tags."""
    key = source_of(subject.resource)
    source = subject.state.resources.get(key) if subject.state and key else None
    count = map_of(source.status.get("lastScanResult")).get("tagCount") if source else None
    return isinstance(count, int) and count > 0


def was_scanned_since(subject: Subject) -> bool:
    """Return whether the ImageRepository was scanned after the ImagePolicy reported its error."""
    key = source_of(subject.resource)
    source = subject.state.resources.get(key) if subject.state and key else None
    scan = map_of(source.status.get("lastScanResult")).get("scanTime") if source else None
    scanned = when(scan) if scan else None
    reported = subject.resource.since
    return scanned is not None and reported is not None and scanned > reported


def patches_flux(subject: Subject) -> bool:
    """Return whether the FluxInstance has patches of its own (spec.kustomize.patches)."""
    return bool(maps_of(map_of(subject.resource.spec.get("kustomize")).get("patches")))


def has_distribution_artifact(subject: Subject) -> bool:
    """Return whether a FluxInstance takes the manifests of Flux from spec.distribution.artifact."""
    return bool(text_of(map_of(subject.resource.spec.get("distribution")).get("artifact")))


def uses_newer_artifact(subject: Subject) -> bool:
    """Return whether spec.distribution.artifact is a moving tag or newer than the operator."""
    artifact = text_of(map_of(subject.resource.spec.get("distribution")).get("artifact"))
    if not artifact or "@" in artifact:
        return False
    tag = image_version(artifact) or "latest"
    ours = operator_version(subject)
    if not tag.removeprefix("v")[:1].isdigit():
        return True
    return bool(ours) and _numbers(tag) > _numbers(ours)


def operator_version(subject: Subject) -> str:
    """Return the version of the Flux Operator, empty if unknown."""
    operators = subject.state.operators if subject.state else []
    return next((one.version for one in operators if one.version), "")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def cannot_unlock(subject: Subject) -> bool:
    """Return whether helm-controller cannot unlock releases, as in Flux 2.1 and earlier."""
    return subject.resource.ref.api_version.endswith("/v2beta1")


def shares_release(subject: Subject) -> bool:
    """Return whether another HelmRelease in this cluster has the same release name and storage."""
    if subject.state is None or is_remote(subject):
        return False
    mine = _release_of(subject.resource)
    return any(
        other is not subject.resource and other.ref != subject.resource.ref
        and _release_of(other) == mine
        for other in subject.state.of_kind("HelmRelease")
        if not map_of(other.spec.get("kubeConfig"))
    )  # fmt: skip


def _release_of(resource: Resource) -> tuple[str, str]:
    namespace = text_of(resource.spec.get("storageNamespace")) or resource.ref.namespace
    return namespace, release_name(resource)


def has_post_renderers(subject: Subject) -> bool:
    """Return whether the HelmRelease sets spec.postRenderers."""
    return bool(subject.resource.spec.get("postRenderers"))


def has_digest_in_tag(subject: Subject) -> bool:
    """Return whether spec.ref.tag is a tag with a digest, as Docker writes it (6.6.2@sha256:…)."""
    return "@sha256:" in text_of(map_of(subject.resource.spec.get("ref")).get("tag"))


def names_chart_in_url(subject: Subject) -> bool:
    """Return whether the URL of a HelmChart's repository already ends with the chart's name.

    Upstream: source-controller internal/helm/repository/oci_chart_repository.go appends the name.
    """
    chart = text_of(subject.resource.spec.get("chart"))
    return bool(chart) and address_of(subject)["url"].rstrip("/").endswith(f"/{chart}")


def has_chart_revisions(subject: Subject) -> bool:
    """Return whether each revision of the source is a version of the chart of the HelmRelease."""
    chart = map_of(map_of(subject.resource.spec.get("chart")).get("spec"))
    return chart.get("reconcileStrategy") == "Revision"


def creates_namespace(subject: Subject) -> bool:
    """Return whether Helm creates the namespace of the release (spec.install.createNamespace)."""
    return map_of(subject.resource.spec.get("install")).get("createNamespace") is True


def has_decryption(subject: Subject) -> bool:
    """Return whether the Kustomization decrypts what it applies."""
    return bool(map_of(subject.resource.spec.get("decryption")).get("provider"))


def has_decryption_secret(subject: Subject) -> bool:
    """Return whether the Kustomization has a Secret with decryption keys."""
    decryption = map_of(subject.resource.spec.get("decryption"))
    return bool(map_of(decryption.get("secretRef")).get("name"))


def has_backslash_path(subject: Subject) -> bool:
    """Return whether spec.path contains a backslash."""
    return "\\" in text_of(subject.resource.spec.get("path"))


_OWNER = late_pattern(
    r'"meta\.helm\.sh/(release-name(?:space)?)" must equal "[^"]*": current value is "([^"]+)"'
)


def belongs_to_release(subject: Subject) -> bool:
    """Return whether the Helm release that owns the object in the message is a HelmRelease here.

    The message has the name or the namespace of the owner only if it differs from the release's.
    """
    differs = dict(_OWNER.findall(subject.message.text))
    if not differs or subject.state is None or is_remote(subject):
        return False
    namespace, name = _installed_as(subject.resource)
    owner = differs.get("release-namespace", namespace), differs.get("release-name", name)
    here = (one for one in subject.state.of_kind("HelmRelease") if not one.spec.get("kubeConfig"))
    return any(_installed_as(one) == owner for one in here)


def _installed_as(release: Resource) -> tuple[str, str]:
    """Return the namespace and name of the Helm release of *release*."""
    return target_namespace(release.object), release_name(release)


def uses_chart_ref(subject: Subject) -> bool:
    """Return whether the chart comes from spec.chartRef or a generated OCIRepository.

    The version of a chart from an OCIRepository has a digest.
    """
    made = made_source_of(subject.resource)
    is_made = made is not None and made[0] == "OCIRepository"
    return is_made or bool(map_of(subject.resource.spec.get("chartRef")))


_GIT_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com")
_FILES = late_pattern(r"/(?:releases/download|raw|-/raw|api|-/jobs|pages)/")


def is_git_page(subject: Subject) -> bool:
    """Return whether spec.url is the URL of a repository on a Git host, not of files in it."""
    url = address_of(subject)["address"]
    return at_host(*_GIT_HOSTS)(subject) and not _FILES.search(url)


_EXPRESSION = late_pattern(r"CEL expression(?: as \w+:)? '(.+?)'(?=: |$)", re.DOTALL)


def expression_in(field: str) -> Callable[[Subject], bool]:
    """Return the fact that the CEL expression in the message is below *field* of the spec."""

    def is_there(subject: Subject) -> bool:
        found = _EXPRESSION.search(subject.message.text)
        entries = maps_of(subject.resource.spec.get(field))
        values = {value for entry in entries for value in entry.values() if isinstance(value, str)}
        return found is not None and found[1] in values

    return is_there


def has_health_checks(subject: Subject) -> bool:
    """Return whether the health checks are named one by one (spec.healthChecks)."""
    return bool(maps_of(subject.resource.spec.get("healthChecks")))
