"""One cluster with Flux's controllers and one Git server for all tests in this folder."""

from collections.abc import Iterator

import pytest

from tests.kubernetes.cluster import Cluster

from .flux import KINDS, Flux
from .git_server import GitServer


@pytest.fixture(scope="session", name="flux")
def _flux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    with Cluster(controllers=True) as cluster:
        cluster.install_crds(kinds=KINDS)
        with Flux(cluster, tmp_path_factory.mktemp("flux")) as flux:
            yield flux


@pytest.fixture(scope="session", name="git")
def _git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with GitServer(tmp_path_factory.mktemp("git")) as server:
        yield server


@pytest.fixture(name="home")
def _home(flux: Flux) -> str:
    """Return a new namespace."""
    return flux.namespace()
