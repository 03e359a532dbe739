"""The words for what is known of an object."""

from enum import StrEnum


class Status(StrEnum):
    """What is known of an object; the values are those of STATUS and of --only."""

    EXISTS = "exists"
    GONE = "gone"
    LEFT_BEHIND = "left-behind"
    NOT_CHECKED = "not-checked"
    UNKNOWN = "unknown"


AMISS = frozenset({Status.GONE, Status.LEFT_BEHIND, Status.UNKNOWN})
"""The statuses that are shown if no object is named."""
