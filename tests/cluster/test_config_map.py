"""A text in a ConfigMap that the user has named: found, missing, or not read."""

import pytest

from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.config_map import text_in
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Object, Why
from tests.cluster.readers import way
from tests.fakes.scripted import Answer, Api, document, forbidden, page, status

PATH = "/api/v1/namespaces/ops/configmaps/accepted"


def config_map(**more: object) -> Object:
    """Return the ConfigMap with *more* fields."""
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "accepted"}, **more}


def read() -> str:
    """Return the text with the first of two keys that there is."""
    with ApiClient(way()) as api:
        return text_in(api, "ops", "accepted", ("a.toml", "b.toml"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a.toml": "x", "b.toml": "y"}, "x"),
        ({"b.toml": "y", "c.toml": "z"}, "y"),
        ({"a.toml": "", "b.toml": "y"}, ""),
        ({"a.toml": 1, "b.toml": "y"}, "y"),
    ],
)
def test_the_first_key_counts(api: Api, data: Object, text: str) -> None:
    """The keys are tried in their order; an empty text is a text."""
    api[PATH] = document(config_map(data=data))
    assert read() == text


@pytest.mark.parametrize(
    ("answer", "why", "says"),
    [
        (status(404, "NotFound"), Why.ABSENT, "no such ConfigMap"),
        (page(404), Why.FAILED, "404"),  # of a gateway, which does not know it
        (forbidden, Why.FORBIDDEN, "get configmaps"),
        (status(500, "InternalError"), Why.FAILED, "500"),
        (page(200), Why.GARBLED, "is not a JSON object"),
        (document(config_map(kind="Secret", data={"a.toml": "x"})), Why.GARBLED, "not the requ"),
        (document(config_map(metadata={"name": "other"})), Why.GARBLED, "not the requested"),
        (document(config_map()), Why.GARBLED, "it has no key a.toml or b.toml"),
        (document(config_map(data=["a.toml"])), Why.GARBLED, "it has no key a.toml or b.toml"),
    ],
)
def test_what_was_not_read_is_no_text(api: Api, answer: Answer, why: Why, says: str) -> None:
    """Only the API server's own answer says that the ConfigMap does not exist."""
    api[PATH] = answer
    with pytest.raises(ProgramError) as caught:
        read()
    assert caught.value.unread.why is why
    assert says in caught.value.unread.full_text
