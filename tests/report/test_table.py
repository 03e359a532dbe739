"""A table that grows."""

from collections.abc import Sequence

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
    assert table.lines([["much-longer", "True", "y"]]) == "much-longer   True   y\n"


def test_headers_can_be_left_out() -> None:
    """With --no-headers there are rows only, and the heads take no room."""
    assert Table(HEADS, Look(), header=False).lines([["a", "-", "x"]]) == "a   -   x\n"


def fitted(width: int, heads: Sequence[str], *rows: Sequence[str], **look: bool) -> list[str]:
    """Return the lines of a table on a terminal."""
    lines = Table(heads, Look(width=width, **look), fitted=True).lines(rows).splitlines()
    assert max(map(len, lines)) <= width
    return lines


def test_a_message_without_room_stands_below_its_row() -> None:
    """A message that fits is beside the others; a longer one is below, wrapped, and whole."""
    lines = fitted(40, HEADS, ["a", "True", "fits"], ["b", "False", LONG])
    assert lines[:3] == ["NAME   READY   MESSAGE", "a      True    fits", "b      False"]
    assert all(line.startswith("  ") for line in lines[3:])
    assert " ".join(line.strip() for line in lines[3:]) == LONG
    assert LONG in Table(HEADS, Look(width=40)).lines([["a", "True", LONG]])


def test_a_message_is_wrapped_beside_its_row_if_that_is_no_longer() -> None:
    """With room for it, the lines of a message are below each other in its own column."""
    lines = fitted(58, HEADS, ["a", "True", LONG])
    assert " ".join(line[15:] for line in lines[1:]) == LONG
    assert len(lines) == 3


def test_columns_without_room_stand_below_with_their_heads() -> None:
    """The first columns stay beside each other; of the others only cells with a text are shown."""
    heads = ("NAME", "READY", "WANTED", "APPLIED", "MESSAGE")
    lines = fitted(30, heads, ["a" * 20, "True", "v1", "", "done"], ["b", "False", "v2", "v1", ""])
    assert lines == [
        "NAME                   READY",
        "a" * 20 + "   True",
        "  WANTED v1  done",
        "b                      False",
        "  WANTED v2  APPLIED v1",
    ]


def test_columns_in_which_no_row_says_anything_are_left_out() -> None:
    """On a terminal, SUSPENDED is shown only if an object is, and an empty column never.

    In a pipe all columns are there, so that a program finds them; and while more rows may come.
    """
    heads = ("NAME", "SUSPENDED", "WANTED", "MESSAGE")
    running, stopped = ["a", "False", "", "x"], ["b", "True", "", "y"]
    assert fitted(80, heads, running) == ["NAME   MESSAGE", "a      x"]
    assert fitted(80, heads, running, stopped)[0] == "NAME   SUSPENDED   MESSAGE"
    assert "SUSPENDED   WANTED" in Table(heads, Look()).lines([running])
    watched = Table(heads, Look(), fitted=True).lines([running], is_all=False)
    assert "SUSPENDED   WANTED" in watched


def test_few_long_names_do_not_cost_all_others_their_room() -> None:
    """A column that is short in nearly all rows is so, and a longer cell shifts its own row."""
    rows = [["name", "True", "a message with twenty-eight c"] for _ in range(20)]
    lines = fitted(50, HEADS, *rows, ["a-name-of-thirty-characters---", "False", "x"])
    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == "a-name-of-thirty-characters---  False  x"


SHOWN = ("NAME", "READY", "WANTED", "APPLIED", "MESSAGE")


def test_a_revision_is_not_said_again_where_that_takes_a_line() -> None:
    """The message of a healthy object is left out if it only has what stands in its row."""
    row = ["web", "True", "main@sha1:1", "main@sha1:1", "Applied revision: main@sha1:1"]
    other = ["db", "True", "main@sha1:2", "main@sha1:2", "Applied revision: main@sha1:1"]
    lines = fitted(36, SHOWN, row, other)
    assert lines[1:] == [
        "web    True    main@sha1:1",
        "db     True    main@sha1:2",
        "  Applied revision: main@sha1:1",
    ]
    assert lines[0].split() == ["NAME", "READY", "APPLIED", "MESSAGE"]
    assert fitted(90, SHOWN, row)[1].endswith("   Applied revision: main@sha1:1")


def test_a_message_takes_the_room_of_empty_cells() -> None:
    """It stands below its row only if the row has no room for it."""
    text = "a sentence that needs the room of two columns"
    well = ["other", "True", "v1", "v1", "ok"]
    lines = fitted(62, SHOWN, well, ["web", "False", "", "", text])
    assert lines[2].endswith(f"  {text}")
    assert fitted(62, SHOWN, well, ["web", "False", "v2", "v1", text])[3].strip() == text


