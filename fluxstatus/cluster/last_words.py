"""What is kept of the termination message of a container, which may be the end of its log."""

from fluxstatus.base.error_lines import error_line
from fluxstatus.base.late_pattern import late_pattern

_LONGEST = 320  # characters of the line that is kept
_LONGEST_OF_RUNTIME = 1000

_MIXED = late_pattern(r"(?=[\w./+=-]*\d)(?=[\w./+=-]*[A-Za-z])[\w./+=-]{12,}")
"""A long word of letters and digits: in free text it may be a credential."""

_OF_RUNTIME = frozenset({"StartError", "ContainerCannotRun"})
"""The reasons of containers that did not start: the message is the container runtime's, not a log
(containerd internal/cri, cri-o).
"""


def last_words(message: str, reason: str) -> str:
    """Return the line of a termination *message* that says most, with long words masked.

    *reason* is that of the termination. The message of a container runtime is kept in full.
    """
    if reason in _OF_RUNTIME:
        return message.strip()[:_LONGEST_OF_RUNTIME]
    return _MIXED.sub("***", error_line(message))[:_LONGEST]
