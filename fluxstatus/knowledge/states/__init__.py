"""Rules for states of objects and controllers that no message reports.

Tracing the causes finds these states.
"""

from collections.abc import Mapping

from fluxstatus.knowledge.rule import Rule
from fluxstatus.knowledge.states import controllers, dependencies, objects, outages

STATES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in (*objects.RULES, *controllers.RULES, *dependencies.RULES, *outages.RULES)
}
"""The rules for states, by code."""
