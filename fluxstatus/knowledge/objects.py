"""The object that a message reports as rejected or broken."""

import re

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.state.namesakes import group_of

# These patterns are plain strings: re compiles them on first use, which only a fault causes.
_OBJECTS = (
    # server-side apply: Kind/namespace/name, Kind/name (PKG ssa/utils FmtUnstructured)
    (
        r"\b(?P<kind>[A-Z]\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.:-]+)"
        r" (?:(?:dry-run|apply|delete|query|metadata\.managedFields takeover) failed|immutable field detected|validation error|not found:|namespace not specified|is SOPS)"
    ),
    # Helm (helm pkg/kube/client.go)
    r"for object (?P<namespace>[\w.-]*)/(?P<name>[\w.:-]+) \S+ Kind=(?P<kind>\w+)",
    r"applying object (?P<namespace>[\w.-]*)/(?P<name>[\w.:-]+) \S+ Kind=(?P<kind>\w+)",
    r"cannot patch \"(?P<name>[^\"]+)\" with kind (?P<kind>\w+)",
    # the API server (apimachinery api/errors NewInvalid)
    r"\b(?P<kind>[A-Z]\w+)(?:\.[\w.-]+)? \"(?P<name>[^\"]+)\" is invalid",
    # kustomize's ids (kustomize kyaml/resid)
    r"'?(?P<kind>[A-Z]\w+)\.\w+(?:\.[\w.\[\]-]+)?/(?P<name>[\w.:-]+)",
)
"""Patterns for the object that a message is about."""

_CLUSTER_KINDS = frozenset({
    "APIService", "CSIDriver", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
    "IngressClass", "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume",
    "PriorityClass", "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeSnapshotClass",
    "ClusterIssuer", "ClusterPolicy", "GatewayClass",
})  # fmt: skip
"""Cluster-scoped kinds that charts and repositories often contain."""


_UNNAMED = late_pattern(r'\b(?P<kind>[A-Z]\w+) in version "[\w./-]+" cannot be handled as a \w+')
"""An object that the API server could not decode, without its name (apimachinery runtime)."""


def object_in(message: str, namespace: str = "", item: Object | None = None) -> dict[str, str]:
    """Return the fields about the first object that *message* of *item* reports as rejected.

    *namespace* is that of an object whose namespace is not in the message.
    """
    found = next(filter(None, (re.search(pattern, message) for pattern in _OBJECTS)), None)
    if found is None:
        unnamed = _UNNAMED.search(message)
        return {"object": f"an object of kind {unnamed['kind']}"} if unnamed else {}
    kind, name = found["kind"], found["name"]
    written = found.groupdict().get("namespace") or ""
    assumed = "" if kind in _CLUSTER_KINDS else written or namespace
    resource = "" if kind == "Secret" else full_name(kind)  # it would be shown with its values
    if kind in KINDS:
        group = _group_in(message, kind) or group_of(item or {}, kind, written, name)
        resource = f"{kind}.{group}".lower() if group else resource
    return {
        "object": f"{kind} {written}/{name}" if written else f'{kind} "{name}"',
        "object_kind": kind,
        "object_resource": resource,
        "object_name": name,
        "object_ns": assumed,
        "cluster_object": "" if assumed else name,
    }


def _group_in(message: str, kind: str) -> str:
    """Return the API group that *message* has for *kind*, if it is another than that of Flux."""
    known = KINDS[kind]
    word, plural = re.escape(kind), re.escape(known.plural)
    forms = (
        rf"(?<![\w.-])([\w-]+(?:\.[\w-]+)+)/v\w+(?:, Kind=| ){word}\b",
        rf'\b{word}\.([\w-]+(?:\.[\w-]+)+) "',
        rf'\b{plural}\.([\w-]+(?:\.[\w-]+)+) "',
        rf'"{word}" in version "([\w.-]+)/\w+"',
        r'\bat version "?([\w.-]+)/v\w+',
    )
    groups = {found for form in forms for found in re.findall(form, message)}
    return "" if known.group in groups else min(groups, default="")
