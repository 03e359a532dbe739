"""The one object that a command is about: finding it and reading its references."""

# ruff: noqa: PLC0415 - only these commands need these modules

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.options import BasicDisplay, Connection, ObjectNamespace, SnapshotInput
from fluxstatus.model.findings import Exit
from fluxstatus.report import RENDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fluxstatus.cluster.queries import ListQuery
    from fluxstatus.cluster.reader import Reader
    from fluxstatus.lookup.names import ObjectName
    from fluxstatus.lookup.related import References
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

_LIVE = SnapshotInput()
Words = Annotated[
    list[str],
    Argument(
        metavar="KIND/NAME",
        help="A Flux object, as in kubectl or flux",
        rich_help_panel=ObjectNamespace.panel,
    ),
]
Queries: TypeAlias = "Iterable[tuple[str, ListQuery]]"
Find: TypeAlias = "Callable[[ObjectName], tuple[State, Resource]]"
"""Finds the object that is named. Raises ArgumentError and UnreadError."""


def find_one(
    command: str,
    words: "Sequence[str]",
    find: Find,
    connection: Connection,
    *,
    place: ObjectNamespace,
    snapshot: SnapshotInput = _LIVE,
) -> "tuple[State, Resource]":
    """Return the object that *words* name; an error in them is reported and ends *command*."""
    from fluxstatus.commands.errors import reported
    from fluxstatus.lookup.names import parse

    with reported(command, connection, snapshot, place, words):
        return find(parse(words))


def from_file(place: ObjectNamespace, snapshot: SnapshotInput, display: BasicDisplay) -> Find:
    """Return a function that finds an object in a saved cluster."""

    def find(named: "ObjectName") -> "tuple[State, Resource]":
        from fluxstatus.lookup import names
        from fluxstatus.state.state import State

        state = State(snapshot.load())
        if state.evidence.unreachable:
            raise typer.Exit(report_unreachable(state, display))
        return state, names.find(state, named, place.namespaces, ())

    return find


def from_cluster(
    reading: "Reader",
    place: ObjectNamespace,
    display: BasicDisplay,
    references: "References",
    *,
    queries: "Queries" = (),
    next_queries: "Callable[[], Queries]" = tuple,
) -> Find:
    """Return a function that finds an object in a live cluster and reads its references."""

    def find(named: "ObjectName") -> "tuple[State, Resource]":
        from fluxstatus.cluster.namespaces import noting_absent
        from fluxstatus.lookup.related import read_related
        from fluxstatus.model.errors import UnreadError
        from fluxstatus.state.state import State

        try:
            with noting_absent(reading.api, place.namespaces):
                return read_related(
                    reading,
                    named,
                    place.namespaces,
                    references,
                    queries=queries,
                    next_queries=next_queries,
                )
        except UnreadError as error:
            if reading.unreachable is None:
                raise
            code = report_unreachable(State(reading.evidence()), display)
            raise typer.Exit(code) from error

    return find


def report_unreachable(state: "State", display: BasicDisplay) -> Exit:
    """Print why the cluster could not be read, as the check does."""
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.mcp.next_step import report_with_next

    report = report_with_next(Analysis(state))
    console.put_report(RENDER[display.output](report, console.look(display.color, everything=True)))
    return Exit.NO_VERDICT
