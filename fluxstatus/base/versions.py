"""Version numbers, parsed from what programs, images and API servers report."""

import re

_IN_TEXT = re.compile(r"v?\d+\.\d+\.\d+[\w.+-]*")
_MINOR = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_RELEASE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[\w.]+)?")


def version_in(text: str) -> str:
    """Return the first version in the output of a program, with its "v"; empty without one."""
    found = _IN_TEXT.search(text)
    return found[0] if found else ""


def minor_of(version: str) -> tuple[int, int] | None:
    """Return the major and minor number of *version*, or None when it does not begin with them."""
    found = _MINOR.match(version)
    return (int(found[1]), int(found[2])) if found else None


def dotted(minor: tuple[int, int]) -> str:
    """Return a major and minor number as "1.33"."""
    return ".".join(map(str, minor))


def release_of(version: str) -> tuple[int, int, int, int] | None:
    """Return a key that orders versions, or None when *version* does not begin with one.

    The key has major, minor and patch; the last number is 0 for a pre-release and 1 for a
    release, so that v1.2.0-rc.1 comes before v1.2.0.
    """
    found = _RELEASE.match(version)
    if found is None:
        return None
    return int(found[1]), int(found[2]), int(found[3]), 0 if found[4] else 1
