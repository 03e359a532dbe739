"""Facts about an object other than its message, which confirm or refute a rule.

A fact is true only on positive evidence, so `unless=(has_artifact,)` refutes a claim and
`when=(is_remote,)` requires a confirmation; a rule that cannot be confirmed does not apply.
"""

import re
from collections.abc import Callable

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.fields import fields_of, host_in, object_in, wanted_kind
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.kinds import FLUX_GROUPS, KINDS
from fluxstatus.state.deployments import image_version
from fluxstatus.state.health_checks import worst_first
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict, release_name


def is_remote(subject: Subject) -> bool:
    """Return whether the object applies to another cluster (spec.kubeConfig)."""
    return bool(map_of(subject.resource.spec.get("kubeConfig")))


def has_artifact(subject: Subject) -> bool:
    """Return whether the source was fetched before: its artifact is in status."""
    return bool(map_of(subject.resource.status.get("artifact")))


def was_deployed(subject: Subject) -> bool:
    """Return whether a version of the Helm release was deployed before (HC api/v2 Snapshot)."""
    history = maps_of(subject.resource.status.get("history"))
    return any(text_of(one.get("status")) in ("deployed", "superseded") for one in history)


def at_host(*domains: str) -> Callable[[Subject], bool]:
    """Return the fact that the host is in one of *domains*: the last one in the message, or the spec's."""

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


def passes_credentials(subject: Subject) -> bool:
    """Return whether the login of a HelmRepository is sent to other hosts (spec.passCredentials)."""
    return subject.endpoint.spec.get("passCredentials") is True


def has_submodules(subject: Subject) -> bool:
    """Return whether submodules are fetched, too (spec.recurseSubmodules)."""
    return subject.resource.spec.get("recurseSubmodules") is True


def is_component_unlisted(subject: Subject) -> bool:
    """Return whether the FluxInstance does not install the component of the Flux kind in the message."""
    return _is_unserved(subject) and bool(_kind_fields(subject).get("unlisted_component"))


def is_component_absent(subject: Subject) -> bool:
    """Return whether this cluster does not serve the Flux kind in the message in any version."""
    return _is_unserved(subject)


