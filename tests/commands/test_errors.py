"""Errors in the arguments of a command."""

from dataclasses import replace
from pathlib import Path

import pytest
import typer

from fluxstatus.commands.errors import report_unread, reported
from fluxstatus.commands.options import Connection, SnapshotInput
from fluxstatus.model.errors import AmbiguousError, ArgumentError, UnknownKindError, UnreadError
from fluxstatus.model.findings import Exit, Finding, Level
from tests.builders import FORBIDDEN
from tests.report.reports import failed, passed, report

Capture = pytest.CaptureFixture[str]


def test_choices_are_commands_for_the_same_cluster(capsys: Capture) -> None:
    """A choice can be pasted: it has the flags of the connection, but no token."""
    error = AmbiguousError("'web' matches 2 objects; choose one:", [("ks/web", "-n", "a b")])
    given = Connection(context="x", token="t", request_timeout="5s", cache_dir="/c")
    with pytest.raises(typer.Exit) as ended, reported("tree", given):
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


def test_ten_choices_are_all(capsys: Capture) -> None:
    """Nothing is said about others if there are none."""
    choices = [("ks/web", "-n", f"team-{number}") for number in range(10)]
    with pytest.raises(typer.Exit), reported("explain", Connection()):
        raise ArgumentError("too many", choices)
    assert len(capsys.readouterr().err.splitlines()) == 11


@pytest.mark.parametrize("unreachable", [False, True])
def test_what_was_not_read_is_reported(capsys: Capture, unreachable: bool) -> None:
    """With the permission that is missing; a failure only if it is the cluster's."""
    denied = Finding("ui", "x", Level.UNKNOWN, "no pods", evidence=(("a", "list pods"), ("b", "c")))
    others = (failed(1), failed(2, level=Level.WARN), passed("ui", "fine"))
    advice = replace(denied, category="habit")
    found = report(denied, *others, advice)._replace(unreachable=unreachable)
    assert report_unread(found)
    assert capsys.readouterr().err.splitlines() == [
        "Error: no pods (missing permission: list pods, c)",
        *(["Error: GitRepository team/broken-1 is broken"] if unreachable else ()),
    ]
    assert not report_unread(report(*others))
    assert not capsys.readouterr().err


def test_unread_is_left_to_the_only_exit(capsys: Capture) -> None:
    """An object that was not read is no error in the arguments: nothing is printed for it here."""
    with pytest.raises(UnreadError), reported("tree", Connection()):
        raise UnreadError(FORBIDDEN)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "how", "flags"),
    [
        (SnapshotInput(), "use", " --context=x"),
        (
            SnapshotInput(from_=Path("now.json")),
            "to query a cluster instead of a snapshot, use",
            "",
        ),
    ],
)
def test_a_kind_of_another_command(
    capsys: Capture, given: SnapshotInput, how: str, flags: str
) -> None:
    """What reads only a cluster is not suggested as if it could read the snapshot."""
    words = ["secret/login"]
    with (
        pytest.raises(typer.Exit) as ended,
        reported("explain", Connection(context="x"), given, words=words),
    ):
        raise UnknownKindError("secret", "did you mean source?")
    assert ended.value.exit_code == Exit.USAGE
    assert capsys.readouterr().err == (
        f"Error: 'secret' is not a Flux kind; {how}: "
        f"kubectl flux-status credentials KIND/NAME{flags}\n"
    )
