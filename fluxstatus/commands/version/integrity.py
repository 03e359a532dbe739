"""Compare the files of this program with those of the release.

An archive and the one-file program have a manifest with the hash of every file; pip and similar
tools keep a record of what they installed. Neither protects against an attacker who can change it
together with the files, so the hash of the manifest is printed: a release lists it in its
SHA256SUMS. Compiled files (.pyc) are not compared.
"""

import base64
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base import packaged

MANIFEST = "MANIFEST.sha256"  # in the form of sha256sum

_PACKAGES = Path(__file__).parents[3]
_CACHES = "__pycache__"


class Difference(NamedTuple):
    """A file that differs from the release: its path, and how it differs."""

    path: str
    how: str


class Verified(NamedTuple):
    """The result: the list compared with (`by`), the number of files in it, and what differs.

    `sha256` is the hash of the manifest, None when pip's records were used instead.
    """

    by: str
    sha256: str | None
    files: int
    differences: tuple[Difference, ...]


def verify() -> Verified | None:
    """Return how the installed files differ from the release, None without a list of its files."""
    manifest = _PACKAGES.parent / MANIFEST
    try:
        text = packaged.read(manifest)
    except OSError:
        return _by_pip()
    known = {path: sha256 for sha256, _, path in map(_line, text.decode().splitlines())}
    differences = (*_compare(manifest.parent, known), *_extra(manifest.parent, known))
    return Verified(f"{manifest}", hashlib.sha256(text).hexdigest(), len(known), differences)


def _by_pip() -> Verified | None:
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
            content = packaged.read(folder / path)
        except (OSError, ImportError, zlib.error) as error:  # the latter two from a zip file
            yield Difference(path, getattr(error, "strerror", "") or "could not be read")
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            yield Difference(path, "changed")


def _extra(folder: Path, known: Iterable[str]) -> Iterator[Difference]:
    """Yield the files in lib/, where Python would import them, that the release does not have."""
    for path in sorted({*_importable(folder)} - {*known}):
        yield Difference(path, "is not part of the release")


def _importable(folder: Path) -> Iterator[str]:
    if folder.is_file():  # a zip file
        with zipfile.ZipFile(folder) as archive:
            yield from (path for path in archive.namelist() if path.startswith("lib/"))
    for file in (folder / "lib").rglob("*"):
        if not file.is_dir() and file.parent.name != _CACHES:
            yield file.relative_to(folder).as_posix()


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
    """Yield the files that were installed unchanged: not the scripts, which pip generates."""
    for file in installed.files or ():
        if file.hash and file.hash.mode == "sha256" and file.parts[0] != "..":
            padded = file.hash.value + "=" * (-len(file.hash.value) % 4)
            yield str(file), base64.urlsafe_b64decode(padded).hex()