def test_why_another_object_fails_is_said_once() -> None:
    """The rows below the first that says it only name the object; in a pipe each row says it."""
    waits = "waits for GitRepository/git: the host refuses connections"
    rows = [["a", "False", waits], ["b", "Unknown", waits], ["c", "False", waits]]
    rows.append(["d", "False", f"{waits} again"])
    lines = fitted(90, HEADS, *rows)
    assert [line.split("   ")[-1].strip() for line in lines[1:]] == [
        waits, "waits for GitRepository/git", "waits for GitRepository/git", f"{waits} again"
    ]  # fmt: skip
    table = Table(HEADS, Look(width=90), fitted=True)
    assert table.lines(rows[:1]).count(waits) == 1
    assert table.lines(rows[1:2]).count("refuses") == 0
    assert Table(HEADS, Look(width=90)).lines(rows).count(waits) == len(rows)


WAITING = ("NAMESPACE", "NAME", "READY", "MESSAGE")


def test_rows_that_wait_for_the_same_are_one() -> None:
    """With all their names; a row that says something else is one of its own."""
    waits = "waits for GitRepository/git: refused"
    rows = [["x", f"web-{n}", "False", waits] for n in range(4)]
    rows[3][2] = "Unknown"
    broken = [["x", name, "False", "broken"] for name in ("y", "z")]
    lines = fitted(80, WAITING, *rows, *broken)
    assert [line.split() for line in lines[1:]] == [
        ["x", "web-0", "False", *waits.split()],
        ["also", "web-1,", "web-2"],
        ["x", "web-3", "Unknown", "waits", "for", "GitRepository/git"],
        ["x", "y", "False", "broken"],
        ["x", "z", "False", "broken"],
    ]
    assert len(fitted(80, WAITING, *rows[:2])) == 3
    plain = Table(WAITING, Look()).lines(rows).splitlines()
    assert len(plain) == 5
    assert all(line.endswith(waits) for line in plain[1:])


@pytest.mark.parametrize(
    ("ready", "wanted", "applied", "is_said"),
    [
        ("True", "main", "main@sha1:1", True),
        ("True", "2.x", "v2.1@sha256:2", True),
        ("True", "main@sha1:2", "main@sha1:1", False),
        ("False", "main", "main@sha1:1", False),
        ("True", "main", "", False),
    ],
)
def test_what_is_wanted_is_shown_unless_all_have_it(
    ready: str, wanted: str, applied: str, is_said: bool
) -> None:
    """WANTED is left out only where room is short, and of a row that is ready and has it."""
    well = [["other", "True", "main", "main@sha1:1", "in a sentence with many words"]] * 9
    row = ["web", ready, wanted, applied, "in a sentence with many words"]
    lines = fitted(62, SHOWN, *well, row)
    assert "WANTED" not in lines[0]
    assert ("WANTED" not in " ".join(lines[10:])) is is_said
    assert wanted in " ".join(lines[10:]) or is_said
    assert "WANTED" in fitted(160, SHOWN, *well, row)[0]


def test_hashes_are_abbreviated_on_a_terminal() -> None:
    """A hash has seven characters there, as Git prints it, and all of them in a pipe."""
    row = ["a", "True", f"Applied revision: main@sha1:{'0123456789' * 4}"]
    assert fitted(80, HEADS, row)[1] == "a      True    Applied revision: main@sha1:0123456"
    assert row[-1] in Table(HEADS, Look()).lines([row])


@pytest.mark.parametrize("width", [10, 25, 47])
def test_nothing_is_wider_than_a_narrow_terminal(width: int) -> None:
    """Even names are broken where a line has no room for one."""
    text = "".join(fitted(width, HEADS, ["n" * 30, "True", "m" * 50], ascii=True)[1:])
    assert text.count("n") == 30
    assert text.count("m") == 50


def test_nothing_from_the_cluster_is_obeyed() -> None:
    """Escapes, newlines and marks are shown, not obeyed; color is ours alone."""
    text = Table(HEADS, Look()).lines([["a\x1b[2J", "True", "x\ny\u202ez"]])
    assert text.splitlines()[1] == "a\\x1b[2J   True    x y\\u202ez"
    painted = Table(HEADS, Look(color=True)).lines([["a", "False", "x"]])
    assert painted.splitlines()[1] == "a      \x1b[1;31mFalse\x1b[0m   x"
