"""Credentials in texts are masked, and nothing else."""

import time

import pytest

from fluxstatus.base.masking import mask, masked

SECRET = "hunter2-c0rrect-h0rse"
TOKEN = "ghp_" + "a1B2" * 9
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


def test_whole_objects_are_masked_at_any_depth() -> None:
    """No credential is left in a whole object, neither in a text nor under such a key."""
    item = {
        "metadata": {
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": '{"password":"x"}',
                "example.com/token": "hunter2",
                "example.com/team": "a",
            }
        },
        "spec": {
            "url": "https://git:hunter2@git.example.com/a",
            "values": [{"dbPassword": "hunter2", "replicas": 2}],
            "secretRef": {"name": "login"},
            "pullSecret": "login",
        },
    }
    assert masked(item) == {
        "metadata": {"annotations": {"example.com/token": "***", "example.com/team": "a"}},
        "spec": {
            "url": "https://***@git.example.com/a",
            "values": [{"dbPassword": "***", "replicas": 2}],
            "secretRef": {"name": "login"},
            "pullSecret": "login",
        },
    }


@pytest.mark.parametrize(
    "token",
    [TOKEN, "github_pat_" + "x1" * 20, "glpat-" + "x1" * 10, "xoxb-" + "1" * 20, JWT,
     "AKIAIOSFODNN7EXAMPLE", "AGE-SECRET-KEY-1" + "Q" * 40],
)  # fmt: skip
def test_tokens_are_masked_wherever_they_stand(token: str) -> None:
    """A token with a known format is masked in any text."""
    assert token not in mask(f"the server said {token} is not valid")


@pytest.mark.parametrize(
    "text",
    [
        "failed to get secret 'apps/git-auth': secrets \"git-auth\" not found",
        "invalid 'apps/x' secret data: required fields 'token'",
        "stored artifact for revision 'main@sha1:78361d5a4000d35deda9dabbcf7dc8c96097b2c7'",
        "oci://ghcr.io/acme/app@sha256:78361d5a4000d35deda9dabbcf7dc8c96097b2c778361d5a4000d35d",
        "GET https://registry.example.com:5000/v2/app/manifests/x@sha256:abc: MANIFEST_UNKNOWN",
        "dependency 'apps/db' is not ready",
        "unable to clone 'https://git.example.com/a.git': authentication required: Unauthorized",
        "basic auth cannot be sent over HTTP",
        "token required for private repositories",
        "could not read the password: no such file",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    """A message without a credential is unchanged."""
    assert mask(text) == text


def test_the_host_of_a_masked_url_stays() -> None:
    """The host stays in the URL when the credential is masked."""
    assert mask(f"https://u:{SECRET}@git.example.com/a.git") == "https://***@git.example.com/a.git"


@pytest.mark.parametrize(
    "piece", ["://", "://a:", "a-", "a", "token ", '"', '"password":"', "=", "eyJ", "-----BEGIN "]
)
def test_an_endless_text_is_masked_quickly(piece: str) -> None:
    """A text of 32 KiB that almost looks like a credential is masked without delay."""
    began = time.process_time()
    mask(f"x=y {piece * 32768}"[: 32 * 1024])
    assert time.process_time() - began < 0.3
