"""Lists of a snapshot: what a selector chooses in it, and what it does not have."""

from collections.abc import Sequence
from typing import Any

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.model.errors import UnreadError
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.kinds import KINDS
from tests.builders import FORBIDDEN, event, evidence, kustomization

KS = KINDS["Kustomization"]
OBJECTS = (
    kustomization("b/two", "git", labels={"app": "web"}),
    kustomization("a/one", "git", labels={"app": "web"}),
    kustomization("a/other", "git"),
)
WEB, POD = "Kustomization apps/web", "Pod apps/web"
EVENTS = (
    event(WEB, "Failed", "1"),
    event(WEB, "BuildFailed", "2"),
    event(POD, "BackOff", "3"),
    event("Kustomization other/web", "Failed", "4"),
)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ["one", "other", "two"]),
        ({"namespaces": ["a"]}, ["one", "other"]),
        ({"selector": "app=web"}, ["one", "two"]),
        ({"namespaces": ["a"], "selector": "app=web"}, ["one"]),
        ({"namespaces": ["c"]}, []),
    ],
)
def test_namespaces_and_labels_choose(chosen: dict[str, Any], names: Sequence[str]) -> None:
    """An object must be in one of the namespaces and have the labels."""
    saved = Saved(evidence(*OBJECTS), **chosen)
    [(kind, batch)] = saved.read([KS])
    assert (kind, [one["metadata"]["name"] for one in batch]) == (KS, names)
    assert saved.unread == {}


@pytest.mark.parametrize(
    ("fields", "namespace", "messages"),
    [
        ("", "", ["1", "2", "3", "4"]),
        ("involvedObject.kind=Kustomization", "", ["1", "2", "4"]),
        ("involvedObject.kind=Kustomization,reason=x,type=Warning", "", []),
        ("involvedObject.kind=Kustomization,type=Warning", "", ["1", "2", "4"]),
        ("type=Normal", "", []),
        ("involvedObject.kind=Kustomization", "apps", ["1", "2"]),
        ("involvedObject.kind=Kustomization,involvedObject.kind!=Pod", "apps", ["1", "2"]),
        ("involvedObject.kind!=Pod", "apps", ["1", "2", "3"]),
        ("involvedObject.name=nope", "", []),
    ],
)
def test_fields_choose_events(fields: str, namespace: str, messages: Sequence[str]) -> None:
    """An event must have all fields, and be in the namespace; != is left to the caller."""
    saved = Saved(evidence(*EVENTS))
    assert sorted(one["message"] for one in saved.events(fields, namespace)) == messages


def test_what_was_not_read_is_unread() -> None:
    """A kind and events that are missing from the snapshot are not empty lists."""
    saved = Saved(evidence(*OBJECTS, unread={KS.resource: FORBIDDEN, "events": FORBIDDEN}))
    assert [list(batch) for _, batch in saved.read([KS])] == [[]]
    assert list(saved.events("")) == []
    assert saved.unread == {KS.resource: FORBIDDEN, "events": FORBIDDEN}
    with pytest.raises(UnreadError, match="no connection"):
        Saved(evidence(unreachable=Unread(Why.UNREACHABLE, "no connection")))
