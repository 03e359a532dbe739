"""What the tests of reading a cluster share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstatus.cluster.client import Access
from tests.cluster.collecting import to
from tests.fakes.api_server import ApiServer, api_server
from tests.fakes.kubeconfigs import kubeconfig


@pytest.fixture(name="server")
def _server() -> Iterator[ApiServer]:
    """Yield an API server whose answers are set by the test."""
    with api_server() as server:
        yield server


@pytest.fixture(name="here")
def _here(server: ApiServer, tmp_path: Path) -> Access:
    """Return the access to the fake API server."""
    return to(kubeconfig(tmp_path / "kubeconfig", server.url))
