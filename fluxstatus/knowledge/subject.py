"""The fields of an object that a rule's sentences and commands may name."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from fluxstatus.kinds import full_name
from fluxstatus.resources import Resource, map_of, text_of

_URL = re.compile(r"\b(?:https?|ssh|oci)://(?:[^/@\s'\"]{1,200}@)?([\w.:-]+)")
_BRACKETS = re.compile(r"(?:timeout waiting for|stalled resources): \[([^\[\]]*)\]")
_IN_BRACKET = re.compile(
    r"\b(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+) status: '(?P<status>\w*)'"
)


class Waited(NamedTuple):
    """An object that a failed health check waited for, and its kstatus."""

    kind: str
    namespace: str
    name: str
    status: str


def waited_for(message: str) -> list[Waited]:
    """Read the objects out of a health check's *message* (PKG ssa/manager_wait.go)."""
    return [
        Waited(m["kind"], m["namespace"] or "", m["name"], m["status"])
        for bracket in _BRACKETS.findall(message)
        for m in _IN_BRACKET.finditer(bracket)
    ]


def fields_of(resource: Resource) -> dict[str, str]:
    """Give the fields of *resource* by name; those it does not have are empty."""
    ref = resource.ref
    own = {name: _read(resource, path) for name, path in _PATHS.items()}
    chart_version = _read(resource, ("spec", "chart", "spec", "version"))
    return {
        **own,
        "ns": ref.namespace,
        "name": ref.name,
        "kind": ref.kind,
        "resource": resource.kind.resource,
        "sa": own["sa"] or "of the controller",
        "target_ns": own["target_ns"] or ref.namespace,
        "host": _host(own["url"] or own["endpoint"]),
        **_source_fields(resource),
        "ref": _git_ref(resource),
        "chart_version": chart_version,
        "secret": own["secret"] or own["sync_secret"],
    }


def host_in(message: str) -> dict[str, str]:
    """Give the field about the last host that *message* has a URL of, the one that failed."""
    hosts = _URL.findall(message)
    return {"host": hosts[-1].rstrip(".:")} if hosts else {}


def workload_fields(message: str) -> dict[str, str]:
    """Give the fields about the first workload that a health check's *message* names."""
    first = next(iter(waited_for(message)), None)
    if first is None:
        return {}
    state = _STATES.get(first.status, first.status)
    if (first.kind, first.status) == ("Deployment", "Failed"):  # all that kstatus calls so
        state = "it has failed (ProgressDeadlineExceeded)"
    return {
        "workload": f"{first.kind} {first.name}",
        "workload_state": state,
        "workload_resource": full_name(first.kind),
        "workload_name": "" if first.status == "NotFound" else first.name,
        "workload_ns": first.namespace,
    }


_PATHS: Mapping[str, tuple[str, ...]] = {
    "secret": ("spec", "secretRef", "name"),
    "sync_secret": ("spec", "sync", "pullSecret"),
    "proxy_secret": ("spec", "proxySecretRef", "name"),
    "verify_secret": ("spec", "verify", "secretRef", "name"),
    "kubeconfig_secret": ("spec", "kubeConfig", "secretRef", "name"),
    "decryption_secret": ("spec", "decryption", "secretRef", "name"),
    "url": ("spec", "url"),
    "endpoint": ("spec", "endpoint"),
    "bucket": ("spec", "bucketName"),
    "path": ("spec", "path"),
    "sa": ("spec", "serviceAccountName"),
    "target_ns": ("spec", "targetNamespace"),
    "chart": ("spec", "chart", "spec", "chart"),
    "distribution": ("spec", "distribution", "version"),
}

_STATES = {
    "InProgress": "still in progress when the time was over (InProgress)",
    "NotFound": "it does not exist (NotFound); correct spec.healthChecks if the name is wrong",
    "Failed": "it has failed (Failed)",
    "Terminating": "it is being deleted (Terminating)",
    "Unknown": "its status cannot be read (Unknown)",
}

_REFS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("commit", "the commit {}".format),
    ("digest", "the digest {}".format),
    ("name", "{}".format),
    ("semver", "a tag that fits {}".format),
    ("tag", "the tag {}".format),
    ("branch", "the branch {}".format),
)


def _read(resource: Resource, path: tuple[str, ...]) -> str:
    return text_of(resource.get(*path))


def _source_fields(resource: Resource) -> dict[str, str]:
    reference = map_of(resource.get("spec", "sourceRef") or resource.get("spec", "chartRef"))
    kind = text_of(reference.get("kind"))
    return {
        "source_resource": full_name(kind) if kind else "",
        "source_name": text_of(reference.get("name")),
        "source_ns": text_of(reference.get("namespace")) or resource.ref.namespace,
    }


def _git_ref(resource: Resource) -> str:
    ref = map_of(resource.get("spec", "ref"))
    return next(
        (say(ref[key]) for key, say in _REFS if text_of(ref.get(key))), "the default branch"
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
