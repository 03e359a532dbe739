"""What is known of an object beside its message: what confirms or refutes a rule.

A fact is true only on positive evidence, so `unless=(has_artifact,)` refutes a claim and
`when=(is_remote,)` requires a confirmation; a rule that cannot be confirmed does not apply.
"""

import re
from collections.abc import Callable

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.fields import fields_of, host_in
from fluxstatus.knowledge.subject import Subject
from fluxstatus.state.deployments import image_version
from fluxstatus.state.references import source_of


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
