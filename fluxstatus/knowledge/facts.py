"""What is known of an object beside its message: what confirms or refutes a rule.

A fact is true only on positive evidence, so `unless=(has_artifact,)` refutes a claim and
`when=(is_remote,)` requires a confirmation; a rule that cannot be confirmed does not apply.
"""

from collections.abc import Callable

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.fields import fields_of, host_in
from fluxstatus.knowledge.subject import Subject


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
