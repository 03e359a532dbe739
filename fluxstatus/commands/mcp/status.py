"""`mcp status`: the entries in the clients, and what they may do."""

from typing import Any

import typer

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.masking import mask
from fluxstatus.base.visible import visible
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Clients, clients, host
from fluxstatus.commands.options import TIMEOUT, Output, Timeout
from fluxstatus.mcp import server
from fluxstatus.mcp.elsewhere import warnings_of, whose
from fluxstatus.mcp.entry import setup_command
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.scan import ClientEntries, Listed, scan
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned
from fluxstatus.report.terminal import command_line


def show(*, chosen: Clients, output: Output = Format.TEXT, timeout: Timeout = TIMEOUT) -> None:
    """Show which MCP clients use the server, and in which mode.

    Also shows the context of each entry. Queries only the program's version; `mcp verify` checks
    the rest.
    """
    here = host()
    found = list(scan(here, clients(chosen.client)))
    if output is Format.JSON:
        console.put(versioned(_document(found, here, timeout)))
    else:
        console.put("\n".join([*_binary_lines(timeout), "", *_lines(found, here)]) + "\n")
    raise typer.Exit(Exit.HEALTHY)


def _binary(deadline: Deadline) -> tuple[str, str, str]:
    """Return the path and version of the program, and its problem if there is one."""
    path = ""
    try:
        path = server.find()
        return path, server.version(path, deadline), ""
    except ProgramError as error:
        return path, "", f"{error}"


def _binary_lines(deadline: Deadline) -> list[str]:
    path, version, problem = _binary(deadline)
    if path:
        return [visible(f"{path} {version or problem}")]
    return [visible(problem), *server.how_to_install().splitlines()]


def _lines(found: list[ClientEntries], here: Host) -> list[str]:
    lines = []
    for one in found:
        lines += [f" warn  {one.client.title}: {why}" for why in (*one.problems, *one.unread)]
        for listed in (*one.managed, *one.of_plugins, *one.entries):
            lines += _entry_lines(one, listed)
        lines += [f" warn  {warning}" for warning in warnings_of(one)]
        if not (
            one.entries or one.managed or one.of_plugins or one.problems
        ) and one.client.installed(here):
            lines.append(f" none  {one.client.title}: no entry in {one.path}")
    return [visible(line) for line in lines] or ["no MCP client was found on this machine"]


def _entry_lines(one: ClientEntries, listed: Listed) -> list[str]:
    entry = listed.entry
    place = listed.at.place
    of_whom = "" if place.is_the_users else f" of {whose(listed)}"
    name = f"{one.client.title}: {entry.name}{of_whom}"
    if listed.off:
        return [f" warn  {name} will not start: {listed.off}"]
    if entry.url:
        return [f" warn  {name} calls a remote server; it is unknown whether the server can write"]
    context = f"context {entry.context}" if entry.context else "the current context"
    direct = server.is_direct(entry)
    missing = "" if server.runs(entry) else f"; {entry.command} was not found"
    if entry.filled_in:
        return [f" warn  {name} depends on {entry.filled_in}; it is unknown whether it can write"]
    is_restricted = entry.read_only and entry.masks
    if is_restricted and direct:
        return [f" pass  {name} is read-only, {context}"]
    if is_restricted or not (direct or entry.names_the_server):
        flags = "has the flags of a read-only server" if is_restricted else "may be able to write"
        doubt = missing or f"; {entry.command} starts it, so run: kubectl flux-status mcp verify"
        return [f" warn  {name} {flags}, {context}{doubt}"]
    what = "shows the data of Secrets" if entry.read_only else "CAN CHANGE the cluster"
    fix = setup_command(entry.name, [one.client.name], entry.context)
    how = [] if not place.is_the_users else [f"       {command_line(fix.argv)}"]
    return [f" warn  {name} {what}, {context}{missing}", *how]


def _document(found: list[ClientEntries], here: Host, deadline: Deadline) -> dict[str, Any]:
    path, version, problem = _binary(deadline)
    return {
        "server": {"path": path, "version": version, "trouble": problem},
        "clients": [
            {
                "client": one.client.name,
                "title": one.client.title,
                "installed": one.client.installed(here),
                "file": str(one.path),
                "trouble": "; ".join(one.problems),
                "entries": [_entry_json(listed) for listed in one.entries],
                "managedEntries": [_entry_json(listed) for listed in one.managed],
                "pluginEntries": [_entry_json(listed) for listed in one.of_plugins],
                "folderEntries": [_entry_json(listed) for listed in one.of_folder],
                "warnings": [*one.unread, *warnings_of(one)],
            }
            for one in found
            if one.entries
            or one.managed
            or one.of_plugins
            or one.of_folder
            or one.problems
            or one.client.installed(here)
        ],
    }


def _entry_json(listed: Listed) -> dict[str, Any]:
    entry = listed.entry
    return {
        "name": entry.name,
        "file": str(listed.at.path),
        "off": listed.off,
        "command": entry.command,
        "url": mask(entry.url),
        "readOnly": None if entry.url else entry.read_only,
        "masksSecrets": None if entry.url else entry.masks,
        "context": entry.context,
        "kubeconfig": entry.kubeconfig,
        "present": server.runs(entry),
        "direct": None if entry.url else server.is_direct(entry),
    }
