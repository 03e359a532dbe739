"""Python 3.14 as npm has it, compiled for WebAssembly, for machines without that version.

Nothing can be started there, no kubectl either; but everything from a snapshot to a report runs.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.install.fixtures import run
from tests.kubernetes import build

_PACKAGE = "pyodide@314.0.7"
_SCRIPT = Path(__file__).with_name("python_3_14.mjs")


@pytest.fixture(scope="module", name="pyodide")
def _pyodide() -> Path:
    """Return the folder that has the package, installed once."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.skip("no Node.js here")
    target = build.cache() / _PACKAGE
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
            quiet = ("--silent", "--no-audit", "--no-fund", f"--prefix={unfinished}/npm")
            done = subprocess.run([npm, "install", *quiet, _PACKAGE], check=False)
            if done.returncode:
                pytest.skip(f"npm cannot install {_PACKAGE}")
            if not target.exists():
                Path(unfinished, "npm").replace(target)
    return target


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--demo", "--all", "--color=always"], 1),
        (["--demo", "--advice", "-o", "json"], 1),
        (["--no-such-option"], 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else None,
)
def test_same_output(pyodide: Path, unpacked: Path, words: list[str], code: int) -> None:
    """What the archive prints is the same, byte for byte, and there is no warning of Python's."""
    there = run("node", _SCRIPT, unpacked.parent, *words, cwd=pyodide, code=code)
    here = run(unpacked, *words, env={**os.environ, "COLUMNS": "100"}, code=code)
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)
