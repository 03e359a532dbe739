"""What a revision on the command line means, and which revisions of objects are the same."""

import pytest

from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.errors import ArgumentError

SHA = "5f2ac1d0" * 5
DIGEST = "9c1185a5" * 8

SAME = [
    # What was asked for, and the revision of an object that is the same.
    (SHA, f"main@sha1:{SHA}"),
    (SHA, f"refs/heads/main@sha1:{SHA}"),
    (SHA, f"sha1:{SHA}"),
    (SHA[:7], f"main@sha1:{SHA}"),
    (SHA.upper(), f"main@sha1:{SHA}"),
    (f"sha1:{SHA}", f"main@sha1:{SHA}"),
    (f"main@sha1:{SHA}", f"main@sha1:{SHA}"),
    (f"main@sha1:{SHA[:8]}", f"main@sha1:{SHA}"),
    (f"main@{SHA[:8]}", f"main@sha1:{SHA}"),
    (f"refs/heads/main@sha1:{SHA}", f"main@sha1:{SHA}"),
    (f"sha256:{DIGEST[:12]}", f"latest@sha256:{DIGEST}"),
    (DIGEST, f"latest@sha256:{DIGEST}"),
    (f"ghcr.io/acme/apps@sha256:{DIGEST}", f"latest@sha256:{DIGEST}"),
    (f"oci://registry.local:5000/apps:v7@SHA256:{DIGEST}", f"v7@sha256:{DIGEST}"),
    (f"podinfo:v7@sha256:{DIGEST}", f"v7@sha256:{DIGEST}"),
    (f"feature/x@sha1:{SHA}", f"feature/x@sha1:{SHA}"),
    ("v1.4.0", f"v1.4.0@sha1:{SHA}"),
    ("1.4.0", f"v1.4.0@sha1:{SHA}"),
    ("refs/tags/v1.4.0", f"refs/tags/v1.4.0@sha1:{SHA}"),
    ("1.4.0", "1.4.0"),
    ("1.4.0", "1.4.0+5f2ac1d0"),
    ("1.4.0+build", f"1.4.0_build@sha256:{DIGEST}"),
    ("stable", f"stable@sha256:{DIGEST}"),
    ("v1.2.xenial", f"v1.2.xenial@sha256:{DIGEST}"),
    ("20261130", f"20261130@sha256:{DIGEST}"),
]
OTHERS = [
    (SHA, f"main@sha1:{SHA[::-1]}"),
    (SHA, ""),
    ("v1.4.0", ""),
    (f"main@sha1:{SHA}", f"release@sha1:{SHA}"),
    (f"feature/x@sha1:{SHA}", f"x@sha1:{SHA}"),
    (f"ghcr.io/acme/apps:v7@sha256:{DIGEST}", f"v8@sha256:{DIGEST}"),
    (f"ghcr.io/acme/apps@sha256:{DIGEST}", f"latest@sha256:{DIGEST[::-1]}"),
    (f"main@sha1:{SHA}", f"sha1:{SHA}"),
    ("1.4.0", "1.4.01"),
    ("1.4", "1.4.0"),
    ("1.4.0", "1.4.0-rc.1"),
    ("1.4.0+one", "1.4.0+two"),
    ("stable", f"stable-2@sha256:{DIGEST}"),
    ("20261130", f"main@sha1:{SHA}"),
]


@pytest.mark.parametrize(("asked", "revision"), SAME)
def test_the_same(asked: str, revision: str) -> None:
    """Abbreviations, names of refs, tags and versions mean what they say."""
    assert Revision.parse(asked).is_of(revision)


@pytest.mark.parametrize(("asked", "revision"), OTHERS)
def test_another(asked: str, revision: str) -> None:
    """Another commit, branch, tag or version is another revision."""
    assert not Revision.parse(asked).is_of(revision)


@pytest.mark.parametrize(
    "asked", ["", " ", "main@sha1:", "main@sha1:abc", "a b", "a@b@c", "sha1:12"]
)
def test_no_revision(asked: str) -> None:
    """Anything else, or a hash that is too short, is an error."""
    with pytest.raises(ArgumentError):
        Revision.parse(asked)


@pytest.mark.parametrize(
    "asked",
    ["HEAD", "FETCH_HEAD", "HEAD~1", "main^", "v1..v2", "6.*", "6.x", "v1.2.X", "1.x.x", "^6.9.2",
     "~6.9.2", ">=6.9.2", ">1,<2", "=6.9.2", "!=1.0.0", "1.0.0||2.0.0", "v1.[0-9].0", "v1.?.0"],
)  # fmt: skip
def test_what_moves_is_no_revision(asked: str) -> None:
    """A range of versions, or an expression of Git, is an error at once and not after the wait."""
    with pytest.raises(ArgumentError, match="another revision later"):
        Revision.parse(asked)


def test_a_version_is_not_a_commit() -> None:
    """Only a version alone is one."""
    assert Revision.parse("v1.4.0").is_version
    assert not Revision.parse(SHA).is_version
    assert not Revision.parse("main").is_version


def test_few_digits_are_a_name_unless_a_checkout_has_the_commit() -> None:
    """Git takes four digits of the one commit that begins so; without it, seven are needed."""
    short = Revision.parse(f"main@sha1:{SHA[:4]}")
    assert short.found_as(SHA).is_of(f"main@sha1:{SHA}")
    assert not short.found_as(SHA).is_of(f"main@sha1:{SHA[:4]}{SHA[::-1][4:]}")
    with pytest.raises(ArgumentError, match="too short"):
        short.found_as("")
    assert not Revision.parse("2024").is_of(f"main@sha1:2024{SHA[4:]}")
    assert Revision.parse("2024").is_of(f"2024@sha256:{DIGEST}")


@pytest.mark.parametrize(
    ("asked", "can"),
    [("sha1:5f2ac1d", True), ("5f2ac1d", True), ("sha256:5f2ac1d", False), ("a@5f2ac1d", True)],
)
def test_the_digest_of_an_image_is_no_commit(asked: str, *, can: bool) -> None:
    """A commit that begins with the same digits is not what was asked for."""
    assert Revision.parse(asked).can_be(SHA) is can
    assert Revision.parse(asked.replace("sha1", "sha256")).can_be(DIGEST)
