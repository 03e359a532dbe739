"""Quotations are the text itself once they are parsed, and no text ends one."""

import json
import re
import tomllib
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.base.quoting import json_text, quoted, yaml_string
from fluxstatus.base.visible import visible_lines
from fluxstatus.mcp.formats import jsonc
from fluxstatus.mcp.formats import toml as toml_format
from fluxstatus.mcp.formats import yaml as yaml_format
from tests.report.reports import PATIENT, TEXT

JSON = TEXT.filter(lambda text: not re.search("[\ud800-\udbff][\udc00-\udfff]", text))
"""JSON has halves of a surrogate pair, but both halves side by side are one character."""

VALID = TEXT.filter(lambda text: not re.search("[\ud800-\udfff]", text))
"""Half of a surrogate pair is no text for TOML and for PyYAML."""


@PATIENT
@given(JSON)
def test_a_quotation_is_one_visible_string(text: str) -> None:
    """It is a JSON string in one line, in which every character can be seen."""
    found = quoted(text)
    assert json.loads(found) == text
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', found)
    assert visible_lines(found) == found
    assert "\n" not in found


def test_a_long_text_is_cut_in_the_middle() -> None:
    """Both ends stay, and the cut is inside the quotes."""
    assert quoted("a" * 5 + "b" * 5, 4) == '"aa … bb"'
    assert quoted("abcd", 4) == '"abcd"'


def test_delete_is_not_visible() -> None:
    """The one control character of ASCII that JSON does not escape is shown, too."""
    assert quoted("a\x7f b") == '"a\\u007f b"'
    assert yaml_string("a\x7f b") == '"a\\U0000007f b"'


@PATIENT
@given(VALID)
def test_a_string_is_that_of_toml_and_yaml(text: str) -> None:
    """Both formats read the same text, and nothing in it is invisible."""
    found = yaml_string(text)
    assert visible_lines(found) == found
    assert tomllib.loads(f"x = {found}") == {"x": text}
    assert yaml.safe_load(found) == text


@PATIENT
@given(st.dictionaries(JSON, st.lists(JSON, max_size=2) | JSON, max_size=2))
def test_a_document_is_the_same(value: dict[str, Any]) -> None:
    """A JSON document with any indentation is parsed to the same value."""
    for indent in (None, 2, "\t"):
        found = json_text(value, indent)
        assert json.loads(found) == value
        assert visible_lines(found.replace("\t", "")) == found.replace("\t", "")


@PATIENT
@given(VALID)
def test_an_entry_for_a_client_can_be_seen(name: str) -> None:
    """The name of a context is the same in each format, and can be seen in the file."""
    value = {"mcpServers": {"x": {"args": ["--kube-context", name]}}}
    found = jsonc.dump(value)
    assert json.loads(found) == value
    assert visible_lines(found) == found
    found = toml_format.dump(value)
    assert tomllib.loads(found) == value
    assert visible_lines(found) == found
    found = yaml_format.dump(value)
    assert yaml.safe_load(found) == value
    assert yaml_format.entries(found, ["mcpServers"]) == value["mcpServers"]
    assert visible_lines(found) == found
