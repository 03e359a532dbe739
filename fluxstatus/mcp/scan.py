"""The entries for the server in the clients of this machine, read without changing anything."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.client import PLUGIN_BASE, Client, Location, Place
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import PROGRAM, Entry, EntrySchema
from fluxstatus.mcp.files import MOST, FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host

_LARGE = 1 << 16  # characters
_MOST_OF_OTHERS = 4 << 20  # bytes of a file that others may have written


class Listed(NamedTuple):
    """An entry as a client reads it, and from where.

    `off` is why the client does not start it, empty if it does. `is_server` is whether it starts
    the server, as its words say or as the program shows that has another name. `is_direct` is
    whether it starts the program itself, so that its flags count; the check does not look.
    """

    entry: Entry
    at: Location
    off: str = ""
    is_server: bool = True
    is_direct: bool = True


class ClientEntries(NamedTuple):
    """A client, the file that setup changes, and what the client reads.

    `entries` are the user's entries for the server. `of_folder` are entries that count only in the
    current folder: for the server, or with the name of one of the user's entries, which they
    replace. `managed` are those of an administrator. `of_plugins` are those of plugins and
    extensions, which replace those of the user, or give way to them and are left out. `problems`
    are the reasons why a file could not be read or parsed, and `unread` those of files of the
    folder.
    """

    client: Client
    path: Path
    entries: tuple[Listed, ...] = ()
    of_folder: tuple[Listed, ...] = ()
    managed: tuple[Listed, ...] = ()
    of_plugins: tuple[Listed, ...] = ()
    problems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def started(self) -> tuple[Listed, ...]:
        """What the client starts in the current folder as the server."""
        others = (*self.managed, *self.of_folder, *self.of_plugins)
        replaced = {one.entry.name for one in others if not self.client.twice}
        own = (one for one in self.entries if one.entry.name not in replaced)
        return tuple(one for one in (*others, *own) if not one.off)


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

    def __init__(self, client: Client, host: Host, *, folder: bool) -> None:
        self.client, self.host, self.folder = client, host, folder
        self.locations = list(client.locations(host, folder=folder or client.local))
        self.own = client.own_of(self.locations)
        self.mine: dict[object, Listed] = {}
        self.of_folder: dict[str, Listed] = {}
        self.managed: dict[str, Listed] = {}
        self.lower: dict[str, Any] = {}  # the entries so far, merged

    def add(self, at: Location, servers: Mapping[str, Any]) -> None:
        """Take the entries of *servers* that are about the server."""
        for name, value in servers.items():
            merged = _merged(self.lower.get(name), value) if self.client.merges else value
            if listed := self.listed(at, name, merged, value):
                self.lower[name] = merged
                self._keep(name, listed)

    def listed(self, at: Location, name: str, value: Any, own: Any = None) -> Listed | None:
        """Return the entry *name* with *value*, None if it is not about the server.

        *own* is what the file *at* has of it.
        """
        from fluxstatus.mcp import policies, trust  # noqa: PLC0415 - most machines have few such files

        client = self.client
        called = name.rpartition(":")[2] if at.place.plugin else name  # PLUGIN:SERVER
        is_ours = name in self.lower or self._is_the_server(
            at.schema.read(called, value if own is None else own)
        )
        if not is_ours or not trust.counts(client.name, at, name, self.host):
            return None
        entry = at.schema.read(name, value)
        off = (
            at.schema.off_by(value)
            or trust.off(client.name, name, self.host)
            or policies.forbidden(client.name, at, entry, self.host, folder=self.folder)
        )
        is_server = entry.names_the_server or self._is_the_server(entry._replace(name=""))
        return Listed(entry, at, off, is_server, self._is_direct(entry))

    def mine_by_name(self) -> set[str]:
        """Return the names of the user's entries."""
        return {one.entry.name for one in self.mine.values()}

    def _is_the_server(self, entry: Entry) -> bool:
        """Return whether *entry* is about the server; programs are looked into for a folder only.

        The check does without: it takes time.
        """
        if entry.is_the_server or not (self.folder and entry.command):
            return entry.is_the_server
        from fluxstatus.mcp import server  # noqa: PLC0415 - not for the check

        return server.starts_the_program(entry) or server.has_a_script_for_it(entry)

    def _is_direct(self, entry: Entry) -> bool:
        """Return whether *entry* starts the program itself; the check takes it for granted."""
        from fluxstatus.mcp import server  # noqa: PLC0415 - as above

        return not self.folder or bool(entry.url) or server.is_direct(entry)

    def _keep(self, name: str, listed: Listed) -> None:
        """Keep what replaces all that was read before of that name, except what is the user's."""
        self.of_folder.pop(name, None)
        self.managed.pop(name, None)
        if listed.at in self.own:
            key = (name, listed.at.path) if self.client.twice else name
            self.mine[key] = listed
        elif listed.at.place.is_of_administrator:
            self.managed[name] = listed
        else:
            self.of_folder[name] = listed

    def unreadable(self) -> Iterator[str]:
        """Yield why a file with an administrator's rules could not be read, if they matter."""
        if self.lower:
            from fluxstatus.mcp import policies  # noqa: PLC0415 - as above

            yield from policies.unreadable(self.client.name, self.host)

    def is_concerned(self, text: str) -> bool:
        """Return whether *text* is about the server, as far as one sees without parsing it."""
        return PROGRAM in text or any(name in text for name in self.lower)


