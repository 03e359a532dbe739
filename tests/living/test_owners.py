"""Two Kustomizations that apply the same object: they fight for it, and one deletes it."""

import pytest

from .finding import Finding
from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

FILES = {
    "app/settings.yaml": manifest(config_map()),
    "empty/none.yaml": manifest(config_map("none")),
}


def two(flux: Flux, git: GitServer, namespace: str) -> tuple[Object, Object]:
    """Return two Kustomizations that have applied the ConfigMap settings."""
    flux.apply(git_repository(namespace, git.repository(namespace, FILES).url))
    owners = kustomization(namespace), kustomization(namespace, "other")
    for owner in owners:
        flux.apply(owner)
        flux.becomes_ready(owner)
    return owners


def contested(flux: Flux, namespace: str) -> Finding:
    """Return the finding about two owners, which is the only one."""
    found = flux.findings(namespace)
    assert [one.code for one in found] == ["two-owners"], [one.content for one in found]
    return found[0]


def test_the_last_to_apply_an_object_deletes_it(flux: Flux, git: GitServer, namespace: str) -> None:
    """A warning says so; the labels name it, and the other one creates the object again."""
    app, other = two(flux, git, namespace)
    found = contested(flux, namespace)
    assert found.content["level"] == "warn"
    assert f"both apply ./app of GitRepository {namespace}/app" in found.why
    assert "is deleted if that owner applied it last" in found.why
    settings = of("v1", "ConfigMap", namespace, "settings")
    for last, first in ((app, other), (other, app)):
        flux.reconcile(first)
        flux.reconcile(last)
        assert f"kustomize.toolkit.fluxcd.io/name={last['metadata']['name']}" in flux.paste(
            found.read("--show-labels")
        )
        flux.patch(last, path="./empty")
        flux.is_deleted(settings)
        flux.becomes_ready(last)
        flux.reconcile(first)
        assert flux.found(settings)
        flux.patch(last, path="./app")
        flux.reconcile(last)


def test_owners_that_fight_fail(flux: Flux, git: GitServer, namespace: str) -> None:
    """Each reconciliation changes the object, which the events of both say again and again."""
    app, other = two(flux, git, namespace)
    for owner in (app, other, app, other):
        flux.reconcile(owner)
    found = contested(flux, namespace)
    assert found.content["level"] == "fail"
    assert "overwrite each other" in found.content["title"]
    flux.patch(other, path="./empty")
    flux.heals(other, app)


def test_a_suspended_owner_is_deleted_without_its_objects(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """The printed command keeps the objects: then only the Kustomization is deleted."""
    app, other = two(flux, git, namespace)
    flux.patch(other, suspend=True)
    assert flux.findings(namespace)[0].code == "suspended"
    flux.delete(other)
    flux.is_deleted(other)
    assert flux.found(of("v1", "ConfigMap", namespace, "settings"))
    flux.heals(app)
