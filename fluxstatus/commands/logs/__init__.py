"""`logs`: what the controllers of Flux have logged."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Place
from fluxstatus.commands.options import Color, Connection, Output, Timeout, Verbose, seconds
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.commands.logs.lines import Line
    from fluxstatus.commands.logs.reader import Wanted
    from fluxstatus.model.ref import Ref
    from fluxstatus.state.deployments import Component

_TAIL = 50  # lines of each pod, if nothing is said
EPILOG = """
\b
Examples:
  kubectl flux-status logs source-controller --since 10m
  kubectl flux-status logs --for ks/backend -n apps --errors
  kubectl flux-status logs --errors -f
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which lines are shown."""

    panel: ClassVar = "Which lines"

    for_: Annotated[
        str,
        Option("--for", metavar="KIND/NAME", help="Only those about this object of Flux"),
    ] = ""
    errors: Annotated[bool, Option("--errors", help="Only errors")] = False
    follow: Annotated[
        bool, Option("--follow", "-f", help="Go on with what comes, until Ctrl-C")
    ] = False
    tail: Annotated[
        int | None,
        Option(metavar="LINES", min=-1, help=f"So many of each pod, -1 for all [default: {_TAIL}]",
               show_default=False),
    ] = None  # fmt: skip
    since: Annotated[
        float | None,
        Option(metavar="DURATION", parser=seconds, help="All of this last time"),
    ] = None
    previous: Annotated[
        bool, Option("--previous", "-p", help="Of the containers that ran before the last restart")
    ] = False


def show(
    ctx: typer.Context,
    *,
    controller: Annotated[
        str,
        Argument(
            metavar="[CONTROLLER]",
            help="source-controller, or source; all without one",
            rich_help_panel=Which.panel,
        ),
    ] = "",
    which: Which,
    place: Place,
    output: Output = Format.TEXT,
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO,
    timeout: Timeout = 30.0,
    verbose: Verbose = False,
    connection: Connection,
) -> None:
    """Show what the controllers of Flux have logged.

    It is told of all their pods, in the order of time. It needs the right to get pods/log. -o
    json gives each line as the controller wrote it.
    """
    from fluxstatus.commands.errors import told
    from fluxstatus.commands.logs import reader

    if which.for_ and controller:
        ctx.fail("--for names the controller by itself; leave out CONTROLLER.")
    with told("logs", connection):
        components, about = _find(
            controller, which.for_, place, connection, timeout=timeout, verbose=verbose
        )
    logs = reader.Logs(components, connection.flags(but_for=("request_timeout",)))
    colour = console.look(color, everything=True).colour
    for line in logs.read(_wanted(which, about), timeout):
        if not console.put(_told(line, output, colour=colour) + "\n"):
            break
    for name, unread in logs.unread.items():
        console.note(f"Error: {name}: {unread.full_text}")
    raise typer.Exit(Exit.NO_VERDICT if logs.unread else Exit.HEALTHY)


def _find(
    controller: str,
    named: str,
    place: Place,
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "tuple[list[Component], Ref | None]":
    """Return the controllers whose logs are meant, and the object that lines must be about."""
    from fluxstatus.cluster.list_reader import Live, opened
    from fluxstatus.cluster.processes import ProgramError
    from fluxstatus.commands.logs import selection
    from fluxstatus.lookup.live import Objects, ref_of
    from fluxstatus.model.errors import NotFoundError
    from fluxstatus.state.state import State

    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        about = ref_of(Objects(api).find([named], place.namespaces)) if named else None
        state = State(Live(api).controllers())
    found = [*state.operators, *state.components]
    for name, answer in state.evidence.answers.items():
        if answer.unread and not found and name.startswith("deployments"):
            raise ProgramError(answer.unread)
    if not found:
        raise NotFoundError("no controller of Flux was found in this cluster.")
    if about:
        return selection.of_kind(found, about.kind), about
    return selection.named(found, controller), None


def _wanted(which: Which, about: "Ref | None") -> "Wanted":
    from fluxstatus.commands.logs import reader
    from fluxstatus.commands.logs.lines import chosen

    tail = which.tail if which.tail is not None or which.since else _TAIL
    return reader.Wanted(
        fits=chosen(about, errors=which.errors),
        every=not (about or which.errors),
        tail=None if tail is None or tail < 0 else tail,
        since=f"{which.since:.0f}s" if which.since else "",
        previous=which.previous,
        follow=which.follow,
    )


def _told(line: "Line", form: Format, *, colour: bool) -> str:
    from fluxstatus.commands.logs.lines import as_json, as_text

    return as_json(line) if form is Format.JSON else as_text(line, colour=colour)
