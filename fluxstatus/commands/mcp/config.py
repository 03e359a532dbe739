"""`mcp config`: print the entry for one client."""

from collections.abc import Iterator
from typing import Annotated

import typer
from typer import BadParameter, Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import EntryName, clients, host
from fluxstatus.commands.options import Connection
from fluxstatus.mcp import server
from fluxstatus.mcp.client import Client
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, PROGRAM
from fluxstatus.mcp.kubeconfig import SECONDS, UnfitError, entry_for, pin
from fluxstatus.model.findings import Exit


def show(
    *,
    client: Annotated[str, Option("--client", metavar="NAME", help="The client")] = "",
    name: EntryName = NAME,
    connection: Connection,
) -> None:
    """Print the entry for a client, without writing a file."""
    if not client:
        raise BadParameter(f"use one of {', '.join(CLIENTS)}", param_hint="--client")
    [chosen] = clients([client]).values()
    try:
        binary = server.find()
    except ProgramError as error:
        binary = PROGRAM  # the entry may be for another machine
        console.note(f"{error}; replace it with its absolute path")
    try:
        pinned = pin(connection.context, connection.kubeconfig, Deadline(SECONDS))
        entry = entry_for(connection.flags(), pinned, binary, name, read_only=True)
    except UnfitError as error:
        console.error(f"{error}")
        raise typer.Exit(Exit.USAGE) from error
    console.put(chosen.alone(entry))
    for line in _where(chosen):
        console.note(line)


def _where(client: Client) -> Iterator[str]:
    """Yield where the entry goes, and how the client is told to start the server."""
    yield f"{client.title}: paste it into {client.paste or client.path(host())}"
    if client.then:
        yield f"then {client.then}"
