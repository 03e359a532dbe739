"""The manifests for krew and Homebrew, filled in from their templates."""

import re

from shipping.version import ROOT, homepage

KREW = ROOT / ".krew.yaml"
FORMULA = ROOT / ".ci" / "shipping" / "kubectl-flux-status.rb"

# The placeholders of krew-release-bot that our template uses.
_TAG = re.compile(r"{{ *\.TagName *}}")
_URI_AND_SHA = re.compile(r'{{ *addURIAndSha "([^"]*)" \.TagName *}}')


def krew(tag: str, sha256: str, uri: str = "") -> str:
    """Return the manifest for krew-index of the release *tag*, whose archive has *sha256*.

    *uri* is the URL of the archive, if it differs from the template.
    """

    def add(match: re.Match[str]) -> str:
        return f"uri: {uri or _TAG.sub(tag, match[1])}\n    sha256: {sha256}"

    return _TAG.sub(tag, _URI_AND_SHA.sub(add, KREW.read_text(encoding="utf-8")))


def formula(tag: str, sha256: str) -> str:
    """Return the formula for Homebrew of the release *tag*, whose archive has *sha256*."""
    text = FORMULA.read_text(encoding="utf-8")
    filled = {"TAG": tag, "SHA256": sha256, "HOMEPAGE": homepage()}
    return re.sub(r"@(\w+)@", lambda match: filled[match[1]], text)
