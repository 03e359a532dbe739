"""A rehearsal of a release: everything is built twice and checked, and nothing is changed.

The second build is in a folder with another name, from files that are a year newer and, where
faketime is installed, with a clock that is a year ahead. It gets its tools from what was downloaded
before, since the certificate of a package index may end within that year.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from shipping import flux_plugin
from shipping.packing import BUILD
from shipping.version import ROOT, TAG

_YEAR = 365 * 86_400
_EXAMPLE = "0.2.0"  # the version to release, in the documentation
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
        tools = folder / "tools"
        _pip("download", "--dest", tools, BUILD, *_requirements())
        first = _build(folder / "one")
        later = ("faketime", "1 year") if shutil.which("faketime") else ()
        second = _build(folder / "two" / "a folder", *later, tools=tools)
        when = (
            "with a clock a year ahead"
            if later
            else "(faketime is not installed: at the same time)"
        )
        note(f"built, and built again {when}: {', '.join(first)}")
        if different := [file for file in first if first[file] != second.get(file)]:
            sys.exit(f"release: two builds differ in {', '.join(different)}")
        note("both builds are the same, byte for byte")
        for checked in _check(folder / "one" / "dist", folder / "unpacked"):
            note(f"works and matches the release: {checked}")
    for number, step in enumerate([*obstacles, *_steps()], 1):
        note(f"to do {number}: {step}")


def _requirements() -> list[str]:
    """Return what a build of the packages requires."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[str] = project["build-system"]["requires"]
    return found


def _build(folder: Path, *prefix: str, tools: Path | None = None) -> dict[str, bytes]:
    """Build everything from a copy of this repository in *folder*; return the files by name.

    The commands begin with *prefix*. With *tools*, packages come from that folder only.
    """
    listed = _run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).is_file():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy)
            newer = copy.stat().st_mtime + (_YEAR if tools else 0)
            os.utime(copy, (newer, newer))
    environment = {**os.environ, "PYTHON": sys.executable}
    environment.pop("PYTHONPATH", None)
    if tools:
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tools)}
    _run(*prefix, folder / ".ci" / "archive", cwd=folder, env=environment)
    _run(*prefix, folder / ".ci" / "python", "-c", _PACKAGES, cwd=folder, env=environment)
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
    for packed in sorted(dist.glob("kubectl_flux_status-*")):
        place = unpacked / packed.name
        _run(sys.executable, "-m", "venv", "--without-pip", place)
        python = place / "bin" / "python"
        _pip("--python", python, "install", "--no-compile", packed)
        _start(place / "bin" / "kubectl-flux_status", unpacked)
        yield packed.name


def _start(program: Path, home: Path) -> None:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    environment["KUBECTL_FLUX_STATUS_PYTHON"] = sys.executable
    for once_more in ("first", "second"):
        done = _run(program, "version", "--verify", env=environment)
        if "match the release" not in done:
            sys.exit(f"release: the {once_more} start of {program.name} verifies nothing: {done}")


def _steps() -> Iterator[str]:
    """Yield the steps of docs/release.md that a person takes; commands are indented."""
    page = _PAGE.read_text(encoding="utf-8").replace(_EXAMPLE, flux_plugin.VERSION)
    for step in re.findall(r"^\d+\. (.*?)(?=^\d+\. |^$\n(?!   ))", page, re.MULTILINE | re.DOTALL):
        parts = re.split(r"^ +```.*\n", step, flags=re.MULTILINE)  # every other one is of commands
        parts[1::2] = [
            re.sub(r"^", "     ", part, flags=re.MULTILINE).rstrip(" ") for part in parts[1::2]
        ]
        yield re.sub(r"\n+", "\n", "".join(parts)).strip()


def _pip(*arguments: str | Path) -> None:
    _run(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    words: Sequence[str] = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603 - the words are ours
        words, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"release: failed: {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout
