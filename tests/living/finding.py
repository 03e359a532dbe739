"""A finding of the check, and the commands in its advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Finding:
    """A finding as in the JSON report: its *content*."""

    content: dict[str, Any]

    @property
    def is_fault(self) -> bool:
        """Whether something is broken, or may be."""
        quiet = {"pass", "skip", "wait"}
        return self.content["class"] == "fault" and self.content["level"] not in quiet

    @property
    def name(self) -> str:
        """The kind, namespace and name of the object, empty without one."""
        it = self.content["object"]
        return f"{it['kind']} {it['namespace']}/{it['name']}" if it else ""

    @property
    def code(self) -> str:
        """The code of the cause."""
        return str(self.content["code"])

    @property
    def certainty(self) -> str:
        """How sure the cause is."""
        return str(self.content["certainty"])

    @property
    def title(self) -> str:
        """The object and the cause in one line."""
        return str(self.content["title"])

    @property
    def why(self) -> str:
        """The cause in a sentence, without the controller's message."""
        return str(self.content["why"])

    @property
    def advice(self) -> str:
        """The sentences of the advice, one per line."""
        return "\n".join(hint["text"] for hint in self.content["hints"])

    @property
    def text(self) -> str:
        """The cause and the advice."""
        return f"{self.why}\n{self.advice}"

    @property
    def blocks(self) -> set[str]:
        """The objects that wait for this one, each as in ``name``."""
        return {f"{it['kind']} {it['namespace']}/{it['name']}" for it in self.content["blocks"]}

    def change(self, *words: str) -> list[str]:
        """Return the one command in the advice that changes something and has all *words*."""
        return self._command(words, changes=True)

    def read(self, *words: str) -> list[str]:
        """Return the one command in the advice that changes nothing and has all *words*."""
        return self._command(words, changes=False)

    def _command(self, words: Collection[str], *, changes: bool) -> list[str]:
        commands = [
            command["argv"]
            for hint in self.content["hints"]
            for command in hint["commands"]
            if command["changes"] is changes and set(words) <= set(command["argv"])
        ]
        assert len(commands) == 1, (words, self.content["hints"])
        return list(commands[0])
