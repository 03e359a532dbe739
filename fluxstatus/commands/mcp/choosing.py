"""Which clients and which entry a subcommand of `mcp` is about."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

from typer import BadParameter, Option

from fluxstatus.base.similar import did_you_mean
from fluxstatus.commands import console
from fluxstatus.mcp.clients import CLIENTS, Client, Host
from fluxstatus.mcp.entry import NAME
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.plan import Change

EntryName = Annotated[str, Option("--name", metavar="NAME", help="What the entry is called")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """Which clients."""

    panel: ClassVar = "Which entries"

    client: Annotated[
        list[str], Option(metavar="NAME", help="Only this client; repeatable, or a,b")
    ] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Clients):
    """Which clients, and what the entry is called there."""

    name: EntryName = NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How files are changed."""

    panel: ClassVar = "How it is done"

    print_: Annotated[bool, Option("--print", help="Show what would change; write nothing")] = False
    yes: Annotated[bool, Option("--yes", "-y", help="Do not ask")] = False
    edit: Annotated[
        bool, Option("--edit", help="Edit the file even of a client that has a command for it")
    ] = False


def agreed(change: Change) -> bool:
    """Ask whether to do it. Raises FileError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise FileError("there is no terminal to ask at; use --yes, or --print to look only")
    console.note(f"do this for {change.client.title}? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def host() -> Host:
    """Return this machine, as the clients see it."""
    return Host(environ=os.environ, folder=Path.cwd())


def clients(names: Iterable[str]) -> Mapping[str, Client]:
    """Return the clients called *names*, all of them without any. Raises BadParameter."""
    words = [word for name in names for word in name.split(",") if word]
    for word in words:
        if word not in CLIENTS:
            meant = did_you_mean(word, CLIENTS, f"there are {', '.join(CLIENTS)}.", repr)
            raise BadParameter(f"{word!r} is unknown; {meant}", param_hint="--client")
    return {word: CLIENTS[word] for word in words} or CLIENTS
