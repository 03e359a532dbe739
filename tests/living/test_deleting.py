"""Faults of deletion: what cannot be pruned, what hangs, and what is left."""

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

RBAC = "rbac.authorization.k8s.io"
SETTINGS, COLORS = manifest(config_map()), manifest(config_map("colors"))
FILES = {"app/settings.yaml": SETTINGS, "app/colors.yaml": COLORS}


def deployer(home: str, *verbs: str) -> list[Object]:
    """Return the ServiceAccount deployer with a role of these *verbs* on ConfigMaps."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": list(verbs)}]
    to = {
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "deployer"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": home}],
    }
    return [
        of("v1", "ServiceAccount", home, "deployer"),
        of(f"{RBAC}/v1", "Role", home, "deployer", rules=rules),
        of(f"{RBAC}/v1", "RoleBinding", home, "deployer", **to),
    ]


def applied(flux: Flux, git: GitServer, home: str, *verbs: str) -> tuple[Object, Object]:
    """Return a source and a Kustomization, applied by an account that has *verbs*."""
    flux.apply(*deployer(home, "get", "list", "watch", *verbs))
    source = git_repository(home, git.repository(home, FILES).url)
    app = kustomization(home, serviceAccountName="deployer")
    flux.apply(source, app)
    flux.becomes_ready(app)
    return source, app


def test_an_object_that_cannot_be_pruned(flux: Flux, git: GitServer, home: str) -> None:
    """The account that may not delete is the cause, and granting it prunes what Git removed."""
    flux.apply(*deployer(home, "get", "list", "watch", "create", "update", "patch"))
    repository = git.repository(home, FILES)
    source = git_repository(home, repository.url)
    app = kustomization(home, serviceAccountName="deployer")
    flux.apply(source, app)
    flux.becomes_ready(app)
    repository.commit({"app/colors.yaml": None})
    flux.reconcile(source)
    flux.fails(app)
    found = flux.diagnosis(app)
    assert found.code in {"rbac-forbidden", "prune-failed"}
    assert '"deployer"' in found.why
    assert "delete" in found.why
    flux.paste(found.change("create", "rolebinding"))
    flux.heals(app)
    flux.goes(of("v1", "ConfigMap", home, "colors"))


def test_a_deletion_that_the_account_may_not_do(flux: Flux, git: GitServer, home: str) -> None:
    """A Kustomization that hangs in deletion names the missing permission; granting it ends it."""
    _, app = applied(flux, git, home, "create", "update", "patch")
    flux.delete(app)
    found = flux.terminating(app)
    assert found.code in {"terminating", "rbac-forbidden"}
    assert "deployer" in f"{found.why} {found.advice}"
    flux.apply(*deployer(home, "*"))
    flux.goes(app)
    flux.goes(of("v1", "ConfigMap", home, "settings"))


def test_objects_that_a_deletion_left(flux: Flux, git: GitServer, home: str) -> None:
    """After its account, a Kustomization goes without pruning: what it left is found, and named."""
    _, app = applied(flux, git, home, "*")
    flux.delete(of("v1", "ServiceAccount", home, "deployer"))
    flux.delete(app)
    flux.goes(app)
    [found] = [one for one in flux.findings(home) if one.code == "left-behind"]
    assert "settings" in f"{found.why} {found.advice}"
