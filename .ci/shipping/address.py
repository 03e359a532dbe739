"""Write the address of the repository wherever it stands: python -m shipping.address [--check].

It is set in one place, Homepage in pyproject.toml; .ci/address runs this. With --check nothing is
written: it prints the files that have another address, and fails if there are any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from shipping.version import ROOT, homepage

PLACEHOLDER = "OWNER"
_FILES = ("pyproject.toml", ".krew.yaml", "README.md", "docs/*.md", ".ci/shipping/*.rb",
          "action/*.yml", "skills/*/*.md", ".claude-plugin/*.json")  # fmt: skip
_ADDRESS = re.compile(r"https://[\w.-]+(?:/[\w.-]+)+/kubectl-flux-status\b")
_OWNER = re.compile(
    r"(?<=brew install )[\w.-]+(?=/tap/kubectl-flux-status\b)"
    r"|(?<=\s)[\w.-]+(?=/kubectl-flux-status/action@)"
    r"|(?<=skills add )[\w.-]+(?=/kubectl-flux-status\b)"
    r"|(?<=marketplace add )[\w.-]+(?=/kubectl-flux-status\b)"
    r"|(?<=repo: )[\w.-]+(?=/kubectl-flux-status\b)"
    r"|(?<=repo clone )[\w.-]+(?=/homebrew-tap\b)"
    r'|(?<="owner": { "name": ")[\w.-]+'
    r"|(?P<image>(?<=ghcr\.io/)[\w.-]+(?=/kubectl-flux-status\b))"
)


def owner() -> str:
    """Return the owner of the repository, PLACEHOLDER before one is set."""
    return homepage().rstrip("/").split("/")[-2]


def outdated() -> Iterator[tuple[Path, str]]:
    """Yield each file with another address, and its text with that of pyproject.toml."""
    for file in (file for pattern in _FILES for file in sorted(ROOT.glob(pattern))):
        text = file.read_text(encoding="utf-8")
        new = _OWNER.sub(_owner, _ADDRESS.sub(homepage().rstrip("/"), text))
        if new != text:
            yield file, new


def _owner(match: re.Match[str]) -> str:
    return owner().lower() if match["image"] and owner() != PLACEHOLDER else owner()


def main(arguments: list[str]) -> None:
    """Write or check the address. Raises SystemExit."""
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    found = list(outdated())
    for file, new in found:
        sys.stdout.write(f"{file.relative_to(ROOT)}\n")
        if not arguments:
            file.write_text(new, encoding="utf-8")
    if arguments and found:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
