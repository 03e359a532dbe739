"""Objects as JSON, YAML and names."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.report.yaml import as_json, as_names, as_yaml, yaml_of
from tests.builders import flux

ONE = flux("Kustomization", "apps/one")

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
)  # fmt: skip


@given(_VALUES)
def test_yaml_and_json_agree(value: Any) -> None:
    """Whatever JSON there is, a YAML reader gets the same from our YAML."""
    assert yaml.safe_load(yaml_of(value)) == value


def test_a_long_key_has_its_mark() -> None:
    """A parser looks for the colon of a key only in its first 1,024 characters."""
    for key in ("a" * 999, "a" * 1000, "a" * 2000, "\U000e0041" * 200):
        value = {key: [{key: {key: "b"}}], "c": {key: []}}
        assert yaml.safe_load(yaml_of(value)) == value


_ODD = (
    *("yes", "No", "on", "1e3", "0x1f", "012", "1:30", "2026-11-24", "~", ".inf", "null", "<<"),
    *("=", "- a", "a: b", "a #b", " a", "a ", "&a", "*a", "!a", "%a", "@a", "`a", "{", "[", "?"),
    *("-", "", "\x85", "\u2028", "\x1b[2J", "a\nb\n", "\U0001f600"),
)


@pytest.mark.parametrize("text", _ODD)
def test_text_stays_text(text: str) -> None:
    """What looks like something else to YAML stays text, and nothing a terminal obeys is left."""
    written = yaml_of({"key": text, text: 1})
    assert yaml.safe_load(written) == {"key": text, text: 1}
    assert written.replace("\n", "").isprintable()


def test_lists_are_whole_documents() -> None:
    """None, one or several objects are one v1 List, without managedFields."""
    managed = flux("Kustomization", "apps/two", managedFields=[{"manager": "x"}])
    for objects in ([], [ONE], [ONE, managed]):
        text = "".join(as_json(iter(objects)))
        document = json.loads(text)
        assert yaml.safe_load("".join(as_yaml(iter(objects)))) == document
        assert (document["kind"], document["apiVersion"]) == ("List", "v1")
        assert [item["metadata"]["name"] for item in document["items"]] == [
            item["metadata"]["name"] for item in objects
        ]
        assert "managedFields" not in text


def test_names_are_those_of_kubectl() -> None:
    """A name is quoted as kubectl quotes it."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    assert list(as_names([ONE, service])) == [
        "kustomization.kustomize.toolkit.fluxcd.io/one\n",
        "service/web\n",
    ]


_REPOSITORY = "https://github.com/acme/fleet"


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        ({"type": "generic", "address": "https://in.example.com:8443/a/b?c"},
         {"type": "generic", "address": "https://in.example.com:8443/***"}),
        ({"type": "discord", "address": "https://discord.example.com"},
         {"type": "discord", "address": "https://discord.example.com"}),
        ({"type": "github", "address": _REPOSITORY}, {"type": "github", "address": _REPOSITORY}),
        ({"type": "gitlabmergerequestcomment", "address": _REPOSITORY},
         {"type": "gitlabmergerequestcomment", "address": _REPOSITORY}),
        ({"type": "pagerduty", "address": "https://events.pagerduty.com", "channel": "e93facc0"},
         {"type": "pagerduty", "address": "https://events.pagerduty.com", "channel": "***"}),
        ({"type": "slack", "channel": "general"}, {"type": "slack", "channel": "general"}),
    ],
)  # fmt: skip
def test_the_address_of_a_webhook_is_masked(spec: dict[str, str], shown: dict[str, str]) -> None:
    """Of a Provider's address the server stays; that of a repository stays whole."""
    provider = {"apiVersion": "v1", "kind": "Provider", "spec": spec}
    assert json.loads("".join(as_json([provider])))["items"][0]["spec"] == shown
    assert yaml.safe_load("".join(as_yaml([provider])))["items"][0]["spec"] == shown
