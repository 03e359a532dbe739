"""The entries for the server in the clients of this machine, read without changing anything."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.client import Client, Location
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import PROGRAM, Entry
from fluxstatus.mcp.files import MOST, FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host

_LARGE = 1 << 16  # characters
_MOST_OF_FOLDER = 4 << 20  # bytes of a file that others may have written


class Listed(NamedTuple):
    """An entry as a client reads it, and from where.

    `off` is why the client does not start it, empty if it does.
    """

    entry: Entry
    at: Location
    off: str = ""


class ClientEntries(NamedTuple):
    """A client, the file that setup changes, and what the client reads.

    `entries` are the user's entries for the server. `of_folder` are entries that count only in the
    current folder: for the server, or with the name of one of the user's entries, which they
    replace. `problems` are the reasons why a file could not be read or parsed, and `unread` those
    of files of the folder.
    """

    client: Client
    path: Path
    entries: tuple[Listed, ...] = ()
    of_folder: tuple[Listed, ...] = ()
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def started(self) -> tuple[Listed, ...]:
        """What the client starts in the current folder as the server."""
        replaced = {one.entry.name for one in self.of_folder if not self.client.twice}
        own = (one for one in self.entries if one.entry.name not in replaced)
        return tuple(one for one in (*self.of_folder, *own) if not one.off)


def scan(
    host: Host,
    clients: Mapping[str, Client] = CLIENTS,
    most: int = MOST,
    *,
    folder: bool = True,
) -> Iterator[ClientEntries]:
    """Yield the entries of each of *clients* that keeps a file on *host*.

    A file of more than *most* bytes is not read, and in the current directory none of more than
    4 MiB; without *folder*, no file in it is read at all.
    """
    for client in clients.values():
        if client.file:
            yield _client(client, host, most, folder=folder)


class _Reading:
    """What is known of one client while its files are read, from the least to what wins."""

    def __init__(self, client: Client, host: Host) -> None:
        self.client, self.host = client, host
        self.own = client.own(host)
        self.mine: dict[object, Listed] = {}
        self.of_folder: dict[str, Listed] = {}
        self.lower: dict[str, Any] = {}  # the entries so far, merged

    def add(self, at: Location, servers: Mapping[str, Any]) -> None:
        """Take the entries of *servers* that are about the server."""
        from fluxstatus.mcp import trust  # noqa: PLC0415 - most machines have few such files

        client = self.client
        for name, value in servers.items():
            is_ours = name in self.lower or at.schema.read(name, value).is_the_server
            if not is_ours or not trust.counts(client.name, at, name, self.host):
                continue
            merged = _merged(self.lower.get(name), value) if client.merges else value
            off = at.schema.off_by(merged) or trust.off(client.name, name, self.host)
            listed = Listed(at.schema.read(name, merged), at, off)
            self.lower[name] = merged
            if at in self.own:
                self.mine[(name, at.path) if client.twice else name] = listed
                self.of_folder.pop(name, None)
            else:
                self.of_folder[name] = listed

    def is_concerned(self, text: str) -> bool:
        """Return whether *text* is about the server, as far as one sees without parsing it."""
        return PROGRAM in text or any(name in text for name in self.lower)


def _client(client: Client, host: Host, most: int, *, folder: bool) -> ClientEntries:
    found = _Reading(client, host)
    paths = {one.path for one in found.own}
    problems: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for at in reversed(list(client.locations(host, folder=folder or client.local))):
        is_own = at in found.own
        if at.place.is_of_folder and not is_own and at.path in paths:
            continue  # the current folder is the home
        if not os.path.lexists(at.path):
            continue
        text, is_concerned = "", True
        try:
            text = read(at.path, most if is_own else min(most, _MOST_OF_FOLDER)).text
            is_concerned = found.is_concerned(text)
            if is_concerned or len(text) < _LARGE:  # some of these files have megabytes
                found.add(at, client.servers(text, at.container))
        except (FileError, MalformedError) as error:
            if is_concerned:
                what = f"{error}" if isinstance(error, FileError) else _unparsed(at, error)
                problems[is_own][what] = None
    return ClientEntries(
        client,
        client.target(host).path,
        tuple(reversed(found.mine.values())),
        tuple(reversed(found.of_folder.values())),
        tuple(problems[True]),
        tuple(one for one in problems[False] if one not in problems[True]),
    )


def _unparsed(at: Location, error: MalformedError) -> str:
    return f"cannot parse {at.path}: {error}"


def _merged(lower: Any, higher: Any) -> Any:
    """Return *higher* with what only *lower* has, as clients merge their settings."""
    if not (isinstance(lower, dict) and isinstance(higher, dict)):
        return higher
    return {**lower, **{key: _merged(lower.get(key), value) for key, value in higher.items()}}
