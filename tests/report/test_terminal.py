"""What comes from a cluster is shown on a terminal, not obeyed by it."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.base.visible import visible
from fluxstatus.report.terminal import columns, command_line, painted, shown, wrap
from tests.report.reports import ANY_CHARACTER, HOSTILE, PATIENT, TEXT


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("漢字", 4), ("é", 1), ("", 0), ("🚀", 2)])
def test_columns_are_those_of_the_terminal(text: str, width: int) -> None:
    """An East Asian wide character takes two columns."""
    assert columns(text) == width


def test_only_our_control_sequences_reach_a_terminal() -> None:
    """Our colors and newlines stay; every other control character is shown."""
    text = f"a {painted('b', 'fail')}\nc"
    assert text == shown(text) == "a \x1b[1;31mb\x1b[0m\nc"
    assert (
        shown(f"{text}\x07\x1b[2J\x1b]8;;x\r\u202e") == f"{text}\\x07\\x1b[2J\\x1b]8;;x\\r\\u202e"
    )
    assert (painted("", "fail"), painted("b", "")) == ("", "b")


def test_wrap_breaks_at_blanks_and_newlines() -> None:
    """A line of a controller's message begins a line; blank lines are not worth one."""
    text = "build failed:\n\n  no such file or directory\r\n"
    assert wrap(text, 14) == ["build failed:", "no such file", "or directory"]
    assert wrap("ab cd ef", 5) == ["ab cd", "ef"]  # as wide as it may be


def test_wrap_breaks_a_word_that_fits_no_line() -> None:
    """A long word is broken at the width, wherever that is, and nothing of it is lost."""
    assert wrap("at abcdefghij now", 4) == ["at", "abcd", "efgh", "ij", "now"]
    assert wrap("漢字漢字", 5) == ["漢字", "漢字"]


@PATIENT
@given(TEXT, st.integers(2, 50), st.booleans())
def test_wrap_keeps_the_width_and_all_that_can_be_seen(
    text: str, width: int, ascii_only: bool
) -> None:
    """No line is wider, and the lines hold the text's characters in their order."""
    lines = wrap(text, width, ascii_only=ascii_only)
    assert all(columns(line) <= width for line in lines)
    whole = "".join(
        visible(line, ascii_only=ascii_only) for line in text.replace("\r\n", "\n").split("\n")
    )
    assert "".join(lines).replace(" ", "") == whole.replace(" ", "")


def shell_reads(line: str, locale: str) -> list[str]:
    """Return the words that a real shell makes of *line*."""
    result = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"],
        env={"LC_ALL": locale, "HOME": "/home/someone"},
        capture_output=True,
        check=True,
    ).stdout
    return result.decode().split("\0")[:-1]


@PATIENT
@given(st.lists(st.text() | st.sampled_from(HOSTILE), min_size=1), st.booleans())
def test_a_shell_reads_back_the_words_of_a_command(words: list[str], ascii_only: bool) -> None:
    """What is pasted is what was meant: nothing is expanded, run, split or lost."""
    argv = [word.replace("\0", "").encode(errors="ignore").decode() for word in words]
    for locale in ("C", "C.UTF-8"):
        assert shell_reads(command_line(argv, ascii_only=ascii_only), locale) == argv


@PATIENT
@given(st.lists(st.text(ANY_CHARACTER) | st.sampled_from(HOSTILE)), st.booleans())
def test_a_command_line_is_visible_as_it_is(words: list[str], ascii_only: bool) -> None:
    """Quoting leaves nothing that would have to be escaped for the terminal afterwards."""
    line = command_line(words, ascii_only=ascii_only)
    assert visible(line, ascii_only=ascii_only) == line


def test_what_no_command_can_hold_names_nothing() -> None:
    """A NUL would end the word early, so that the command met another object."""
    assert shell_reads(command_line(["delete", "app\0-old", "\ud800"]), "C.UTF-8") == [
        "delete", "app?-old", "?",
    ]  # fmt: skip


def test_a_plain_command_stays_plain() -> None:
    """Quotes appear only where they are needed."""
    argv = ["flux", "get", "ks", "-n", "team-a", "--context=prod-eu", "a b", ""]
    assert command_line(argv) == "flux get ks -n team-a --context=prod-eu 'a b' ''"