def is_served_now(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message, in the version there."""
    return bool(_kind_fields(subject).get("served_now"))


def is_served_newer(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message, in a newer version only."""
    fields = _kind_fields(subject)
    served = "" if is_served_now(subject) else fields.get("served_version", "")
    return bool(served) and _age(served) > _age(fields["wanted_version"])


def is_served_older(subject: Subject) -> bool:
    """Return whether this cluster serves the Flux kind in the message, in an older version only."""
    fields = _kind_fields(subject)
    served = "" if is_served_now(subject) else fields.get("served_version", "")
    return bool(served) and _age(served) < _age(fields["wanted_version"])


def _is_unserved(subject: Subject) -> bool:
    fields = _kind_fields(subject)
    return bool(fields.get("component")) and not fields["served_version"]


def _kind_fields(subject: Subject) -> dict[str, str]:
    """Return the fields about the kind that is not served; none if the cluster is another one."""
    return {} if is_remote(subject) else wanted_kind(subject)


def _age(version: str) -> tuple[int, int, int]:
    """Return a key that sorts API versions: v1alpha1, v1beta1, v1, v2beta1."""
    found = re.match(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not found:
        return (0, 0, 0)
    return (int(found[1]), {"alpha": 0, "beta": 1}.get(found[2], 2), int(found[3] or 0))


def about(*kinds: str) -> Callable[[Subject], bool]:
    """Return the fact that the object in the message is of one of *kinds*."""

    def is_about(subject: Subject) -> bool:
        kind = object_in(subject.message.text).get("object", "").partition(" ")[0]
        return kind in kinds

    return is_about


def is_about_flux_crd(subject: Subject) -> bool:
    """Return whether the object in the message is a CRD of Flux."""
    name = object_in(subject.message.text).get("object_name", "")
    return name.partition(".")[2] in FLUX_GROUPS


def is_about_flux_object(subject: Subject) -> bool:
    """Return whether the object in the message is of a kind of Flux."""
    return object_in(subject.message.text).get("object_kind", "") in KINDS


_LABEL = re.compile(r'metadata\.labels: Invalid value: "([^"]+)"')


def is_label_own_name(subject: Subject) -> bool:
    """Return whether the invalid label is the name of the object itself, which Flux sets."""
    label = _LABEL.search(subject.message.text)
    return label is not None and label[1] == subject.resource.ref.name


_STORED = re.compile(r'status\.storedVersions\[\d+\]: Invalid value: "(\w+)"')


def is_stored_version_served(subject: Subject) -> bool:
    """Return whether the stored version that a new CRD of Flux lacks is the current one."""
    stored = _STORED.search(subject.message.text)
    served = subject.state.evidence.served if subject.state else None
    if not (stored and served) or is_remote(subject):
        return False
    return served.get(object_in(subject.message.text).get("object_name", "")) == stored[1]


_NO_NAMESPACE = re.compile(r'namespaces "([^"]+)" not found')


def is_storage_namespace(subject: Subject) -> bool:
    """Return whether the missing namespace is where Helm stores the release."""
    missing = _NO_NAMESPACE.search(subject.message.text)
    return missing is not None and missing[1] == subject.resource.spec.get("storageNamespace")


def is_target_namespace(subject: Subject) -> bool:
    """Return whether the missing namespace is the one that the object applies to."""
    missing = _NO_NAMESPACE.search(subject.message.text)
    return missing is not None and missing[1] == subject.resource.spec.get("targetNamespace")


def has_verify_secret(subject: Subject) -> bool:
    """Return whether spec.verify refers to a Secret with public keys: it is not keyless."""
    return bool(address_of(subject)["verify_secret"])


def source_has_tags(subject: Subject) -> bool:
    """Return whether the last scan of the ImagePolicy's ImageRepository found tags."""
    key = source_of(subject.resource)
    source = subject.state.resources.get(key) if subject.state and key else None
    count = map_of(source.status.get("lastScanResult")).get("tagCount") if source else None
    return isinstance(count, int) and count > 0


def patches_flux(subject: Subject) -> bool:
    """Return whether the FluxInstance has patches of its own (spec.kustomize.patches)."""
    return bool(maps_of(map_of(subject.resource.spec.get("kustomize")).get("patches")))


def uses_newer_artifact(subject: Subject) -> bool:
    """Return whether spec.distribution.artifact moves on its own or is newer than the operator."""
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


def waits_for(*kinds: str) -> Callable[[Subject], bool]:
    """Return the fact that the object to check first, of those waited for, is of one of *kinds*."""

    def is_waited_for(subject: Subject) -> bool:
        return any(one.kind in kinds for one in worst_first(subject.message.text)[:1])

    return is_waited_for


def waits_with(status: str) -> Callable[[Subject], bool]:
    """Return the fact that the object to check first, of those waited for, has this *status*."""

    def has_status(subject: Subject) -> bool:
        return any(one.status == status for one in worst_first(subject.message.text)[:1])

    return has_status


def waits_for_ready(subject: Subject) -> bool:
    """Return whether all objects that it waited for are Flux objects that are ready by now."""
    targets = worst_first(subject.message.text)
    resources = subject.state.resources if subject.state else {}
    found = [resources.get(target[:3]) for target in targets]
    return bool(found) and all(one is not None and one.verdict is Verdict.READY for one in found)


def waits_for_flux(subject: Subject) -> bool:
    """Return whether the object to check first, of those waited for, is an object of Flux."""
    return any(one.kind in KINDS for one in worst_first(subject.message.text)[:1])


def cannot_unlock(subject: Subject) -> bool:
    """Return whether its helm-controller cannot unlock a release: Flux 2.1 and earlier."""
    return subject.resource.ref.api_version.endswith("/v2beta1")


def shares_release(subject: Subject) -> bool:
    """Return whether another HelmRelease has the same release name and storage, in this cluster."""
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


_OWNER = re.compile(r'release-name" must equal "[^"]*": current value is "([^"]+)"')


def belongs_to_release(subject: Subject) -> bool:
    """Return whether the Helm release that owns the object in the message is a HelmRelease here."""
    owner = _OWNER.search(subject.message.text)
    if owner is None or subject.state is None or is_remote(subject):
        return False
    return any(release_name(one) == owner[1] for one in subject.state.of_kind("HelmRelease"))
