"""`logs`: the logs of the Flux controllers."""

# ruff: noqa: PLC0415 - only this command needs these modules

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.option_values import age, lines
from fluxstatus.commands.options import TIMEOUT, BasicDisplay, Connection, Namespaces, Timeout
from fluxstatus.commands.progress import Connect, connecting
from fluxstatus.model.evidence import Unread, by_reason
from fluxstatus.model.findings import Exit
from fluxstatus.model.ref import Ref
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fluxstatus.lookup.log import LogQuery
    from fluxstatus.state.deployments import Component

_TAIL = 50  # lines per pod, by default
_DEPLOYMENTS = "deployments.apps"
EPILOG = """
\b
Examples:
  kubectl flux-status logs source-controller --since 10m
  kubectl flux-status logs ks/backend -n apps --errors
  kubectl flux-status logs --errors -f
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The lines that are printed."""

    panel: ClassVar = "Filters"

    for_: Annotated[
        str,
        Option("--for", metavar="KIND/NAME", help="Only lines about this Flux object"),
    ] = ""
    errors: Annotated[bool, Option("--errors", help="Only errors")] = False
    follow: Annotated[bool, Option("--follow", "-f", help="Stream the logs until Ctrl-C")] = False
    tail: Annotated[
        int | None,
        Option(metavar="LINES", parser=lines, show_default=False,
               help=f"Lines per pod, -1 for all [default: {_TAIL}]"),
    ] = None  # fmt: skip
    since: Annotated[
        float | None,
        Option(metavar="AGE", parser=age, help="Only lines newer than this: 5s, 2m, 3h, 4d"),
    ] = None
    previous: Annotated[
        bool,
        Option("--previous", "-p", help="Print the logs of the previous instance of the container"),
    ] = False


def show(
    ctx: typer.Context,
    *,
    controller: Annotated[
        str,
        Argument(
            metavar="[CONTROLLER|KIND/NAME]",
            help="Controller (source-controller, or source for short) or object (as with --for) "
            "[default: all]",
            rich_help_panel=Filters.panel,
        ),
    ] = "",
    filters: Filters,
    place: Namespaces,
    display: BasicDisplay,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Print the logs of the Flux controllers.

    The lines of all pods are sorted by time. Requires permission to get pods/log. -o json prints
    each line as the controller wrote it.
    """
    from fluxstatus.commands.errors import reported
    from fluxstatus.commands.logs import selection
    from fluxstatus.commands.logs.lines import as_json, as_text
    from fluxstatus.lookup.log import Logs

    if filters.for_ and controller:
        ctx.fail("an argument and --for are mutually exclusive")
    controller, about = selection.typed(controller)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with reported("logs", connection, place=place):
        found = _find(controller, filters.for_ or about, place.namespaces, connect)
    if found.about:
        remember(connection, found.about)
    logs = Logs(found.components, connection.flags(but_for=("request_timeout",)))
    logs.unread |= found.unread
    color = console.look(display.color, everything=True).color
    for line in logs.read(_query(filters, found.about), timeout):
        text = as_json(line) if display.output is Format.JSON else as_text(line, color=color)
        if not console.put_report(text + "\n"):
            break
    for name, unread in by_reason(logs.unread):
        console.error(f"{name}: {unread.full_text}")
    raise typer.Exit(Exit.NO_VERDICT if logs.unread else Exit.HEALTHY)


class _Found(NamedTuple):
    """The controllers to read, the object that the lines must be about, and what is unread."""

    components: "list[Component]"
    about: Ref | None
    unread: dict[str, Unread]


def _find(controller: str, name: str, namespaces: "Sequence[str]", connect: Connect) -> _Found:
    """Find the controllers. Raises ArgumentError and UnreadError."""
    from fluxstatus.cluster.list_reader import Live
    from fluxstatus.commands.logs import selection
    from fluxstatus.lookup.live import Objects
    from fluxstatus.model.errors import NotFoundError, UnreadError
    from fluxstatus.state.state import State

    with connect() as api:
        about = Ref.of(Objects(api).find([name], namespaces)) if name else None
        state = State(Live(api).controllers())
    found = [*state.operators, *state.components]
    unread = state.evidence.unread.get(_DEPLOYMENTS)
    try:
        of_kind = selection.of_kind(found, about.kind) if about else None
        chosen = of_kind or selection.named(found, controller)
    except NotFoundError as error:
        if unread:  # it may be one that was not read
            raise UnreadError(unread) from error
        raise
    return _Found(chosen, about, {_DEPLOYMENTS: unread} if unread else {})


def _query(filters: Filters, about: Ref | None) -> "LogQuery":
    from fluxstatus.lookup.log import LogQuery

    tail = filters.tail if filters.tail is not None or filters.since else _TAIL
    return LogQuery(
        about,
        errors=filters.errors,
        tail=None if tail is None or tail < 0 else tail,
        since=f"{filters.since:.0f}s" if filters.since else "",
        previous=filters.previous,
        follow=filters.follow,
    )
