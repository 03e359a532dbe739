"""Helpers for next steps."""

from fluxstatus.model.hints import Command, Hint, hint, kubectl


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
