"""Who wrote what in the text about a workload: Kubernetes, the program, its probe, or a policy.

A program may write anything before it exits ("permission denied", "node affinity", a whole error of
Kubernetes), and so may the command of a probe and the policy of a webhook. Rules about images,
volumes, the scheduler and the kubelet must not read it. Only the rules in PROGRAMS read what a
program wrote, and only those in pods/readiness.py what a probe reported.
"""

import re
from collections.abc import Mapping

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.knowledge.message import Message

PROGRAMS = (
    "pods.programs",
    "pods.program_files",
    "pods.program_databases",
    "pods.program_services",
)
"""The tables of rules about what a program wrote."""

_PROGRAM = late_pattern(
    r"\bterminated with (?!StartError|ContainerCannotRun)\w+ \(exit code -?\d+\)[^\n\"]{0,40}, "
    r"with the message \"(?P<words>.*?)\"(?=; [A-Z]\w+: |$)",
    re.DOTALL,
)
"""The termination message of a container (see state/pods.py).

If the container did not even start, the message is the runtime's: containerd reports StartError,
CRI-O and Docker ContainerCannotRun.
"""

_PROBE = late_pattern(r"\bprobe (?:failed|errored)[^:\n]{0,60}: (?P<words>.*)", re.DOTALL)
"""The result of a probe (kubernetes pkg/kubelet/prober)."""

_HOOK = late_pattern(
    r"\blifecycle hook \([^\n]*? for Container [^\n]*? failed - error: (?P<words>.*)", re.DOTALL
)
"""The output of a postStart or preStop hook (kubernetes pkg/kubelet/lifecycle/handlers.go)."""

_POLICY = late_pattern(r"\bdenied (?:the )?request:(?P<words>.*)", re.DOTALL)
"""The words of an admission webhook or policy (kubernetes apiserver pkg/admission/plugin)."""

_REQUEST = late_pattern(r"[^\n]*\"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S* HTTP/\d[^\n]*")
"""A line of an access log: it is about a request of a client."""

_HARMLESS = late_pattern(
    r"^[^\n]*(?:\blevel=[\"']?(?:debug|info|notice|warn)|\"level\": ?\"(?:debug|info|notice|warn)|"
    r"(?<=\n)[IW]\d{4} \d|\b(?:DEBUG|INFO|NOTICE|WARN(?:ING)?)\b|\[(?:debug|info|notice|warn)\]|"
    r"\bretrying\b|\bwill retry\b|\busing (?:the )?defaults?\b|\bignoring\b|\bskipping\b)[^\n]*",
    re.MULTILINE,
)
"""A line after which a program goes on, as its level or its words say."""

_FATAL = late_pattern(
    r"^(?![^\n]*(?:give|giving|gave) up)(?![^\n]*(?:time[ds]? ?out|deadline|attempts|retries|connect|"
    r"unreachable|not (?:ready|available)|exit(?:ed|ing)?\b))"
    r"[^\n]*(?:\blevel=[\"']?(?:error|fatal|panic)|\"level\": ?\"(?:error|fatal|panic)|"
    r"\[(?:emerg|alert|crit|error|fatal)\]|\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|"
    r"(?:^|: )(?:panic|[Ff]atal(?: error)?|[Ee]rror|[A-Z]\w*(?:Error|Exception)): )",
    re.MULTILINE,
)
"""A line with an error that is not just the end of several attempts."""

_UNREAD: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(PROGRAMS, (_PROBE, _HOOK, _POLICY)),
    "pods.readiness": (_PROGRAM, _HOOK, _POLICY),
    "admission": (_PROGRAM, _PROBE, _HOOK),
    "cloud": (),  # the clouds' own errors, whoever quotes them
}
"""The words that the rules of a table or a part of it do not read; the others read none of them."""


class WorkloadWords:
    """A text about a workload, and what each table of rules reads of it."""

    def __init__(self, text: str) -> None:
        """Store the *text*."""
        self._text = text
        self._messages: dict[str, Message] = {}

    def for_rules_of(self, table: str) -> Message:
        """Return the message for the rules in *table*; other words are blanked out."""
        name = next((one for one in (table, table.partition(".")[0]) if one in _UNREAD), "")
        if name not in self._messages:
            text = self._text
            for pattern in _UNREAD.get(name, (_PROGRAM, _PROBE, _HOOK, _POLICY)):
                text = pattern.sub(_blanked, text)
            if name in PROGRAMS:
                text = _PROGRAM.sub(_without_harmless, text)
            self._messages[name] = Message(text)
        return self._messages[name]


def _without_harmless(found: re.Match[str]) -> str:
    """Return the program's words without the lines that do not say why it exited."""
    start, end = (offset - found.start() for offset in found.span("words"))
    words = _REQUEST.sub(_blank_line, found[0][start:end])
    last = max((fatal.start() for fatal in _FATAL.finditer(words)), default=0)
    words = _HARMLESS.sub(_blank_line, words[:last]) + words[last:]
    return found[0][:start] + words + found[0][end:]


def _blank_line(found: re.Match[str]) -> str:
    return _blank(found[0])


def _blanked(found: re.Match[str]) -> str:
    start, end = (offset - found.start() for offset in found.span("words"))
    return found[0][:start] + _blank(found[0][start:end]) + found[0][end:]


def _blank(text: str) -> str:
    return re.sub(r"\S", "x", text)
