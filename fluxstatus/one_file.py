"""The one-file program at its first start: it unpacks itself into the user's cache folder.

The file is a zip file with a shell script before it, made by .ci/shipping/one_file.py. It has what
the archive has. The script starts what was unpacked, if that is there and the user's own; otherwise
Python runs the zip file, which comes here. Where nothing can be cached, it runs as it is, and
Python compiles it each time.
"""

import os
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

from fluxstatus.base.files import replace_file

COMPLETE = ".complete"
"""Written last and never read: what deletes old files of a cache deletes this one as early as any.
Then everything is unpacked again."""

_START = "__main__.py"
_LAUNCHER = "kubectl-flux_status"
_NAMES = (_LAUNCHER, "flux-status")  # each tells the program how it was called


def start(identity: str) -> None:
    """Start the program anew from where it is unpacked; return if it cannot be unpacked.

    *identity* stands for what is in it, and names the folder.
    """
    if sys.dont_write_bytecode:
        return
    with suppress(OSError):
        if folder := _folder(identity):
            _unpack(Path(sys.argv[0]), folder)
            name = Path(sys.argv[0]).name
            launcher = folder / (name if name in _NAMES else _LAUNCHER)
            words = [sys.executable, "-EsS", str(launcher), *sys.argv[1:]]
            os.execv(sys.executable, words)  # noqa: S606 - ourselves


def _folder(identity: str) -> Path | None:
    """Return the folder to unpack into, created if need be; None if another user may change it."""
    home, base = Path(os.environ.get("HOME", "")), Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        if not home.is_absolute() or home.stat().st_uid != os.geteuid():  # as root, by sudo
            return None
        base = home / ".cache"
    folder = base / "kubectl-flux-status" / identity
    for each in (base, folder.parent, folder):
        each.mkdir(mode=0o700, exist_ok=True)
        if each.stat().st_uid != os.geteuid():
            return None
    return folder


def _unpack(file: Path, folder: Path) -> None:
    """Write what is in the zip *file* into *folder*, over what is there. Raises OSError."""
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name != _START:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, archive.read(name), mode=0o644, sync=False)
    for name in _NAMES[1:]:
        with suppress(FileExistsError):
            (folder / name).symlink_to(_LAUNCHER)
    replace_file(folder / COMPLETE, b"", sync=False)
