"""Faults of an OCIRepository: its tag, its login, its layers."""

import pytest

from .file_server import FileServer
from .flux import Flux
from .http_server import PASSWORD
from .objects import oci_repository

pytestmark = pytest.mark.cluster


def test_a_tag_that_does_not_exist(flux: Flux, web: FileServer, namespace: str) -> None:
    """The missing tag is named, and pushing it heals."""
    source = oci_repository(namespace, web.artifact(namespace, "v0"))
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("registry-tag-missing", "certain")
    assert "v1" in found.why
    assert "push" in found.advice
    web.artifact(namespace, "v0", "v1")
    flux.heals(source)


def test_a_registry_that_requires_a_login(flux: Flux, web: FileServer, namespace: str) -> None:
    """The printed command, with the user filled in, creates the Secret for spec.secretRef."""
    source = oci_repository(namespace, web.artifact(namespace, "v1", private=True))
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("registry-auth-missing", "one-of")
    assert "spec.secretRef" in found.advice
    command = found.change("create", "secret", "registry")
    user = command.index("--username=USER")
    flux.paste([*command[:user], "--username=git", *command[user + 1 :]], stdin=PASSWORD)
    flux.patch(source, secretRef={"name": command[command.index("registry") + 1]})
    flux.heals(source)


def test_a_layer_that_does_not_exist(flux: Flux, web: FileServer, namespace: str) -> None:
    """The media type that no layer has is named, and the one in the advice heals."""
    selector = {"mediaType": "application/vnd.acme.content.v1.tar+gzip"}
    source = oci_repository(namespace, web.artifact(namespace, "v1"), layerSelector=selector)
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("registry-layer-missing", "certain")
    assert selector["mediaType"] in found.why
    right = "application/vnd.cncf.flux.content.v1.tar+gzip"
    assert right in found.advice
    flux.patch(source, layerSelector={"mediaType": right})
    flux.heals(source)
