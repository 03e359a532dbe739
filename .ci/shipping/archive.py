"""Build the archive: one for every system, reproducible byte for byte.

    python -m shipping.archive [FOLDER]      default: dist

Its companion files are a copy of its manifest of hashes, the SBOM, the same program in one file,
the manifests for krew, Homebrew and Flux's catalog of plugins, the files of other channels, and
SHA256SUMS. It needs pip, and a package index unless the wheels are cached.
"""

import hashlib
import os
import posixpath
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from shipping import bill, flux_plugin, manifests, one_file
from shipping.packing import pack, sums
from shipping.version import ROOT, TAG, homepage

MANIFEST = "MANIFEST.sha256"  # in the form of sha256sum; `version --verify` reads it
LAUNCHER = "kubectl-flux_status"
LOCK = ROOT / ".ci" / "shipping" / "requirements.txt"

_BESIDE_LIB = (
    LAUNCHER, "LICENSE", "README.md", "CHANGELOG.md", "completions/*",
    "docs/*.1", "docs/*.md", "docs/*.svg",
)  # fmt: skip
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
_PROGRAMS = (LAUNCHER, "completions/kubectl_complete-flux_status")
_DROPPED = (".dist-info/RECORD", ".dist-info/WHEEL", ".dist-info/entry_points.txt")
_FROM, _YEARS = 946_684_800, 20 * 365 * 86_400  # the year 2000, and the range from there


@dataclass(frozen=True, slots=True)
class Built:
    """The archive, the one-file program, their manifest of hashes, and the packages in them."""

    archive: bytes
    program: bytes
    manifest: str
    packages: tuple[bill.Package, ...]


def name() -> str:
    """Return the name of the archive."""
    return f"{LAUNCHER}-{TAG}.tar.gz"


def build() -> Built:
    """Build the archive. Raises SystemExit if a package is unavailable or its hash differs."""
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        _pip("wheel", "--no-deps", "--wheel-dir", wheels, ROOT)
        _fetch(wheels)
        read = [(wheel.name, _contents(wheel)) for wheel in sorted(wheels.glob("*.whl"))]
    files = {f"lib/{path}": text for _, contents in read for path, text in contents.items()}
    for pattern in _BESIDE_LIB:
        for file in ROOT.glob(pattern):
            files[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    files |= {path: _linked(path, files) for path in files if _is_page(path)}
    manifest = sums((path, files[path]) for path in sorted(files))
    files[MANIFEST] = manifest.encode()
    packages = tuple(bill.package(wheel, contents) for wheel, contents in read)
    program = one_file.build(files, hashlib.sha256(manifest.encode()).hexdigest()[:16])
    return Built(pack(files, _PROGRAMS, date(files)), program, manifest, packages)


def _is_page(path: str) -> bool:
    return path.endswith(".md") and not path.startswith("lib/")


def _linked(page: str, files: Container[str]) -> bytes:
    """Return the *page*, whose links to what is not in *files* lead to the repository."""

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), match[1]))
        return match[1] if path in files else f"{homepage()}/blob/{TAG}/{path}"

    return _LINK.sub(link, (ROOT / page).read_text(encoding="utf-8")).encode()


def write(folder: Path) -> None:
    """Build the archive and its companion files into *folder*."""
    built = build()
    sha256 = hashlib.sha256(built.archive).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, bytes] = {
        name(): built.archive,
        MANIFEST: built.manifest.encode(),
        f"{LAUNCHER}-{TAG}.cdx.json": bill.bill(built.packages, sha256).encode(),
        "flux-status.yaml": manifests.krew(TAG, sha256).encode(),
        "kubectl-flux-status.rb": manifests.formula(TAG, sha256).encode(),
        LAUNCHER: built.program,
        **flux_plugin.files(built.program),
        **manifests.channels(),
    }
    for path, content in contents.items():
        (folder / path).write_bytes(content)
    (folder / LAUNCHER).chmod(0o755)
    write_sums(folder)


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS for all files in *folder*."""
    files = sorted(file for file in folder.iterdir() if file.name != "SHA256SUMS")
    text = sums((file.name, file.read_bytes()) for file in files)
    (folder / "SHA256SUMS").write_text(text, encoding="utf-8")


def _fetch(folder: Path) -> None:
    """Download the wheels of the locked dependencies into *folder*."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = cache / "kubectl-flux-status-wheels"
    kept.mkdir(parents=True, exist_ok=True)
    locked = ("--no-deps", "--only-binary=:all:", "--require-hashes", "-r", LOCK)
    if _try_pip("download", "--no-index", "--find-links", kept, "--dest", folder, *locked):
        _pip("download", "--dest", kept, *locked)
        _pip("download", "--no-index", "--find-links", kept, "--dest", folder, *locked)


def _contents(wheel: Path) -> dict[str, bytes]:
    """Return the installed files of a *wheel*, except those that only pip needs."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            path: archive.read(path)
            for path in archive.namelist()
            if not path.endswith(("/", *_DROPPED)) and ".data/" not in path
        }


def date(files: Mapping[str, bytes]) -> int:
    """Return the date of all *files*, which have a manifest."""
    # Python accepts a .pyc by the date and size of its source. The date depends on the content, so
    # that no .pyc of another version fits if one archive is unpacked over another.
    return _FROM + int(hashlib.sha256(files[MANIFEST]).hexdigest(), 16) % _YEARS


def _pip(*arguments: str | Path) -> None:
    if error := _try_pip(*arguments):
        _give_up(error)


def _try_pip(*arguments: str | Path) -> str:
    """Run pip; return its error message, empty on success."""
    done = subprocess.run(  # noqa: S603 - the words are ours
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (done.stderr.strip() or "pip failed without a message") if done.returncode else ""


def _give_up(text: str) -> NoReturn:
    sys.exit(f"release: {text}")


if __name__ == "__main__":
    write(Path(*sys.argv[1:2] or ["dist"]))
