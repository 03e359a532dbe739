"""What is known of an object beside its message: what confirms or refutes a rule.

A fact is true only on positive evidence, so `unless=(has_artifact,)` refutes a claim and
`when=(is_remote,)` requires a confirmation; a rule that cannot be confirmed does not apply.
"""

from collections.abc import Callable

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.fields import fields_of, host_in
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.health_checks import worst_first
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


def has_submodules(subject: Subject) -> bool:
    """Return whether submodules are fetched, too (spec.recurseSubmodules)."""
    return subject.resource.spec.get("recurseSubmodules") is True


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
