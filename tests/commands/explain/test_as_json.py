"""`explain -o json` matches its schema."""

import json
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from fluxstatus.commands.explain import as_json
from fluxstatus.commands.explain.codes import codes
from fluxstatus.lookup.credentials.queries import WORDS
from tests.commands.codes import OF_COMMANDS
from tests.commands.explain.test_details import FILES, all_details

SCHEMA = json.loads(
    resources.files("fluxstatus.commands.explain").joinpath("schema.json").read_text()
)
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    """The schema is valid, and shares its definitions with the schema of a report."""
    Draft202012Validator.check_schema(SCHEMA)
    report = json.loads(resources.files("fluxstatus.report").joinpath("schema.json").read_text())
    shared = SCHEMA["$defs"].keys() & report["$defs"].keys()
    assert shared == {"count", "time", "level", "finding", "object", "commands", "data", "next"}
    assert {name: SCHEMA["$defs"][name] for name in shared} == {
        name: report["$defs"][name] for name in shared
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_explanation_matches_the_schema(file: object) -> None:
    """The document of each recorded object has exactly the keys of the schema."""
    for details in all_details(getattr(file, "name", "")):
        VALIDATOR.validate(json.loads(as_json.render(details)))


def test_every_code_matches_the_schema() -> None:
    """The document of each code matches the schema."""
    for code in codes(OF_COMMANDS).values():
        VALIDATOR.validate(json.loads(as_json.render(code)))


def test_the_schema_has_every_fact() -> None:
    """Each fact about a value is in the schema."""
    key = SCHEMA["$defs"]["credential"]["properties"]["keys"]["items"]["properties"]
    assert key["facts"]["items"]["enum"] == list(WORDS)
