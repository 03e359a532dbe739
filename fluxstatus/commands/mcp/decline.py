"""`mcp decline`: no longer suggest the MCP server."""

from typing import Annotated

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.mcp import state_file
from fluxstatus.mcp.kubeconfig import SECONDS, current
from fluxstatus.model.findings import Exit

Everywhere = Annotated[bool, Option("--all", help="For every context")]


def show(*, everywhere: Everywhere = False, connection: Connection) -> None:
    """Suggest manual steps instead of the MCP server.

    Applies to the current context, or to all contexts with --all. To undo it, run `mcp accept`.
    """
    change(connection, everywhere=everywhere, declined=True)


def change(connection: Connection, *, everywhere: bool, declined: bool) -> None:
    """Record whether the MCP server is declined for the caller's context, or *everywhere*."""
    context = "" if everywhere else connection.context or _current(connection)
    if not everywhere and not context:
        console.error("no current context is set; select one with --context, or use --all")
        raise typer.Exit(Exit.USAGE)
    try:
        (state_file.decline if declined else state_file.accept)(context)
    except (OSError, RuntimeError) as error:
        console.error(f"could not write the local state: {error}")
        raise typer.Exit(Exit.NO_VERDICT) from error
    which = f'for context "{context}"' if context else "for any context"
    if not declined and state_file.is_declined(context):
        console.note("it is declined for every context; to undo that, run `mcp accept --all`")
        return
    word = "is no longer suggested" if declined else "may be suggested again"
    console.put_line(f"the MCP server {word} {which}")


def _current(connection: Connection) -> str:
    return current(connection.kubeconfig, Deadline(SECONDS))
