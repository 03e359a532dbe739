"""Reading and replacing files whole.

A reader of a replaced file sees the old content or the new, never a part of it.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def read_file(path: Path, most: int, *, private: bool = False) -> bytes:
    """Return the content of the regular file *path*, or its first *most* + 1 bytes.

    Raises OSError; it has no errno if *path* is not a regular file or, if it must be *private*,
    if another user may have written it. A pipe or a device is opened without waiting, and not read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError("it is not a regular file")
        if private and (about.st_uid != os.geteuid() or about.st_mode & _OTHERS_WRITE):
            raise OSError("other users can write to it")
        return file.read(most + 1)


def replace_file(
    path: Path,
    data: bytes,
    *,
    like: os.stat_result | None = None,
    mode: int = 0o600,
    sync: bool = True,
    check: Callable[[], None] | None = None,
) -> None:
    """Make *data* the content of *path*, or leave the file as it is and raise OSError.

    The new file is readable by its owner only, or has *mode* less the umask, or the owner and mode
    of *like*. *sync* flushes it to the disk first. *check* is called right before the replacement;
    an exception that it raises leaves the file as it is.
    """
    draft = path.with_name(f".flux-status-{os.urandom(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if like:
                copy_owner_and_mode(descriptor, like)
            file.flush()
            if sync:
                os.fsync(descriptor)
        if check:
            check()
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def copy_owner_and_mode(descriptor: int, like: os.stat_result) -> None:
    """Set the owner and the mode of the open file *descriptor* to those of *like*."""
    created = os.fstat(descriptor)
    if (created.st_uid, created.st_gid) != (like.st_uid, like.st_gid):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
