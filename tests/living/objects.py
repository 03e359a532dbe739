"""Objects as users write them: sources, Kustomizations, and what these apply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]

SOURCES = "source.toolkit.fluxcd.io/v1"
OPERATORS = "fluxcd.controlplane.io/v1"


def of(api_version: str, kind: str, namespace: str, name: str = "app", **content: Any) -> Object:
    """Return an object with the *content* (spec, data, …); an empty *namespace* is left out."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def git_repository(namespace: str, url: str, name: str = "app", **spec: Any) -> Object:
    """Return a GitRepository of the branch main at *url*, with more of its *spec*."""
    content = {"interval": "1h", "url": url, "ref": {"branch": "main"}} | spec
    return of(SOURCES, "GitRepository", namespace, name, spec=content)


def oci_repository(namespace: str, url: str, **spec: Any) -> Object:
    """Return an OCIRepository of the tag v1 at *url*, with more of its *spec*."""
    content = {"interval": "1h", "url": url, "insecure": True, "ref": {"tag": "v1"}} | spec
    return of(SOURCES, "OCIRepository", namespace, spec=content)


def helm_repository(namespace: str, url: str, **spec: Any) -> Object:
    """Return a HelmRepository at *url*, with more of its *spec*."""
    return of(SOURCES, "HelmRepository", namespace, spec={"interval": "1h", "url": url} | spec)


def helm_chart(namespace: str, **spec: Any) -> Object:
    """Return a HelmChart app of the HelmRepository app, with more of its *spec*."""
    reference = {"kind": "HelmRepository", "name": "app"}
    content = {"interval": "1h", "chart": "app", "sourceRef": reference} | spec
    return of(SOURCES, "HelmChart", namespace, spec=content)


def kustomization(namespace: str, name: str = "app", **spec: Any) -> Object:
    """Return a Kustomization of ./app in the GitRepository app, with more of its *spec*."""
    content = {
        "interval": "1h",
        "timeout": "5s",
        "prune": True,
        "path": "./app",
        "targetNamespace": namespace,
        "sourceRef": {"kind": "GitRepository", "name": "app"},
    }
    version = "kustomize.toolkit.fluxcd.io/v1"
    return of(version, "Kustomization", namespace, name, spec=content | spec)


def flux_instance(
    components: Sequence[str] = ("source-controller", "kustomize-controller"), **distribution: str
) -> Object:
    """Return the FluxInstance of the *components*, with more of its *distribution*.

    The operator does not wait for the controllers, which would take five seconds each time.
    """
    content = {
        "distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd"} | distribution,
        "components": list(components),
        "wait": False,
    }
    return of(OPERATORS, "FluxInstance", "flux-system", "flux", spec=content)


def resource_set(namespace: str, *resources: Object, name: str = "app", **spec: Any) -> Object:
    """Return a ResourceSet of *resources*, in its own namespace, with more of its *spec*."""
    made = [{**one, "metadata": {**one["metadata"], "namespace": namespace}} for one in resources]
    return of(OPERATORS, "ResourceSet", namespace, name, spec={"resources": made} | spec)


def input_provider(namespace: str, url: str, **spec: Any) -> Object:
    """Return a ResourceSetInputProvider of the service at *url*, with more of its *spec*."""
    content = {"type": "ExternalService", "url": url, "insecure": True} | spec
    return of(OPERATORS, "ResourceSetInputProvider", namespace, spec=content)


def receiver(namespace: str, **spec: Any) -> Object:
    """Return a Receiver app that triggers the GitRepository app, with more of its *spec*."""
    resources = [{"kind": "GitRepository", "name": "app"}]
    content = {"type": "generic", "secretRef": {"name": "app"}, "resources": resources} | spec
    return of("notification.toolkit.fluxcd.io/v1", "Receiver", namespace, spec=content)


def config_map(name: str = "settings", **data: Any) -> Object:
    """Return a ConfigMap without a namespace."""
    return of("v1", "ConfigMap", "", name, data=data or {"color": "blue"})


def manifest(*objects: Object) -> str:
    """Return *objects* as the text of a YAML file."""
    return "".join(f"---\n{json.dumps(one, indent=2)}\n" for one in objects)
