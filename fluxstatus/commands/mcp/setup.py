"""`mcp setup`: put an entry for the server into the MCP clients of this machine."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.cluster import processes
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Chosen, How, agreed, clients, host
from fluxstatus.commands.options import Connection, Timeout, seconds
from fluxstatus.mcp import server
from fluxstatus.mcp.clients import CLIENTS, Client, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.kubeconfig import KubeContext, UnfitError, entry_for, pin
from fluxstatus.mcp.plan import plan_put
from fluxstatus.mcp.scan import look
from fluxstatus.model.findings import Exit
from fluxstatus.report.terminal import command_line

_PAUSE = 1.0  # seconds between two looks for the program
_PRODUCTION = re.compile(r"(?<![a-z])(prod|prd|production|live)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the assistant may do."""

    panel: ClassVar = "What the assistant may do"

    read_write: Annotated[
        bool,
        Option("--read-write", help="For a development cluster: let the assistant change it, too"),
    ] = False
    force: Annotated[
        bool, Option("--force", help="With --read-write: even if it looks like production")
    ] = False


def show(
    ctx: typer.Context,
    *,
    chosen: Chosen,
    how: How,
    wait: Annotated[
        float | None,
        Option(
            metavar="DURATION",
            parser=seconds,
            help="Wait this long for the server's program to be installed",
            rich_help_panel=How.panel,
        ),
    ] = None,
    access: Access,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Give the MCP clients of this machine read-only access to the cluster.

    The entry starts flux-operator-mcp with --read-only=true, pinned to the context. No
    credential goes into it: the server reads the kubeconfig. Everything else in a client's file
    stays as it is; what changes is shown, and asked for.
    """
    if access.force and not access.read_write:
        ctx.fail("--force is about --read-write; add it.")
    here = host()
    try:
        targets = _targets(chosen, here)
        binary = _binary(wait)
        pinned = pin(connection.context, connection.kubeconfig)
        entry = entry_for(
            connection.flags(), pinned, binary, chosen.name, read_only=not access.read_write
        )
        if access.read_write:
            _confirm_writing(entry, pinned, timeout, force=access.force)
    except UnfitError as error:
        console.note(f"Error: {error}")
        raise typer.Exit(Exit.USAGE) from error
    _introduce(entry, pinned, timeout)
    results = [_one(client, here, entry, how) for client in targets]
    if not how.print_ and True in results:
        verify = ("kubectl", "flux-status", "mcp", "verify", *_named(chosen))
        console.put(f"start the client anew, then prove it:\n  {command_line(verify)}\n")
    for note in _left_over(here, entry):
        console.note(note)
    raise typer.Exit(Exit.USAGE if None in results else Exit.HEALTHY)


def _targets(chosen: Chosen, here: Host) -> list[Client]:
    """Return the clients to set up: those that were named, else those that are installed."""
    known = clients(chosen.client)
    if chosen.client:
        return list(known.values())
    found = [client for client in known.values() if client.installed(here)]
    if not found:
        raise UnfitError(
            "no MCP client was found on this machine; name one, it need not be there yet: "
            f"--client={'|'.join(CLIENTS)}"
        )
    return found


def _binary(wait: float | None) -> str:
    """Return the server's program; if asked to, wait until somebody has installed it."""
    until = time.monotonic() + (wait or 0)
    told = False
    while True:
        try:
            return server.find()
        except processes.ProgramError as error:
            if time.monotonic() >= until:
                for line in f"{error}\n{server.how_to_install()}".splitlines() * (not told):
                    console.note(line)
                raise typer.Exit(Exit.NO_VERDICT) from error
            if not told:
                for line in f"{error}; waiting\n{server.how_to_install()}".splitlines():
                    console.note(line)
                told = True
            time.sleep(min(_PAUSE, max(until - time.monotonic(), 0)))


def _confirm_writing(entry: Entry, pinned: KubeContext, timeout: float, *, force: bool) -> None:
    """Say what --read-write enables, and ask for the name of the context. Raises UnfitError."""
    names = (pinned.context, pinned.cluster, pinned.server)
    if not force and any(map(_PRODUCTION.search, names)):
        raise UnfitError(
            f"{pinned.context} looks like production, and an assistant that may write there is a "
            "risk; without --read-write it only reads (--force if the name misleads)"
        )
    writing = ", ".join(tool.name for tool in server.tools(entry, timeout).writing)
    console.note(f"--read-write lets the assistant change {pinned.context} by: {writing}")
    console.note(f"type the name of the context, {pinned.context}, to go on:")
    if sys.stdin.readline().strip() != pinned.context:
        raise UnfitError("that is not its name; nothing was changed")


def _introduce(entry: Entry, pinned: KubeContext, timeout: float) -> None:
    """Say what the entry starts, and what was decided on the way."""
    try:
        version = server.version(entry.command, timeout)
        both = server.tools(entry, timeout)
        proof = f"{len(both.reading)} tools that read, {len(both.writing)} that write"
    except processes.ProgramError as error:
        version, proof = "", f"it could not be tried: {error}"
    mode = "read-only" if entry.read_only else "READ-WRITE"
    console.put(
        f"{entry.command} {version} ({proof})\n"
        f"{mode}, context {pinned.context}, kubeconfig {pinned.file}\n\n"
    )
    if pinned.others:
        console.note(
            f"of the {pinned.others + 1} files of $KUBECONFIG the server reads only one: "
            f"{pinned.file}, which has {pinned.context}"
        )


def _one(client: Client, here: Host, entry: Entry, how: How) -> bool | None:
    """Set one client up: True when it is, False when nothing was done, None when it cannot be."""
    if client.paste:
        console.put(f"{client.title}: paste this at {client.paste}\n{client.alone(entry)}\n")
        return False
    try:
        change = plan_put(client, here, entry, own_command=not how.edit)
        if change is None:
            console.put(f"{client.title}: has it already, in {client.path(here)}\n")
            return False
        console.put(f"{client.title}\n{change.shown()}")
        if how.print_ or not (how.yes or agreed(change)):
            return False
        console.put(f"{client.title}: {change.apply(here)}\n\n")
    except FileError as error:
        console.note(f"Error: {client.title}: {error}")
        return None
    return True


def _left_over(here: Host, entry: Entry) -> Iterator[str]:
    """Tell of entries under other names that may write, and how to change that."""
    for found in look(here):
        for other, _ in found.entries:
            if other.name != entry.name and not other.read_only and not other.url:
                fix = ("kubectl", "flux-status", "mcp", "setup", f"--client={found.client.name}",
                       f"--name={other.name}")  # fmt: skip
                yield (
                    f"{found.client.title} has {other.name}, too, which may change the cluster; "
                    f"to let it only read: {command_line(fix)}"
                )


def _named(chosen: Chosen) -> Iterator[str]:
    yield from (f"--client={name}" for name in chosen.client)
    if chosen.name != Chosen().name:
        yield f"--name={chosen.name}"
