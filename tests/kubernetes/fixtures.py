"""Fixtures for tests that need the real API server, or the real programs; mark them ``cluster``."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

import pytest

from tests import time_limit

from . import build
from .cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    """Let builds take their time and print their progress, also while a test waits for them."""
    build.around = functools.partial(_aloud, config)


@contextlib.contextmanager
def _aloud(config: pytest.Config) -> Iterator[None]:
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled(), time_limit.paused():
        yield


@pytest.fixture(scope="session", name="running_cluster")
def _running_cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        cluster.install_crds()
        yield cluster


@pytest.fixture(name="cluster")
def _cluster(running_cluster: Cluster) -> Iterator[Cluster]:
    """Yield the one cluster of all tests: all CRDs, no Flux object, no controllers.

    What a test puts, applies or removes is undone after it; CRDs are the test's own business.
    """
    running_cluster.forget_audit()
    yield running_cluster
    running_cluster.clear()
    running_cluster.resume()


@pytest.fixture(scope="session", name="running_bare_cluster")
def _running_bare_cluster() -> Iterator[Cluster]:
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(name="bare_cluster")
def _bare_cluster(running_bare_cluster: Cluster) -> Iterator[Cluster]:
    """Yield a cluster without any CRD, the same one to all tests; it is bare again after each."""
    yield running_bare_cluster
    running_bare_cluster.remove_crds()


@pytest.fixture(scope="module", name="living_cluster")
def _living_cluster() -> Iterator[Cluster]:
    """Yield a cluster where Deployments become ready, with all CRDs, the same one to a file."""
    with Cluster(controllers=True) as cluster:
        cluster.install_crds()
        yield cluster


@pytest.fixture(scope="session", name="kubectl")
def _kubectl() -> Path:
    """Return the path of kubectl."""
    return build.programs("kubectl")["kubectl"]


@pytest.fixture(name="real_kubectl")
def _real_kubectl(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the real kubectl the one that the program starts."""
    monkeypatch.setenv("KUBECTL_PATH", str(kubectl))


@pytest.fixture(scope="session", name="flux_operator")
def _flux_operator() -> Path:
    """Return the path of flux-operator's command line."""
    return build.programs("flux-operator")["flux-operator"]


@pytest.fixture(scope="session", name="flux_operator_mcp")
def _flux_operator_mcp() -> Path:
    """Return the path of flux-operator's MCP server."""
    return build.programs("flux-operator-mcp")["flux-operator-mcp"]
