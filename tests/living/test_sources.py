"""Faults of a GitRepository: its reference, its login, its address."""

import pytest

from .flux import Flux
from .git_server import GitServer
from .http_server import PASSWORD
from .objects import config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

FILES = {"app/settings.yaml": manifest(config_map())}


def test_a_branch_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing branch is named, and pushing it heals the source and what waits for it."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url, ref={"branch": "release"})
    app = kustomization(namespace)
    flux.apply(app)
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("git-ref-missing", "certain")
    assert '"release"' in found.why
    assert found.blocks == {f"Kustomization {namespace}/app"}
    assert "push branch" in found.advice
    repository.branch("release")
    flux.heals(source, app)


def test_a_range_without_a_tag(flux: Flux, git: GitServer, namespace: str) -> None:
    """The range that no tag matches is named, and a wider one heals."""
    repository = git.repository(namespace, FILES)
    repository.tag("v1.4.0")
    source = git_repository(namespace, repository.url, ref={"semver": ">=2.0.0"})
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("git-ref-missing", "certain")
    assert ">=2.0.0" in found.why
    assert "spec.ref.semver" in found.advice
    flux.patch(source, ref={"semver": ">=1.0.0"})
    flux.heals(source)


def test_a_commit_that_was_never_pushed(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing commit is named, and the right one in spec.ref.commit heals."""
    repository = git.repository(namespace, FILES)
    missing = "0123456789abcdef0123456789abcdef01234567"
    source = git_repository(namespace, repository.url, ref={"branch": "main", "commit": missing})
    found = flux.failure(source)
    assert found.code == "git-ref-missing"
    assert missing in found.why
    assert "spec.ref.commit" in found.advice
    flux.patch(source, ref={"commit": repository.commit({})})
    flux.heals(source)


def test_a_repository_without_a_commit(flux: Flux, git: GitServer, namespace: str) -> None:
    """An empty repository is called empty, and the first commit heals."""
    repository = git.repository(namespace, None)
    source = git_repository(namespace, repository.url)
    found = flux.failure(source)
    assert found.code == "git-empty"
    assert "push" in found.advice
    repository.commit(FILES)
    flux.heals(source)


def test_a_login_whose_secret_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing Secret is named, and the printed command creates one that works."""
    repository = git.repository(namespace, FILES, private=True)
    source = git_repository(namespace, repository.url, secretRef={"name": "deploy"})
    app = kustomization(namespace)
    flux.apply(app)
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("secret-missing", "certain")
    assert '"deploy"' in found.why
    assert found.blocks == {f"Kustomization {namespace}/app"}
    flux.paste(found.change("create", "secret", "basic-auth", "deploy"), stdin=PASSWORD)
    flux.heals(source, app)


def test_a_login_with_a_wrong_password(flux: Flux, git: GitServer, namespace: str) -> None:
    """The Secret with the wrong password is named, and the printed command replaces it."""
    repository = git.repository(namespace, FILES, private=True)
    login = {"username": "git", "password": "expired"}
    source = git_repository(namespace, repository.url, secretRef={"name": "deploy"})
    flux.apply(of("v1", "Secret", namespace, "deploy", stringData=login))
    found = flux.failure(source)
    assert found.code == "git-auth-rejected"
    assert '"deploy"' in found.text
    flux.paste(found.change("create", "secret", "basic-auth", "deploy"), stdin=PASSWORD)
    flux.heals(source)


def test_a_login_without_a_secret(flux: Flux, git: GitServer, namespace: str) -> None:
    """Where the server wants a login, the printed command makes its Secret for spec.secretRef."""
    repository = git.repository(namespace, FILES, private=True)
    source = git_repository(namespace, repository.url)
    found = flux.failure(source)
    assert found.code == "git-auth-missing"
    assert "spec.secretRef" in found.advice
    command = found.change("create", "secret", "basic-auth")
    flux.paste(command, stdin=PASSWORD)
    flux.patch(source, secretRef={"name": command[command.index("basic-auth") + 1]})
    flux.heals(source)


def test_a_repository_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """A server that says 404 leaves open whether a login is missing; the right URL heals."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, f"{git.url}/elsewhere.git")
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("git-repository-missing", "one-of")
    assert "elsewhere.git" in found.why
    assert "spec.url" in found.advice
    flux.patch(source, url=repository.url)
    flux.heals(source)


def test_a_port_where_nothing_listens(flux: Flux, git: GitServer, namespace: str) -> None:
    """A refused connection is about the host and the port, and the right port heals."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url.replace(git.url, "http://127.0.0.1:1"))
    found = flux.failure(source)
    assert found.code == "host-refuses"
    assert "port" in found.advice
    flux.patch(source, url=repository.url)
    flux.heals(source)


def test_https_for_http(flux: Flux, git: GitServer, namespace: str) -> None:
    """A server that does not use TLS is named with its port, and the right scheme heals."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url.replace("http:", "https:"))
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("protocol-mismatch", "certain")
    assert "spec.url" in found.advice
    flux.patch(source, url=repository.url)
    flux.heals(source)


def test_an_authority_that_is_not_trusted(flux: Flux, git: GitServer, namespace: str) -> None:
    """The printed command creates a Secret with the authority's certificate, which heals."""
    url = git.repository(namespace, FILES).url.replace(git.url, git.secure_url)
    source = git_repository(namespace, url)
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("tls-unknown-authority", "certain")
    assert "spec.secretRef" in found.advice
    (flux.folder / "ca.crt").write_text(git.authority)
    command = found.change("create", "secret", "tls")
    flux.paste(command)
    flux.patch(source, secretRef={"name": command[command.index("tls") + 1]})
    flux.heals(source)


def test_a_certificate_for_another_name(flux: Flux, git: GitServer, namespace: str) -> None:
    """The name that the certificate does not have is named, and one that it has heals."""
    url = git.repository(namespace, FILES).url.replace(git.url, git.secure_url)
    other = url.replace("127.0.0.1", "localhost")
    flux.apply(of("v1", "Secret", namespace, "ca", stringData={"ca.crt": git.authority}))
    source = git_repository(namespace, other, secretRef={"name": "ca"})
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("tls-wrong-name", "certain")
    assert "localhost" in found.why
    assert "spec.url" in found.advice
    flux.patch(source, url=url)
    flux.heals(source)


def test_a_directory_outside_the_sparse_checkout(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """The directory that is not in Git is named, and the right one heals."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url, sparseCheckout=["deploy"])
    found = flux.failure(source)
    assert (found.code, found.certainty) == ("git-sparse-path-missing", "certain")
    assert "spec.sparseCheckout" in found.advice
    flux.patch(source, sparseCheckout=["app"])
    flux.heals(source)


def test_a_path_outside_the_sparse_checkout(flux: Flux, git: GitServer, namespace: str) -> None:
    """The path is in Git, but not in the source: adding it to the sparse checkout heals."""
    files = {**FILES, "docs/settings.yaml": manifest(config_map())}
    source = git_repository(
        namespace, git.repository(namespace, files).url, sparseCheckout=["docs"]
    )
    app = kustomization(namespace)
    found = flux.failure(source, app)
    assert found.code == "path-missing"
    assert "add it to spec.sparseCheckout" in found.advice
    flux.patch(source, sparseCheckout=["docs", "app"])
    flux.heals(source, app)


def test_an_artifact_that_spec_ignore_empties(flux: Flux, git: GitServer, namespace: str) -> None:
    """What spec.ignore leaves out is missing in the Kustomization, and a narrower one heals."""
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url, ignore="/*\n!/docs\n")
    app = kustomization(namespace)
    found = flux.failure(source, app)
    assert found.code == "path-missing"
    assert "spec.ignore" in found.text
    flux.patch(source, ignore=None)
    flux.heals(source, app)
