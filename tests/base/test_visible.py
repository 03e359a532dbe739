"""Text that goes out has no character that cannot be seen."""

import pytest
from hypothesis import given

from fluxstatus.base.visible import one_line, unindented, visible, visible_lines
from tests.report.reports import PATIENT, TEXT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, with (signs) and 'quotes'", "plain text, with (signs) and 'quotes'"),
        ("Grüße, 漢字, Привет, 🚀", "Grüße, 漢字, Привет, 🚀"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\tb\rc\nd\0", r"a\tb\rc\nd\x00"),
        ("\x85\x9b", r"\x85\x9b"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u2028b\u00a0c", r"a\u2028b\xa0c"),
        ("\ud800", r"\ud800"),
        ("e\u0301", r"e\u0301"),
        ("\U000e0041", r"\U000e0041"),
        ("a\u3164b\u115f\u1160\uffa0\u2800", r"a\u3164b\u115f\u1160\uffa0\u2800"),
        ("C:\\temp", "C:\\temp"),
    ],
)
def test_what_a_terminal_would_not_show_is_escaped(text: str, shown: str) -> None:
    """Readable text of any language stays; controls, marks and invisible characters do not."""
    assert visible(text) == shown


def test_a_list_of_errors_loses_its_indentation() -> None:
    """Only the tabs that begin a line: any other may be what is wrong."""
    errors = "2 errors occurred:\n\t* one\tx\n\t\t* two"
    assert unindented(errors) == "2 errors occurred:\n* one\tx\n* two"
    assert visible(one_line(errors)) == r"2 errors occurred: * one\tx * two"


def test_ascii_only_replaces_our_punctuation_and_escapes_the_rest() -> None:
    """A terminal without UTF-8 still gets every character, as ASCII."""
    assert visible("a · b … c\u2013d ü", ascii_only=True) == r"a - b ... c-d \xfc"


@PATIENT
@given(TEXT)
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    """Escaping twice is escaping once, so that no place need know whether it was done."""
    assert visible(visible(text)) == visible(text)


@PATIENT
@given(TEXT)
def test_lines_stay_lines(text: str) -> None:
    """Only newlines stay as they are."""
    assert visible_lines(text).split("\n") == [visible(line) for line in text.split("\n")]
