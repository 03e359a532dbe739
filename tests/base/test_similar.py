"""A mistyped word leads to the name that was meant."""

import pytest

from fluxstatus.base.similar import did_you_mean, similar

NAMES = ("kustomization", "helmrelease", "helmreleases", "helmchart")


@pytest.mark.parametrize(
    ("word", "at_most", "expected"),
    [
        ("helmrelase", 1, ["helmrelease"]),
        ("helmrelase", 3, ["helmrelease", "helmreleases"]),
        ("xyz", 3, []),
        ("kust", 3, ["kustomization"]),
        ("helm", 2, ["helmchart", "helmrelease"]),
        ("charm", 3, []),  # three letters of "helmchart" are no reason to suggest it
    ],
)
def test_similar_names(word: str, at_most: int, expected: list[str]) -> None:
    """The most similar name comes first, and no more are returned than were asked for."""
    assert similar(word, NAMES, at_most) == expected


def test_the_question_of_a_mistake() -> None:
    """The question has the most similar name, spelled as it is to be typed, or the alternative."""
    assert did_you_mean("helmrelase", NAMES, "see list.") == "did you mean helmrelease?"
    assert did_you_mean("helmrelase", NAMES, "see list.", repr) == "did you mean 'helmrelease'?"
    assert did_you_mean("xyz", NAMES, "see list.") == "see list."
