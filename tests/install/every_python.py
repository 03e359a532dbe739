"""Run the tests that need no cluster with each other version of Python here.

    PYTHONPATH=.ci python -m tests.install.every_python [ARGUMENTS FOR PYTEST]

Each version has an environment of its own in the cache folder. `pythons` says which there are.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.install.fixtures import ROOT, pythons
from tests.kubernetes import build

_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
_UV = (sys.executable, "-m", "uv", "--quiet")


def main(arguments: list[str]) -> int:
    """Run pytest with *arguments*, and return 1 if a run failed."""
    failed = []
    for version, python in others().items():
        print(f"Python {version}: {python}", flush=True)  # noqa: T201
        command = ("-m", "pytest", "-m", "not cluster", *arguments)
        if subprocess.run([_environment(python), *command], cwd=ROOT, check=False).returncode:
            failed.append(version)
    if failed:
        print(f"tests failed with Python {', '.join(failed)}")  # noqa: T201
    return bool(failed)


def others() -> dict[str, str]:
    """Return an interpreter of each version that is new enough and not the one that runs this."""
    new = [python for python, is_new in pythons().items() if is_new]
    found = {_run(python, "-c", _VERSION).strip(): python for python in new}
    found.pop(_run(sys.executable, "-c", _VERSION).strip(), None)
    return dict(sorted(found.items()))


def _environment(python: str) -> Path:
    """Return the interpreter of an environment with what the tests need, made once."""
    about = (ROOT / "pyproject.toml").read_text() + _run(python, "-VV")
    target = build.cache() / f"unit-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / "made"
            _run(*_UV, "venv", f"--python={python}", made)
            inside = f"--python={made / 'bin' / 'python'}"
            _run(*_UV, "pip", "install", inside, "-rpyproject.toml", "--group=test")
            made.rename(target)
    return target / "bin" / "python"


def _run(*command: str | Path) -> str:
    return subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
