"""What the tests of reading a cluster share."""

from collections.abc import Iterator

import pytest

from tests.fakes.api_server import ApiServer, api_server


@pytest.fixture(name="server")
def _server() -> Iterator[ApiServer]:
    """Yield an API server that answers as the test tells it to."""
    with api_server() as server:
        yield server
