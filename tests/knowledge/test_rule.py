"""A rule by itself: where it reaches in a message, and what its templates become."""

from fluxstatus.knowledge.message import Message
from fluxstatus.knowledge.rule import Rule, Step, Text, fill, hints
from fluxstatus.model.codes import Code

_SAID = Message("cannot apply: the server said: no such host")


def _depth(pattern: str, context: str = "") -> int:
    """Return how deep a rule with *pattern* reaches into the message."""
    rule = Rule(Code("x", "X."), "x", (), Text(pattern), Text(context))
    found = rule.match_text(_SAID)
    assert found
    return found.depth


def test_what_is_repeated_is_not_explained() -> None:
    """A group at the end only repeats the rest; what stands behind the own words is deeper."""
    assert _depth("cannot apply") == 0
    assert _depth("cannot apply: (?P<detail>.+)") == _depth("cannot apply: ")
    assert _depth("cannot (?P<verb>apply): the server") == _depth("the server") == 1
    assert _depth("no such host") == _depth("cannot apply", "no such host") == 2


def test_both_the_pattern_and_the_context_must_be_there() -> None:
    """A rule with only one of them does not match."""
    for pattern, context in (("cannot", "dial tcp"), ("dial tcp", "cannot")):
        assert (
            Rule(Code("x", "X."), "x", (), Text(pattern), Text(context)).match_text(_SAID) is None
        )


def test_only_the_commands_that_change_something_are_marked() -> None:
    """Assistants may run those that are not; one with an empty field is left out."""
    step = Step(
        "look",
        read=("kubectl get ks {name}", "kubectl get ks {nothing}"),
        change=("kubectl delete ks {name}", "kubectl delete ks {nothing}"),
    )
    (found,) = hints([step], {"name": "app", "nothing": ""})
    assert [(one.argv[1:], one.changes) for one in found.commands] == [
        (("get", "ks", "app"), False),
        (("delete", "ks", "app"), True),
    ]


def test_an_empty_field_is_a_phrase() -> None:
    """It is what the field stands for; a name has no article then, and no quotes."""
    fields = {"host": "", "secret": "", "detail": "", "name": "--all"}
    assert fill("{host} of {unknown}: {detail}", fields) == "the host of …: see the message"
    assert fill("Secret {secret}", fields) == "the Secret named in the spec"
    assert fill("Secret {secret}", {"secret": "app"}) == 'Secret "app"'
    assert fill("helm rollback {name}", fields) == "helm rollback …"
