"""Change a file of another program: atomically, and with a backup."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.files import copy_owner_and_mode, read_file, replace_file
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


def write(document: Document, text: str) -> Path | None:
    """Replace the content of the file with *text*, keeping mode and owner; return the backup.

    The file is replaced atomically, and only if it has not changed since it was read; an error
    leaves it unchanged. Raises FileError.
    """
    path, before = document.path, document.data
    data = (_BOM if (before or b"").startswith(_BOM) else b"") + text.encode()

    def check() -> None:
        if read(path).data != before:
            raise FileError(f"{path} was changed by another program in the meantime; try again")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        state = path.stat() if before is not None else None
        if state and not stat.S_IMODE(state.st_mode) & 0o222:
            raise FileError(f"{path} is read-only")
        backup = _back_up(path, before, state) if before and state else None
        replace_file(path, data, like=state, check=check)
    except OSError as error:
        raise FileError(f"{path} was not changed: {error.strerror or error}") from error
    return backup


def _back_up(path: Path, data: bytes, state: os.stat_result) -> Path:
    """Write *data* to a backup next to the file: the first one is kept, and the last one.

    More of them would keep every credential that ever was in the file.
    """
    first, last = (path.with_name(f"{path.name}{end}") for end in (".bak", ".last.bak"))
    try:
        handle = os.open(first, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if _has(first, data):
            return first
        if last.exists() and not last.is_file():
            raise FileError(f"{last} is not a file") from None
        replace_file(last, data, like=state)
        return last
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            copy_owner_and_mode(file.fileno(), state)
    except BaseException:
        first.unlink()
        raise
    return first


def _has(path: Path, data: bytes) -> bool:
    try:
        return read_file(path, len(data)) == data
    except OSError:
        return False


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
