"""Options that select the clients and the entry for a subcommand of `mcp`."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from typer import BadParameter, Option

from fluxstatus.base.similar import did_you_mean
from fluxstatus.commands import console
from fluxstatus.mcp.client import Client
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import Change

EntryName = Annotated[str, Option("--name", metavar="NAME", help="Name of the entry")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """The option that selects clients."""

    panel: ClassVar = "Which entries"

    client: Annotated[
        list[str], Option(metavar="NAME", help="Only this client; repeatable or comma-separated")
    ] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Clients):
    """The options that select clients and the name of the entry."""

    name: EntryName = NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The options about how files are changed."""

    panel: ClassVar = "How to change files"

    print_: Annotated[bool, Option("--print", help="Show what would change; write nothing")] = False
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask for confirmation")] = False
    edit: Annotated[
        bool,
        Option(
            "--edit",
            help="Edit the client's file even if the client has a command that adds servers",
        ),
    ] = False


def agreed(change: Change) -> bool:
    """Ask whether to apply *change*. Raises FileError if standard input is not a terminal."""
    if not sys.stdin.isatty():
        raise FileError(
            "standard input is not a terminal; add --yes to confirm, or --print to show the change"
        )
    console.note(f"apply this change to {change.client.title}? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def host() -> Host:
    """Return this machine."""
    return Host(environ=os.environ, folder=Path.cwd())


def clients(names: Iterable[str]) -> Mapping[str, Client]:
    """Return the clients called *names*, all of them without any. Raises BadParameter.

    They are in the order of the table: one that shares a file with another comes first.
    """
    words = [word for name in names for word in name.split(",") if word]
    for word in words:
        if word not in CLIENTS:
            meant = did_you_mean(word, CLIENTS, f"use one of {', '.join(CLIENTS)}", repr)
            raise BadParameter(f"{word!r} is unknown; {meant}", param_hint="--client")
    return {name: client for name, client in CLIENTS.items() if name in words} or CLIENTS
