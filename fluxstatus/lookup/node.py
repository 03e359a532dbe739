"""A tree of related objects, and the relations in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fluxstatus.lookup.health import Health
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import needs_of, provider_of, source_of
from fluxstatus.state.resource import Resource


class Relation(StrEnum):
    """The relation of an object to its parent; the values are those of the JSON output."""

    ROOT = ""
    SOURCE = "source"
    FEEDS = "feeds"
    NEEDS = "needs"
    NEEDED_BY = "needed by"
    CREATES = "makes"
    CREATED = "made"
    CREATED_BY = "made by"
    ALSO_BY = "also made by"
    OWNED_BY = "owned by"
    CONTROLLER = "controller"

    @property
    def label(self) -> str:
        """The relation in a text."""
        return _LABELS.get(self, self.value)


_LABELS = {
    Relation.CREATES: "creates",
    Relation.CREATED: "created",
    Relation.CREATED_BY: "created by",
    Relation.ALSO_BY: "also created by",
}

DEEPEST = 100
"""The number of levels of a tree that are shown. Each level costs a level of recursion."""

INVERSE = {
    Relation.SOURCE: Relation.FEEDS,
    Relation.NEEDS: Relation.NEEDED_BY,
    Relation.CREATED_BY: Relation.CREATED,
}
"""The same relations, as seen from the other object."""


def needs(resource: Resource, message: str) -> Iterator[tuple[Relation, Key]]:
    """Yield what *resource* needs according to its spec and *message*, each with its relation."""
    source = source_of(resource)
    for key in needs_of(resource, message):
        yield Relation.SOURCE if key == source else Relation.NEEDS, key
    if resource.ref.kind == "Alert":
        yield Relation.NEEDS, provider_of(resource)


def cut(health: Health) -> Health:
    """Return *health* of an object below which there are more than DEEPEST levels."""
    return health._replace(text=f"{health.text}; the objects below it are not shown")


@dataclass(frozen=True, slots=True)
class Node:
    """An object in a tree: its relation to its parent, its status, and its children.

    `facts` are (name, value) pairs such as its URL and revision. `cause` marks the cause of the
    failures in the tree.
    """

    ref: Ref
    relation: Relation
    health: Health
    facts: tuple[tuple[str, str], ...] = ()
    children: tuple["Node", ...] = ()
    suspended: bool = False
    cause: bool = False

    def all(self) -> Iterator["Node"]:
        """Yield this node and all nodes below it."""
        yield self
        for child in self.children:
            yield from child.all()


def exit_code(root: Node) -> Exit:
    """Return the exit code of a tree: 0 if all objects could be read, else 3."""
    reasons = (node.health.unread.why for node in root.all() if node.health.unread)
    expected = (Why.ABSENT, Why.NOT_REQUESTED)
    return Exit.HEALTHY if all(why in expected for why in reasons) else Exit.NO_VERDICT
