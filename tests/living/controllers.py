"""source-controller and kustomize-controller as processes beside a cluster, all on loopback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.kubernetes import access, build
from tests.kubernetes.processes import Process, free_ports

from .objects import Object, of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kubernetes.cluster import Cluster

NAMESPACE = "flux-system"
KINDS = (
    *("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"),
    *("ExternalArtifact", "Kustomization"),
)
"""The kinds that the controllers reconcile or watch."""

_FLAGS = {
    "source-controller": ("--requeue-dependency=2s",),
    "kustomize-controller": (
        "--requeue-dependency=2s",
        "--no-cross-namespace-refs=true",
        "--feature-gates=StrictPostBuildSubstitutions=true",
    ),
}
"""The flags of each controller that its Deployment shows, too."""

NAMES = tuple(_FLAGS)


def start(cluster: Cluster, folder: Path, *names: str) -> Iterator[tuple[str, Process]]:
    """Start the controllers of *cluster*, or those called *names*, and yield each with its name.

    They keep artifacts and logs in *folder*.
    """
    kubeconfig = cluster.kubeconfig(access.HARNESS)
    env = {"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE}
    programs = build.programs(*_FLAGS)
    for name in names or NAMES:
        command: list[str | Path] = [programs[name], *_FLAGS[name], *_addresses(name, folder)]
        yield name, Process(command, folder / f"{name}.log", env=os.environ | env)


def _addresses(name: str, folder: Path) -> Iterator[str]:
    metrics, health, storage = free_ports(3)
    yield f"--metrics-addr=127.0.0.1:{metrics}"
    yield f"--health-addr=127.0.0.1:{health}"
    if name == "source-controller":
        yield f"--storage-path={folder}"
        yield f"--storage-addr=127.0.0.1:{storage}"
        yield f"--storage-adv-addr=127.0.0.1:{storage}"


def deployments() -> list[Object]:
    """Return the controllers' Deployments as Flux installs them; their pods run nothing."""
    return [_deployment(name, flags) for name, flags in _FLAGS.items()]


def _deployment(name: str, flags: tuple[str, ...]) -> Object:
    image = f"ghcr.io/fluxcd/{name}:v{build.version(name)}"
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name}
    pod = {"containers": [{"name": "manager", "image": image, "args": list(flags)}]}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name, **labels}}, "spec": pod},
    }
    deployment = of("apps/v1", "Deployment", NAMESPACE, name, spec=spec)
    deployment["metadata"]["labels"] = labels
    return deployment
