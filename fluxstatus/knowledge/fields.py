"""The fields that a rule's sentences and commands may use."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.urls import cloud_of, host_of, without_login
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS, Kind, full_name
from fluxstatus.state.health_checks import worst_first
from fluxstatus.state.namesakes import identified
from fluxstatus.state.references import made_source_of
from fluxstatus.state.resource import Resource, release_name

# These patterns are plain strings: re compiles them on first use, which only a fault causes.
_URL = r"\b(?:https?|ssh|oci)://(?:[^/@\s'\"]{1,200}@)?([\w.:-]+)"


def fields_of(resource: Resource, endpoint: Resource | None = None) -> dict[str, str]:
    """Return the fields of *resource* by name; missing ones are empty.

    The address and the credentials are those of *endpoint*: its source, or the object itself.
    """
    ref, spec = resource.ref, map_of(resource.get("spec"))
    own = _at_paths(resource)
    if endpoint is None or endpoint is resource:
        endpoint = resource
    else:
        theirs = _at_paths(endpoint)
        own |= {name: theirs[name] for name in _OF_ENDPOINT}
    url = own["url"] or own["endpoint"] or _with_registry(own["image"])
    host, provider = host_of(url), own["provider"] or own["sync_provider"]
    return {
        **own,
        "chart": own["chart"] or text_of(resource.spec.get("chart")),
        "path": own["path"] or _ROOT.get(ref.kind, ""),
        "object": "an object",
        "object_kind": "object",
        "object_resource": "",
        "object_name": "",
        "object_ns": "",
        "cluster_object": "",
        "component": "",
        "served_api": "",
        "stale_writers": "",
        "ns": ref.namespace,
        "name": ref.name,
        "kind": ref.kind,
        "resource": resource.kind.resource,
        "target_ns": own["target_ns"] or ref.namespace,
        "storage_ns": own["storage_ns"] or ref.namespace,
        "release_name": release_name(resource),
        **_chart_fields(resource),
        "host": host,
        "login_server": _server_of(url or own["artifact"]),
        "address": url,
        "address_field": _address_field(resource, endpoint),
        "ssh": url if url.startswith("ssh://") else "",
        "plain_http": url if url.startswith("http://") else "",
        "cloud": provider if provider in ("aws", "azure", "gcp") else "",
        "no_provider": "" if provider not in ("", "generic") else "generic",
        "cloud_registry": cloud_of(host),
        "ecr": host if ".dkr.ecr" in host else "",
        "github_app": provider if provider == "github" else "",
        "submodules": "recurseSubmodules" if spec.get("recurseSubmodules") is True else "",
        "of_endpoint": "" if endpoint is resource else _called(endpoint),
        "endpoint_resource": endpoint.kind.resource,
        "endpoint_name": endpoint.ref.name,
        "endpoint_ns": endpoint.ref.namespace,
        "sync_instance": text_of(resource.labels.get("fluxcd.controlplane.io/name")),
        "held_back": _HELD_BACK.get(ref.kind, "no changes reach the cluster"),
        **_source_fields(resource),
        "ref": ref_of(resource.spec, ref.kind),
        "own_secret": own["secret"],
        "holder": own["secret"] or own["sync_secret"],
        "secret": own["secret"] or own["sync_secret"],
        "secret_keys": _SECRET_KEYS.get(ref.kind, "see the documentation of this kind"),
        **_IN_MANIFESTS,
        **_IN_MANIFESTS_OF.get(ref.kind, {}),
    }


def missing_fields(fields: Mapping[str, str], missing: str) -> dict[str, str]:
    """Return the fields about *missing*, the name of an object that does not exist."""
    for role, (name, field) in _ROLES.items():
        if fields.get(name) == missing:
            return {"missing_field": field, f"missing_{role}": missing}
    return {"missing_field": "the spec"}


_PAGE = late_pattern(
    r"(?:\b(?:see|visit|refer(?: to)?|go to|details|information|docs|documentation|"
    r"following URL)[:,]?|[a-z]{2}\.) *$",
    re.IGNORECASE,
)
"""The words before the URL of a page to read, such as "see", or the end of a sentence."""


def _is_page(before: str) -> bool:
    """Return whether the URL after the text *before* is that of a page to read."""
    return _PAGE.search(before[-30:]) is not None


def host_in(message: str) -> dict[str, str]:
    """Return the fields about the host of the last URL in *message*, which is the one that failed.

    If the first URL has a different host, that host redirected the request. A URL that only points
    to a page to read (see https://…) is ignored.
    """
    found = [url for url in re.finditer(_URL, message) if not _is_page(message[: url.start()])]
    hosts = [url[1].rstrip(".:") for url in found]
    if not hosts or not hosts[-1]:
        return {}
    first, last = (host.partition(":")[0] for host in (hosts[0], hosts[-1]))
    redirects = hosts[0] if first != last else ""
    return {"host": hosts[-1], "host_said": hosts[-1], "redirects": redirects}


_UNSERVED = late_pattern(
    r'no matches for kind "(?P<kind>\w+)" in version "(?P<group>[\w.-]+)/(?P<version>\w+)"'
)


def flux_kind_in(message: str) -> tuple[Kind, str] | None:
    """Return the Flux kind, and its version, of which *message* says that it is not served."""
    found = _UNSERVED.search(message)
    kind = KINDS.get(found["kind"]) if found else None
    return (kind, found["version"]) if found and kind and kind.group == found["group"] else None


def workload_fields(message: str, item: Object | None = None) -> dict[str, str]:
    """Return the fields about the object to check first in *message*, a health check of *item*."""
    named = next(iter(worst_first(message)), None)
    if named is None:
        return {}
    first = identified(named, item or {})
    state = _STATES.get(first.status, first.status)
    if (first.kind, first.status) == (
        "Deployment",
        "Failed",
    ):  # the only reason that kstatus has for it
        state = "the rollout exceeded its progress deadline (ProgressDeadlineExceeded)"
    return {
        "workload": f"{first.kind} {first.namespace}/{first.name}"
        if first.namespace
        else f'{first.kind} "{first.name}"',
        "workload_state": state,
        "workload_resource": full_name(first.kind),
        "workload_name": "" if first.status == "NotFound" else first.name,
        "workload_ns": first.namespace,
        "workload_cluster_name": "" if first.namespace else first.name,
    }


_PATHS: Mapping[str, tuple[str, ...]] = {
    "secret": ("spec", "secretRef", "name"),
    "sync_secret": ("spec", "sync", "pullSecret"),
    "proxy_secret": ("spec", "proxySecretRef", "name"),
    "verify_secret": ("spec", "verify", "secretRef", "name"),
    "kubeconfig_secret": ("spec", "kubeConfig", "secretRef", "name"),
    "kubeconfig_map": ("spec", "kubeConfig", "configMapRef", "name"),
    "decryption_secret": ("spec", "decryption", "secretRef", "name"),
    "url": ("spec", "url"),
    "endpoint": ("spec", "endpoint"),
    "bucket": ("spec", "bucketName"),
    "path": ("spec", "path"),
    "sa": ("spec", "serviceAccountName"),
    "target_ns": ("spec", "targetNamespace"),
    "storage_ns": ("spec", "storageNamespace"),
    "image": ("spec", "image"),
    "provider": ("spec", "provider"),
    "sync_provider": ("spec", "sync", "provider"),
    "cert_secret": ("spec", "certSecretRef", "name"),
    "decryption_provider": ("spec", "decryption", "provider"),
    "chart": ("spec", "chart", "spec", "chart"),
    "chart_version": ("spec", "chart", "spec", "version"),
    "distribution": ("spec", "distribution", "version"),
    "artifact": ("spec", "distribution", "artifact"),
    "image_repository": ("spec", "imageRepositoryRef", "name"),
}

_OF_ENDPOINT = ("secret", "proxy_secret", "cert_secret", "url", "endpoint", "image", "provider")
"""The fields with the address and the credentials of an object's connection."""

_ROLES = {
    "login": ("own_secret", "spec.secretRef"),
    "sync": ("sync_secret", "spec.sync.pullSecret"),
    "proxy": ("proxy_secret", "spec.proxySecretRef"),
    "verify": ("verify_secret", "spec.verify.secretRef"),
    "certificate": ("cert_secret", "spec.certSecretRef"),
    "kubeconfig": ("kubeconfig_secret", "spec.kubeConfig.secretRef"),
    "decryption": ("decryption_secret", "spec.decryption.secretRef"),
}
"""The roles of Secrets, each with the fields that hold its name and its path in the spec."""

_SECRET_KEYS = {
    "GitRepository": "username and password, or bearerToken, for HTTPS; identity and known_hosts for SSH",
    "HelmRepository": "username and password",
    "Bucket": "accesskey and secretkey",
    "Receiver": "token",
    "Provider": "address, token, or username and password",
    "ResourceSetInputProvider": "username and password, or the keys of a GitHub App",
}
"""The keys of the Secret in spec.secretRef, by kind."""

_HELD_BACK = {
    **dict.fromkeys(("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"),
                    "no new revisions are fetched"),
    **dict.fromkeys(("Alert", "Provider"), "no notifications are sent"),
    "ArtifactGenerator": "no new artifacts are generated",
    "FluxInstance": "Flux is not upgraded, and its drift is not corrected",
    "FluxReport": "the report is not updated",
    "ImagePolicy": "no newer images are selected",
    "ImageRepository": "no new tags are found",
    "ImageUpdateAutomation": "no image updates are committed",
    "Receiver": "webhook calls have no effect",
    "ResourceSetInputProvider": "no new inputs are read",
}  # fmt: skip
"""The effect of suspending an object, by kind."""

_ROOT = {"Kustomization": "./"}
"""The default of spec.path, by kind (kustomize-controller api/v1)."""

_ADDRESS_FIELDS = {
    "Bucket": "spec.endpoint",
    "FluxInstance": "spec.distribution.artifact",
    "ImageRepository": "spec.image",
    "Provider": 'spec.address or key "address" of the Secret',
}
"""The field with the address of the host, for kinds without spec.url."""

_ADDRESS_ELSEWHERE = {
    "HelmChart": "spec.url of the HelmRepository",
    "ImagePolicy": "spec.image of the ImageRepository",
    "ImageUpdateAutomation": "spec.url of the GitRepository",
}
"""The field with the address, for kinds whose address is in a source that was not read."""

_STATES = {
    "InProgress": "the status was still InProgress when the timeout expired",
    "NotFound": "the object does not exist (NotFound)",
    "Failed": "the status is Failed",
    "Terminating": "the object is being deleted (Terminating)",
    "Unknown": "the status cannot be determined (Unknown)",
}

_REFS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("commit", 'commit "{}"'.format),
    ("digest", 'digest "{}"'.format),
    ("name", "{}".format),
    ("semver", 'a tag that matches "{}"'.format),
    ("tag", 'tag "{}"'.format),
    ("branch", 'branch "{}"'.format),
)


