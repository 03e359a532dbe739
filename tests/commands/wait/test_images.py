"""The digest of a container image: who has chosen it, and what to wait for instead."""

import pytest

from fluxstatus.commands.wait.images import hint_about
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.evidence import Object
from tests.builders import FORBIDDEN, flux, judged

DIGEST = "9c1185a5" * 8
IMAGE = Revision.parse(f"ghcr.io/acme/web:v2@sha256:{DIGEST}")


def policy(digest: str) -> Object:
    """Return an ImagePolicy that has chosen an image with *digest*."""
    latest = {"name": "ghcr.io/acme/web", "tag": "v2"} | ({"digest": digest} if digest else {})
    return flux("ImagePolicy", "web", status={"latestRef": latest})


def said(*policies: Object, likely: bool = True) -> str:
    """Return the sentence about *policies*, empty without one."""
    found = hint_about(IMAGE, [*map(judged, policies)], is_likely=likely)
    return found.text if found else ""


@pytest.mark.parametrize("likely", [False, True])
def test_an_image_that_a_policy_has_chosen(*, likely: bool) -> None:
    """The policy and where to find the commit are named, and the command changes nothing."""
    policies = [judged(policy("")), judged(policy(f"sha256:{DIGEST}"))]
    found = hint_about(IMAGE, policies, is_likely=likely)
    assert found is not None
    assert "ImagePolicy apps/web has chosen the image" in found.text
    [command] = found.commands
    assert not command.changes
    assert command.argv[:5] == ("kubectl", "get", "imageupdateautomations", "-n", "apps")


@pytest.mark.parametrize("digest", ["", f"sha256:{DIGEST[::-1]}"])
def test_an_image_that_no_policy_has_chosen(digest: str) -> None:
    """That is said only where no source can have a digest; else the source is waited for."""
    assert said(policy(digest)).startswith("no source has this digest, nor an ImagePolicy; if it")
    assert not said(policy(digest), likely=False)


def test_policies_that_were_not_read() -> None:
    """Then it is not claimed that none has chosen it."""
    found = hint_about(IMAGE, FORBIDDEN, is_likely=True)
    assert found is not None
    assert "ImagePolicies could not be read: not allowed to list it" in found.text
    assert "nor an ImagePolicy" not in found.text
