"""Selecting controllers."""

import pytest

from fluxstatus.commands.logs.selection import named, of_kind, typed
from fluxstatus.model.errors import NotFoundError
from tests.builders import HEALTHY, state

KNOWN = state(*HEALTHY)
ALL = [*KNOWN.operators, *KNOWN.components]


@pytest.mark.parametrize("word", ["source-controller", "source"])
def test_a_controller_by_its_names(word: str) -> None:
    """A controller is found by its name, with or without "-controller"."""
    assert [one.name for one in named(ALL, word)] == ["source-controller"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("", ("", "")),
        ("source", ("source", "")),
        ("deployment/flux-operator", ("flux-operator", "")),
        ("deploy/source-controller", ("source-controller", "")),
        ("deployments.apps/source-controller", ("source-controller", "")),
        ("ks/app", ("", "ks/app")),
        ("pod/web", ("", "pod/web")),
    ],
)
def test_a_word_is_a_controller_or_an_object(word: str, expected: tuple[str, str]) -> None:
    """A Deployment is a controller, as for `kubectl logs`; another KIND/NAME is an object."""
    assert typed(word) == expected


def test_all_and_by_kind() -> None:
    """No name selects all controllers; a kind selects the one that reconciles it."""
    assert named(ALL, "") == ALL
    assert [one.name for one in of_kind(ALL, "HelmRelease")] == ["helm-controller"]
    assert [one.name for one in of_kind(ALL, "ResourceSet")] == ["flux-operator"]


def test_a_mistake_is_reported() -> None:
    """An unknown controller gets a suggestion; a kind of Kubernetes is refused."""
    with pytest.raises(NotFoundError, match="did you mean kustomize"):
        named(ALL, "kustomise")
    with pytest.raises(NotFoundError, match="this cluster has flux-operator, helm-controller"):
        named(ALL, "xyz")
    with pytest.raises(NotFoundError, match="kubectl logs"):
        of_kind(ALL, "Deployment")