def _called(resource: Resource) -> str:
    return f' of {resource.ref.kind} "{resource.ref.name}"'


def _address_field(resource: Resource, endpoint: Resource) -> str:
    """Return the field of *endpoint* with the address, and its name unless it is *resource*."""
    if endpoint is resource and resource.ref.kind in _ADDRESS_ELSEWHERE:
        return _ADDRESS_ELSEWHERE[resource.ref.kind]
    field = _ADDRESS_FIELDS.get(endpoint.ref.kind, "spec.url")
    return field if endpoint is resource else field + _called(endpoint)


_VARIABLE = ". If the value is a variable of spec.postBuild, write"
_IN_MANIFESTS = {
    "in_git": "in Git", "unset_default": "", "quoted_variable": "", "unquoted_variable": "",
}  # fmt: skip
"""The phrases for the place where users change the manifests that an object applies."""

_IN_MANIFESTS_OF: Mapping[str, Mapping[str, str]] = {
    "Kustomization": {
        "quoted_variable": f'{_VARIABLE} "${{VAR}}"',
        "unquoted_variable": f'{_VARIABLE} ${{VAR}}, not "${{VAR}}"',
    },
    "HelmRelease": {
        "in_git": "in spec.values or the chart",
        "unset_default": "; to remove one of the chart's defaults, set it to null in spec.values",
    },
    # The operator has the manifests of Flux, so what users change are their patches.
    "FluxInstance": {"in_git": "in spec.kustomize.patches"},
}
"""The phrases of kinds with others; only a Kustomization has spec.postBuild."""


