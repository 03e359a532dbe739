"""Events as a list."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.events.source import EventQuery, Events
from fluxstatus.commands.listing import ListEntry
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object
from fluxstatus.model.ref import Ref
from tests.builders import HEALTHY, event, evidence, minutes

KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"


def about(api_version: str, *words: str, **more: Any) -> dict[str, Any]:
    """Return an event about an object of *api_version*."""
    made = event(*words, **more)
    made["involvedObject"]["apiVersion"] = api_version
    return made


FAILED = about(KUSTOMIZE, "Kustomization apps/web", "BuildFailed", "no", ago=minutes(30), count=2)
AGAIN = about(KUSTOMIZE, "Kustomization apps/web", "BuildFailed", "no", ago=minutes(1), count=3)
OTHER = about(KUSTOMIZE, "Kustomization apps/db", "BuildFailed", "no", ago=minutes(10))
FOREIGN = about("v1", "Pod apps/web-1", "BackOff", "back-off")
OWN = about("v1", "Pod flux-system/source-controller-1", "BackOff", "back-off", ago=minutes(9))
ANY = EventQuery()
ALL = (FAILED, AGAIN, OTHER, FOREIGN, OWN)


def entries(
    wanted: EventQuery = ANY, *, merged: bool = True, namespaces: tuple[str, ...] = ()
) -> list[ListEntry]:
    """Return the entries for a cluster with ALL."""
    saved = Saved(evidence(*HEALTHY, *ALL), namespaces)
    return [e for batch in Events(wanted, merged=merged).entries(saved) for e in batch]


def test_repeated_events_are_shown_once_newest_last() -> None:
    """Repeated events are one entry with a count; pods are listed only in Flux namespaces."""
    result = [(e.cell("OBJECT"), e.cell("TIMES"), e.cell("LAST")) for e in entries()]
    assert result == [
        ("kustomization/db", "1", "10m"),
        ("pod/source-controller-1", "1", "9m"),
        ("kustomization/web", "5", "60s"),
    ]
    assert entries()[-1].cell("FIRST") == "30m"
    assert len(entries(merged=False)) == 4


def test_how_long_an_attempt_took_makes_no_other_event() -> None:
    """The entry has the message of the newest; another number makes another event."""
    said = [
        about(KUSTOMIZE, "Kustomization apps/web", "HealthCheckFailed", text, ago=minutes(ago))
        for ago, text in enumerate(
            ("after 49.97ms: port 80", "after 1m15.3s: port 80", "after 2s: port 81"), 1
        )
    ]
    for number, one in enumerate(said):
        one["metadata"]["name"] = f"web.{number}"
    for events in (said, said[::-1]):
        [listed] = Events(ANY, merged=True).entries(Saved(evidence(*events)))
        found = [(entry.cell("TIMES"), entry.cell("MESSAGE")) for entry in listed]
        assert found == [("1", "after 2s: port 81"), ("2", "after 49.97ms: port 80")]
    [listed] = Events(ANY, merged=False).entries(Saved(evidence(*said)))
    assert len(listed) == 3


@given(st.permutations([about(KUSTOMIZE, f"Kustomization apps/{name}", reason, "no")
                        for name in ("web", "db") for reason in ("A", "B")]))  # fmt: skip
def test_events_of_one_second_have_an_order(events: list[Object]) -> None:
    """The order in which an API server lists events of the same second does not matter."""
    [listed] = Events(ANY, merged=True).entries(Saved(evidence(*events)))
    result = [(entry.cell("OBJECT"), entry.cell("REASON")) for entry in listed]
    assert result == [
        (f"kustomization/{name}", one) for name in ("db", "web") for one in ("A", "B")
    ]


def test_events_are_chosen() -> None:
    """Events are selected by object, age, type and namespace."""
    web = Ref(KUSTOMIZE, "Kustomization", "apps", "web")
    assert [e.cell("TIMES") for e in entries(EventQuery(about=web))] == ["5"]
    assert [e.cell("TIMES") for e in entries(EventQuery(since=timedelta(minutes=5)))] == ["3"]
    assert entries(EventQuery(type="Normal")) == []
    assert {e.cell("OBJECT") for e in entries(namespaces=("apps",))} == {
        "kustomization/db",
        "kustomization/web",
    }


def test_a_doubt_is_gone_with_an_event() -> None:
    """A missing object without events is an error; one with events was deleted."""
    saved = Saved(evidence(*ALL))
    for name, there in (("web", True), ("typo", False)):
        wanted = EventQuery(about=Ref(KUSTOMIZE, "Kustomization", "apps", name))
        source = Events(wanted, merged=True, error=NotFoundError("there is none"))
        list(source.entries(saved))
        assert (source.not_found() is None) is there


def test_credentials_are_masked() -> None:
    """A credential in a message is not shown."""
    secret = about(KUSTOMIZE, "Kustomization apps/x", "F", "https://me:hunter2@git.example.com")
    saved = Saved(evidence(secret))
    [[entry]] = Events(ANY, merged=True).entries(saved)
    assert "hunter2" not in entry.cell("MESSAGE")


@pytest.mark.parametrize("column", Events.wide)
def test_every_column_has_a_text(column: str) -> None:
    """No column fails, whatever an event lacks but for the time that the API server sets."""
    bare = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "a", "creationTimestamp": "2026-11-23T11:00:00Z"},
        "involvedObject": {"apiVersion": KUSTOMIZE},
    }
    [[entry]] = Events(ANY, merged=True).entries(Saved(evidence(bare)))
    assert isinstance(entry.cell(column), str)


def test_the_newest_events() -> None:
    """--tail leaves the newest; while watching, also each that is new or repeated since."""
    assert [one.cell("LAST") for one in entries(EventQuery(tail=2))] == ["9m", "60s"]
    assert len(entries(EventQuery(tail=9))) == len(entries(EventQuery(tail=-1))) == 3
    watched = Events(EventQuery(tail=1), merged=True)
    assert len(next(watched.entries(Saved(evidence(*HEALTHY, *ALL))))) == 1
    repeated = about(KUSTOMIZE, "Kustomization apps/db", "BuildFailed", "no", ago=minutes(0))
    (now,) = watched.entries(Saved(evidence(*HEALTHY, *ALL, repeated)))
    assert [one.cell("OBJECT") for one in now] == ["kustomization/web", "kustomization/db"]
