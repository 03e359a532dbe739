"""Make a release: python -m shipping [--build|--rehearse]; .ci/release runs it.

It checks the requirements of a release; runs all tests; builds into dist/ the archive with its
companion files, the wheel, the source distribution, and SHA256SUMS; and creates the tag locally.
Nothing is pushed or published. With --build it neither tests nor tags: the workflow for the tag
uses that, after it has tested on every system. With --rehearse it builds and checks everything in
a temporary folder, and prints what is left to do.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fluxstatus import __version__
from shipping import address, archive, rehearsal
from shipping.packing import BUILD
from shipping.version import ROOT, TAG, notes

DIST = ROOT / "dist"


def main(arguments: list[str]) -> None:
    """Make the release. Raises SystemExit with the reason on failure."""
    only_build = arguments == ["--build"]
    if arguments not in ([], ["--build"], ["--rehearse"]):
        sys.exit(__doc__)
    if arguments == ["--rehearse"]:
        rehearsal.rehearse(_obstacles(tagged=False), _note)
        return
    obstacles = list(_obstacles(tagged=only_build))
    if obstacles:
        sys.exit("\n".join(f"release: {obstacle}" for obstacle in obstacles))
    if not only_build:
        _run(ROOT / "tests" / "run")
    shutil.rmtree(DIST, ignore_errors=True)
    archive.write(DIST)
    build_packages(DIST)
    archive.write_sums(DIST)
    _note(f"built {', '.join(sorted(file.name for file in DIST.iterdir()))}")
    if not only_build:
        _run("git", "tag", "--annotate", "--message", f"{TAG}\n\n{notes()}", TAG)
        _note(f"tagged {TAG}; to publish it: git push origin {TAG}")


def _obstacles(*, tagged: bool) -> Iterator[str]:
    """Return what prevents a release; *tagged* is whether the commit must have its tag already."""
    if _git("status", "--porcelain"):
        yield "there are uncommitted changes"
    if not notes():
        yield f"CHANGELOG.md has no section '## [{__version__}] - YYYY-MM-DD', or it is empty"
    if address.owner() == address.PLACEHOLDER:
        yield "Homepage in pyproject.toml is a placeholder: set it, and run .ci/address"
    for file, _ in address.outdated():
        yield f"{file.relative_to(ROOT)} has another address than pyproject.toml: run .ci/address"
    tags = _git("tag", "--points-at", "HEAD").split()
    if tagged and TAG not in tags:
        yield f"HEAD does not have the tag {TAG}"
    if not tagged and _git("tag", "--list", TAG):
        yield f"the tag {TAG} already exists; raise __version__ in fluxstatus/__init__.py"


def build_packages(folder: Path) -> None:
    """Build the source distribution, and the wheel from it."""
    with tempfile.TemporaryDirectory() as tools:
        _run(sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, BUILD)
        environment = {**os.environ, "PYTHONPATH": tools}
        _run(sys.executable, "-m", "build", "--outdir", folder, ROOT, env=environment)


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - the words are ours
        ["git", "-C", ROOT, *arguments],  # noqa: S607 - whichever git the caller has
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"release: {done.stderr.strip()}")
    return done.stdout


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=ROOT, env=env, check=False)  # noqa: S603 - as above
    if done.returncode:
        sys.exit(f"release: failed: {' '.join(map(str, command))}")


def _note(text: str) -> None:
    sys.stdout.write(f"release: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
