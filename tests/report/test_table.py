"""A table that grows."""

import pytest

from fluxstatus.report.look import Look
from fluxstatus.report.table import Table

HEADS = ("NAME", "READY", "MESSAGE")
LONG = "one two three four five six seven eight nine ten"


def test_columns_are_as_wide_as_the_first_rows_need() -> None:
    """The heads stand once; a later row that is wider pushes its own line only."""
    table = Table(HEADS, Look())
    assert table.lines([]) == ""
    assert table.lines([["a", "True", "x"], ["longer", "False", ""]]) == (
        "NAME     READY   MESSAGE\na        True    x\nlonger   False\n"
    )
    assert table.lines([["much-longer", "True", "y"]]) == "much-longer   True    y\n"


def test_headers_can_be_left_out() -> None:
    """With --no-headers there are rows only, and the heads take no room."""
    assert Table(HEADS, Look(), header=False).lines([["a", "-", "x"]]) == "a   -   x\n"


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_last_column_fits_the_terminal(*, ascii_only: bool) -> None:
    """On a terminal a message is cut with a mark, or wrapped; in a pipe it is whole."""
    look = Look(width=40, ascii=ascii_only)
    cut = Table(HEADS, look, fitted="cut").lines([["a", "True", LONG]]).splitlines()
    assert max(map(len, cut)) <= 40
    assert cut[1].endswith("..." if ascii_only else "…")
    wrapped = Table(HEADS, look, fitted="wrap").lines([["a", "True", LONG]]).splitlines()
    assert max(map(len, wrapped)) <= 40
    assert " ".join(line[15:] for line in wrapped[1:]) == LONG
    assert LONG in Table(HEADS, look).lines([["a", "True", LONG]])


def test_nothing_from_the_cluster_is_obeyed() -> None:
    """Escapes, newlines and marks are shown, not obeyed; color is ours alone."""
    text = Table(HEADS, Look()).lines([["a\x1b[2J", "True", "x\ny\u202ez"]])
    assert text.splitlines()[1] == "a\\x1b[2J   True    x y\\u202ez"
    painted = Table(HEADS, Look(color=True)).lines([["a", "False", "x"]])
    assert painted.splitlines()[1] == "a      \x1b[1;31mFalse\x1b[0m   x"
