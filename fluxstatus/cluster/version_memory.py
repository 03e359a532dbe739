"""The versions that programs printed in earlier runs, which need not start them again.

A version is that of one file as it was: where it is, its inode, its size and both times of its last
change. A script or a shim prints another version some day without a change of its file, so only the
program itself is remembered, known by the package that the Go linker writes into it.

The memory is a file in the XDG cache folder. What is wrong in it, unreadable or not the user's own
is as if it were not there, and where nothing can be written, nothing is remembered.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.files import read_file, replace_file
from fluxstatus.base.go_build import is_built_from
from fluxstatus.base.versions import version_in

_PACKAGES = {"flux-operator": "github.com/controlplaneio-fluxcd/flux-operator/cmd/cli"}
"""The programs to remember, and the package that each is built from."""

_FORMAT = 1
_MOST = 1 << 16  # bytes of the memory
_LONGEST = 100  # characters of a version
_PROGRAMS = 8  # that are remembered, the latest first


class Seen(NamedTuple):
    """A program as it is: its path, and device, inode, size and times of the file there."""

    path: str
    file: tuple[int, ...]

    @classmethod
    def at(cls, path: str) -> Self:
        """Return the program at *path*. Raises OSError."""
        about = Path(path).stat()
        times = (about.st_mtime_ns, about.st_ctime_ns)
        return cls(path, (about.st_dev, about.st_ino, about.st_size, *times))


def seen(name: str, path: str) -> Seen | None:
    """Return the program *name*, which is at *path*; None if it cannot be remembered."""
    with suppress(OSError):
        return Seen.at(path) if name in _PACKAGES else None
    return None


def recall(program: Seen) -> str:
    """Return the version that *program* printed before; empty if that is unknown."""
    return next((version for one, version in _load() if one == program), "")


def remember(name: str, program: Seen, version: str) -> None:
    """Remember that *program*, looked at before it was started, printed *version*."""
    with suppress(OSError, RuntimeError, ValueError):
        if seen(name, program.path) == program and is_built_from(program.path, _PACKAGES[name]):
            others = [pair for pair in _load() if pair[0].path != program.path]
            _save([(program, version), *others][:_PROGRAMS])


def _file() -> Path:
    """Return the path of the memory. Raises RuntimeError if there is no home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = base if base.is_absolute() else Path.home() / ".cache"
    return folder / "kubectl-flux-status" / "versions.json"


def _load() -> list[tuple[Seen, str]]:
    """Return what is remembered."""
    document: Any = None
    with suppress(OSError, RuntimeError, ValueError, RecursionError):
        data = read_file(_file(), _MOST, private=True)
        document = json.loads(data) if len(data) <= _MOST else None
    known = map_of(document)
    return list(_entries(known.get("programs"))) if known.get("version") == _FORMAT else []


def _entries(programs: Any) -> Iterator[tuple[Seen, str]]:
    for one in maps_of(programs):
        file, version = one.get("file"), text_of(one.get("printed"))
        is_version = 0 < len(version) <= _LONGEST and version_in(version) == version
        if isinstance(file, list) and is_version:
            yield Seen(text_of(one.get("path")), tuple(file)), version


def _save(programs: list[tuple[Seen, str]]) -> None:
    """Replace the memory, in folders of this user only. Raises OSError, RuntimeError."""
    file = _file()
    for folder in (file.parent.parent, file.parent):
        above = folder if folder.exists() else folder.parent
        if above.lstat().st_uid != os.geteuid():  # as root, with the home of somebody else
            return
        folder.mkdir(mode=0o700, exist_ok=True)
    entries = [{**one._asdict(), "printed": version} for one, version in programs]
    data = json.dumps({"version": _FORMAT, "programs": entries}, indent=2)
    replace_file(file, data.encode(), sync=False)
