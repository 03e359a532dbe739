"""`mcp setup`: add an entry for the server to the MCP clients of this machine."""

import re
import sys
import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.plurals import counted
from fluxstatus.cluster import processes
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Chosen, How, agreed, clients, host
from fluxstatus.commands.option_values import seconds
from fluxstatus.commands.options import TIMEOUT, Connection, Timeout
from fluxstatus.mcp import server
from fluxstatus.mcp.client import Client
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.elsewhere import warnings_of
from fluxstatus.mcp.entry import Entry, setup_command
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.kubeconfig import KubeContext, UnfitError, entry_for, pin
from fluxstatus.mcp.plan import plan_put
from fluxstatus.mcp.scan import scan
from fluxstatus.model.findings import Exit
from fluxstatus.report.terminal import command_line

_PAUSE = 1.0  # seconds between two searches for the program
_PRODUCTION = re.compile(r"(?<![a-z])(prod|prd|production|live)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionOptions:
    """The options about the permissions of the assistant."""

    panel: ClassVar = "What the assistant may do"

    read_write: Annotated[
        bool,
        Option(
            "--read-write", help="Let the assistant change the cluster; use only in development"
        ),
    ] = False
    force: Annotated[
        bool, Option("--force", help="Allow --read-write even if the cluster looks like production")
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
            help="Wait up to this long for flux-operator-mcp to be installed",
            rich_help_panel=How.panel,
        ),
    ] = None,
    access: PermissionOptions,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Set up read-only access for the MCP clients on this machine.

    The entry starts flux-operator-mcp with --read-only=true, pinned to the context. It contains no
    credentials: the server reads the kubeconfig. The rest of a client's file is not changed. Each
    change is shown and requires your confirmation.
    """
    if access.force and not access.read_write:
        ctx.fail("--force requires --read-write")
    here = host()
    try:
        targets = _targets(chosen, here)
        binary = _binary(wait)
        timeout.restart()  # --wait is not part of it
        pinned = pin(connection.context, connection.kubeconfig, timeout)
        entry = entry_for(
            connection.flags(), pinned, binary, chosen.name, read_only=not access.read_write
        )
        if access.read_write:
            _confirm_writing(entry, pinned, timeout, force=access.force)
            timeout.restart()  # nor is the time that the user took
    except UnfitError as error:
        console.error(f"{error}")
        raise typer.Exit(Exit.USAGE) from error
    _introduce(entry, pinned, timeout)
    results = [_one(client, here, entry, how) for client in targets]
    if not how.print_ and True in results:
        for client, did in zip(targets, results, strict=True):
            if did and client.then:
                console.put_line(f"{client.title}: {client.then}")
        verify = ("kubectl", "flux-status", "mcp", "verify", *_named(chosen))
        console.put(f"restart the client, then verify the server:\n  {command_line(verify)}\n")
    done = [client.name for client, did in zip(targets, results, strict=True) if did]
    for note in _other_entries(here, entry, targets, done):
        console.note(note)
    raise typer.Exit(Exit.USAGE if None in results else Exit.HEALTHY)


def _targets(chosen: Chosen, here: Host) -> list[Client]:
    """Return the clients to set up: those selected, else all that are installed."""
    known = clients(chosen.client)
    if chosen.client:
        return list(known.values())
    found = [client for client in known.values() if client.installed(here)]
    if not found:
        raise UnfitError(
            "no MCP client was found on this machine; to select one that is not installed, use "
            f"--client={'|'.join(CLIENTS)}"
        )
    return found


def _binary(wait: float | None) -> str:
    """Return the path of the server's program; wait *wait* seconds for its installation."""
    until = time.monotonic() + (wait or 0)
    printed = False
    while True:
        try:
            return server.find()
        except processes.ProgramError as error:
            if time.monotonic() >= until:
                for line in f"{error}\n{server.how_to_install()}".splitlines() * (not printed):
                    console.note(line)
                raise typer.Exit(Exit.NO_VERDICT) from error
            if not printed:
                for line in f"{error}; waiting\n{server.how_to_install()}".splitlines():
                    console.note(line)
                printed = True
            time.sleep(min(_PAUSE, max(until - time.monotonic(), 0)))


