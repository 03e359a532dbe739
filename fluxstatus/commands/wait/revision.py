"""The revision that is waited for, and whether that of an object is the same.

Revisions of Flux are NAME@ALGORITHM:HASH, ALGORITHM:HASH or a version (fluxcd/pkg apis/meta,
RFC-0005).
"""

import re
from typing import NamedTuple, Self

from fluxstatus.model.errors import ArgumentError

_LEAST = 7  # digits of a hash, as Git abbreviates it: fewer may be those of another one
_FEWEST = 4  # that Git takes where the repository has just one such commit (MINIMUM_ABBREV)
_WHOLE = 40  # digits of a SHA-1
_GIVEN = re.compile(
    r"(?:(?P<name>[^@\s]+)@)?(?:(?P<algorithm>sha(?:1|256|384|512)):)?(?P<hash>[0-9a-f]{4,128})",
    re.IGNORECASE,
)
_SHORT = re.compile(rf"[0-9a-f]{{{_FEWEST},{_LEAST - 1}}}", re.IGNORECASE)
_VERSION = re.compile(r"v?\d+\.\d+\.\d+[\w.+-]*")
_HEADS = re.compile(r"refs/(?:heads|tags)/")
_EXPRESSION = re.compile(
    r"[<>=!].*|.*[~^*?\[\\|,].*|.*\.\..*|v?(?:\d+\.)+[xX](?:\.[xX])*|(?:[A-Z]+_)?HEAD", re.DOTALL
)
"""A range of versions, or what only a checkout can resolve: no name has these characters (git
help check-ref-format), except for the comma and the bar; 1.x is the name of a branch, if any."""


class Revision(NamedTuple):
    """What a user asked for: the name of a branch, tag or version, the start of a hash, or both.

    Both are of one word if it is `either`: a tag of hexadecimal digits, or an abbreviated hash.
    """

    given: str
    name: str = ""
    hash: str = ""
    either: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what *text* means. Raises ArgumentError."""
        given = text.strip()
        found = _GIVEN.fullmatch(given)
        digits = found["hash"].lower() if found else ""
        named = found and (found["name"] or found["algorithm"])
        if found and named:
            return cls(given, _name_in(found["name"] or "", found["algorithm"] or ""), digits)
        if not given or re.search(r"[\s@]|[^:]:[^:]", given):
            raise ArgumentError(
                f"{given!r} is not a revision; use a commit, a tag, a digest or a chart version"
            )
        if _EXPRESSION.fullmatch(given):
            raise ArgumentError(
                f"{given!r} can mean another revision later; give the commit or version that it "
                'means now, such as --revision "$(git rev-parse HEAD)"'
            )
        if found and len(digits) >= _WHOLE:
            return cls(given, hash=digits)
        if found and len(digits) >= _LEAST:
            return cls(given, given, digits, either=True)
        return cls(given, plain_name(given))

    def found_as(self, commit: str) -> Self:
        """Return this one with the *commit* that it means in the local checkout, if that has one.

        Raises ArgumentError if only that can tell which commit it is.
        """
        if commit:
            return self._replace(hash=commit)
        if self.hash and len(self.hash) < _LEAST:
            raise ArgumentError(
                f"{self.given!r} is too short for a commit that the current directory does "
                f"not have: use at least {_LEAST} digits of the hash"
            )
        return self

    def can_be(self, commit: str) -> bool:
        """Return whether *commit*, a whole hash, is of the algorithm that was given, if any."""
        found = _GIVEN.fullmatch(self.given)
        algorithm = (found["algorithm"] or "").lower() if found else ""
        return algorithm in {"", "sha1" if len(commit) == _WHOLE else "sha256"}

    @property
    def is_digest(self) -> bool:
        """Whether it can only be the digest of an artifact or an image, or a commit of SHA-256."""
        return bool(self.hash) and (len(self.hash) > _WHOLE or not self.can_be("0" * _WHOLE))

    @property
    def is_like_hash(self) -> bool:
        """Whether it is a name that is spelled like the first digits of a hash, but too few."""
        return not self.hash and bool(_SHORT.fullmatch(self.given))

    @property
    def is_version(self) -> bool:
        """Whether it is only a version, such as that of a chart."""
        return bool(_VERSION.fullmatch(self.name)) and not self.hash

    def is_of(self, revision: str) -> bool:
        """Return whether *revision*, that of an object, is this one; an empty one is not."""
        name, digest = parts(revision)
        by_hash = bool(self.hash) and digest.startswith(self.hash)
        by_name = bool(self.name) and is_same_name(self.name, name)
        if self.either:
            return by_hash or by_name
        return bool(revision) and (by_hash or not self.hash) and (by_name or not self.name)


def parts(revision: str) -> tuple[str, str]:
    """Return the name and the hash in a *revision* of an object, each empty without one."""
    name, _, rest = revision.rpartition("@")
    algorithm, _, digest = rest.rpartition(":")
    if name or algorithm:
        return plain_name(name), digest.lower()
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", rest):
        return "", rest
    return plain_name(rest), ""


def is_same_name(one: str, other: str) -> bool:
    """Return whether two names are of the same branch, tag or version.

    Of a version neither the "v" nor, if only *other* has one, the build counts, which source- and
    helm-controller append to the version of a chart.
    """
    if one == other:
        return True
    if not (_VERSION.fullmatch(one) and _VERSION.fullmatch(other)):
        return False
    asked, has = one.removeprefix("v"), other.removeprefix("v")
    return has in {asked, asked.replace("+", "_")} or has.partition("+")[0] == asked


def _name_in(given: str, algorithm: str) -> str:
    """Return the name before a hash; of the image that a digest is of, that is its tag.

    `flux push artifact` prints registry/image@sha256:HASH; no tag has a slash or a colon.
    """
    is_image = bool(re.search("[/:]", given)) and algorithm.lower() not in {"", "sha1"}
    if not is_image or given.startswith("refs/"):
        return plain_name(given)
    return given.rpartition("/")[2].partition(":")[2]


def plain_name(name: str) -> str:
    """Return *name*, of a branch or tag, without the folder of Git that it is in."""
    return _HEADS.sub("", name)
