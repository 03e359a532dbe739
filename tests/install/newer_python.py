"""Python 3.14 of Debian's next release, for a Debian that does not have it.

    python -m tests.install.newer_python

Its packages are unpacked into the cache folder, with the libraries that they were built for;
nothing is installed. A script starts it with these libraries.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.kubernetes import build

_NAME = "python3.14"
_SUITE = "forky"
_PACKAGES = (
    _NAME, f"{_NAME}-minimal", f"lib{_NAME}-minimal", f"lib{_NAME}-stdlib",
    "libc6", "libgcc-s1", "libexpat1", "zlib1g", "libssl3t64", "libffi8", "libbz2-1.0", "liblzma5",
    "libzstd1", "libsqlite3-0", "libuuid1",
)  # fmt: skip
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_ARCHIVE = ("indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages")
_START = """\
#!/bin/sh
exec {libraries}/{loader} --library-path {libraries} --argv0 "$0" {program} "$@"
"""


def path() -> Path:
    """Return where the interpreter is, or would be."""
    return build.cache() / f"{_NAME}-{_SUITE}" / "usr" / "bin" / _NAME


def install() -> None:
    """Unpack it, if this machine has no Python 3.14 and is a Debian.

    Raises OSError or subprocess.CalledProcessError if that fails.
    """
    if shutil.which(_NAME) or path().exists() or not Path(_KEYS).exists():
        return
    target = path().parents[2]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unfinished = Path(folder)
        _unpack(unfinished, unfinished / "root")
        [loader] = (unfinished / "root").glob("usr/lib/*/ld-linux-*.so.*")
        libraries, program = target / loader.parent.relative_to(unfinished / "root"), f"{path()}.0"
        start = unfinished / "root" / path().relative_to(target)
        start.rename(start.with_name(Path(program).name))
        start.write_text(_START.format(libraries=libraries, loader=loader.name, program=program))
        start.chmod(0o755)
        (unfinished / "root").rename(target)


def _unpack(folder: Path, root: Path) -> None:
    """Download the packages into *folder*, with an own list of them, and unpack them to *root*."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    archive = _run("apt-get", *_ARCHIVE).split()[0]
    (folder / "sources").write_text(f"deb [signed-by={_KEYS}] {archive} {_SUITE} main\n")
    options = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    apt = ("apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items()))
    _run(*apt, "update")
    _run(*apt, "download", *_PACKAGES, cwd=folder)
    for package in folder.glob("*.deb"):
        _run("dpkg-deb", "--extract", package, root)


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    return subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout


if __name__ == "__main__":
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{_NAME} cannot be unpacked from Debian's packages: {error}")
