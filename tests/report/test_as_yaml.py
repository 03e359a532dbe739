"""YAML has what JSON has."""

import json

import pytest
import yaml

from fluxstatus.report import Look
from fluxstatus.report.as_json import render as as_json
from fluxstatus.report.as_yaml import render
from tests.report.judged import NAMES, recorded


@pytest.mark.parametrize("name", NAMES)
def test_it_is_the_json_document(name: str) -> None:
    """A YAML parser reads the JSON document from it, in the same order, with all or without."""
    for look in (Look(), Look(everything=True)):
        found = yaml.safe_load(render(recorded(name), look))
        wanted = json.loads(as_json(recorded(name), look))
        assert json.dumps(found) == json.dumps(wanted)
