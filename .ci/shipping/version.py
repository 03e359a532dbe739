"""The version to release, its tag, its release notes, and the project's homepage.

    python -m shipping.version       prints the tag
    python -m shipping.version notes prints the section of CHANGELOG.md

The version is defined only in fluxstatus/__init__.py.
"""

import re
import sys
import tomllib
from pathlib import Path

from fluxstatus import __version__

ROOT = Path(__file__).parents[2]

_PRE = {"a": "alpha", "b": "beta", "rc": "rc"}


def _tag(version: str) -> str:
    """Return the tag of a *version*: Python writes 0.2.0rc1, Semantic Versioning 0.2.0-rc.1."""
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:(a|b|rc)(\d+))?", version)
    if match is None:
        raise ValueError(f"{version!r} is not a version like 1.2.3 or 1.2.3rc1")
    number, pre, count = match.groups()
    return f"v{number}" + (f"-{_PRE[pre]}.{count}" if pre else "")


TAG = _tag(__version__)


def notes() -> str:
    """Return the section of CHANGELOG.md for this version, empty without a dated section."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$\n(.*?)(?=^## |\Z)"
    match = re.search(heading, text, re.MULTILINE | re.DOTALL)
    return match[1].strip() + "\n" if match and match[1].strip() else ""


def homepage() -> str:
    """Return the URL of the project's repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address: str = project["urls"]["Homepage"]
    return address


if __name__ == "__main__":
    sys.stdout.write(notes() if sys.argv[1:] == ["notes"] else f"{TAG}\n")
