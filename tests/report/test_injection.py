"""Values from the cluster never become options of a printed command."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

import pytest

from fluxstatus.knowledge.rule import command
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge
from tests.conftest import RECORDED, ROOT

PLANTED = "--planted=option"
STATES = {"zoo": RECORDED / "zoo.json.gz", "lab": ROOT / "tests" / "lab" / "states.json.gz"}
Place: TypeAlias = tuple[str, ...]
"""The keys of a field, without the indexes of lists."""

# What these hold decides what an object is: with another value there would be none to diagnose.
STRUCTURE = {
    ("apiVersion",), ("kind",), ("metadata", "creationTimestamp"),
    ("status", "conditions", "type"), ("status", "conditions", "status"),
    ("status", "conditions", "lastTransitionTime"),
}  # fmt: skip


@cache
def state(name: str) -> Evidence:
    """Return the recorded state *name*."""
    return snapshot.load(STATES[name])


def strings(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield the place and value of each string in *value*."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from strings(inner, (*place, key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner, place)
    elif isinstance(value, str) and len(value) > 1:
        yield place, value


def rewritten(value: Any, replacements: Mapping[tuple[Place, str], str], place: Place = ()) -> Any:
    """Return *value* with the *replacements* of strings at places."""
    if isinstance(value, Mapping):
        return {k: rewritten(inner, replacements, (*place, k)) for k, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rewritten(inner, replacements, place) for inner in value]
    return replacements.get((place, value), value) if isinstance(value, str) else value


def plant(item: Any, place: Place) -> Any:
    """Return *item* with PLANTED at *place*, and in its messages for the value that was there."""
    values = {value for at, value in strings(item) if at == place}
    replacements = {(place, value): PLANTED for value in values}
    for at, text in strings(item):
        if at[-1] == "message" and at != place:
            for value in values:
                text = text.replace(value, PLANTED)  # noqa: PLW2901 - one after the other
            replacements[at, text] = text
    return rewritten(item, replacements)


def places(item: Any) -> list[Place]:
    """Return the places of strings in *item* that can be replaced."""
    return sorted({place for place, _ in strings(item)} - STRUCTURE)


def planted(known: Evidence, turn: int) -> Evidence:
    """Return *known* with PLANTED at one place of each object, another one in each *turn*."""

    def plant_one(item: Any, number: int) -> Any:
        free = places(item)
        return plant(item, free[(number + turn) % len(free)]) if free else item

    answers = {
        query: answer._replace(items=tuple(plant_one(i, n) for n, i in enumerate(answer.items)))
        for query, answer in known.answers.items()
    }
    return replace(known, answers=answers)


def options(known: Evidence) -> Iterator[str]:
    """Yield each option of the commands in the report on *known*, without the values of `-n`."""
    report = json.loads(as_json.render(judge(known), Look()))
    for finding in report["findings"]:
        for hint in finding["hints"]:
            for printed in hint["commands"]:
                for before, word in pairwise(printed["argv"]):
                    if word.startswith("-") and before not in TAKES_VALUE:
                        yield word


TAKES_VALUE = {"-n", "-l"}
TURNS = max(
    len(places(item)) for name in STATES for a in state(name).answers.values() for item in a.items
)


@pytest.mark.parametrize("turn", range(TURNS))
@pytest.mark.parametrize("name", STATES)
def test_a_value_is_no_option(name: str, turn: int) -> None:
    """No command in the report has an option that comes from a field of an object."""
    found = set(options(planted(state(name), turn)))
    assert found
    assert {option for option in found if option.startswith(PLANTED)} == set()


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ("kubectl describe secret {value} -n apps", False),
        ("kubectl get {value}/app", False),
        ("kubectl get app -n {value}", False),
        ("kubectl get secret/{value}", True),
        ("helm list --filter={value}", True),
    ],
)
def test_a_command_with_an_option_as_a_value_is_not_printed(template: str, printed: bool) -> None:
    """A template is not filled if the value would begin a word with "-"."""
    assert (command(template, {"value": PLANTED}, changes=False) is not None) is printed
    assert command(template, {"value": "app"}, changes=False) is not None
