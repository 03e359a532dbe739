"""Runs of command lines in worker processes, and the kept results of a commit."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("worker.py")
ENVIRONMENT = {
    "PATH": "", "KUBECONFIG": "/nonexistent", "COLUMNS": "80", "TERM": "dumb", "TZ": "UTC",
    "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
}  # fmt: skip
_PROCESSES = os.cpu_count() or 1
_KEPT = 10  # commits


class Result(NamedTuple):
    """What one command line gave."""

    code: int
    stdout: str
    stderr: str


def run(wanted: Mapping[Path, Sequence[str]], folder: Path) -> dict[Path, dict[str, Result]]:
    """Return the results of command lines by checkout and line; they run in *folder*."""
    parts: list[tuple[Path, Sequence[str]]] = [
        (checkout, lines[start::_PROCESSES])
        for checkout, lines in wanted.items()
        for start in range(_PROCESSES)
    ]
    found: dict[Path, dict[str, Result]] = {checkout: {} for checkout in wanted}
    with ThreadPoolExecutor(_PROCESSES) as pool:
        done = pool.map(lambda part: _run_part(part[0], part[1], folder), parts)
        for (checkout, lines), results in zip(parts, done, strict=True):
            found[checkout] |= zip(lines, results, strict=True)
    return found


def _run_part(checkout: Path, lines: Sequence[str], folder: Path) -> list[Result]:
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-W", "ignore", WORKER, checkout],
        input=json.dumps(lines),
        cwd=folder,
        env={**ENVIRONMENT, "HOME": str(folder)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return [Result(*result) for result in json.loads(done.stdout)]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Have the files of *commit* in a folder within the block; git's own data stays as it is."""
    with (
        TemporaryDirectory() as folder,
        tarfile.open(fileobj=BytesIO(git("archive", commit))) as tar,
    ):
        tar.extractall(folder, filter="data")
        yield Path(folder).resolve()


def git(*words: str) -> bytes:
    """Return what git prints; end this program if git fails, which it explains itself."""
    done = subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


class Kept:
    """The results of a commit in the cache folder, each under a digest of what it depends on."""

    def __init__(self, commit: str) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._file = cache / "kubectl-flux-status-tests" / "compare" / f"{commit}.json.gz"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        packed = self._file.read_bytes() if self._file.exists() else gzip.compress(b"{}")
        self.results = {k: Result(*r) for k, r in json.loads(gzip.decompress(packed)).items()}

    def save(self) -> None:
        """Write all results, and forget the commits that were compared longest ago."""
        draft = self._file.with_suffix(f".{os.getpid()}")
        draft.write_bytes(gzip.compress(json.dumps(self.results).encode(), compresslevel=1))
        draft.replace(self._file)
        files = sorted(self._file.parent.glob("*.json.gz"), key=lambda file: file.stat().st_mtime)
        for file in files[:-_KEPT]:
            file.unlink(missing_ok=True)


def key(line: str, state: str) -> str:
    """Return a digest of all that the result of *line* depends on, apart from the commit."""
    parts = (WORKER.read_text(), ENVIRONMENT, sys.prefix, line, state)
    return digest(repr(parts))


def digest(text: str) -> str:
    """Return the SHA-256 of *text*."""
    return hashlib.sha256(text.encode()).hexdigest()
