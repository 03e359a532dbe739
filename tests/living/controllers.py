"""Flux's controllers and the Flux Operator as processes beside a cluster, all on loopback."""

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

NOTIFIER = "notification-controller"
NOTIFIER_KINDS = ("Receiver", "Provider", "Alert")
"""The kinds that it watches: where they are served, a Flux without it is not whole."""

OPERATOR = "flux-operator"
OPERATOR_KINDS = ("FluxInstance", "FluxReport", "ResourceSet", "ResourceSetInputProvider")
"""The kinds that the operator reconciles; it installs the CRDs of the others itself."""

_FLAGS = {
    "source-controller": ("--requeue-dependency=2s",),
    "kustomize-controller": (
        "--requeue-dependency=2s",
        "--no-cross-namespace-refs=true",
        "--feature-gates=StrictPostBuildSubstitutions=true",
    ),
    NOTIFIER: (),
    OPERATOR: ("--requeue-dependency=2s", "--reporting-interval=1m"),
}
"""The flags of each controller that its Deployment shows, too."""

NAMES = ("source-controller", "kustomize-controller")
"""Flux's own controllers in most tests."""

_PROGRAMS = {OPERATOR: "flux-operator-controller"}
"""The names of programs that differ from those of their Deployments."""

_ENVIRONMENT = {
    # It does not start without the first. Without the second it waits in each reconciliation for
    # notification-controller, whose address is only known in the cluster.
    OPERATOR: {"GODEBUG": "fips140=on", "NOTIFICATIONS_DISABLED": "true"},
}


def start(cluster: Cluster, folder: Path, *names: str) -> Iterator[tuple[str, Process]]:
    """Start those controllers of *cluster* that are called *names*, and yield each with its name.

    They keep artifacts and logs in *folder*.
    """
    kubeconfig = cluster.kubeconfig(access.HARNESS)
    env = {"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE}
    programs = build.programs(*map(_program, names))
    for name in names:
        flags = (*_FLAGS[name], *_addresses(name, folder))
        more = env | _ENVIRONMENT.get(name, {})
        command: list[str | Path] = [programs[_program(name)], *flags]
        yield name, Process(command, folder / f"{name}.log", env=os.environ | more)


def _program(name: str) -> str:
    return _PROGRAMS.get(name, name)


def _addresses(name: str, folder: Path) -> Iterator[str]:
    metrics, health, storage = free_ports(3)
    yield f"--metrics-addr=127.0.0.1:{metrics}"
    yield f"--health-addr=127.0.0.1:{health}"
    if name == "source-controller":
        yield f"--storage-path={folder}"
        yield f"--storage-addr=127.0.0.1:{storage}"
        yield f"--storage-adv-addr=127.0.0.1:{storage}"
    if name == NOTIFIER:
        events, webhooks = free_ports(2)
        yield f"--events-addr=127.0.0.1:{events}"
        yield f"--receiverAddr=127.0.0.1:{webhooks}"
    if name == OPERATOR:
        yield f"--storage-path={build.sources(_program(OPERATOR)) / 'config' / 'data'}"
        yield "--enable-leader-election=false"
        yield "--web-server-port=0"


def deployments(*names: str) -> list[Object]:
    """Return the Deployments of the controllers *names* as installed; their pods run nothing."""
    return [_deployment(name, _FLAGS[name]) for name in names]


def _deployment(name: str, flags: tuple[str, ...]) -> Object:
    labels = _labels(name)
    pod = {"containers": [{"name": "manager", "image": _image(name), "args": list(flags)}]}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name, **labels}}, "spec": pod},
    }
    deployment = of("apps/v1", "Deployment", NAMESPACE, name, spec=spec)
    deployment["metadata"]["labels"] = labels
    return deployment


def _image(name: str) -> str:
    owner = "controlplaneio-fluxcd" if name == OPERATOR else "fluxcd"
    return f"ghcr.io/{owner}/{name}:v{build.version(_program(name))}"


def _labels(name: str) -> dict[str, str]:
    if name == OPERATOR:  # as its Helm chart has them
        return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    return {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name}
