"""Change a file of another program: atomically, and with a backup."""

import os
import stat
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.files import read_file, replace_file
from fluxstatus.base.masking import mask
from fluxstatus.base.visible import visible

_BOM = b"\xef\xbb\xbf"
MOST = 64 << 20  # bytes of a file; a client may keep its history in the same file


class FileError(Exception):
    """A client's file cannot be read or changed; the text has the file and the reason."""


class Document(NamedTuple):
    """A file as read: its resolved path, its bytes (None if it does not exist), and its text."""

    path: Path
    data: bytes | None
    text: str = ""


def read(path: Path, most: int = MOST) -> Document:
    """Read the file *path* of at most *most* bytes, following links; a missing file is empty.

    Raises FileError.
    """
    try:
        real = path.resolve()
        if real.exists() and not real.is_file():
            raise FileError(f"{path} is not a file")
        data = read_file(real, most)
        if len(data) > most:
            raise FileError(f"{path} is larger than {most >> 20} MiB")
    except FileNotFoundError:
        return Document(real, None)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} could not be read: {reason}") from error
    try:
        return Document(real, data, data.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8") from error


class Backup(Enum):
    """What becomes of the backup when a file is changed."""

    NEW = auto()  # the file as it is now
    FIRST = auto()  # the one that is there, else the file as it is now
    NONE = auto()  # no file is written


def write(document: Document, text: str, backup: Backup = Backup.NEW) -> Path | None:
    """Replace the content of the file with *text*, keeping mode and owner; return the backup.

    The file is replaced atomically, and only if it has not changed since it was read; an error
    leaves it unchanged. Raises FileError.
    """
    path, before = document.path, document.data
    data = (_BOM if (before or b"").startswith(_BOM) else b"") + text.encode()
    kept = backup_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        state = path.stat() if before is not None else None
        if state and not stat.S_IMODE(state.st_mode) & 0o222:
            raise FileError(f"{path} is read-only")
        is_kept = backup is Backup.FIRST and kept.exists()
        if state and before is not None and backup is not Backup.NONE and not is_kept:
            _back_up(kept, before, state)
        replace_file(path, data, like=state, check=lambda: _unchanged(document))
    except OSError as error:
        raise FileError(f"{path} was not changed: {error.strerror or error}") from error
    return kept if before is not None and backup is not Backup.NONE else None


def remove(document: Document) -> None:
    """Remove the file, if it has not changed since it was read. Raises FileError."""
    _unchanged(document)
    try:
        document.path.unlink()
    except OSError as error:
        raise FileError(f"{document.path} was not removed: {error.strerror or error}") from error


def backup_of(path: Path) -> Path:
    """Return the path of the backup of the file *path*, whether it exists or not.

    There is one: more of them would keep every credential that ever was in the file.
    """
    return path.with_name(f"{path.name}.flux-status.bak")


def _unchanged(document: Document) -> None:
    if read(document.path).data != document.data:
        raise FileError(
            f"{document.path} was changed by another program in the meantime; try again"
        )


def _back_up(backup: Path, data: bytes, state: os.stat_result) -> None:
    """Write *data* to *backup*, which is not followed if it is a link."""
    if backup.exists() and not backup.is_file():
        raise FileError(f"{backup} is not a file")
    replace_file(backup, data, like=state)


def difference(path: Path, before: str, after: str) -> str:
    """Return what changes in *path*, and nothing else: the file may hold other secrets."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    begun = before.rfind("\n", 0, start) + 1
    if not before[begun:start].strip():
        start = begun  # keep the indentation, for readability
    line = before.count("\n", 0, start) + 1
    lines = [f"{visible(str(path))}, line {line}:"]
    for mark, text in (("-", before), ("+", after)):
        changed = text[start : len(text) - end].strip("\r\n")
        lines += [f"{mark} {mask(one.expandtabs(4))}".rstrip() for one in changed.splitlines()]
    return "\n".join(lines) + "\n"


def _alike(one: str, other: str) -> int:
    """Return the length of the common prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
