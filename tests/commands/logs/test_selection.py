"""Whose logs are meant."""

import pytest

from fluxstatus.commands.logs.selection import named, of_kind
from fluxstatus.model.errors import NotFoundError
from tests.builders import HEALTHY, state

KNOWN = state(*HEALTHY)
ALL = [*KNOWN.operators, *KNOWN.components]


@pytest.mark.parametrize("word", ["source-controller", "source"])
def test_a_controller_by_its_names(word: str) -> None:
    """Its whole name, or that without "-controller"."""
    assert [one.name for one in named(ALL, word)] == ["source-controller"]


def test_all_and_by_kind() -> None:
    """Without a name it is all; a kind is that of its controller."""
    assert named(ALL, "") == ALL
    assert [one.name for one in of_kind(ALL, "HelmRelease")] == ["helm-controller"]
    assert [one.name for one in of_kind(ALL, "ResourceSet")] == ["flux-operator"]


def test_a_mistake_is_told() -> None:
    """What is no controller gets a suggestion; a kind that is not Flux's is refused."""
    with pytest.raises(NotFoundError, match="did you mean kustomize"):
        named(ALL, "kustomise")
    with pytest.raises(NotFoundError, match="there is "):
        named(ALL, "xyz")
    with pytest.raises(NotFoundError, match="kubectl logs"):
        of_kind(ALL, "Deployment")
