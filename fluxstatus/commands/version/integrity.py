"""Whether the files of this program are those that were released.

An archive has a manifest, the hash of every file; pip and its like keep a record of what they
have installed. Neither helps against somebody who can change it together with the files, so the
manifest's own hash is told: a release has it in its SHA256SUMS.
"""

import base64
import hashlib
import importlib.util
import marshal
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import NamedTuple

MANIFEST = "MANIFEST.sha256"  # in the form of sha256sum

_PACKAGES = Path(__file__).parents[3]
_CACHES = "__pycache__"
_HASH_BASED, _ALWAYS_CHECKED = 1, 2  # flags of a .pyc, by PEP 552


class Difference(NamedTuple):
    """A file that is not as released: its path, and how it differs."""

    path: str
    how: str


class Verified(NamedTuple):
    """What came out: with what was compared, how many files, and what differs.

    `sha256` is the manifest's own hash; None for records of pip's, which no release has.
    """

    by: str
    sha256: str | None
    files: int
    differences: tuple[Difference, ...]


def verify() -> Verified | None:
    """Compare the installed files with what was released; None where nothing tells what that is."""
    manifest = _PACKAGES.parent / MANIFEST
    if manifest.is_file():
        text = manifest.read_bytes()
        known = {path: sha256 for sha256, _, path in map(_line, text.decode().splitlines())}
        differences = (*_compare(manifest.parent, known), *_extra(manifest.parent, known))
        return Verified(f"{manifest}", hashlib.sha256(text).hexdigest(), len(known), differences)
    try:
        installed = Distribution.from_name("kubectl-flux-status")
    except PackageNotFoundError:
        return None
    if not _is_ours(installed):
        return None
    known = {path: sha256 for one in _with_dependencies(installed) for path, sha256 in _record(one)}
    folder = Path(str(installed.locate_file("")))
    return Verified(f"the records in {folder}", None, len(known), (*_compare(folder, known),))


def _line(line: str) -> tuple[str, str, str]:
    return line.partition("  ")


def _compare(folder: Path, known: Mapping[str, str]) -> Iterator[Difference]:
    for path, sha256 in known.items():
        try:
            content = (folder / path).read_bytes()
        except OSError as error:
            yield Difference(path, error.strerror or "cannot be read")
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            yield Difference(path, "changed")
        elif path.endswith(".py") and _runs_something_else(folder / path, content):
            yield Difference(path, "has a cache (.pyc) of another program, which runs in its place")


def _extra(folder: Path, known: Iterable[str]) -> Iterator[Difference]:
    """Return what was put beside the packages, where Python would find it."""
    known = set(known)
    for file in sorted((folder / "lib").rglob("*")):
        path = file.relative_to(folder).as_posix()
        if not file.is_dir() and path not in known and file.parent.name != _CACHES:
            yield Difference(path, "is no part of the release")


def _runs_something_else(source: Path, content: bytes) -> bool:
    """Return whether Python has a cache of *source* that it would take, and that is not of it."""
    cache = Path(importlib.util.cache_from_source(str(source)))
    try:
        head, code = cache.read_bytes()[:16], marshal.loads(cache.read_bytes()[16:])  # noqa: S302
    except OSError:
        return False
    except (ValueError, EOFError, TypeError):
        return True
    flags = int.from_bytes(head[4:8], "little")
    if head[:4] != importlib.util.MAGIC_NUMBER:
        return False
    if flags & _HASH_BASED:
        taken = not flags & _ALWAYS_CHECKED or head[8:] == importlib.util.source_hash(content)
    else:
        made = source.stat()
        taken = head[8:] == b"".join(
            (int(number) & 0xFFFFFFFF).to_bytes(4, "little")
            for number in (made.st_mtime, made.st_size)
        )
    return taken and code != compile(content, str(source), "exec", dont_inherit=True)


def _is_ours(installed: Distribution) -> bool:
    ours = Path(str(installed.locate_file("fluxstatus")))
    return ours.is_dir() and ours.samefile(_PACKAGES / "fluxstatus")


def _with_dependencies(installed: Distribution) -> Iterator[Distribution]:
    waiting, seen = [installed], set()
    while waiting:
        one = waiting.pop()
        yield one
        for requirement in one.requires or ():
            name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
            if name not in seen and "extra ==" not in requirement:
                seen.add(name)
                try:
                    waiting.append(Distribution.from_name(name))
                except PackageNotFoundError:  # it is for another system
                    continue


def _record(installed: Distribution) -> Iterator[tuple[str, str]]:
    """Return the files that came as they are; scripts are made, and by pipx made over."""
    for file in installed.files or ():
        if file.hash and file.hash.mode == "sha256" and file.parts[0] != "..":
            padded = file.hash.value + "=" * (-len(file.hash.value) % 4)
            yield str(file), base64.urlsafe_b64decode(padded).hex()
