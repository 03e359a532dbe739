"""The folder for kubectl's socket: private, and gone in the end, however a run ends."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstatus.cluster import socket_folder

_HOLD = """
from fluxstatus.cluster import socket_folder
with socket_folder.opened() as path:
    print(path, flush=True)
    input()
"""


@pytest.fixture(name="base")
def _base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder for temporary files: pytest's own are too deep for a socket."""
    with tempfile.TemporaryDirectory(prefix="kfs-", dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)


def bind(path: str) -> None:
    """Make the socket *path*, as kubectl does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


def look() -> None:
    """Do what a run does with the folders of earlier ones."""
    with socket_folder.opened() as path:
        socket_folder.sweep(path)


class Run:
    """A run in its own process that has a folder with a socket."""

    def __init__(self) -> None:
        argv = [sys.executable, "-c", _HOLD]
        self._process = subprocess.Popen(argv, stdin=-1, stdout=-1, stderr=-1, text=True)
        assert self._process.stdout
        path = self._process.stdout.readline().strip()
        bind(path)
        self.folder = Path(path).parent

    def end(self, number: signal.Signals | None = None) -> None:
        """End it by a signal, or let it end."""
        if number:
            self._process.send_signal(number)
        self._process.communicate("\n", timeout=30)


def test_the_folder_is_private_and_removed(base: Path) -> None:
    """Only this user may enter the folder, and it is removed with its socket."""
    with socket_folder.opened() as path:
        folder = Path(path).parent
        assert folder.parent == base
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        bind(path)
    assert not list(base.iterdir())


def test_a_killed_run_is_swept_by_the_next(base: Path) -> None:
    """After SIGKILL the folder stays until the next run, which leaves those in use alone."""
    killed, alive = Run(), Run()
    killed.end(signal.SIGKILL)
    assert sorted(base.iterdir()) == sorted((killed.folder, alive.folder))
    look()
    assert list(base.iterdir()) == [alive.folder]
    assert (alive.folder / "s").exists()
    alive.end()
    assert not list(base.iterdir())


def test_only_what_is_ours_is_swept(base: Path, tmp_path: Path) -> None:
    """Links, other files and folders that others can enter or that have other files are left."""
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    bind(str(Path(tempfile.mkdtemp(dir=base, prefix="x")) / "s"))  # of another program
    (base / "flux-status.link").symlink_to(target)
    (base / "flux-status.file").touch()
    (base / "flux-status.open").mkdir(mode=0o755)
    used = base / "flux-status.used"
    used.mkdir(mode=0o700)
    (used / "notes").touch()
    linked = base / "flux-status.linked"
    linked.mkdir(mode=0o700)
    (linked / "s").symlink_to(used / "notes")
    before = sorted(base.rglob("*"))
    look()
    assert sorted(base.rglob("*")) == before
    assert target.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_what_belongs_to_another_user_is_left(base: Path) -> None:
    """A folder of another user is left, even by root."""
    folder = base / "flux-status.other"
    folder.mkdir(mode=0o700)
    os.chown(folder, 54321, 54321)
    look()
    assert folder.exists()


def test_a_folder_that_is_swept_at_once_is_made_again(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run may sweep a folder before it is locked."""
    real, swept = tempfile.mkdtemp, list[str]()

    def mkdtemp(**more: str) -> str:
        path = real(**more)
        if not swept:
            swept.append(path)
            Path(path).rmdir()
        return path

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    with socket_folder.opened() as path:
        assert Path(path).parent.is_dir()
        assert Path(path).parent.parent == base
