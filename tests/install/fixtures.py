"""What a release has, built once for all tests, and surroundings that have little else."""

import functools
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from shipping import archive
from tests.install import newer_python

ROOT = Path(__file__).parents[2]
NAME = "kubectl-flux_status"
NEW_PYTHON = getattr(sys, "_base_executable", sys.executable)  # without any package
COREUTILS = (
    "basename", "cat", "chmod", "cp", "cut", "date", "dirname", "env", "head", "id", "ln", "ls",
    "mkdir", "mktemp", "mv", "readlink", "realpath", "rm", "sha256sum", "sort", "tail", "touch",
    "tr", "uname", "wc",
)  # fmt: skip


def run(
    *command: str | Path, env: Mapping[str, str] | None = None, code: int = 0, cwd: Path = ROOT
) -> CompletedProcess[str]:
    """Run *command* in the environment *env* and nothing else, and expect its exit code."""
    done = subprocess.run(
        command,
        env=os.environ if env is None else env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def unpack(archive_: Path, folder: Path) -> Path:
    """Unpack an archive, and give the launcher."""
    with tarfile.open(archive_) as tar:
        tar.extractall(folder, filter="data")
    return folder / NAME


def link(program: Path | str, path: Path) -> Path:
    """Make a link at *path*, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(program)
    return path


@functools.cache
def pythons() -> dict[str, bool]:
    """Return the interpreters on this machine, and whether each is new enough."""
    names = ("2.7", *(f"3.{minor}" for minor in range(6, 15)))
    named = (shutil.which(f"python{name}") for name in names)
    managed = Path.home().glob(".pyenv/versions/*/bin/python")
    test = "import sys; print(sys.version_info >= (3, 11)); print(sys.executable)"
    unpacked = [str(newer_python.path())] if newer_python.path().exists() else []
    found = {}
    for python in {*filter(None, named), *map(str, managed), *unpacked, NEW_PYTHON}:
        done = subprocess.run([python, "-c", test], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            new, path = done.stdout.splitlines()
            found[os.path.realpath(path)] = new == "True"
    return dict(sorted(found.items()))


def has_pip(python: str) -> bool:
    """Return whether *python* can install: that of Debian cannot."""
    done = subprocess.run([python, "-c", "import pip"], capture_output=True, check=False)
    return done.returncode == 0


def may_unshare() -> bool:
    """Return whether a program can be started with mounts of its own: as root, on Linux."""
    try:
        return subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="session", name="dist")
def _dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that .ci/archive has filled."""
    folder = tmp_path_factory.mktemp("dist")
    run(ROOT / ".ci" / "archive", folder, env={**os.environ, "PYTHON": sys.executable})
    return folder


@pytest.fixture(scope="session", name="tarball")
def _tarball(dist: Path) -> Path:
    """Return the archive."""
    return dist / archive.name()


@pytest.fixture(scope="session", name="unpacked")
def _unpacked(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the launcher of the unpacked archive, for tests that leave it as it is."""
    return unpack(tarball, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(name="server")
def _server(dist: Path) -> Iterator[str]:
    """Serve what was built on the loopback interface, and give the address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(dist))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


Room = Callable[..., dict[str, str]]


@pytest.fixture(name="clean_room")
def _clean_room(tmp_path: Path) -> Room:
    """Return a way to an environment as in a small container, of nothing but what is named.

    HOME is fresh; PATH has coreutils, sh, and what is given as name=program, after *first*.
    """

    def clean_room(*first: Path, **programs: Path | str) -> dict[str, str]:
        folder, home = tmp_path / "room" / "bin", tmp_path / "room" / "home"
        shutil.rmtree(folder.parent, ignore_errors=True)
        home.mkdir(parents=True)
        for name in ("sh", *COREUTILS):
            link(shutil.which(name) or f"/bin/{name}", folder / name)
        for name, program in programs.items():
            link(program, folder / name.replace("__", "-").replace("_dot_", "."))
        return {"HOME": str(home), "PATH": os.pathsep.join(map(str, (*first, folder)))}

    return clean_room
