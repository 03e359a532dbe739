"""KIND/NAME: what it names, and the errors when it names nothing or several objects."""

import pytest

from fluxstatus.checks.codes import known_codes
from fluxstatus.lookup.names import find, parse
from fluxstatus.model.errors import ArgumentError, NotFoundError, UnreadError, not_served
from fluxstatus.model.kinds import KINDS, OPERATOR_GUIDE, Kind
from tests.builders import FORBIDDEN, NOT_THERE, flux, source, state

_EXPLAINED = [kind for kind in KINDS.values() if kind.name != "FluxReport"]


@pytest.mark.parametrize("kind", _EXPLAINED, ids=lambda kind: kind.name)
def test_every_name_of_a_kind_is_understood(kind: object) -> None:
    """The kind, its plural, its short names and plural.group all name the kind, in any case."""
    known = next(one for one in _EXPLAINED if one is kind)
    words = (known.name, known.name.lower(), known.plural, known.resource, *known.short)
    words += (f"{known.plural}.v1.{known.group}", f"{known.name.lower()}.{known.group}")
    assert {parse([f"{word}/app"]) for word in words} == {(known, "app")}
    assert parse([known.plural, "app"]) == (known, "app")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["kustomisation/app"], "did you mean kustomization?"),
        (["deployment/app"], "is not a Flux kind; use one of instance, gitrepo"),
        (["ks.helm.toolkit.fluxcd.io/app"], "is not a Flux kind"),
        (["ks"], "Kustomization needs a name; write ks/NAME"),
        (["ks/"], "is not in the form KIND/NAME"),
        (["ks/team-a/app"], "is not in the form KIND/NAME"),
        (["ks", "app", "again"], "is not in the form KIND/NAME"),
        (["source", "git"], "GitRepository needs a name; write GitRepository/NAME"),
        (["sources", "nothing", "x"], "is not in the form KIND/NAME"),
    ],
)
def test_a_mistake_is_reported(words: list[str], expected: str) -> None:
    """An invalid KIND/NAME is refused with a suggestion."""
    with pytest.raises(ArgumentError) as mistaken:
        parse(words)
    assert expected in str(mistaken.value)


def test_one_match_is_taken_from_any_namespace() -> None:
    """Without a namespace the only object with that name is found."""
    found = find(state(source("team-b/app"), source("web")), parse(["gitrepo/app"]), (), ())
    assert found.ref.namespace == "team-b"


def test_several_matches_are_asked_back() -> None:
    """A name in several namespaces, or of several kinds, is refused; a namespace selects one."""
    known = state(source("team-a/app"), source("team-b/app"), flux("Bucket", "team-a/app"))
    for words, count in ((["gitrepo/app"], 2), (["app"], 3)):
        with pytest.raises(ArgumentError) as mistaken:
            find(known, parse(words), (), ())
        assert len(mistaken.value.choices) == count
        assert ("gitrepository/app", "-n", "team-b") in mistaken.value.choices
    assert find(known, parse(["app"]), ["team-b"], ()).ref.namespace == "team-b"


def test_the_first_choices_are_not_ready() -> None:
    """Not all choices are shown: those come first that somebody probably looks for."""
    broken = source("team-c/app", NOT_THERE)
    known = state(source("team-a/app"), source("team-b/app"), broken)
    for namespaces in ((), ["team-x"]):
        with pytest.raises(ArgumentError) as mistaken:
            find(known, parse(["gitrepo/app"]), namespaces, ())
        assert [choice[-1] for choice in mistaken.value.choices] == ["team-c", "team-a", "team-b"]


def test_the_first_choices_are_in_a_similar_namespace() -> None:
    """A namespace is mistyped as easily as a name: those come first, then what is not ready."""
    known = state(source("apps/app"), source("team-red/app"), source("web/app", NOT_THERE))
    with pytest.raises(ArgumentError) as mistaken:
        find(known, parse(["gitrepo/app"]), ["team-rde"], ())
    assert [choice[-1] for choice in mistaken.value.choices] == ["team-red", "web", "apps"]


def test_capitals_are_a_typo() -> None:
    """No name in Kubernetes has any."""
    with pytest.raises(ArgumentError) as mistaken:
        find(state(source("apps/web")), parse(["gitrepo/WEB"]), (), ())
    assert mistaken.value.choices == (("gitrepository/web", "-n", "apps"),)


@pytest.mark.parametrize("words", [["source", "git", "web"], ["Sources", "GIT", "web"]])
def test_two_words_of_flux_are_a_kind(words: list[str]) -> None:
    """`flux get source git web` names a GitRepository."""
    assert parse(words) == (KINDS["GitRepository"], "web")


def test_another_name_is_not_suggested() -> None:
    """A name with a few letters in common is not what was meant; the list has it."""
    known = state(source("team-b/bad"))
    for words, lists in ((["gitrepo/backend"], "gitrepositories"), (["backend"], "all")):
        with pytest.raises(NotFoundError) as mistaken:
            find(known, parse(words), ["team-a"], ())
        assert (mistaken.value.choices, mistaken.value.lists) == ((), lists)


def test_near_misses_are_suggested() -> None:
    """Another namespace, a similar name or a similar code is suggested."""
    known = state(source("team-a/frontend"))
    for words, namespaces, choice in (
        (["gitrepo/frontend"], ["team-b"], ("gitrepository/frontend", "-n", "team-a")),
        (["gitrepo/fronted"], [], ("gitrepository/frontend", "-n", "team-a")),
        (["suspnded"], [], ("suspended",)),
    ):
        with pytest.raises(ArgumentError) as mistaken:
            find(known, parse(words), namespaces, ["suspended", "stuck"])
        assert mistaken.value.choices == (choice,)


def test_unread_is_not_absent() -> None:
    """An object of a kind that was not read is not reported as missing."""
    known = state(unread={KINDS["Kustomization"].resource: FORBIDDEN})
    with pytest.raises(UnreadError):
        find(known, parse(["ks/app"]), (), ())


def test_an_unserved_kind_is_reported() -> None:
    """A kind that the API server does not serve is reported as such."""
    with pytest.raises(ArgumentError) as mistaken:
        find(state(served={}), parse(["ks/app"]), (), ())
    assert "not served by this API server: kustomizations." in str(mistaken.value)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_of_an_unserved_kind_there_is_a_next_step(kind: Kind) -> None:
    """It names what brings the kind, and a code that `explain` knows or the operator's guide."""
    text = not_served([kind.resource])
    brought_by, _, step = text.partition("; part of ")[2].partition(", see: ")
    assert brought_by == kind.controller
    assert (
        step == OPERATOR_GUIDE or step.removeprefix("kubectl flux-status explain ") in known_codes()
    )
