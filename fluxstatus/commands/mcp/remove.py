"""`mcp remove`: remove the server from the MCP clients."""

import typer

from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Chosen, How, agreed, clients, host
from fluxstatus.mcp.client import Client
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_drop
from fluxstatus.model.findings import Exit


def show(*, chosen: Chosen, how: How) -> None:
    """Remove the entry from the MCP clients' files, and nothing else.

    Restores the original content of a file that only setup has changed, and removes the backup.
    """
    here = host()
    targets = [client for client in clients(chosen.client).values() if client.file]
    results = [_one(client, here, chosen, how) for client in targets]
    if True not in results and None not in results:
        console.note(f'no client has an entry named "{chosen.name}"')
    raise typer.Exit(Exit.USAGE if None in results else Exit.HEALTHY)


def _one(client: Client, here: Host, chosen: Chosen, how: How) -> bool | None:
    try:
        changes = plan_drop(client, here, Entry(chosen.name), own_command=not how.edit)
        for change in changes:
            console.put(f"{client.title}\n{change.shown()}")
            if not how.print_ and (how.yes or agreed(change)):
                console.put_line(f"{client.title}: {change.apply(here)}")
                console.put_line("")
    except FileError as error:
        console.error(f"{client.title}: {error}")
        return None
    return bool(changes)
