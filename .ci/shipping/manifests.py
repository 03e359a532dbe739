"""The manifests for krew, Homebrew and other channels, filled in from their templates.

python -m shipping.manifests       prints the name of the container image
"""

import re
import sys
from collections.abc import Mapping

from shipping import address
from shipping.version import ROOT, TAG, homepage

KREW = ROOT / ".krew.yaml"
FORMULA = ROOT / ".ci" / "shipping" / "kubectl-flux-status.rb"
CHANNELS = ROOT / ".ci" / "shipping" / "channels"
ROLE = ROOT / "fluxstatus" / "commands" / "rbac" / "role.yaml"

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
    return _filled(FORMULA.read_text(encoding="utf-8"), {"TAG": tag, "SHA256": sha256})


def channels() -> dict[str, bytes]:
    """Return the files in channels/ by their names."""
    version = TAG.removeprefix("v")
    fields = {
        "TAG": TAG,
        "VERSION": version,
        "IMAGE": f"{image()}:{version}",
        "ROLE": ROLE.read_text(encoding="utf-8"),
    }
    return {
        file.name: _filled(file.read_text(encoding="utf-8"), fields).encode()
        for file in sorted(CHANNELS.iterdir())
    }


def image() -> str:
    """Return the name of the container image, without a tag: in the registry of GitHub."""
    return f"ghcr.io/{address.owner().lower()}/kubectl-flux-status"


def _filled(template: str, fields: Mapping[str, str]) -> str:
    """Return the *template* with *fields* and the homepage instead of @NAME@."""
    fields = {**fields, "HOMEPAGE": homepage()}
    return re.sub(r"@([A-Z\d]+)@", lambda match: fields[match[1]], template)


if __name__ == "__main__":
    sys.stdout.write(f"{image()}\n")
