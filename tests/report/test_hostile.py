"""What the cluster says is only in strings of the JSON that the schema calls data."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.explain import as_json as explained
from fluxstatus.commands.explain.details import details_of
from fluxstatus.lookup.log import Summary
from fluxstatus.mcp.state_file import Configured, LocalState
from fluxstatus.model.evidence import Evidence
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import judge
from tests.planting import HOSTILE, MARK, STATES, planted, planted_around, state, turns

DATA = "#/$defs/data"
READER = LocalState((Configured("cursor", "Cursor", HOSTILE, HOSTILE, read_only=True),))


@cache
def schema(package: str) -> dict[str, Any]:
    """Return the schema of *package*."""
    found: dict[str, Any] = json.loads(
        resources.files(package).joinpath("schema.json").read_text(encoding="utf-8")
    )
    return found


def strings(value: Any, node: Any, root: Any) -> Iterator[tuple[str, bool]]:
    """Yield each string in *value* and whether its definition in the schema is that of data."""
    if isinstance(value, str):
        yield value, _is_data(node, root)
    elif isinstance(value, dict):
        for key, inner in value.items():
            for one in _resolved(node, root):
                if key in one.get("properties", {}):
                    yield from strings(inner, one["properties"][key], root)
    elif isinstance(value, list):
        for inner in value:
            for one in _resolved(node, root):
                if "items" in one:
                    yield from strings(inner, one["items"], root)


def _resolved(node: Any, root: Any) -> Iterator[Any]:
    """Yield *node* and what it refers to, with all alternatives."""
    yield node
    if "$ref" in node:
        yield from _resolved(root["$defs"][node["$ref"].removeprefix("#/$defs/")], root)
    for one in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _resolved(one, root)


def _is_data(node: Any, root: Any) -> bool:
    return any(one.get("$ref") == DATA for one in _resolved(node, root))


def unmarked(document: Any, package: str) -> set[str]:
    """Return the strings in *document* that have planted words and are not called data."""
    root = schema(package)
    found = list(strings(document, root, root))
    assert len(found) > 20
    return {text for text, is_data in found if MARK in text and not is_data}


def documents(known: Evidence) -> Iterator[tuple[Any, str]]:
    """Yield JSON documents about *known*: the report, and the details of some objects."""
    report = judge(known, memory=READER)
    text = as_json.render(report, Look(everything=True))
    assert text.replace("\n", "").isprintable()
    yield json.loads(text), "fluxstatus.report"
    analysis = Analysis(State(known))
    for number, resource in enumerate(analysis.state.resources.values()):
        if number % 19 == 0:  # they are alike
            details = details_of(analysis, report, resource, Summary(), ())
            yield json.loads(explained.render(details)), "fluxstatus.commands.explain"


@pytest.mark.parametrize("turn", range(turns()))
@pytest.mark.parametrize("name", STATES)
def test_words_of_an_object_are_data(name: str, turn: int) -> None:
    """A hostile text in any field of the objects is only in strings that are called data."""
    for document, package in documents(planted(state(name), turn, HOSTILE)):
        assert unmarked(document, package) == set()


@pytest.mark.parametrize("name", STATES)
def test_words_of_the_kubeconfig_are_data(name: str) -> None:
    """So is one in the kubeconfig, in versions and in reasons for what could not be read."""
    for document, package in documents(planted_around(state(name), HOSTILE)):
        assert MARK in json.dumps(document)
        assert unmarked(document, package) == set()


def test_a_string_without_the_definition_is_found() -> None:
    """The test sees planted words in a string that is not called data."""
    document = json.loads(as_json.render(judge(state("zoo")), Look()))
    document["findings"][0]["docs"] = MARK
    assert unmarked(document, "fluxstatus.report") == {MARK}
