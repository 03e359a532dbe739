"""What is kept of the termination message of a container, which may be the end of its log."""

from fluxstatus.base.late_pattern import late_pattern

_LONGEST = 320  # characters of the line that is kept
_LONGEST_OF_RUNTIME = 1000

_MIXED = late_pattern(r"(?=[\w./+=-]*\d)(?=[\w./+=-]*[A-Za-z])[\w./+=-]{12,}")
"""A long word of letters and digits: in free text it may be a credential."""

_OF_RUNTIME = frozenset({"StartError", "ContainerCannotRun"})
"""The reasons of containers that did not start: the message is the container runtime's, not a log
(containerd internal/cri, cri-o).
"""

_AFTER_THE_ERROR = late_pattern(
    r"\s"  # an indented line: a frame of a stack, or the description of an option
    r"|[{}\])]+;?$|Node\.js v|- /|\[signal |goroutine \d|created by |exit status \d"
    r"|[\w./*()\[\]{}<>,-]+\(.*\)$"  # a function in a stack of Go
    r"|[A-Z][\w ]{0,30}:$|Usage\b"  # a heading of the list of commands or options
    r"|(?:Use|Try|Run|See|For)\b.*(?:--help|help)\b|-{1,2}\w"
)
"""The beginning of a line that follows an error: a stack trace, or how a program is used.

They are those of Go, Java, Node.js and of libraries for command lines (Go flag, spf13/cobra,
Python argparse). Python writes the error after the stack.
"""


def last_words(message: str, reason: str) -> str:
    """Return the line of a termination *message* that says most, with long words masked.

    *reason* is that of the termination. The message of a container runtime is kept in full.
    """
    if reason in _OF_RUNTIME:
        return message.strip()[:_LONGEST_OF_RUNTIME]
    lines = [line.rstrip() for line in message.splitlines() if line.strip()]
    telling = (line for line in reversed(lines) if not _AFTER_THE_ERROR.match(line))
    line = next(telling, lines[-1] if lines else "")
    return _MIXED.sub("***", line.strip())[:_LONGEST]
