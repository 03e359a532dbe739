"""Kubeconfigs as users have them, good and bad."""

import json
from pathlib import Path
from typing import Any

TOKEN = "not-a-real-token"


def kubeconfig(
    path: Path,
    server: str = "https://127.0.0.1:1",
    *,
    cluster: dict[str, Any] | None = None,
    user: dict[str, Any] | None = None,
    namespace: str = "",
) -> Path:
    """Write a kubeconfig with the context `here`, of user `me`, in cluster `there`."""
    context = {"cluster": "there", "user": "me", "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "there", "cluster": {"server": server, **(cluster or {})}}],
        "users": [{"name": "me", "user": {"token": TOKEN} if user is None else user}],
        "contexts": [{"name": "here", "context": context}],
        "current-context": "here",
    }
    path.write_text(json.dumps(document))
    return path


def login_program(command: str | Path) -> dict[str, Any]:
    """Return a user that is logged in by the program *command*."""
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(command),
            "interactiveMode": "IfAvailable",
            "provideClusterInfo": False,
        }
    }
