"""From symptoms to causes: what all stages together make of a cluster."""

from tests.builders import (
    BUILD_FAILED,
    NO_ARTIFACT,
    NOT_THERE,
    flux,
    kustomization,
    source,
    waiting_for,
)
from tests.causes.tracing import blocks_of, causes, only_cause


def test_a_healthy_cluster_has_no_cause() -> None:
    """In a healthy cluster there is no cause and nothing is in progress."""
    found = causes(source("git"), kustomization("web", "git"))
    assert (found.all, found.in_progress, found.stale_causes) == ((), frozenset(), {})


def test_one_broken_source_is_one_cause() -> None:
    """Forty dependents of a broken source are one cause that blocks forty."""
    broken = flux("GitRepository", "git", NOT_THERE)
    many = [kustomization(f"app-{n}", "git", NO_ARTIFACT) for n in range(40)]
    cause = only_cause(causes(broken, *many))
    assert cause.ref.name == "git"
    assert len(cause.waiting) == 40


def test_two_causes_of_one_object_are_both_named() -> None:
    """An object that waits for two failing objects is blocked by both."""
    objects = [
        source("git"),
        kustomization("crds", "git", BUILD_FAILED),
        kustomization("secrets", "git", BUILD_FAILED),
        kustomization("web", "git", waiting_for("crds"), after=["crds", "secrets"]),
    ]
    assert blocks_of(causes(*objects)) == {"crds": {"web"}, "secrets": {"web"}}


def test_a_fault_of_its_own_is_not_blamed_on_others() -> None:
    """An object with a fault of its own is a cause although a dependency fails as well."""
    objects = [
        source("git"),
        kustomization("infra", "git", BUILD_FAILED),
        kustomization("web", "git", BUILD_FAILED, after=["infra"]),
    ]
    assert blocks_of(causes(*objects)) == {"infra": set(), "web": set()}
