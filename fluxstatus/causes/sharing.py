"""Problems that several faults share: a host, a Secret, a webhook, an API or a policy.

An outage is a single cause, even if it affects many objects. A missing path, reference or version
is a fault of each object, so the tables do not contain such codes.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from fluxstatus.base.fields import map_of
from fluxstatus.causes.cause import Cause

Shared: TypeAlias = tuple[str, ...]
"""The key of a shared problem: a code, and the host, Secret or the like that it is about."""

_Fields: TypeAlias = Mapping[str, str]


def shared_by(cause: Cause) -> Shared | None:
    """Return the key of the problem that *cause* may share with other causes, or None."""
    code = cause.fault.diagnosis.code
    read = _SHARED.get(code)
    if read is None:
        return None
    about = read(cause.fault.diagnosis.fields())
    if not all(about):
        return None
    return (code, *about, _cluster(cause) if code in _OF_CLUSTER else "")


def _cluster(cause: Cause) -> str:
    """Return the remote cluster that the object of *cause* is applied to; empty for this one."""
    resource = cause.resource
    remote = map_of(resource.spec.get("kubeConfig")) if resource else {}
    return f"{resource.ref.namespace} {remote}" if resource and remote else ""


def _host(fields: _Fields) -> Shared:
    return fields.get("host", ""), "SSH" if fields.get("ssh") else "other"


def _dns(fields: _Fields) -> Shared:
    return (fields.get("dns", ""),)


def _secret(fields: _Fields) -> Shared:
    return fields.get("endpoint_ns", ""), fields.get("secret", ""), fields.get("host") or "any"


def _missing_secret(fields: _Fields) -> Shared:
    return fields.get("endpoint_ns", ""), fields.get("missing", "")


def _decryption_secret(fields: _Fields) -> Shared:
    return fields.get("ns", ""), fields.get("decryption_secret", ""), fields.get("key", "")


def _proxy(fields: _Fields) -> Shared:
    secret = fields.get("proxy_secret", "")
    return (fields.get("endpoint_ns", ""), secret) if secret else ("controllers", "environment")


def _kubeconfig(fields: _Fields) -> Shared:
    return fields.get("ns", ""), fields.get("kubeconfig_secret", "")


def _remote_host(fields: _Fields) -> Shared:
    return (fields.get("host", ""),)


def _identity(fields: _Fields) -> Shared:
    secret, sa = fields.get("own_secret", ""), fields.get("sa", "")
    who = f"{fields.get('ns', '')}/{secret or sa}" if secret or sa else fields.get("cloud", "")
    return who, fields.get("host") or "any"


def _webhook(fields: _Fields) -> Shared:
    service, webhook = fields.get("hook_service", ""), fields.get("webhook", "")
    return (fields.get("hook_ns", ""), service) if service else (webhook,)


def _conversion(fields: _Fields) -> Shared:
    return fields.get("converted_api") or "any", fields.get("converted", "")


def _policy(fields: _Fields) -> Shared:
    """Return the policy, or the webhook and its message without the name of the object."""
    if policy := fields.get("policy", ""):
        return "policy", policy
    names = filter(None, (fields.get("object_name", ""), fields.get("object_ns", "")))
    mentioned = "|".join(map(re.escape, names))
    detail = fields.get("detail", "")
    words = re.sub(rf"(?<![\w-])(?:{mentioned})(?![\w-])", "…", detail) if mentioned else detail
    return fields.get("webhook", ""), words


def _named(name: str) -> Callable[[_Fields], Shared]:
    return lambda fields: (fields.get(name, ""),)


def _in_namespace(name: str) -> Callable[[_Fields], Shared]:
    return lambda fields: (
        fields.get("object_ns") or fields.get("target_ns", ""), fields.get(name, ""),
    )  # fmt: skip


ABOUT_HOSTS = (
    *("host-not-found", "host-refuses", "host-slow", "host-rate-limit", "host-broken"),
    *("host-unreachable", "tls-unknown-authority", "tls-expired", "tls-wrong-name", "tls-failed"),
    "protocol-mismatch",
)
"""Codes of faults that are about a host."""

_SHARED: Mapping[str, Callable[[_Fields], Shared]] = {
    "dns-failing": _dns,
    **dict.fromkeys(ABOUT_HOSTS, _host),
    **dict.fromkeys(
        ("git-auth-rejected", "git-password-not-supported", "git-sso-required",
         "github-app-failed", "ssh-key-encrypted", "ssh-key-invalid", "ssh-key-rejected",
         "ssh-host-key", "registry-auth-rejected", "registry-auth-forbidden",
         "registry-secret-invalid", "helm-index-auth", "provider-auth-rejected", "bucket-denied"),
        _secret,
    ),
    **dict.fromkeys(("secret-missing", "provider-secret-missing"), _missing_secret),
    **dict.fromkeys(("sops-key-missing", "sops-key-invalid"), _decryption_secret),
    **dict.fromkeys(("proxy-unreachable", "proxy-auth-rejected"), _proxy),
    **dict.fromkeys(
        ("remote-cluster-denied", "kubeconfig-secret-missing", "kubeconfig-key-missing",
         "kubeconfig-invalid"), _kubeconfig,
    ),
    "remote-cluster-unreachable": _remote_host,
    "cloud-login-failed": _identity,
    "admission-unreachable": _webhook,
    "admission-no-dry-run": _named("webhook"),
    "admission-denied": _policy,
    "conversion-webhook-failing": _conversion,
    "api-service-broken": _named("broken_group"),
    "api-server-denied": _named("controller"),
    "service-account-token-forbidden": _named("controller"),
    **dict.fromkeys(("api-server-failing", "etcd-full"), lambda _: ("this cluster",)),
    "namespace-terminating": _named("terminating"),
    "quota-exceeded": _in_namespace("quota"),
    "crd-missing": _named("missing_group_name"),
}  # fmt: skip
"""Functions that return the subject of a shared fault from its fields, by the code of the fault."""

SHARED_CODES = frozenset(_SHARED)
"""Codes of faults that several objects can share."""

_OF_CLUSTER = frozenset(
    {"admission-unreachable", "admission-no-dry-run", "admission-denied", "api-server-failing",
     "etcd-full", "conversion-webhook-failing", "api-service-broken", "namespace-terminating",
     "quota-exceeded", "crd-missing"}
)  # fmt: skip
"""Codes of faults in the cluster that objects are applied to, which may be a remote cluster."""
