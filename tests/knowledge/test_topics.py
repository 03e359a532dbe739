"""Only the tables that may be about an object are imported, and no rule is missed thereby."""

import pkgutil

import pytest

from fluxstatus import knowledge
from fluxstatus.knowledge.tables import RULES, TABLES
from fluxstatus.knowledge.topics import TOPICS, rules_about, table
from fluxstatus.model.kinds import KINDS


def test_every_table_is_a_topic() -> None:
    """A table that nobody named here would never be used."""
    paths = knowledge.__path__
    names = {one.name for one in pkgutil.iter_modules(paths)}
    with_rules = {name for name in names if name not in {"tables", "topics"} and _has_rules(name)}
    assert with_rules == {*TOPICS, "pods", "custom_objects"}


def _has_rules(name: str) -> bool:
    try:
        return bool(table(name))
    except AttributeError:
        return False


@pytest.mark.parametrize("name", TOPICS)
def test_a_table_is_about_the_kinds_of_its_rules(name: str) -> None:
    """A table is imported for each kind that one of its rules is about, or for all kinds."""
    kinds = TOPICS[name]
    assert not kinds or all(rule.kinds and rule.kinds <= kinds for rule in TABLES[name])
    assert kinds <= KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_rules_about_a_kind_are_in_their_order(kind: str) -> None:
    """They are all that apply to the kind or to any, in the order that decides between them."""
    assert [*map(id, rules_about(kind))] == [
        id(rule) for rule in RULES if not rule.kinds or kind in rule.kinds
    ]
