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

PROGRAMS = ("pods.programs", "pods.program_files", "pods.program_services")
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

_POLICY = late_pattern(r"\bdenied (?:the )?request:(?P<words>.*)", re.DOTALL)
"""The words of an admission webhook or policy (kubernetes apiserver pkg/admission/plugin)."""

_UNREAD: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(PROGRAMS, (_PROBE, _POLICY)),
    "pods.readiness": (_PROGRAM, _POLICY),
    "admission": (_PROGRAM, _PROBE),
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
            for pattern in _UNREAD.get(name, (_PROGRAM, _PROBE, _POLICY)):
                text = pattern.sub(_blanked, text)
            self._messages[name] = Message(text)
        return self._messages[name]


def _blanked(found: re.Match[str]) -> str:
    start, end = (offset - found.start() for offset in found.span("words"))
    return found[0][:start] + re.sub(r"[^\s]", "x", found[0][start:end]) + found[0][end:]
