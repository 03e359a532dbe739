"""`events`: what was said lately about the objects of Flux, or about one object of any kind."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Option

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Look, Offline, Place, Shape
from fluxstatus.commands.options import Connection, Timeout, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fluxstatus.cluster.list_reader import Cluster
    from fluxstatus.commands.events.source import Events
    from fluxstatus.model.errors import NotFoundError
    from fluxstatus.model.evidence import Evidence
    from fluxstatus.model.ref import Ref

EPILOG = """
\b
Examples:
  kubectl flux-status events --type Warning --since 30m
  kubectl flux-status events --for ks/backend -n apps -o wide
"""


class Type(StrEnum):
    """The types of events (`--type`)."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which events are told."""

    panel: ClassVar = "Which events"

    for_: Annotated[
        str, Option("--for", metavar="KIND/NAME", help="Only those about this object of any kind")
    ] = ""
    since: Annotated[
        float | None,
        Option(metavar="DURATION", parser=seconds, help="Only those of this last time"),
    ] = None
    type: Annotated[Type | None, Option(help="Only these")] = None


def show(
    ctx: typer.Context,
    *,
    which: Which,
    place: Place,
    look: Look,
    offline: Offline,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show events about Flux and its objects, the newest last.

    The same said again is one line with how often. API servers keep events for about an hour.
    -o json and yaml give each event, not folded.
    """
    from fluxstatus.commands import showing
    from fluxstatus.commands.errors import told

    if complaint := look.contradiction() or offline.contradiction(connection, watch=look.watch):
        ctx.fail(complaint)
    with told("events", connection):
        how: dict[str, Any] = {"timeout": timeout, "verbose": look.verbose}
        evidence = _saved(offline)
        about, doubt = _about(which.for_, place, evidence, connection, **how)
        listing = showing.listing(_events(which, look, about, doubt), look)

        @contextmanager
        def cluster() -> "Iterator[Cluster]":
            from fluxstatus.cluster import list_reader
            from fluxstatus.cluster.reader import opened

            if evidence:
                yield list_reader.Saved(evidence, place.namespaces)
                return
            tell = console.noting(on=look.verbose)
            with opened(connection.access(timeout), tell) as api:
                yield list_reader.Live(api, place.namespaces)

        raise typer.Exit(showing.show(listing, cluster, watch=look.watch))


def _events(
    which: Which, look: Look, about: "Ref | None", doubt: "NotFoundError | None"
) -> "Events":
    from fluxstatus.commands.events.source import Events, Wanted

    since = timedelta(seconds=which.since) if which.since else None
    wanted = Wanted(about, which.type or "", since)
    return Events(wanted, folded=look.output in (Shape.TABLE, Shape.WIDE), doubt=doubt)


def _saved(offline: Offline) -> "Evidence | None":
    """Return the saved cluster, if that is what is looked into."""
    if not offline.file:
        return None
    from fluxstatus.model import snapshot

    return snapshot.load(offline.file)


def _about(
    word: str,
    place: Place,
    evidence: "Evidence | None",
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "tuple[Ref | None, NotFoundError | None]":
    """Return what KIND/NAME means, and the doubt whether it exists. Raises NotFoundError."""
    if not word:
        return None, None
    from fluxstatus.lookup import live, saved
    from fluxstatus.model.errors import NotFoundError

    if evidence:
        return live.ref_of(saved.find(evidence, [word], place.namespaces)), None
    from fluxstatus.cluster.reader import opened

    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        objects = live.Objects(api)
        try:
            return live.ref_of(objects.find([word], place.namespaces)), None
        except NotFoundError as error:
            possible = [] if error.choices else objects.possible([word], place.namespaces)
            if len(possible) != 1:
                raise
            return possible[0], error
