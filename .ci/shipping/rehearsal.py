"""A rehearsal of a release: everything is built twice and checked, and nothing is changed.

The two builds are in two folders with other names, and the files of one are a year newer.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from shipping import flux_plugin
from shipping.version import ROOT, TAG

_YEAR = 365 * 86_400
_PAGE = ROOT / "docs" / "release.md"
_PACKAGES = """
from shipping.__main__ import DIST, archive, build_packages
build_packages(DIST)
archive.write_sums(DIST)
"""


def rehearse(obstacles: Iterable[str], note: Callable[[str], None]) -> None:
    """Build and check a release, and print what is left to do, beginning with *obstacles*.

    Raises SystemExit if a build or a check fails.
    """
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
        folder = Path(name)
        first, second = (_build(folder / place) for place in ("one", "two/a folder"))
        note(f"built twice: {', '.join(first)}")
        if different := [file for file in first if first[file] != second.get(file)]:
            sys.exit(f"release: two builds differ in {', '.join(different)}")
        note("both builds are the same, byte for byte")
        for checked in _check(folder / "one" / "dist", folder / "unpacked"):
            note(f"works and matches the release: {checked}")
    for number, step in enumerate([*obstacles, *_steps()], 1):
        note(f"to do {number}: {step}")


def _build(folder: Path) -> dict[str, bytes]:
    """Build everything from a copy of this repository in *folder*; return the files by name."""
    listed = _run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).is_file():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy)
            newer = copy.stat().st_mtime + (_YEAR if folder.name != "one" else 0)
            os.utime(copy, (newer, newer))
    environment = {**os.environ, "PYTHON": sys.executable}
    environment.pop("PYTHONPATH", None)
    _run(folder / ".ci" / "archive", cwd=folder, env=environment)
    _run(folder / ".ci" / "python", "-c", _PACKAGES, cwd=folder, env=environment)
    return {file.name: file.read_bytes() for file in sorted((folder / "dist").iterdir())}


def _check(dist: Path, unpacked: Path) -> Iterator[str]:
    """Start each program in *dist*, with an empty home; yield what was checked."""
    _run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=dist)
    yield "SHA256SUMS"
    archives = sorted(dist.glob(f"{flux_plugin.NAME}_*.tar.gz"))
    for archive in (dist / f"kubectl-flux_status-{TAG}.tar.gz", *archives):
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked / archive.name, filter="data")
        [program] = [*(unpacked / archive.name).glob("*flux*status")]
        _start(program, unpacked)
        yield archive.name
    _start(dist / "kubectl-flux_status", unpacked)
    yield "kubectl-flux_status"


def _start(program: Path, home: Path) -> None:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    environment["KUBECTL_FLUX_STATUS_PYTHON"] = sys.executable
    for once_more in ("first", "second"):
        done = _run(program, "version", "--verify", env=environment)
        if "match the release" not in done:
            sys.exit(f"release: the {once_more} start of {program.name} verifies nothing: {done}")


def _steps() -> Iterator[str]:
    """Yield the steps of docs/release.md that a person takes."""
    page = _PAGE.read_text(encoding="utf-8")
    for step in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^$\n(?!   ))", page, re.MULTILINE | re.DOTALL):
        yield re.sub(r"\s+", " ", step).strip()


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    words: Sequence[str] = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603 - the words are ours
        words, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"release: failed: {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout
