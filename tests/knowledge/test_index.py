"""Only a few rules are tried for a message, and the matching one is always among them."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxstatus.knowledge import custom_objects
from fluxstatus.knowledge.index import FILE, Index
from fluxstatus.knowledge.rule import Reach, Rule, Text
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from tests.knowledge.examples import examples
from tests.knowledge.listed import NAMES, lines
from tests.knowledge.test_pods import PROBLEMS
from tests.knowledge.test_recorded import rows
from tests.pattern_words import required, words_of

ALL = (*RULES[:-1], *table("pods"), *custom_objects.RULES)
INDEX = Index(NAMES)
PATTERNS = sorted({rule.pattern.pattern for rule in ALL})
TEXTS = sorted({*(e.message for e in examples()), *(row.message for row in rows()), *PROBLEMS})
"""All written and recorded messages."""

_SET = re.compile(r"(?<!\\)\[\^?\]?(?:\\.|[^\]\\])*\]")
"""A set of characters in a pattern."""

BUILT = {
    "": {""},
    "Not Found": {"Not Found"},
    "colou?r": {"colo"},
    "ab*c{2}de{1,3}fgh": {"fgh"},
    "one|two three": {"one", "two three"},
    "(?:one|two) hundred": {"one hundred", "two hundred"},
    "(?P<name>first|second)": {"first", "second"},
    "(?:long(?:er|est) one)? mile": {" mile"},
    "a(?:long|short(?:er)?) b": {"long", "short"},
    "one|.*": {"one", ""},
    r"one\.two \[(?P<x>[^\]|(]+)\] threes": {"one.two ["},
    "^(?=.*before)(?!.*never before).*": {"before"},
    "(?<=behind)x(?<!never behind)": {"behind"},
    "[]ab]set and [[]]stays": {"set and "},
    "(?P<word>one|other) and (?P=word) more words": {" more words"},
    "(?P<name>a+) is not (?P=name) longer": {" is not "},
}
"""Patterns and the words that they require, of those that are required together the rarest."""

TOGETHER = {
    "": [],
    "one.*two": [{"one"}, {"two"}],
    "(?:one|two) of (?:the )?three": [{"one of ", "two of "}, {"three"}],
    "(?:1|2) of (?:3|4|)": [{f"{a} of {b}" for a in "12" for b in ("3", "4", "")}],
    "(?:a|b)(?:c|d)(?:e|f|g)(?:h|i)j": [
        {a + b + c for a in "ab" for b in "cd" for c in "efg"},
        {"hj", "ij"},
    ],
    "one(?=two) three(?<=four)five(?!six) seven": [
        {"one"},
        {"two"},
        {" three"},
        {"four"},
        {"five"},
        {" seven"},
    ],
    "(?P<x>one|two .*) three": [{"one", "two "}, {" three"}],
    "a b|c.*dd": [{"a b", "dd"}],
    r"\"(?P<name>[^\"]+)\"?: (?:in (?P<place>here|there))? not": [{'"'}, {": "}, {" not"}],
    r"(?=.*before)(?!.*never)x\|y": [{"before"}, {"x"}, {"y"}],
    "(?:more )?than (?:(?:one|two) words?)": [{"than "}, {"one word", "two word"}],
    "(?:twice){2} or (?:more)": [{" or more"}],
    "`quoted` word": [{"quoted"}, {" word"}],
    "(?:once)+ or more": [{"once"}, {" or more"}],
}
"""Patterns and all sets of words of which they require one each."""


def test_the_list_has_all_rules() -> None:
    """It is as `python -m tests.knowledge.fits` writes it, and no rule is in two tables."""
    assert FILE.read_text(encoding="utf-8").splitlines() == [*lines()]
    assert len({*map(id, ALL)}) == len(ALL)


@pytest.mark.parametrize("quoted", [None, False, True])
def test_the_list_leads_to_the_rules(quoted: bool | None) -> None:
    """Each rule is listed with its own kinds and reasons, at its place."""
    text = "\n".join(re.split(r"[\t|]", "\t".join(lines())))
    found = [*Index(NAMES, quoted=quoted).candidates(text)]
    assert [(one.place, id(one.rule)) for one in found] == [
        (place, id(rule)) for place, rule in enumerate(ALL) if quoted in (None, rule.quoted)
    ]
    for one in found:
        assert one.reach == (one.rule.reach if one.rule.pattern.pattern else Reach.STAGE)
        kinds, reasons = one.rule.kinds, one.rule.reasons
        for kind in (*kinds, "Other"):
            for reason in (*reasons, "Other"):
                is_about = (not kinds or kind in kinds) and (not reasons or reason in reasons)
                assert one.is_about(kind, reason) is is_about


def candidates(text: str) -> list[Rule]:
    """Return the rules that the list names for *text*."""
    return [one.rule for one in INDEX.candidates(text)]


def fitting(text: str) -> list[Rule]:
    """Return the rules that match *text*."""
    patterns = ((rule, (rule.pattern.compiled, rule.context.compiled)) for rule in ALL)
    return [rule for rule, both in patterns if all(one.search(text) for one in both)]


@pytest.mark.parametrize("pattern", BUILT)
def test_a_pattern_needs_its_longest_words(pattern: str) -> None:
    """The words include one of each alternative, and none of an optional part."""
    assert words_of(pattern) == BUILT[pattern]


@pytest.mark.parametrize("pattern", TOGETHER)
def test_a_pattern_needs_words_of_each_of_its_parts(pattern: str) -> None:
    """A part that is optional, denied or repeated needs none."""
    assert [*required(pattern)] == TOGETHER[pattern]


def test_patterns_have_no_groups_that_are_not_understood() -> None:
    """words_of knows every kind of group in the tables."""
    atom = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P=\w+\)"
    plain = (re.sub(atom, ".", pattern) for pattern in PATTERNS)
    kinds = {kind for pattern in plain for kind in re.findall(r"\((\?P?<?.)?", pattern)}
    assert kinds <= {"", "?:", "?=", "?!", "?<=", "?<!", "?P="} | {
        k for k in kinds if k[:3] == "?P<"
    }


def test_no_rule_is_passed_over() -> None:
    """Each rule that matches a message is tried, in the order of the tables."""
    for text in TEXTS:
        tried = [*map(id, candidates(text))]
        assert {id(rule) for rule in fitting(text)} <= set(tried)
        assert tried == [id(rule) for rule in ALL if id(rule) in tried]


def test_letter_case_is_no_matter() -> None:
    """A rule that matches in another letter case is tried, too."""
    for text in map(str.swapcase, TEXTS):
        assert {id(rule) for rule in fitting(text)} <= {*map(id, candidates(text))}


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(st.data())
def test_nothing_that_fits_is_passed_over(data: st.DataObject) -> None:
    """A text generated from a pattern contains a word of each set that it requires."""
    pattern = data.draw(st.sampled_from(PATTERNS))
    ascii_only = st.characters(codec="ascii")
    text = data.draw(st.from_regex(Text(pattern).compiled, alphabet=ascii_only))
    for words in required(pattern):
        assert any(word.lower() in text.lower() for word in words)


def test_a_text_in_lower_case_matches_at_the_same_places() -> None:
    """What is searched for in lower case is found where the pattern itself is, or not at all."""
    for text in TEXTS:
        for rule in candidates(text):
            for one in (rule.pattern, rule.context):
                found, expected = one.search(text), one.compiled.search(text)
                assert (found and found.regs) == (expected and expected.regs)


@pytest.mark.parametrize("letters", sorted({one for p in PATTERNS for one in _SET.findall(p)}))
def test_a_set_of_letters_has_both_cases(letters: str) -> None:
    """A set in a pattern has the same characters in lower case: no range crosses cases."""
    for one in map(chr, range(256)):
        assert bool(Text(letters).search(one)) is bool(Text(letters).compiled.search(one))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(?P<First>\S+) IS \D(?P=First)", "Abc is xABC"),
        (r"İ|\\A", r"the \a of İ"),
        (r"[^A-C]x\.Y", "ax bx Dx.y"),
        ("x", "İİİx"),
    ],
)
def test_case_is_ignored_in_all_texts(pattern: str, text: str) -> None:
    """Escapes and names of groups keep their case, and so do texts whose length could change."""
    expected = re.search(pattern, text, re.IGNORECASE)
    found = Text(pattern).search(text)
    assert expected
    assert found
    assert found.regs == expected.regs
    assert found.re.groupindex == expected.re.groupindex


def test_few_patterns_are_tried() -> None:
    """On average, at most a tenth of the patterns are searched in a message."""
    tried = [rule for text in TEXTS for rule in candidates(text) if rule.pattern.pattern]
    assert len(tried) / len(TEXTS) < len(ALL) / 10