def _confirm_writing(entry: Entry, pinned: KubeContext, deadline: Deadline, *, force: bool) -> None:
    """Show what --read-write allows, and ask for the name of the context. Raises UnfitError."""
    names = (pinned.context, pinned.cluster, pinned.server)
    if not force and any(map(_PRODUCTION.search, names)):
        raise UnfitError(
            f'context "{pinned.context}" looks like production, where read-write access is a risk; '
            "omit --read-write, or add --force if the name is misleading"
        )
    writing = ", ".join(tool.name for tool in server.tools(entry.command, deadline).writing)
    console.note(
        f"--read-write lets the assistant change {pinned.context} with these tools: {writing}"
    )
    console.note(f'to continue, type the name of the context, "{pinned.context}":')
    if sys.stdin.readline().strip() != pinned.context:
        raise UnfitError("the name does not match; nothing was changed")


def _introduce(entry: Entry, pinned: KubeContext, deadline: Deadline) -> None:
    """Print what the entry starts, its mode, context and kubeconfig."""
    try:
        version = server.version(entry.command, deadline)
        both = server.tools(entry.command, deadline)
        proof = f"{counted(len(both.reading), 'read-only tool')}, {len(both.writing)} that write"
    except processes.ProgramError as error:
        version, proof = "", f"it could not be started: {error}"
    mode = "read-only" if entry.read_only else "READ-WRITE"
    console.put_line(f"{entry.command} {version} ({proof})")
    console.put_line(f"{mode}, context {pinned.context}, kubeconfig {pinned.file}")
    console.put_line("")
    if version and not server.is_direct(entry):
        console.note(f"{entry.command} is a wrapper, so `mcp verify` cannot prove it is read-only")
    if pinned.others:
        console.note(
            f"the server reads only one of the {pinned.others + 1} files in $KUBECONFIG: "
            f'{pinned.file}, which has context "{pinned.context}"'
        )


def _one(client: Client, here: Host, entry: Entry, how: How) -> bool | None:
    """Set up one client; return True on success, False if nothing was done, None on failure."""
    if client.paste:
        console.put(f"{client.title}: paste this into {client.paste}\n{client.alone(entry)}\n")
        return False
    did = False
    try:
        changes = plan_put(client, here, entry, own_command=not how.edit)
        if not changes:
            console.put_line(f"{client.title}: already has the entry{_off(client, here, entry)}")
        for change in changes:
            console.put(f"{client.title}\n{change.shown()}")
            if not how.print_ and (how.yes or agreed(change)):
                console.put_line(f"{client.title}: {change.apply(here)}")
                console.put_line("")
                did = True
    except FileError as error:
        console.error(f"{client.title}: {error}")
        return None
    return did


def _off(client: Client, here: Host, entry: Entry) -> str:
    """Return where *client* has the entry, and why it does not start it."""
    [found] = scan(here, {client.name: client})
    own = (one for one in found.entries if one.entry.name == entry.name)
    listed = next(own, None)
    where = f", in {listed.at.path if listed else found.path}"
    return f"{where}, but does not start it: {listed.off}" if listed and listed.off else where


def _other_entries(
    here: Host, entry: Entry, targets: Iterable[Client], done: Container[str]
) -> Iterator[str]:
    """Yield notes on other entries that clients start, and how to change one that can write.

    Also on an entry that was set up just now, in the clients *done*, and that they do not start.
    """
    names = {client.name for client in targets}
    for found in scan(here):
        for other in (one.entry for one in found.entries if not one.off):
            if other.name != entry.name and not other.read_only and not other.url:
                fix = setup_command(other.name, [found.client.name])
                yield (
                    f'{found.client.title} also has the entry "{other.name}", which can change '
                    f"the cluster; to make it read-only, run: {command_line(fix.argv)}"
                )
        for mine in found.entries:
            if found.client.name in done and mine.entry.name == entry.name and mine.off:
                yield f"{found.client.title} does not start {entry.name}: {mine.off}"
        if found.client.name in names:
            yield from warnings_of(found)


def _named(chosen: Chosen) -> Iterator[str]:
    yield from (f"--client={name}" for name in chosen.client)
    if chosen.name != Chosen().name:
        yield f"--name={chosen.name}"
