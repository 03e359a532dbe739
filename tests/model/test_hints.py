"""Helpers for next steps."""

from collections.abc import Mapping

import pytest

from fluxstatus.model.hints import Command, Hint, command, hint, kubectl


def test_a_hint_has_its_commands_in_order() -> None:
    """A hint of the helpers is the same as one spelled out."""
    found = hint("check its pods", kubectl("get", "pods"), kubectl("apply", changes=True))
    assert found == Hint(
        "check its pods",
        (Command(("kubectl", "get", "pods")), Command(("kubectl", "apply"), changes=True)),
    )
    assert found.label == "fix"


def test_a_hint_may_have_no_command() -> None:
    """A sentence alone is a hint."""
    assert hint("retry") == Hint("retry")


def test_a_command_is_filled_word_by_word() -> None:
    """A value stays one argument, whatever is in it; the options of the template stay."""
    fields = {"kind": "ks", "Name2": "a b'", "new_name": "-x", "other": ""}
    found = command("kubectl -n {kind} get '{kind} {Name2}' --as={new_name}", fields, changes=True)
    assert found == Command(("kubectl", "-n", "ks", "get", "ks a b'", "--as=-x"), changes=True)


def test_a_command_changes_nothing_unless_that_is_said() -> None:
    """Only what is said to change the cluster is marked so."""
    for one in (command("kubectl get {kind}", {"kind": "ks"}), kubectl("get", "ks")):
        assert one == Command(("kubectl", "get", "ks"), changes=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "ks"},
        {"kind": "ks", "new_name": ""},
        {"kind": "", "new_name": "a"},
        {"kind": "-n", "new_name": "a"},
        {"kind": "ks", "new_name": "--all"},
    ],
)
def test_a_command_that_lacks_a_value_is_none(fields: Mapping[str, str]) -> None:
    """There is no command without one of its values, nor with one that would be an option."""
    assert command("kubectl get {kind} {new_name}", fields) is None
