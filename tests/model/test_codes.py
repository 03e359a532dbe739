"""A code is its name and has a meaning."""

import copy
import json

from fluxstatus.model.codes import Code

CODE = Code("git-empty", "The Git repository is empty.")


def test_a_code_is_its_name() -> None:
    """A code works like its name in JSON, comparisons, dicts and sentences."""
    known: dict[str, int] = {CODE: 1}
    assert known["git-empty"] == 1
    assert json.dumps({CODE: CODE}) == '{"git-empty": "git-empty"}'
    assert CODE == "git-empty"
    assert f"{CODE}" == "git-empty"


def test_a_copy_keeps_the_meaning() -> None:
    """The copy of a finding keeps the meaning of its code."""
    assert copy.deepcopy(CODE).meaning == CODE.meaning
