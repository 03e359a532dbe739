"""All rules for messages: for the codes and their details.

Import this module late: it imports every table, which takes longer than checking a healthy cluster.
"""

from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.topics import TOPICS, table
from fluxstatus.knowledge.unknown import UNKNOWN_FAULT

TABLES: dict[str, tuple[Rule, ...]] = {name: table(name) for name in TOPICS}
"""The tables of rules, by name."""

RULES: tuple[Rule, ...] = (*(rule for rules in TABLES.values() for rule in rules), UNKNOWN_FAULT)
"""All rules for messages, in the order of their tables."""
