"""Faults of deletion: what cannot be pruned, what hangs, and what is left."""

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

RBAC = "rbac.authorization.k8s.io"
SETTINGS, COLORS = manifest(config_map()), manifest(config_map("colors"))
FILES = {"app/settings.yaml": SETTINGS, "app/colors.yaml": COLORS}


def deployer(namespace: str, *verbs: str) -> list[Object]:
    """Return the ServiceAccount deployer with a role of these *verbs* on ConfigMaps."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": list(verbs)}]
    to = {
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "deployer"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": namespace}],
    }
    return [
        of("v1", "ServiceAccount", namespace, "deployer"),
        of(f"{RBAC}/v1", "Role", namespace, "deployer", rules=rules),
        of(f"{RBAC}/v1", "RoleBinding", namespace, "deployer", **to),
    ]


def applied(flux: Flux, git: GitServer, namespace: str, *verbs: str) -> tuple[Object, Object]:
    """Return a source and a Kustomization, applied by an account that has *verbs*."""
    flux.apply(*deployer(namespace, "get", "list", "watch", *verbs))
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    app = kustomization(namespace, serviceAccountName="deployer")
    flux.apply(source, app)
    flux.becomes_ready(app)
    return source, app


def unpruned(flux: Flux, git: GitServer, namespace: str) -> Object:
    """Return a Kustomization whose account may not delete a ConfigMap that Git no longer has."""
    flux.apply(*deployer(namespace, "get", "list", "watch", "create", "update", "patch"))
    repository = git.repository(namespace, FILES)
    source = git_repository(namespace, repository.url)
    app = kustomization(namespace, serviceAccountName="deployer")
    flux.apply(source, app)
    flux.becomes_ready(app)
    repository.commit({"app/colors.yaml": None})
    flux.reconcile(source)
    flux.fails(app)
    return app


def test_an_object_that_cannot_be_pruned(flux: Flux, git: GitServer, namespace: str) -> None:
    """The account that may not delete is the cause, and granting it prunes what Git removed."""
    app = unpruned(flux, git, namespace)
    found = flux.diagnosis(app)
    assert found.code in {"rbac-forbidden", "prune-failed"}
    assert f"{namespace}:deployer cannot delete configmaps" in found.why
    flux.paste(found.change("create", "rolebinding"))
    flux.heals(app)
    flux.is_deleted(of("v1", "ConfigMap", namespace, "colors"))


def test_a_deletion_without_permission(flux: Flux, git: GitServer, namespace: str) -> None:
    """A Kustomization that hangs in deletion names the missing permission; granting it ends it."""
    _, app = applied(flux, git, namespace, "create", "update", "patch")
    flux.delete(app)
    flux.warns(app)
    found = flux.diagnosis(app)
    assert found.code in {"terminating", "rbac-forbidden"}
    assert "deployer" in found.text
    flux.apply(*deployer(namespace, "*"))
    flux.is_deleted(app)
    flux.is_deleted(of("v1", "ConfigMap", namespace, "settings"))


def test_objects_that_a_deletion_left(flux: Flux, git: GitServer, namespace: str) -> None:
    """A Kustomization without its account prunes nothing: the printed commands list the objects."""
    _, app = applied(flux, git, namespace, "*")
    flux.delete(of("v1", "ServiceAccount", namespace, "deployer"))
    flux.delete(app)
    flux.is_deleted(app)
    [found] = [one for one in flux.findings(namespace) if one.code == "left-behind"]
    for words in (["--ignore-not-found"], ["all,configmaps"]):
        left = flux.paste(found.read("get", *words))
        assert "settings" in left
        assert "colors" in left
