"""Printing a list once, or its changes with --watch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands import console
from fluxstatus.commands.get.flux_objects import FluxObjects
from fluxstatus.commands.get.words import requested
from fluxstatus.commands.listing import Listing
from fluxstatus.commands.print_list import patiently, print_list
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.kinds import KINDS
from fluxstatus.report import Format
from fluxstatus.report.look import Look
from tests.builders import FORBIDDEN, evidence, kustomization

OLD, NEW = kustomization("old", "git"), kustomization("new", "git")
WELL = evidence(OLD, NEW)
INCOMPLETE = evidence(OLD, unread={KINDS["Kustomization"].resource: FORBIDDEN})
GONE = evidence(OLD)
DOWN, NO_KUBECTL = Unread(Why.UNREACHABLE, "refused"), Unread(Why.NO_PROGRAM, "no kubectl")


def watched(monkeypatch: pytest.MonkeyPatch, *looks: Evidence | Unread) -> Exit:
    """Watch the Kustomization new through *looks*, after which the reader is gone."""
    left = list(looks)

    @contextmanager
    def opened() -> Iterator[Saved]:
        look = left.pop(0)
        if isinstance(look, Unread):
            raise UnreadError(look)
        yield Saved(look)

    monkeypatch.setattr(console, "pause", lambda _: bool(left))
    listing = Listing(FluxObjects(requested(["ks", "new"]), ()), Format.TABLE, Look())
    return print_list(listing, opened, Deadline(60), watch=True)


@pytest.mark.parametrize(
    ("looks", "code"),
    [
        ([WELL], Exit.HEALTHY),
        ([INCOMPLETE], Exit.NO_VERDICT),
        ([INCOMPLETE, WELL], Exit.HEALTHY),
        ([DOWN], Exit.NO_VERDICT),
        ([DOWN, WELL], Exit.HEALTHY),
        ([WELL, DOWN], Exit.NO_VERDICT),
        ([WELL, NO_KUBECTL], Exit.NO_VERDICT),
        ([DOWN, GONE], Exit.USAGE),
        ([DOWN, GONE, WELL], Exit.HEALTHY),
    ],
)
def test_the_exit_code_of_a_watched_list(
    monkeypatch: pytest.MonkeyPatch, looks: Sequence[Evidence | Unread], code: Exit
) -> None:
    """It is that of the last look."""
    assert watched(monkeypatch, *looks) is code


@pytest.mark.parametrize(("look", "error"), [(GONE, NotFoundError), (NO_KUBECTL, UnreadError)])
def test_a_watched_list_that_cannot_begin(
    monkeypatch: pytest.MonkeyPatch, look: Evidence | Unread, error: type[Exception]
) -> None:
    """What is wrong at the first look, and stays so, ends the program."""
    with pytest.raises(error):
        watched(monkeypatch, look, WELL)


def looked_for(monkeypatch: pytest.MonkeyPatch, *looks: str | Unread, watch: bool) -> str:
    """Return the first of *looks* that finds something; the reader is gone after the last."""
    left = list(looks)

    def look() -> str:
        found = left.pop(0)
        if isinstance(found, Unread):
            raise UnreadError(found)
        return found

    monkeypatch.setattr(console, "pause", lambda _: bool(left))
    return patiently(look, Deadline(60), watch=watch)


def test_what_may_be_read_later_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --watch, a server that is down is asked again, as long as somebody reads."""
    assert looked_for(monkeypatch, DOWN, DOWN, "it", watch=True) == "it"
    with pytest.raises(UnreadError, match="refused"):
        looked_for(monkeypatch, DOWN, DOWN, watch=True)


@pytest.mark.parametrize(("unread", "watch"), [(DOWN, False), (NO_KUBECTL, True)])
def test_what_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, unread: Unread, watch: bool
) -> None:
    """Without --watch there is one look, and what is not installed will not be there later."""
    with pytest.raises(UnreadError):
        looked_for(monkeypatch, unread, "it", watch=watch)
