"""A headline is made of parts of a sentence: no punctuation of a value cuts it."""

import pytest

from fluxstatus.knowledge import custom_objects
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.headline import parts_of, short
from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from fluxstatus.model.codes import Code

ALL = (*RULES, *table("pods"), *custom_objects.RULES, *STATES.values())
CODE = Code("some-code", "Something is wrong.")


def diagnosis(why: str, **fields: str) -> Diagnosis:
    """Return the diagnosis of a rule with this sentence."""
    return Diagnosis(Rule(CODE, why, ()), lambda: fields)


def test_every_statement_is_whole() -> None:
    """No headline ends inside parentheses or a quotation, or before the value of a field."""
    statements = [parts_of(rule).statement for rule in ALL]
    assert [s for s in statements if s.count("(") != s.count(")") or s.count('"') % 2] == []
    ends = [parts_of(rule).explanation.split(" ")[0] for rule in ALL]
    values = ("true", "false", "Never", "Always", "Orphan", "Delete", "enabled", "disabled")
    assert [word for word in ends if word.strip(",.)") in values] == []


@pytest.mark.parametrize(
    ("why", "headline", "explanation"),
    [
        ("{host} refuses connections: nothing listens", "h refuses connections", "nothing listens"),
        ("{file} is not valid: {detail}", "f is not valid: d: 1; e", ""),
        ("{file} is not valid: {detail}; mend it", "f is not valid: d: 1; e", "mend it"),
        ("no value is allowed: it is old ({detail})", "no value is allowed: d: 1; e",
         "it is old (d: 1; e)"),
        ("they form a cycle: {cycle}", "they form a cycle: a → b", ""),
        ("it is lost: {file}: {detail}", "it is lost: f: d: 1; e", ""),
        ("it is immutable (immutable: true), so it stays; delete it",
         "it is immutable (immutable: true), so it stays", "delete it"),
        ("its pod says {words}; nothing works", 'its pod says "panic: no; stop"', "nothing works"),
        ("it is {file}", "it is f", ""),
        (
            "{file}{of_endpoint} is wrong: correct it",
            "f of HelmRepository r is wrong",
            "correct it",
        ),
    ],
)  # fmt: skip
def test_a_headline_has_what_is_stated_and_quoted(
    why: str, headline: str, explanation: str
) -> None:
    """A headline goes to the end of the statement, with the words of the evidence."""
    fields = {"host": "h", "file": "f", "detail": "d: 1; e", "cycle": "a → b"}
    fields["of_endpoint"] = " of HelmRepository r"
    found = diagnosis(why, words='"panic: no; stop"', **fields)
    assert (found.headline, found.explanation) == (headline, explanation)
    assert found.why.startswith(headline.partition(": ")[0])


def test_a_symptom_is_followed_by_its_explanation() -> None:
    """A sentence whose beginning is only a symptom is in the headline up to its first semicolon."""
    why = "the webhook cannot be called: Service {service} has no pods (none); start it"
    found = Diagnosis(Rule(CODE, why, (), in_full=True), lambda: {"service": "a/b"})
    assert found.headline == "the webhook cannot be called: Service a/b has no pods (none)"
    assert found.explanation == "start it"


def test_nothing_is_quoted_that_is_not_known() -> None:
    """A phrase in place of a value, such as "see the message", is not worth a headline."""
    assert diagnosis("the install failed: {detail}").headline == "the install failed"


def test_a_value_is_not_quoted_twice() -> None:
    """A value that the statement has is not repeated."""
    found = diagnosis("{detail} cannot be read: look at {detail}", detail="spec")
    assert found.headline == "spec cannot be read"


def test_a_long_value_is_shortened_with_a_mark_and_whole_in_the_explanation() -> None:
    """A page of an error makes no title, and nothing of it is lost."""
    page = "\n".join(["a line of words"] * 20)
    found = diagnosis("it failed: {detail}; try again", detail=page)
    assert found.headline.startswith("it failed: a line of words a line")
    assert found.headline.endswith(" …")
    assert "\n" not in found.headline
    assert len(found.headline) < 140
    assert found.explanation == f"{page}; try again"
    long = diagnosis("{detail} failed; try again", detail=page)
    assert long.explanation == long.why


def test_a_short_value_is_one_line() -> None:
    """Blanks and line breaks become one blank."""
    assert short(" a\n  b ") == "a b"
    assert short("x" * 200) == "x" * 120 + "…"
    assert short(f"it failed ({'word ' * 30})").endswith("word word …)")


@pytest.mark.parametrize(
    ("why", "headline"),
    [
        ("{workload} did not become healthy: {workload_state}", "Deployment web: c OOMKilled: x"),
        ("the chart was applied, but {workload} did not become healthy: {workload_state}",
         "Deployment web: c OOMKilled: x"),
        ("the hook {workload} did not complete: {workload_state}",
         "the hook Deployment apps/web did not complete: c OOMKilled: x"),
        ("a test failed: {workload}: {workload_state}",
         "a test failed: Deployment web: c OOMKilled: x"),
        ("it was not ready in time", "it was not ready in time: Deployment web: c OOMKilled: x"),
    ],
)  # fmt: skip
def test_the_cause_of_a_workload_stands_for_its_state(why: str, headline: str) -> None:
    """What its pods say is more than its state, and the stage that waited for it is kept."""
    found = diagnosis(why, workload="Deployment apps/web", workload_state="it was in progress")
    shown = found.headline_for("Deployment apps/web", "Deployment web", "c OOMKilled: x")
    assert shown == headline


def test_what_is_added_is_not_in_the_headline() -> None:
    """Clauses are added to the explanation; only a quote changes the headline."""
    found = diagnosis("deletion is blocked: nobody does it").adding("the last attempt: no")
    assert found.headline == "deletion is blocked"
    assert found.explanation == "nobody does it; the last attempt: no"
    assert found.why == "deletion is blocked: nobody does it; the last attempt: no"
    assert found.adding(quote="no").headline == "deletion is blocked: no"
