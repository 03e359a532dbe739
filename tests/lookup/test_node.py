"""A tree of related objects: its exit code."""

import pytest

from fluxstatus.lookup.health import health_of
from fluxstatus.lookup.node import Node, Relation, exit_code
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.ref import Ref
from tests.builders import NOW, kustomization


def node(item: Object | Unread | None, *children: Node) -> Node:
    """Return what is known of an object and of those below it."""
    ref = Ref("v1", "Kustomization", "apps", "app")
    return Node(ref, Relation.CREATED, health_of(item, NOW), children=children)


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (Why.ABSENT, Exit.HEALTHY),
        (Why.NOT_REQUESTED, Exit.HEALTHY),  # a Secret, or what a snapshot does not have
        (Why.FORBIDDEN, Exit.NO_VERDICT),
        (Why.FAILED, Exit.NO_VERDICT),
        (Why.TIMEOUT, Exit.NO_VERDICT),
        (Why.GARBLED, Exit.NO_VERDICT),
    ],
)
def test_an_object_that_was_not_read(why: Why, code: Exit) -> None:
    """A tree is incomplete if any object in it could not be read, however deep."""
    well, hidden = node(kustomization("app", "git")), node(Unread(why, "not read"))
    assert exit_code(hidden) is code
    assert exit_code(node(kustomization("app", "git"), well, node(None, hidden), well)) is code


def test_what_was_read_is_complete() -> None:
    """Failed and missing objects were read."""
    failed = node(kustomization("app", "git", {"Ready": "False BuildFailed: no"}))
    assert exit_code(node(kustomization("app", "git"), failed, node(None))) is Exit.HEALTHY
