"""The manifests by which krew and Homebrew find the archive, made from their templates."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
KREW = ROOT / ".krew.yaml"
FORMULA = ROOT / "release" / "kubectl-flux-status.rb"

# What krew-release-bot offers to a template, and all of it that ours uses.
_TAG = re.compile(r"{{ *\.TagName *}}")
_URI_AND_SHA = re.compile(r'{{ *addURIAndSha "([^"]*)" \.TagName *}}')


def homepage() -> str:
    """Give the address of the project's repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address: str = project["urls"]["Homepage"]
    return address


def krew(tag: str, sha256: str, uri: str = "") -> str:
    """Give the manifest for krew-index of the release *tag*, whose archive has *sha256*.

    *uri* is where the archive is, if not where the template says.
    """

    def add(match: re.Match[str]) -> str:
        return f"uri: {uri or _TAG.sub(tag, match[1])}\n    sha256: {sha256}"

    return _TAG.sub(tag, _URI_AND_SHA.sub(add, KREW.read_text(encoding="utf-8")))


def formula(version: str, sha256: str) -> str:
    """Give the formula for Homebrew of the release *version*, whose archive has *sha256*."""
    text = FORMULA.read_text(encoding="utf-8")
    filled = {"VERSION": version, "SHA256": sha256, "HOMEPAGE": homepage()}
    return re.sub(r"@(\w+)@", lambda match: filled[match[1]], text)
