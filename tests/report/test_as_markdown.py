"""Markdown, as a parser of CommonMark reads it."""

import re
import shlex
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fluxstatus.base.visible import visible_lines
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.report import Look
from fluxstatus.report.as_markdown import render
from fluxstatus.report.sentences import by_blocked
from tests.report.judged import NAMES, hostile, recorded
from tests.report.reports import NOW, PATIENT, REPORTS, SAMPLE, failed, kustomizations, report

PARSER = MarkdownIt("commonmark").enable("table")
LIVE = re.compile(r"[@#~!$%&]\w|://|www\.|\w+/\w|\b[0-9a-f]{7,40}\b|GH-\d", re.ASCII)
"""What GitHub or GitLab make a link of in text: people, issues, addresses, hashes, projects."""

OURS = re.compile(r"(?:</?(?:details|summary|b|code)>)+")
LABEL = re.compile(r"(?:[^\W_]|[ \-_./:,@+=!?*'…]|#\d+;|<br/>)*")


def tokens(text: str) -> Iterator[Token]:
    """Yield all tokens of a document, those within a line as well."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def check(text: str) -> None:
    """Fail if anything in *text* is markup that is not ours."""
    for token in tokens(text):
        if token.type == "link_open":
            assert re.fullmatch(r"https://[\w./#-]+", str(token.attrs["href"]), re.ASCII)
            assert token.markup == "autolink"
        assert token.type not in {"image", "blockquote_open", "ordered_list_open", "hr"}
        if token.type in {"html_block", "html_inline"}:
            for tag in re.findall(r"<[^>]*>", token.content):
                assert OURS.fullmatch(tag), token.content
            words = re.sub(r"<code>.*?</code>", "", token.content)
            assert not LIVE.search(unescape(words))
    assert visible_lines(text) == text
    assert len(text.encode()) < 60_000


def in_text(text: str) -> str:
    """Return what is neither code nor a link of ours."""
    return "\n".join(
        token.content
        for token in tokens(re.sub(r"<https://[^>]*>", "", text))
        if token.type == "text"
    )


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks in *language*."""
    return [
        one.content for one in PARSER.parse(text) if one.type == "fence" and one.info == language
    ]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_markup_of_ours(name: str) -> None:
    """Every report is below 60 kB, and has no link, mention or markup but ours."""
    text = render(recorded(name), Look())
    check(text)
    assert not LIVE.search(in_text(text))


def test_causes_come_first() -> None:
    """The first causes are headings, in the order of what they block; the rest is folded."""
    text = render(recorded("zoo"), Look())
    headings = re.findall(r"^#### (.*)$", text, re.MULTILINE)
    worst = [one for one in by_blocked(recorded("zoo").faults) if one.level is Level.FAIL]
    plain = [heading.replace("`", "") for heading in headings]
    assert plain == [one.title for one in worst[:5]]
    assert text.index("<details>") > text.rindex("#### ")


def test_each_fault_is_there() -> None:
    """Of 81 causes and 7 warnings, each has at least its title; only the first ones have a fix."""
    text = render(recorded("zoo"), Look())
    missing = [
        one.title
        for one in by_blocked(recorded("zoo").faults)
        if " ".join(one.title.split()) not in re.sub(r"</?code>|`|&\w+;|&#\w+;", "", text)
        and not re.search(r"[`<>&'\"]", one.title)
    ]
    assert missing == []
    assert "more finding" not in text


def test_what_has_no_room_is_counted() -> None:
    """Of thousands of causes the first are shown, and the others are counted."""
    text = render(report(*(failed(n) for n in range(3000))), Look())
    check(text)
    [more] = re.findall(r"… and (\d+) more findings", text)
    assert 100 < 3000 - int(more) == len(set(re.findall(r"team/broken-\d+", text))) < 3000


def test_the_largest_cause_has_a_graph() -> None:
    """It is the one that blocks most; of 49 objects 12 are drawn, and the others counted."""
    small = failed(1)
    small.blocks = kustomizations(3)
    [graph] = fences(render(report(small, *SAMPLE.findings), Look()), "mermaid")
    assert graph.startswith('flowchart LR\n  cause["GitRepository team-a/app<br/>source-auth"]')
    assert graph.count("-->") == 13
    assert '["37 more"]' in graph


def test_commands_are_whole() -> None:
    """A command can be pasted as it is; one that changes the cluster says so before it."""
    [block, *_] = fences(render(SAMPLE, Look()), "sh")
    note, line = block.splitlines()
    assert note == "# changes the cluster"
    assert tuple(shlex.split(line)) == SAMPLE.findings[0].hints[0].commands[0].argv


HOSTILE_WORDS = (
    "![x](https://evil.example/x.png)", "[x](javascript:alert(1))", "<script>alert(1)</script>",
    "@octocat fixes #1", "```\n# big", "`` ` ``", "| a | b |", "https://evil.example",
    "www.evil.example",
    "</details></summary><h1>", "<!-- ", "&lt;img&gt;", "\\", "1. one", "- a", "> b", "***", "~~~",
    '%%{init: {"securityLevel": "loose"}}%%', '"] --> x', "org/repo#1", "GH-12 deadbeef1234",
    "\u202e\x1b[31m", ":tada:", "$(id)", "a\n\nb\n===",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE_WORDS)
def test_a_word_is_no_markup(words: str) -> None:
    """Hostile words in each text of a finding stay words: in code, or as plain text."""
    finding = Finding(
        "sources", words, Level.FAIL, f"{words} {words}", why=words, reason=words, message=words,
        since=NOW, blocks=kustomizations(1),
    )  # fmt: skip
    folded = [Finding("sources", words, Level.WARN, words), Finding(words, "x", Level.WARN, words)]
    text = render(report(finding, *folded), Look())
    check(text)
    assert not LIVE.search(in_text(text))
    [graph] = fences(text, "mermaid")
    for label in re.findall(r'\["(.*)"\]', graph):
        assert LABEL.fullmatch(label)
    assert len(graph.splitlines()) == 4


@PATIENT
@given(about=REPORTS)
def test_any_report_is_markdown(about: Report) -> None:
    """So do any words in any report."""
    check(render(about, Look()))


def test_hostile_words_are_no_markup() -> None:
    """And in any field of the objects."""
    for about in hostile():
        text = render(about, Look())
        check(text)
        assert not LIVE.search(in_text(text))
