"""The rule for faults that no other rule recognizes."""

from fluxstatus.knowledge.commands import DESCRIBE, EVENTS, LOG
from fluxstatus.knowledge.rule import Reach, Rule, Step
from fluxstatus.model.codes import Code

UNKNOWN_FAULT = Rule(
    Code("not-ready", "The object is not ready for a reason that the check does not recognize."),
    why="not ready (reason {reason}): {innermost}",
    steps=(
        Step(
            "check the object's conditions and events, and the controller's logs",
            read=(DESCRIBE, EVENTS, LOG),
        ),
    ),
    reach=Reach.STAGE,
    certainty="unknown",
)
"""The rule that applies if no other rule does."""