def _client(client: Client, host: Host, most: int, *, folder: bool) -> ClientEntries:
    found = _Reading(client, host, folder=folder)
    paths = {one.path for one in found.own}
    problems: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for at in reversed(found.locations):
        is_own = at in found.own
        if at.place.is_of_folder and not is_own and at.path in paths:
            continue  # the current folder is the home
        if not (at.place.is_variable or os.path.lexists(at.path)):
            continue
        text, is_concerned = "", True
        try:
            text = _text(at, host, most if is_own else min(most, _MOST_OF_OTHERS))
            is_concerned = found.is_concerned(text)
            # Some files of users have megabytes. In those of others, names may be escaped.
            if is_concerned or not is_own or len(text) < _LARGE:
                found.add(at, client.servers(text, at.container))
        except (FileError, MalformedError) as error:
            if is_concerned:
                is_own = is_own or not at.place.is_of_folder
                what = f"{error}" if isinstance(error, FileError) else _unparsed(at, error)
                problems[is_own][what] = None
    of_plugins = tuple(_of_plugins(found, most, problems))
    return ClientEntries(
        client,
        client.target_of(found.own).path,
        tuple(reversed(found.mine.values())),
        tuple(reversed(found.of_folder.values())),
        tuple(reversed(found.managed.values())),
        of_plugins,
        tuple(problems[True] | dict.fromkeys(found.unreadable())),
        tuple(one for one in problems[False] if one not in problems[True]),
    )


def _of_plugins(
    found: _Reading, most: int, problems: Mapping[bool, dict[str, None]]
) -> Iterator[Listed]:
    """Yield the entries of plugins, but those that give way to another of that name.

    Add to *problems* why a file of a plugin could not be read, if it may have such an entry.
    """
    from fluxstatus.mcp.plugins import WINNING, brought  # noqa: PLC0415 - as in _Reading.add

    client = found.client
    taken = {*found.mine_by_name(), *found.of_folder, *found.managed}
    for one in brought(client.name, found.host, min(most, _MOST_OF_OTHERS), folder=found.folder):
        plugin = one.plugin
        if one.problem and (not one.text or found.is_concerned(one.text)):
            problems[not plugin.is_of_folder][one.problem] = None
        at = Location(Place(f"{PLUGIN_BASE}/{plugin.name}"), one.path, (), EntrySchema())
        for name, value in one.servers.items():
            listed = found.listed(at, name, value)
            if listed is None or (name in taken and client.name not in WINNING):
                continue
            taken.add(name)
            yield listed


def _text(at: Location, host: Host, most: int) -> str:
    """Return the content of *at*. Raises FileError."""
    variable = at.place.file.removeprefix("=") if at.place.is_variable else ""
    return host.environ[variable] if variable else read(at.path, most).text


def _unparsed(at: Location, error: MalformedError) -> str:
    return f"cannot parse {at.path}: {error}"


def _merged(lower: Any, higher: Any) -> Any:
    """Return *higher* with what only *lower* has, as clients merge their settings."""
    if not (isinstance(lower, dict) and isinstance(higher, dict)):
        return higher
    return {**lower, **{key: _merged(lower.get(key), value) for key, value in higher.items()}}
