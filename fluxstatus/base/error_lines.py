"""The line with the error among the last words of a program."""

from fluxstatus.base.late_pattern import late_pattern

_AFTER_THE_ERROR = late_pattern(
    r"\s(?!\s*line \d+: )"  # an indented line: of a stack or an option, but not an error of YAML
    r"|[{}\])]+;?$|Node\.js v|- /|\[signal |goroutine \d|created by |:? ?exit status \d"
    r"|[\w./*()\[\]{}<>,-]+\(.*\)$"  # a function in a stack of Go
    r"|[A-Z][\w ]{0,30}:$|Usage\b"  # a heading of the list of commands or options
    r"|(?:Use|Try|Run|See|For)\b.*(?:--help|help)\b|-{1,2}\w"
)
"""The beginning of a line that follows an error: a stack trace, or how a program is used.

They are those of Go, Java, Node.js and of libraries for command lines (Go flag, spf13/cobra,
Python argparse). Python writes the error after the stack.
"""


_CRASHED = ("panic: ", "fatal error: ")  # the Go runtime, before the stacks of all goroutines


def error_line(text: str) -> str:
    """Return the last line of *text* that is not one that follows an error, or the last one."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    crash = next((line for line in lines if line.startswith(_CRASHED)), "")
    telling = (line for line in reversed(lines) if not _AFTER_THE_ERROR.match(line))
    return crash or next(telling, lines[-1] if lines else "").strip()
