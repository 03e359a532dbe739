"""The arguments of `get`."""

import pytest

from fluxstatus.commands.get.words import GROUPS, kinds_of, requested
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.kinds import KINDS


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_all_its_names(kind: object) -> None:
    """A kind is listed by its name, plural, short names and plural.group."""
    known = next(one for one in KINDS.values() if one is kind)
    for word in (known.name, known.plural, known.resource, *known.short):
        assert kinds_of(word) == [known]


def test_groups_and_lists() -> None:
    """Groups and lists with commas name several kinds, each once."""
    assert {kind.step for kind in GROUPS["sources"]} == {"sources"}
    assert set(GROUPS["all"]) == set(KINDS.values()) - {KINDS["FluxReport"]}
    assert [kind.name for kind in kinds_of("ks,hr,kustomizations")] == [
        "Kustomization",
        "HelmRelease",
    ]


def test_names_narrow() -> None:
    """Names apply to the kinds before them, or each has its own kind."""
    ks, hr = KINDS["Kustomization"], KINDS["HelmRelease"]
    assert requested(["ks", "a", "b"]) == {ks: {"a", "b"}}
    assert requested(["ks/a", "hr/a", "ks/b"]) == {ks: {"a", "b"}, hr: {"a"}}
    assert list(requested(["all"], ["hr", "ks"])) == [ks, hr]


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("sources git", ["GitRepository"]),
        ("source oci", ["OCIRepository"]),
        ("Sources Chart", ["HelmChart"]),
        ("images policy", ["ImagePolicy"]),
        ("image update", ["ImageUpdateAutomation"]),
        ("images all", ["ImageRepository", "ImagePolicy", "ImageUpdateAutomation"]),
        ("artifact generators", ["ArtifactGenerator"]),
    ],
)
def test_two_words_of_flux_are_a_kind(words: str, kinds: list[str]) -> None:
    """`flux get sources git NAME` is understood; a name after a group is still a name."""
    found = requested([*words.split(), "app"])
    assert sorted(kind.name for kind in found) == sorted(kinds)
    assert set(found.values()) == {frozenset({"app"})}
    assert set(requested(["sources", "app"]).values()) == {frozenset({"app"})}


@pytest.mark.parametrize(
    ("words", "only", "expected"),
    [
        (["kustomisations"], [], "did you mean kustomizations?"),
        (["source"], [], "did you mean sources?"),
        (["component"], [], "did you mean components?"),
        (["deploy"], [], "is not a Flux kind"),
        (["ks/a", "b"], [], "'b' is not in the form KIND/NAME"),
        (["ks/"], [], "is not in the form KIND/NAME"),
        (["sources"], ["hr"], "does not include HelmRelease"),
    ],
)
def test_a_mistake_is_reported(words: list[str], only: list[str], expected: str) -> None:
    """An unknown kind gets a suggestion."""
    with pytest.raises(ArgumentError) as mistaken:
        requested(words, only)
    assert expected in str(mistaken.value)
