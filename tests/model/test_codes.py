"""A code is its name, and brings its meaning."""

import copy
import json

from fluxstatus.model.codes import Code

CODE = Code("git-empty", "The Git repository is empty.")


def test_a_code_is_its_name() -> None:
    """JSON, a comparison, a dict and a sentence take a code as they take its name."""
    known: dict[str, int] = {CODE: 1}
    assert known["git-empty"] == 1
    assert json.dumps({CODE: CODE}) == '{"git-empty": "git-empty"}'
    assert CODE == "git-empty"
    assert f"{CODE}" == "git-empty"


def test_a_copy_keeps_the_meaning() -> None:
    """A finding that is copied means the same."""
    assert copy.deepcopy(CODE).meaning == CODE.meaning
