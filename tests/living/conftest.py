"""One cluster with Flux's controllers and its servers for all tests in this folder.

It ends after them: also an idle cluster takes time.
"""

from collections.abc import Iterator

import pytest

from tests.kubernetes.cluster import Cluster

from .controllers import KINDS, OPERATOR, OPERATOR_KINDS
from .file_server import FileServer
from .flux import Flux
from .git_server import GitServer, Repository
from .objects import Object, git_repository, kustomization
from .pushes import FILES


@pytest.fixture(scope="package", name="flux")
def _flux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    with Cluster(controllers=True) as cluster:
        cluster.install_crds(kinds=KINDS)
        with Flux(cluster, tmp_path_factory.mktemp("flux")) as flux:
            yield flux


@pytest.fixture(scope="package", name="operator")
def _operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flux]:
    """Return a cluster of its own with the Flux Operator, which installs Flux itself."""
    with Cluster(controllers=True) as cluster:
        cluster.install_crds(kinds=OPERATOR_KINDS)
        with Flux(cluster, tmp_path_factory.mktemp("operator"), [OPERATOR]) as operator:
            yield operator


@pytest.fixture(scope="session", name="git")
def _git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    with GitServer(tmp_path_factory.mktemp("git")) as server:
        yield server


@pytest.fixture(scope="session", name="web")
def _web() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


@pytest.fixture(name="namespace")
def _namespace(flux: Flux) -> str:
    """Return a namespace for this test alone."""
    return flux.new_namespace()


@pytest.fixture(name="repository")
def _repository(git: GitServer, namespace: str) -> Repository:
    return git.repository(namespace, FILES)


@pytest.fixture(name="source")
def _source(flux: Flux, repository: Repository, namespace: str) -> Object:
    """Return a source whose Kustomization app has applied the first commit."""
    source = git_repository(namespace, repository.url, interval="24h")
    flux.apply(source, kustomization(namespace))
    flux.becomes_ready(kustomization(namespace))
    return source
