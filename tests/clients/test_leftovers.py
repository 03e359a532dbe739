"""A client that a test has started leaves no process behind, and no other process is ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.leftovers import end, processes_of

pytestmark = pytest.mark.clients
_DAEMON = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
_DEAF = ("sh", "-c", "trap '' TERM; while :; do sleep 1; done")


@pytest.mark.parametrize("argv", [("sleep", "600"), _DEAF], ids=["polite", "deaf"])
def test_a_daemon_is_ended(tmp_path: Path, argv: tuple[str, ...]) -> None:
    """It is found by its home, also one that belongs to init or is deaf; those of others stay."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    for home in (mine, other):
        subprocess.run(
            [sys.executable, "-c", _DAEMON, *argv],
            env={**os.environ, "HOME": str(home)},
            check=True,
        )
    try:
        assert list(processes_of(mine))
        end(mine)
        assert not list(processes_of(mine))
        assert list(processes_of(other))
    finally:
        end(other)
