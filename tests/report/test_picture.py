"""The picture in the README is drawn from what the program prints."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fluxstatus.report import Look
from fluxstatus.report.as_text import render
from tests.report.reports import REJECTED, SAMPLE, report

SCRIPT = Path(__file__).parents[2] / "docs" / "picture.py"
TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(name="picture")
def _picture() -> Callable[..., str]:
    drawn: Callable[..., str] = runpy.run_path(str(SCRIPT))["picture"]
    return drawn


def test_the_picture_shows_the_text_where_the_terminal_does(picture: Callable[..., str]) -> None:
    """Read back line by line and column by column, the picture is the report."""
    finding = replace(REJECTED, hints=())  # commands may be wider than the picture
    result = report(finding, *SAMPLE.findings[1:])
    text = render(result, Look(width=100))
    drawn = ET.fromstring(picture(render(result, Look(width=100, color=True)), "kubectl x"))
    lines: dict[str, str] = {}
    for each in drawn.iter(TEXT):
        column = round((float(each.attrib["x"]) - 18) / 8.4)
        lines[each.attrib["y"]] = lines.get(each.attrib["y"], "").ljust(column) + (each.text or "")
    expected = ["$ kubectl x", *(line for line in text.splitlines() if line)]
    assert list(lines.values()) == expected


def test_a_long_line_goes_on_below(picture: Callable[..., str]) -> None:
    """The picture is 112 columns wide; nothing of a longer command is cut off."""
    drawn = ET.fromstring(picture("\x1b[36m" + "y" * 250 + "\x1b[0m"))
    rows = [each for each in drawn.iter(TEXT) if "y" in (each.text or "")]
    assert [len(each.text or "") for each in rows] == [112, 112, 26]
    assert len({each.attrib["y"] for each in rows}) == 3


def test_the_picture_has_the_colors(picture: Callable[..., str]) -> None:
    """Each color of the report has a style of its own; what has none is plain."""
    drawn = ET.fromstring(picture(render(SAMPLE, Look(color=True))))
    styles = {each.text: each.get("class") for each in drawn.iter(TEXT)}
    words = [styles[word] for word in ("fail", "warn", "skip", "pass")]
    assert len(set(words)) == 4
    assert None not in words
    assert styles["kubectl flux-status"] is None


def test_the_picture_escapes_markup(picture: Callable[..., str]) -> None:
    """What looks like a tag in a message is text in the picture."""
    drawn = ET.fromstring(picture('<script> & "x"', '<a "b">'))
    assert [each.text for each in drawn.iter(TEXT)] == ["$", '<a "b">', '<script> & "x"']
    assert drawn.attrib["aria-label"] == 'Output of <a "b">'
