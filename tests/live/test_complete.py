"""Completion of what is in a real cluster, through kubectl."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster

pytestmark = pytest.mark.cluster

SOURCE = {
    "apiVersion": "source.toolkit.fluxcd.io/v1",
    "kind": "GitRepository",
    "metadata": {"name": "app", "namespace": "team-a"},
    "spec": {"url": "https://git.example/app", "interval": "1m"},
}


@pytest.fixture(name="ask")
def _ask(kubectl: Path, tmp_path: Path) -> "Ask":
    return Ask(kubectl, tmp_path)


class Ask:
    """Asks kubectl what may follow `kubectl flux-status …`."""

    def __init__(self, kubectl: Path, folder: Path) -> None:
        script = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m fluxstatus "$@"'
        program(folder / "bin" / "kubectl-flux_status", script)
        self._kubectl = kubectl
        self._path = f"{folder / 'bin'}:{ROOT / 'completions'}:{kubectl.parent}"

    def __call__(self, kubeconfig: Path, *words: str) -> list[str]:
        """Return the lines that kubectl answers with, the last one what the shell goes on with."""
        env = {**os.environ, "KUBECONFIG": str(kubeconfig)}
        env["PATH"] = f"{self._path}:{env['PATH']}"
        done = subprocess.run(
            [self._kubectl, "__complete", "flux-status", *words],
            env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()


def test_what_is_there(cluster: Cluster, ask: Ask) -> None:
    """Contexts, namespaces, and the objects of a kind with their namespaces are offered."""
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("team-a", "team-b")
    ]
    other = {**SOURCE, "metadata": {"name": "base", "namespace": "team-b"}}
    cluster.apply([*namespaces, SOURCE, other])
    admin = cluster.kubeconfig("admin")
    contexts = [one["name"] for one in yaml.safe_load(admin.read_text())["contexts"]]
    assert ask(admin, "--context", "") == [*contexts, ":4"]
    assert ask(admin, "-n", "team") == ["team-a", "team-b", ":4"]
    assert ask(admin, "explain", "gitrepo/") == [
        "gitrepo/app\tteam-a",
        "gitrepo/base\tteam-b",
        ":4",
    ]
    assert ask(admin, "explain", "-n", "team-b", "GitRepository", "") == ["base", ":4"]
    assert ask(admin, "explain", "kustomization/") == [":4"]


def test_who_may_not_look(cluster: Cluster, ask: Ask) -> None:
    """Completion without permission to list offers nothing and prints no error."""
    nobody = cluster.kubeconfig("nobody")
    assert ask(nobody, "-n", "") == [":4"]
    assert ask(nobody, "explain", "gitrepo/") == [":4"]


@pytest.fixture(name="silent")
def _silent(tmp_path: Path) -> Iterator[Path]:
    """Yield the kubeconfig of a server that takes every connection and never answers."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hold() -> None:
            while True:
                try:
                    held.append(server.accept())
                except OSError:
                    return

        threading.Thread(target=hold, daemon=True).start()
        name = "silent"
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        kubeconfig = tmp_path / "silent"
        kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": name,
                    "clusters": [{"name": name, "cluster": {"server": address}}],
                    "users": [{"name": name, "user": {}}],
                    "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
                }
            )
        )
        yield kubeconfig
        server.shutdown(socket.SHUT_RDWR)
    for connection, _ in held:
        connection.close()


def test_silent_server(silent: Path, ask: Ask) -> None:
    """A server that never answers costs a second, and offers nothing."""
    ask(silent, "--fail-")  # a first start may take long
    begun = time.monotonic()
    ask(silent, "--fail-")
    without = time.monotonic() - begun
    begun = time.monotonic()
    assert ask(silent, "-n", "") == [":4"]
    assert time.monotonic() - begun - without < 2  # 0.9 s on a machine with nothing else to do
