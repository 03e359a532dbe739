"""A line of a log."""

import json

import pytest

from fluxstatus.commands.logs.lines import as_json, as_text
from fluxstatus.lookup.log import parse

ENTRY = {
    "level": "error",
    "ts": "2026-11-23T11:59:00.5Z",
    "msg": "Reconciler error",
    "controllerKind": "Kustomization",
    "Kustomization": {"name": "web", "namespace": "apps"},
    "error": "https://me:hunter2@git.example.com said \x1b[2J no",
}
LINE = parse("kustomize-controller", json.dumps(ENTRY))


def test_a_line_has_time_controller_and_message() -> None:
    """A line has time, level, controller, object and message, escaped and without credentials."""
    assert as_text(LINE, color=False) == (
        "2026-11-23T11:59:00.500Z error kustomize-controller Kustomization/apps/web - "
        "Reconciler error: https://***@git.example.com said \\x1b[2J no"
    )
    assert "\x1b[1;31merror\x1b[0m" in as_text(LINE, color=True)
    assert "hunter2" not in as_json(LINE)
    assert "\x1b" not in as_json(LINE)


@pytest.mark.parametrize("raw", ["plain words", "{broken", "[1]", "{}", "", '{"ts": 3, "msg": []}'])
def test_whatever_is_no_entry_is_shown_as_it_is(raw: str) -> None:
    """A line that is not JSON in the usual form is shown as it is."""
    assert as_text(parse("x", raw), color=False).startswith(("x: ", "- - x"))
