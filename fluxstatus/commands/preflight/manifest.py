"""The documented FluxInstance, filled in, and the steps to apply it.

Upstream: flux-operator docs/guides/instance/instance-sync.md, cmd/cli/install.go and
create_secret_*.go.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fluxstatus.base.urls import host_of
from fluxstatus.model.hints import Command, Hint

NAMESPACE, SECRET = "flux-system", "flux-system"
FILE = "flux-instance.yaml"
_SCP = re.compile(r"(?P<login>[\w.-]+@[\w.-]+):(?P<path>(?!//)\S+)")
_SCHEMES = ("https", "http", "ssh")
_COMPONENTS = (
    "source-controller", "source-watcher", "kustomize-controller", "helm-controller",
    "notification-controller",
)  # fmt: skip
_PATH = "clusters/my-cluster"
CHART = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"


INSTALL = Command(
    ("helm", "install", "flux-operator", CHART, "--namespace", NAMESPACE, "--create-namespace"),
    changes=True,
)
"""The command that installs the operator."""


class ManifestError(ValueError):
    """The options cannot be expressed in a FluxInstance; the text has the reason."""


@dataclass(frozen=True, slots=True)
class Sync:
    """The Git repository that a cluster is synced from."""

    url: str
    ref: str
    path: str
    private: bool
    default_path: bool = False

    @property
    def by_ssh(self) -> bool:
        """Whether it is fetched over SSH, which always needs a key."""
        return self.url.startswith("ssh://")

    @property
    def takes_secret(self) -> bool:
        """Whether fetching it needs credentials."""
        return self.private or self.by_ssh


def sync_of(url: str, ref: str, path: str, *, private: bool) -> Sync:
    """Return the repository in the form that Flux uses. Raises ManifestError.

    *ref* is a branch or a refs/… name. Git's short form for SSH (git@host:path), which Flux does
    not accept, becomes a URL.
    """
    if scp := _SCP.fullmatch(url):
        url = f"ssh://{scp['login']}/{scp['path']}"
    try:
        parts = urlsplit(url)
        host, password = parts.hostname, parts.password
    except ValueError as error:
        raise ManifestError(f"{error}") from error
    if parts.scheme not in _SCHEMES:
        raise ManifestError(
            f"Flux supports Git over {', '.join(_SCHEMES)}; write the URL as https://…"
        )
    if password or (parts.username and parts.scheme != "ssh"):
        raise ManifestError("credentials in a URL are not kept secret; remove them")
    if not host or not parts.path.strip("/"):
        raise ManifestError("the URL must include a host and a repository path")
    return Sync(url, ref if ref.startswith("refs/") else f"refs/heads/{ref or 'main'}",
                path or _PATH, private, default_path=not path)  # fmt: skip


def instance(sync: Sync | None) -> dict[str, Any]:
    """Return the FluxInstance as an object; without *sync* it syncs nothing."""
    spec: dict[str, Any] = {
        "distribution": {
            "version": "2.x",
            "registry": "ghcr.io/fluxcd",
            "artifact": "oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests",
        },
        "components": list(_COMPONENTS),
        "cluster": {
            "type": "kubernetes",
            "size": "medium",
            "multitenant": False,
            "networkPolicy": True,
            "domain": "cluster.local",
        },
    }
    if sync:
        secret = {"pullSecret": SECRET} if sync.takes_secret else {}
        spec["sync"] = {
            "kind": "GitRepository", "url": sync.url, "ref": sync.ref, "path": sync.path, **secret,
        }  # fmt: skip
    return {
        "apiVersion": "fluxcd.controlplane.io/v1",
        "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": NAMESPACE},
        "spec": spec,
    }


def steps(sync: Sync | None) -> Iterator[Hint]:
    """Yield the steps to apply the manifest, in their order."""
    yield Hint("install the operator", (INSTALL,))
    if sync and sync.takes_secret:
        yield from _secret(sync)
    if sync is None:
        yield Hint("without --git, this FluxInstance installs Flux but does not sync a repository")
    elif sync.default_path:
        yield Hint(f"--path is not set: put the cluster's manifests into the directory {_PATH}")
    apply = ("kubectl", "apply", "--server-side", "-f", FILE)
    yield Hint(f"save the manifest as {FILE} and apply it", (Command(apply, changes=True),))
    yield Hint(
        "or, for development and testing only, use the flux-operator CLI: it installs the "
        "newest operator with automatic updates, applies the FluxInstance, and fails if Helm "
        "has already installed an operator",
        (Command(("flux-operator", "install", "-f", FILE, "--timeout=5m"), changes=True),),
    )


def _secret(sync: Sync) -> Iterator[Hint]:
    create = ("flux-operator", "create", "secret")
    name = (SECRET, "-n", NAMESPACE)
    if sync.by_ssh:
        host = host_of(sync.url)
        yield Hint(
            "generate a key, add the public key to the Git server, and fetch the host key; compare "
            "the host key with the one that the Git server's provider publishes",
            (
                Command(("ssh-keygen", "-t", "ed25519", "-N", "", "-f", "identity")),
                Command(
                    ("sh", "-c", f"ssh-keyscan {_port(sync.url)}{shlex.quote(host)} > known_hosts")
                ),
            ),
        )
        files = ("--private-key-file=identity", "--knownhosts-file=known_hosts")
        yield Hint("create the Secret", (Command((*create, "ssh", *name, *files), changes=True),))
    else:
        login = ("--username=git", "--password-stdin")
        yield Hint("create the Secret; the token is read from standard input", (
            Command((*create, "basic-auth", *name, *login), changes=True),
        ))  # fmt: skip


def _port(url: str) -> str:
    port = urlsplit(url).port
    return f"-p {port} " if port else ""
