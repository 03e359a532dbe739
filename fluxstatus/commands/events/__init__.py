"""`events`: the events about Flux objects, or about one object of any kind."""

# ruff: noqa: PLC0415 - only this command needs these modules

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Argument, Option

from fluxstatus.commands.asked import remember
from fluxstatus.commands.option_values import age, lines
from fluxstatus.commands.options import TIMEOUT, Connection, Namespaces, SnapshotInput, Timeout
from fluxstatus.commands.progress import Connect, connecting
from fluxstatus.commands.table_options import ListDisplay
from fluxstatus.model.ref import Ref
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fluxstatus.cluster.list_reader import Cluster
    from fluxstatus.commands.events.source import Events
    from fluxstatus.model.errors import ArgumentError
    from fluxstatus.model.evidence import Evidence

EPILOG = """
\b
Examples:
  kubectl flux-status events --type warning --since 30m
  kubectl flux-status events --tail 20
  kubectl flux-status events ks/backend -n apps -o wide
"""


class Type(StrEnum):
    """The types of events (`--type`)."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The events that are listed."""

    panel: ClassVar = "Filters"

    for_: Annotated[
        str,
        Option(
            "--for",
            metavar="KIND/NAME",
            help="Only events about this object, which can be of any kind",
        ),
    ] = ""
    since: Annotated[
        float | None,
        Option(metavar="AGE", parser=age, help="Only events newer than this: 5s, 2m, 3h, 4d"),
    ] = None
    type: Annotated[Type | None, Option(case_sensitive=False, help="Only events of this type")] = (
        None
    )
    tail: Annotated[
        int | None,
        Option(
            metavar="EVENTS",
            parser=lines,
            show_default=False,
            help="Show only the newest N events [default: -1, all]",
        ),
    ] = None


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str] | None,
        Argument(
            metavar="[KIND/NAME]",
            help="Only events about this object, as with --for",
            rich_help_panel=Filters.panel,
        ),
    ] = None,
    filters: Filters,
    place: Namespaces,
    display: ListDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """List events about Flux and its objects, newest last.

    A repeated event is shown once, with a count. API servers keep events for about an hour. -o json
    and -o yaml print every event.
    """
    from fluxstatus.cluster import list_reader
    from fluxstatus.commands.errors import reported
    from fluxstatus.commands.listing import listing
    from fluxstatus.commands.print_list import patiently, print_list

    if conflict := display.conflict() or snapshot.conflict(connection, watch=display.watch):
        ctx.fail(conflict)
    if filters.tail == 0:
        ctx.fail("--tail must not be 0")
    if words and filters.for_:
        ctx.fail("KIND/NAME and --for are mutually exclusive")
    connect = connecting(connection, timeout, verbose=display.verbose)
    named = words or ([filters.for_] if filters.for_ else [])
    with reported("events", connection, snapshot, place, named):
        evidence = _load(snapshot)
        find = partial(_about, named, place.namespaces, evidence, connect)
        about, error = patiently(find, timeout, watch=display.watch)
        if about and not evidence:
            remember(connection, about)
        listed = listing(_events(filters, display, about, error), display)

        @contextmanager
        def opened() -> "Iterator[Cluster]":
            if evidence:
                yield list_reader.Saved(evidence, place.namespaces)
                return
            with connect() as api:
                yield list_reader.Live(api, place.namespaces)

        raise typer.Exit(print_list(listed, opened, timeout, watch=display.watch))


def _events(
    filters: Filters, display: ListDisplay, about: Ref | None, error: "ArgumentError | None"
) -> "Events":
    from fluxstatus.commands.events.source import EventQuery, Events

    since = timedelta(seconds=filters.since) if filters.since else None
    wanted = EventQuery(about, filters.type or "", since, filters.tail)
    counted = display.output in (Format.TABLE, Format.WIDE)
    return Events(wanted, merged=counted, error=error)


def _load(chosen: SnapshotInput) -> "Evidence | None":
    """Return the saved cluster, None for a live one."""
    if not chosen.file:
        return None
    from fluxstatus.model import snapshot

    return snapshot.load(chosen.file)


def _about(
    words: "Sequence[str]",
    namespaces: "Sequence[str]",
    evidence: "Evidence | None",
    connect: Connect,
) -> "tuple[Ref | None, ArgumentError | None]":
    """Return the object that KIND/NAME names, and the error to report if it has no events.

    An object that no longer exists may still have events. Raises ArgumentError.
    """
    if not words:
        return None, None
    from fluxstatus.lookup import live, saved
    from fluxstatus.model.errors import ArgumentError

    if evidence:
        return Ref.of(saved.find(evidence, words, namespaces)), None
    with connect() as api:
        objects = live.Objects(api)
        try:
            return Ref.of(objects.find(words, namespaces)), None
        except ArgumentError as error:
            possible = [] if error.choices else objects.possible(words, namespaces)
            if len(possible) != 1:
                raise
            return possible[0], error


def as_kubectl(params: "Mapping[str, Any]", namespace: str) -> "Iterator[str]":
    """Yield the arguments of kubectl that list the events, without filters.

    Raises ArgumentError.
    """
    from fluxstatus.lookup.names import split

    yield from ("get", "events", *(("-n", namespace) if namespace else ("-A",)))
    words = params["words"] or ([params["for_"]] if params["for_"] else [])
    if words:
        yield from ("--field-selector", f"involvedObject.name={split(words)[1]}")
