"""Errors in the arguments of a command."""

import pytest
import typer

from fluxstatus.commands.errors import reported
from fluxstatus.commands.options import Connection
from fluxstatus.model.errors import AmbiguousError, ArgumentError, UnreadError
from fluxstatus.model.findings import Exit
from tests.builders import FORBIDDEN

Capture = pytest.CaptureFixture[str]


def test_choices_are_commands_for_the_same_cluster(capsys: Capture) -> None:
    """A choice can be pasted: it has the flags of the connection, but no token."""
    error = AmbiguousError("'web' matches 2 objects; choose one:", [("ks/web", "-n", "a b")])
    with pytest.raises(typer.Exit) as ended, reported("tree", Connection(context="x", token="t")):
        raise error
    assert ended.value.exit_code == Exit.USAGE
    assert capsys.readouterr().err == (
        "Error: 'web' matches 2 objects; choose one:\n"
        "  kubectl flux-status tree ks/web -n 'a b' --context=x\n"
    )


def test_many_choices_are_cut(capsys: Capture) -> None:
    """Ten choices are printed, and the number of the others."""
    choices = [("ks/web", "-n", f"team-{number}") for number in range(12)]
    with pytest.raises(typer.Exit), reported("explain", Connection()):
        raise ArgumentError("too many", choices)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2].endswith("-n team-9")
    assert lines[-1] == "  and 2 more: select a namespace with -n"


def test_unread_is_left_to_the_only_exit(capsys: Capture) -> None:
    """An object that was not read is no error in the arguments: nothing is printed for it here."""
    with pytest.raises(UnreadError), reported("tree", Connection()):
        raise UnreadError(FORBIDDEN)
    assert not capsys.readouterr().err
