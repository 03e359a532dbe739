"""What a Kustomization made: deleted by hand, restored, and left behind without pruning."""

import json
from typing import Any

import pytest

from tests.live.program import flux_status

from .flux import Flux
from .git_server import GitServer
from .objects import git_repository, kustomization, of
from .test_deleting import FILES, unpruned

pytestmark = pytest.mark.cluster


def statuses(flux: Flux, namespace: str) -> dict[str, str]:
    """Return the status of each object that `inventory ks/app` shows, by name."""
    words = ("inventory", "ks/app", "-n", namespace, "-o", "json")
    result = flux_status(flux.cluster.kubeconfig("admin"), *words)
    found: dict[str, Any] = json.loads(result.out)
    return {one["name"]: one["status"] for one in found["objects"]}


def test_a_deleted_object_is_gone_until_it_is_restored(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """Ready says nothing of it; the next reconciliation restores it, as the message says."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    app = kustomization(namespace)
    flux.apply(source, app)
    flux.becomes_ready(app)
    assert statuses(flux, namespace) == {"colors": "exists", "settings": "exists"}
    colors = of("v1", "ConfigMap", namespace, "colors")
    flux.delete(colors)
    flux.is_deleted(colors)
    assert statuses(flux, namespace) == {"colors": "gone", "settings": "exists"}
    flux.reconcile(app)
    flux.becomes_ready(app)
    assert statuses(flux, namespace) == {"colors": "exists", "settings": "exists"}


def test_what_is_not_pruned_is_left_behind(flux: Flux, git: GitServer, namespace: str) -> None:
    """With prune: false, what Git no longer has keeps its labels and leaves the inventory."""
    repository = git.repository(namespace, FILES)
    source, app = git_repository(namespace, repository.url), kustomization(namespace, prune=False)
    flux.apply(source, app)
    flux.becomes_ready(app)
    repository.commit({"app/colors.yaml": None})
    flux.reconcile(source)
    flux.reconcile(app)
    flux.becomes_ready(app)
    assert statuses(flux, namespace) == {"colors": "left-behind", "settings": "exists"}


def test_what_cannot_be_pruned_is_left_behind(flux: Flux, git: GitServer, namespace: str) -> None:
    """What the Kustomization failed to delete stays in its inventory, and exists."""
    unpruned(flux, git, namespace)
    assert statuses(flux, namespace) == {"colors": "left-behind", "settings": "exists"}