def _source_fields(resource: Resource) -> dict[str, str]:
    """Return the fields about the source of *resource*; a generated HelmChart has its own."""
    reference = map_of(resource.spec.get("sourceRef") or resource.spec.get("chartRef"))
    kind, name = text_of(reference.get("kind")), text_of(reference.get("name"))
    namespace = text_of(reference.get("namespace")) or resource.ref.namespace
    made = made_source_of(resource)
    if made and made[0] != "HelmChart":
        kind, namespace, name = made
    return {
        "source_resource": full_name(kind) if kind else "",
        "source_name": name,
        "source_ns": namespace,
    }


def _chart_fields(resource: Resource) -> dict[str, str]:
    """Return the fields about the HelmChart that helm-controller created for *resource*."""
    namespace, _, name = text_of(resource.status.get("helmChart")).partition("/")
    if "/" in name:  # of another kind
        namespace = name = ""
    return {"helm_chart": name, "helm_chart_ns": namespace}


def _at_paths(resource: Resource) -> dict[str, str]:
    """Return the fields that are in the spec of *resource*; missing ones are empty."""
    spec = map_of(resource.get("spec"))
    return dict.fromkeys(_PATHS, "") | {
        name: text_of(resource.get(*path)) for name, path in _PATHS.items() if path[1] in spec
    }


def ref_of(spec: Mapping[str, Any], kind: str) -> str:
    """Return the reference in the *spec* of a source of *kind*, such as `tag "v1"`."""
    ref = map_of(spec.get("ref"))
    default = 'tag "latest"' if kind == "OCIRepository" else "the default branch"
    return next((say(ref[key]) for key, say in _REFS if text_of(ref.get(key))), default)


def _server_of(url: str) -> str:
    """Return the host and the port of the registry at *url*, as a login to it is stored.

    Docker Hub has a name of its own there. Upstream: go-containerregistry pkg/authn/keychain.go.
    """
    address = without_login(url)
    server = (address.partition("://")[2] or address).partition("/")[0]
    return _DOCKER_HUB if server in ("docker.io", "index.docker.io") else server


_DOCKER_HUB = "https://index.docker.io/v1/"


def _with_registry(image: str) -> str:
    """Return *image* with its registry, which is Docker Hub's when the name has none."""
    first, _, rest = image.partition("/")
    named = rest and ("." in first or ":" in first or first == "localhost")
    return image if named or not image else f"docker.io/{image}"
