"""The private folder for kubectl's socket, and those that killed runs have left.

A run holds a lock on its folder. The kernel releases the lock however the run ends, so a folder
without one belongs to nobody, even if the run was in another container.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Why

_PREFIX = "flux-status."  # older releases have flux-status- without a lock
_SOCKET = "s"
_LONGEST = 75  # bytes; the path of a socket in the folder is then below 104, the limit of macOS
_SHORT = ("/tmp", "/var/tmp")  # noqa: S108 - for a private folder in it
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened() -> Iterator[str]:
    """Yield a path for a socket in a new folder of this user, which the block's end removes.

    The path is short enough for a socket. Raises ProgramError.
    """
    path, lock = _create()
    try:
        yield f"{path}/{_SOCKET}"
    finally:
        with suppress(OSError):
            _remove(path, lock)
        os.close(lock)


def sweep(socket: str) -> None:
    """Remove the folders beside that of *socket* that killed runs of this user have left."""
    folder = Path(socket).parent.parent
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                with suppress(OSError):  # another user's, or in use
                    _sweep(entry.path)


def _create() -> tuple[str, int]:
    """Create a folder and lock it. Raises ProgramError."""
    for base in (processes.temp_dir(), *_SHORT):
        if len(os.fsencode(base)) <= _LONGEST:
            with suppress(OSError):
                return _create_in(base)
    text = "no directory for kubectl's socket is writable; set $TMPDIR"
    raise ProgramError.of(Why.FAILED, text)


def _create_in(base: str) -> tuple[str, int]:
    """Create a folder in *base*, again if it is swept before it is locked. Raises OSError."""
    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX, dir=base)
        with suppress(FileNotFoundError):
            lock = os.open(path, _FOLDER)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if Path(path).is_dir():
                return path, lock
            os.close(lock)


def _sweep(path: str) -> None:
    """Remove a folder that nobody uses. Raises OSError if it stays."""
    lock = os.open(path, _FOLDER)
    try:
        about = os.fstat(lock)
        if about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) == stat.S_IRWXU:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(path, lock)
    finally:
        os.close(lock)


def _remove(path: str, folder: int) -> None:
    """Remove the folder that is open as *folder*, and nothing but a socket in it."""
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.stat(_SOCKET, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(_SOCKET, dir_fd=folder)
    Path(path).rmdir()
