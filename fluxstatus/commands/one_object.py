"""The one object that a command is about: read, found, or asked back."""

# ruff: noqa: PLC0415 - what only these commands need, no other has to wait for

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.options import Color, Output, Saved, Verbose
from fluxstatus.model.findings import Exit
from fluxstatus.report import RENDER, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fluxstatus.cluster.queries import ListQuery
    from fluxstatus.cluster.reader import Reader
    from fluxstatus.lookup.names import Named
    from fluxstatus.lookup.related import Neighbours
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Where the object is."""

    panel: ClassVar = "Which object"

    namespace: Annotated[
        list[str],
        Option("--namespace", "-n", metavar="NAME", help="Look for it only here; repeatable"),
    ] = field(default_factory=list)


Words = Annotated[
    list[str],
    Argument(
        metavar="KIND/NAME",
        help="An object of Flux, as kubectl or flux name it",
        rich_help_panel=Which.panel,
    ),
]
_CHOICES = 10  # that are told when it is not clear what is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the result is shown."""

    panel: ClassVar = "How it is shown"

    output: Output = Format.TEXT
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO
    verbose: Verbose = False


Beside: TypeAlias = "Iterable[tuple[str, ListQuery]]"
Read: TypeAlias = "Callable[[Named], tuple[State, Resource]]"
"""Finds the object that is named; raises NotFoundError and UnreadError."""


def find_one(command: str, words: list[str], read: Read) -> "tuple[State, Resource]":
    """Return the object that *words* mean; what is wrong with them is told, and ends *command*."""
    from fluxstatus.lookup.names import parse
    from fluxstatus.model.errors import NotFoundError, UnreadError
    from fluxstatus.report.terminal import command_line

    try:
        return read(parse(words))
    except NotFoundError as error:
        console.note(f"Error: {error}")
        for choice in error.choices[:_CHOICES]:
            console.note(f"  {command_line(('kubectl', 'flux-status', command, *choice))}")
        if len(error.choices) > _CHOICES:
            console.note(f"  and {len(error.choices) - _CHOICES} more: name the namespace with -n")
        raise typer.Exit(Exit.USAGE) from error
    except UnreadError as error:
        console.note(f"Error: {error}")
        raise typer.Exit(Exit.NO_VERDICT) from error


def from_file(which: Which, saved: Saved, shown: Shown) -> Read:
    """Return what finds an object in a saved cluster."""

    def read(asked: "Named") -> "tuple[State, Resource]":
        from fluxstatus.lookup.names import find
        from fluxstatus.model import snapshot
        from fluxstatus.state.state import State

        state = State(snapshot.load(saved.file or "-"))
        if state.evidence.unreachable:
            raise typer.Exit(tell_unreachable(state, shown))
        return state, find(state, asked, which.namespace, ())

    return read


def from_cluster(
    reading: "Reader",
    which: Which,
    shown: Shown,
    neighbours: "Neighbours",
    *,
    beside: "Beside" = (),
    after: "Callable[[], Beside]" = tuple,
) -> Read:
    """Return what finds an object in a live cluster, and reads what closeup.py says with it."""

    def read(asked: "Named") -> "tuple[State, Resource]":
        from fluxstatus.lookup.related import look
        from fluxstatus.model.errors import UnreadError
        from fluxstatus.state.state import State

        try:
            return look(reading, asked, which.namespace, neighbours, beside=beside, after=after)
        except UnreadError as error:
            if reading.unreachable is None:
                raise
            code = tell_unreachable(State(reading.evidence()), shown)
            raise typer.Exit(code) from error

    return read


def tell_unreachable(state: "State", shown: Shown) -> Exit:
    """Show why nothing could be asked, as the check does."""
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.mcp.next_step import report_with_next

    report = report_with_next(Analysis(state))
    console.put(RENDER[shown.output](report, console.look(shown.color, everything=True)))
    return Exit.NO_VERDICT
