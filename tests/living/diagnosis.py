"""What the product says about an object, and the commands in its advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A finding of the report in JSON: its *content*."""

    content: dict[str, Any]

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
    def why(self) -> str:
        """The cause in a sentence, without the controller's message."""
        return str(self.content["why"])

    @property
    def certainty(self) -> str:
        """How sure the cause is."""
        return str(self.content["certainty"])

    @property
    def advice(self) -> str:
        """The sentences of the advice."""
        return "\n".join(hint["text"] for hint in self.content["hints"])

    @property
    def blocks(self) -> set[str]:
        """The objects that wait for this one, as ``name``."""
        return {f"{it['kind']} {it['namespace']}/{it['name']}" for it in self.content["blocks"]}

    def change(self, *words: str) -> list[str]:
        """Return the one command in the advice that changes something and has all *words*."""
        commands = [
            command["argv"]
            for hint in self.content["hints"]
            for command in hint["commands"]
            if command["changes"] and set(words) <= set(command["argv"])
        ]
        assert len(commands) == 1, (words, self.content["hints"])
        return list(commands[0])
