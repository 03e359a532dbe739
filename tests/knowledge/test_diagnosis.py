"""A diagnosis: what is added to it, and what is left out of it."""

import pytest

from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.knowledge.rule import Rule, Step
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Certainty
from fluxstatus.model.hints import hint

CODE = Code("some-code", "Something is wrong.")
STEPS = (Step("read the log of {pod}", if_unexplained=True), Step("fix {name}"))


def diagnosis(why: str = "{name} is wrong: it has no x", sure: Certainty = "certain") -> Diagnosis:
    """Return the diagnosis of a rule with this sentence and STEPS."""
    fields = {"name": "app", "pod": "app-1", "workload_state": "bad", "workload": "a"}
    return Diagnosis(Rule(CODE, why, STEPS, certainty=sure), lambda: fields)


def texts(found: Diagnosis) -> list[str]:
    """Return the sentences of the steps."""
    return [one.text for one in found.hints]


def test_what_shows_the_cause_saves_a_step() -> None:
    """A step that only looks for the cause is left out where it is known; added ones stay."""
    found = diagnosis()
    both = texts(found)
    assert len(both) == 2
    assert texts(found.explained()) == both[1:]
    more = found.adding("also late", (hint("first"),), (hint("last"),))
    assert texts(more) == ["first", *both, "last"]
    assert texts(more.explained()) == ["first", both[1], "last"]
    assert more.explained().why == more.why == f"{found.why}; also late"


def test_what_is_added_to_the_headline_stays() -> None:
    """What follows in parentheses and the quotation outlast a later addition without them."""
    found = diagnosis("{name} is wrong: {workload_state}")
    plain = found.headline
    assert found.adding(also="twice").headline == f"{plain} (twice)"
    assert found.adding(also="twice").adding("more").headline == f"{plain} (twice)"
    assert found.adding(also="twice").adding(also="once").headline == f"{plain} (once)"
    quoting = found.adding(quote="worse")
    assert quoting.headline.endswith("is wrong: worse")
    assert quoting.adding("more").explained().headline == quoting.headline
    assert found.adding().why == found.why


@pytest.mark.parametrize(
    ("why", "certainty", "is_symptom"),
    [
        ("{workload} is bad: {workload_state}", "certain", True),
        ("{workload} was not ready in time", "one-of", True),
        ("{workload} was not ready in time", "certain", False),
        ("{name} is wrong: it has no x", "one-of", False),
        ("{name} is wrong: it has no x", "likely", False),
    ],
)
def test_a_symptom_explains_nothing(why: str, certainty: Certainty, is_symptom: bool) -> None:
    """It is the state of a workload, or that something with several causes came too late."""
    assert diagnosis(why, certainty).is_symptom is is_symptom
