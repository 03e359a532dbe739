"""Who may do what in the test cluster: users, tokens, roles and kubeconfigs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Its requests are the test's own doing and are kept out of the audit log.
HARNESS = "harness"

NAMESPACE = "team-a"  # the one that the user "namespaced" may view

# The groups of each user; a token file is the one way to log in that needs no certificates.
USERS: dict[str, Sequence[str]] = {
    HARNESS: ["system:masters"],
    "admin": ["system:masters"],
    "viewer": [],
    "namespaced": [],
    "nobody": [],
}

_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]

# As Flux and flux-operator install them: whoever may view may read every Flux object, but of
# flux-operator's kinds only ResourceSets and their input providers.
_FLUX_ROLES = {
    "flux-view": {
        "apiGroups": [
            "notification.toolkit.fluxcd.io",
            "source.toolkit.fluxcd.io",
            "source.extensions.fluxcd.io",
            "helm.toolkit.fluxcd.io",
            "image.toolkit.fluxcd.io",
            "kustomize.toolkit.fluxcd.io",
        ],
        "resources": ["*"],
        "verbs": _READ,
    },
    "flux-operator-view": {
        "apiGroups": ["fluxcd.controlplane.io"],
        "resources": ["resourcesets", "resourcesetinputproviders"],
        "verbs": _READ,
    },
}


def token(user: str) -> str:
    """Return the bearer token of *user*."""
    return f"{user}-token"


def token_file() -> str:
    """Return the text for the API server's ``--token-auth-file``."""
    return "".join(
        f'{token(user)},{user},{user},"{",".join(groups)}"\n' for user, groups in USERS.items()
    )


def kubeconfig(
    server: str, authority: str, users: Sequence[str], namespace: str | None
) -> dict[str, Any]:
    """Return a kubeconfig with a context ``kfs-USER`` for each of *users*; the first is current."""
    scope = {"namespace": namespace} if namespace else {}
    cluster = {
        "server": server,
        "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kfs", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token(user)}} for user in users],
        "contexts": [
            {"name": f"kfs-{user}", "context": {"cluster": "kfs", "user": user} | scope}
            for user in users
        ],
        "current-context": f"kfs-{users[0]}",
    }


def flux_roles() -> list[dict[str, Any]]:
    """Return the ClusterRoles that widen the built-in role ``view`` to Flux."""
    label = {f"{_RBAC}/aggregate-to-view": "true"}
    return [
        _object("ClusterRole", name, labels=label) | {"rules": [rule]}
        for name, rule in _FLUX_ROLES.items()
    ]


def bindings() -> list[dict[str, Any]]:
    """Return what lets ``viewer`` view everything, and ``namespaced`` one namespace."""
    return [
        _object("ClusterRoleBinding", "viewer") | _view_for("viewer"),
        _object("RoleBinding", "namespaced", namespace=NAMESPACE) | _view_for("namespaced"),
    ]


def aggregated_view(roles: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the role ``view`` with the rules of all *roles* that are made for it.

    The controller manager would do that; where none runs the role stays without any rule.
    """
    roles = list(roles)
    label = f"{_RBAC}/aggregate-to-view"
    parts = [role for role in roles if role["metadata"].get("labels", {}).get(label) == "true"]
    view = next(role for role in roles if role["metadata"]["name"] == "view")
    return {
        **view,
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "rules": [rule for role in parts for rule in role["rules"]],
    }


def _view_for(user: str) -> dict[str, Any]:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }


def _object(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": name, **metadata}}
