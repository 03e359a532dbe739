"""Numbers with their nouns."""

import pytest

from fluxstatus.base.plurals import counted, joined, listed, noun_for


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "object", "1 object"), (2, "object", "2 objects"), (0, "object", "0 objects"),
        (2, "HelmRepository", "2 HelmRepositories"), (2, "Ingress", "2 Ingresses"),
        (3, "Gateway", "3 Gateways"), (2, "pass", "2 passes"),
    ],
)  # fmt: skip
def test_a_number_with_its_noun(number: int, noun: str, text: str) -> None:
    """The noun is in the plural unless there is one."""
    assert counted(number, noun) == text


def test_a_plural_of_its_own() -> None:
    """A verb, or a noun with one, has its own plural."""
    assert counted(2, "object has", "objects have") == "2 objects have"
    assert noun_for(1, "is", "are") == "is"


def test_a_list_that_is_too_long() -> None:
    """Names beyond the limit are counted."""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"


def test_names_in_a_sentence() -> None:
    """The last name follows "and"."""
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a"]) == "a"
    assert joined([]) == ""
