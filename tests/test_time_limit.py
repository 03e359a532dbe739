"""The time limit of a test: it fails, what it has started is ended, and the others run."""

import re
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import ROOT
from tests.fakes.processes import MARK, marked

_TESTS = f"""
import os, subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pytest
from tests.fakes.programs import program
from tests.kubernetes.processes import Process

@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Process(["sleep", "600"], tmp_path_factory.mktemp("server") / "log")
    yield server
    server.kill()

def test_hanging(server, tmp_path):
    Path({{folder!r}}, "mark").write_text(os.environ["{MARK}"])
    tool = program(tmp_path / "tool", "sleep 600 & setsid sleep 600 & (sleep 600 &); sleep 600")
    with ThreadPoolExecutor() as pool:
        pool.submit(subprocess.run, [tool]).result()

def test_next(server):
    assert not server.ended()
"""
_DEAF = """
import time

def test_deaf():
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass

def test_next():
    pass
"""


def run(folder: Path, tests: str, *arguments: str) -> CompletedProcess[str]:
    """Run *tests* with the fixtures and settings of all tests."""
    (folder / "test_it.py").write_text(tests)
    own = ("-c", "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *own, *arguments, str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_test_that_hangs(tmp_path: Path, workers: str) -> None:
    """It fails, its processes are gone, and a server of the whole session is not."""
    done = run(tmp_path, _TESTS.format(folder=str(tmp_path)), workers, "-o", "timeout=3")
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert re.search(r"FAILED .*test_hanging .*Timeout \(>3", done.stdout)
    assert not marked((tmp_path / "mark").read_text())


def test_a_test_that_cannot_be_interrupted(tmp_path: Path) -> None:
    """Its process ends, it is named, and another process runs the remaining tests."""
    limits = ("-o", "timeout=1", "-o", "faulthandler_timeout=3")
    done = run(tmp_path, _DEAF, "-n1", *limits)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert re.search(r"crashed while running '.*test_deaf'", done.stdout)
