"""An object in a tree of owners or of what it made."""

from collections.abc import Iterator
from dataclasses import dataclass

from fluxstatus.lookup.health import Health
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Node:
    """An object: what it is to the one above it, how it stands, and what hangs on it.

    `facts` are (name, value) pairs such as its address and revision.
    """

    ref: Ref
    relation: str
    health: Health
    facts: tuple[tuple[str, str], ...] = ()
    children: tuple["Node", ...] = ()

    def all(self) -> Iterator["Node"]:
        """Return it and everything below it."""
        yield self
        for child in self.children:
            yield from child.all()


def exit_code(root: Node) -> Exit:
    """Return the exit code: all of the tree was looked at, or something could not be read."""
    reasons = (node.health.unread.why for node in root.all() if node.health.unread)
    told = (Why.ABSENT, Why.NOT_ASKED)
    return Exit.HEALTHY if all(why in told for why in reasons) else Exit.NO_VERDICT
