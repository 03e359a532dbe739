"""The HTML page, as a strict parser of HTML 5 reads it; test_page.py has it in a browser."""

import re
from base64 import b64encode
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given

from fluxstatus.base.visible import visible_lines
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.report import Look, as_html
from fluxstatus.report.as_html import render
from fluxstatus.report.sentences import by_blocked
from tests.report.judged import NAMES, hostile, recorded
from tests.report.reports import PATIENT, REPORTS, SAMPLE, failed, kustomizations, report

CSS = Path(as_html.__file__).with_name("page.css").read_text(encoding="ascii")
ELEMENTS = {
    "html", "head", "meta", "link", "title", "style", "body", "a", "header", "h1", "h2", "span",
    "p", "table", "tbody", "tr", "td", "main", "section", "div", "form", "input", "fieldset",
    "label", "select", "option", "output", "details", "summary", "pre", "button", "ul", "li", "b",
    "script", "svg", "g", "rect", "text", "path",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "content", "http-equiv", "name", "rel", "href", "class", "id", "role",
    "hidden", "type", "value", "checked", "aria-label", "aria-labelledby", "placeholder",
    "autocomplete", "data-level", "data-step", "open", "tabindex", "viewBox", "x", "y", "width",
    "height", "rx", "d",
}  # fmt: skip


def elements(text: str) -> list[Any]:
    """Return the elements of a page; an error of syntax fails."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return [one for one in parser.parse(text).iter() if isinstance(one.tag, str)]


def local(one: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(one.tag.rpartition("}")[2])


def check(text: str) -> None:
    """Fail if the page is not valid, refers to another one at once, or hides something."""
    assert text.isascii()
    found = elements(text)
    assert {local(one) for one in found} <= ELEMENTS
    for one in found:
        assert set(one.attrib) <= ATTRIBUTES
        for name, value in one.attrib.items():
            assert visible_lines(value) == value
            if name == "href":
                assert re.fullmatch(r"#[\w-]+|data:,|https://[\w./#-]+", value, re.ASCII)
        if local(one) not in {"style", "script"}:
            assert visible_lines("".join(one.itertext())) == "".join(one.itertext())
    names = [one.attrib["id"] for one in found if "id" in one.attrib]
    assert len(names) == len(set(names))
    links = [one.attrib["href"][1:] for one in found if one.attrib.get("href", "").startswith("#")]
    assert set(links) <= set(names)


def details(text: str, level: str) -> list[Any]:
    """Return the elements about findings at *level*."""
    return [one for one in elements(text) if one.attrib.get("data-level") == level]


@pytest.mark.parametrize("name", NAMES)
def test_it_has_each_finding(name: str) -> None:
    """A page is valid and has each fault and each piece of advice; passes only with --all."""
    about = recorded(name)
    text = render(about, Look())
    check(text)
    for level in (Level.FAIL, Level.WARN, Level.UNKNOWN, Level.WAIT):
        assert len(details(text, level)) == about.count(level)
    assert len(details(text, "advice")) == len(about.advice)
    assert details(text, "pass") == []
    assert len(details(render(about, Look(everything=True)), "pass")) == about.count(Level.PASS)


def test_a_finding_has_the_cause_and_the_fix() -> None:
    """The worst comes first, with its cause, the objects that it blocks, and the commands."""
    worst = by_blocked(recorded("zoo").faults)[0]
    first = details(render(recorded("zoo"), Look()), "fail")[0]
    text = "".join(first.itertext())
    assert first.attrib["id"] == f"f-{worst.id}"
    assert "open" in first.attrib
    assert worst.title in text
    assert str(worst.explanation) in text
    assert all(str(ref) in text for ref in worst.blocks)
    commands = [one.text for one in first.iter() if local(one) == "pre"]
    argvs = [" ".join(command.argv) for hint in worst.hints for command in hint.commands]
    assert commands[-len(argvs) :] == argvs


def test_a_command_that_changes_something_is_marked() -> None:
    """The mark is beside the command, not in what is copied."""
    page = render(SAMPLE, Look())
    marks = [one for one in elements(page) if one.attrib.get("class") == "changes"]
    changing = [
        c for one in SAMPLE.findings for hint in one.hints for c in hint.commands if c.changes
    ]
    assert len(marks) == len(changing) > 0
    assert "changes" not in "".join(str(one.text) for one in elements(page) if local(one) == "pre")


def test_the_graph_has_what_causes_block() -> None:
    """A cause is a node with a link to its finding; what it blocks is grouped by namespace."""
    other = failed(1)
    other.blocks = kustomizations(3)
    page = elements(render(report(other, *SAMPLE.findings), Look()))
    labels = [one.text for one in page if local(one) == "text"]
    assert labels == [
        "GitRepository team-a/app", "GitRepository team/broken-1",
        "37 Kustomizations in team-a", "12 HelmReleases in team-b",
    ]  # fmt: skip
    assert sum(local(one) == "path" for one in page) == 3


def test_what_is_not_drawn_is_counted() -> None:
    """Of many causes ten are drawn."""
    causes = [failed(number) for number in range(40)]
    for cause in causes:
        cause.blocks = kustomizations(1)
    text = render(report(*causes), Look())
    assert "Not drawn: 30 more causes." in text
    assert text.count("<rect") == 11


def test_the_policy_names_what_runs() -> None:
    """The policy of the page allows its style and its script by their hashes, and nothing else."""
    page = elements(render(SAMPLE, Look()))
    [policy] = [one.attrib["content"] for one in page if "http-equiv" in one.attrib]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for name in ("style", "script"):
        [text] = [str(one.text) for one in page if local(one) == name]
        assert (
            rules[f"{name}-src"] == f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        )


def luminance(color: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colors_have_contrast() -> None:
    """Each color of text has a contrast of 4.5 to both backgrounds, light and dark (WCAG AA)."""
    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6});", one))
        for one in re.findall(r":root \{.*?\}", CSS, re.DOTALL)
    ]
    assert len(schemes) == 2
    for scheme in schemes:
        texts = scheme.keys() - {"page", "card", "line"}
        for text, ground in product(texts, ("page", "card")):
            lighter, darker = sorted((luminance(scheme[text]), luminance(scheme[ground])))[::-1]
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


@PATIENT
@given(about=REPORTS)
def test_any_report_is_html(about: Report) -> None:
    """Whatever is in a report, the page is valid."""
    check(render(about, Look(everything=True)))


HOSTILE_WORDS = (
    '"><script>alert(1)</script>', "</style></script>", "' onclick='x", "<!--", "&lt;b&gt;",
    "</details></body></html>", "javascript:alert(1)", "\u202e\x1b[31m\0\ud800",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE_WORDS)
def test_a_word_is_no_element(words: str) -> None:
    """Hostile words in each text of a finding are shown as they are, or as escapes."""
    finding = Finding(
        words, words, Level.FAIL, words, why=words, reason=words, message=words, docs=words,
        blocks=kustomizations(1),
    )  # fmt: skip
    text = render(report(finding), Look())
    check(text)
    assert visible_lines(words) in "".join("".join(one.itertext()) for one in elements(text))


def test_hostile_words_are_no_elements() -> None:
    """Nor in any field of the objects."""
    for about in hostile():
        check(render(about, Look()))
