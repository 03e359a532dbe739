"""Faults of a HelmRepository and a HelmChart: their address, login, certificate and version."""

import pytest

from .file_server import FileServer
from .flux import Flux
from .git_server import GitServer
from .http_server import PASSWORD
from .objects import helm_chart, helm_repository

pytestmark = pytest.mark.cluster


def test_a_repository_without_an_index(flux: Flux, web: FileServer, namespace: str) -> None:
    """An address without index.yaml is named, and the right one heals."""
    url = web.charts(namespace, "1.0.0")
    source = helm_repository(namespace, f"{url}/stable")
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("helm-index-missing", "one-of")
    assert f"{url}/stable" in found.why
    assert "spec.url" in found.advice
    flux.patch(source, url=url)
    flux.heals(source)


def test_a_repository_that_requires_a_login(flux: Flux, web: FileServer, namespace: str) -> None:
    """The printed command, with the user filled in, creates the Secret for spec.secretRef."""
    source = helm_repository(namespace, web.charts(namespace, "1.0.0", private=True))
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("helm-index-auth", "one-of")
    assert "spec.secretRef" in found.advice
    command = found.change("create", "secret", "basic-auth")
    user = command.index("--username=USER")
    flux.paste([*command[:user], "--username=git", *command[user + 1 :]], stdin=PASSWORD)
    flux.patch(source, secretRef={"name": command[command.index("basic-auth") + 1]})
    flux.heals(source)


def test_an_authority_that_is_not_trusted(flux: Flux, git: GitServer, namespace: str) -> None:
    """The printed command creates the Secret for spec.certSecretRef, and TLS works with it."""
    source = helm_repository(namespace, f"{git.secure_url}/{namespace}")
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("tls-unknown-authority", "certain")
    assert "spec.certSecretRef" in found.advice
    (flux.folder / "ca.crt").write_text(git.authority)
    command = found.change("create", "secret", "tls")
    flux.paste(command)
    flux.patch(source, certSecretRef={"name": command[command.index("tls") + 1]})
    flux.fails(source)
    assert flux.diagnosis(source).code == "helm-index-missing"


def test_a_version_that_does_not_exist(flux: Flux, web: FileServer, namespace: str) -> None:
    """The version that the repository does not have is named, and a wider range heals."""
    chart = helm_chart(namespace, version=">=2.0.0")
    found = flux.failure(helm_repository(namespace, web.charts(namespace, "1.0.0")), chart)
    assert (found.code, found.certainty) == ("chart-version-missing", "certain")
    assert ">=2.0.0" in found.why
    flux.patch(chart, version=">=1.0.0")
    flux.heals(chart)
