"""When a source fetches again, and how to make it."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.commands.wait.coming import hint_for, next_fetch
from fluxstatus.model.evidence import Object, Unread
from tests.builders import FORBIDDEN, NOW, flux, judged, stamp

PUSH = {"type": "github", "resources": [{"kind": "GitRepository", "name": "fleet"}]}


def source(interval: str, fetched: timedelta = timedelta(hours=1), **status: Any) -> Object:
    """Return a source that has *fetched* so long ago."""
    artifact = {"artifact": {"revision": "main@sha1:abc", "lastUpdateTime": stamp(fetched)}}
    return flux(
        "GitRepository",
        "fleet",
        age=fetched,
        spec={"url": "https://git.example.com/x", "interval": interval},
        status=artifact | status,
    )


@pytest.mark.parametrize(
    ("one", "at"),
    [
        (source("24h"), timedelta(hours=23)),
        (source("40m"), timedelta(minutes=20)),
        (source("24h", lastHandledReconcileAt="2026-11-23T12:00:00Z"), timedelta(hours=24)),
    ],
)
def test_next_fetch(one: Object, at: timedelta) -> None:
    """It is counted from the last fetch that left a trace."""
    assert next_fetch(judged(one), NOW) == NOW + at


def test_without_an_interval() -> None:
    """Without an interval nothing is known."""
    assert next_fetch(judged(source("")), NOW) is None


AT_NIGHT = (
    "GitRepository apps/fleet is not fetched until about 2026-11-24 11:00 UTC (interval 24h), "
    "and no Receiver triggers it; to fetch it now:"
)
NOT_KNOWN = (
    "until about 16:00 UTC (interval 5h); whether a Receiver triggers it is unknown (not allowed "
    "to list it)"
)
NOT_READY = flux("Receiver", "push", {"Ready": "False TokenNotFound: no"}, spec=PUSH)
SAID = [
    ("24h", [], AT_NIGHT),
    ("5h", FORBIDDEN, NOT_KNOWN),
    ("24h", [flux("Receiver", "push", spec=PUSH)], "Receiver apps/push triggers GitRepository"),
    ("24h", [NOT_READY], "and Receiver apps/push, which would trigger it, is not ready"),
]


@pytest.mark.parametrize(("interval", "receivers", "text"), SAID)
def test_hints(interval: str, receivers: list[Object] | Unread, text: str) -> None:
    """The time, the Receivers, and the command that makes it fetch now are in the hint."""
    known = receivers if isinstance(receivers, Unread) else [*map(judged, receivers)]
    found = hint_for(judged(source(interval)), NOW, known)
    assert found is not None
    assert text in found.text
    [command] = found.commands
    assert command.changes
    assert command.argv[:3] == ("kubectl", "annotate", "--overwrite")


def test_soon() -> None:
    """A source that fetches in a moment needs no hint."""
    assert hint_for(judged(source("1m")), NOW, ()) is None
