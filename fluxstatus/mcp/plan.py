"""Add an entry to a client, or remove it: planned first, shown, then applied."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes
from fluxstatus.mcp import files
from fluxstatus.mcp.client import Client, Location
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host
from fluxstatus.report.terminal import command_line

_SECONDS = 60.0  # for a client's own command, which the user waits for


class Change(NamedTuple):
    """A planned change of a client's file: its new text, or a command of the client.

    Without a text the file is removed, as it was not there before setup. `is_last` is whether no
    entry for the server is in the file afterwards.
    """

    client: Client
    path: Path
    document: files.Document
    text: str | None
    entry: Entry
    argv: tuple[str, ...] = ()
    adds: bool = True
    backup: files.Backup = files.Backup.NONE
    is_last: bool = False

    def shown(self) -> str:
        """Return what it changes, for users."""
        if self.argv:
            return f"runs: {command_line(self.argv)}\n"
        return files.difference(self.path, self.document.text, self.text or "")

    def apply(self, host: Host) -> str:
        """Apply it, and return what was done. Raises FileError."""
        if self.argv:
            return self._run(host)
        if self.text is None:
            files.remove(self.document)
            return f"{self.path} removed: it had nothing else"
        backup = files.write(self.document, self.text, self.backup)
        if self.is_last:
            files.backup_of(self.document.path).unlink(missing_ok=True)
        return f"{self.path} changed" + (f"; backup: {backup}" if backup else "")

    def _run(self, host: Host) -> str:
        """Run the client's own command, and change the file if it did not."""
        program = self.client.program_path(host) or self.argv[0]
        failure = ""
        try:
            processes.run([program, *self.argv[1:]], Deadline(_SECONDS))
        except processes.ProgramError as error:
            failure = f" ({error})"
        plan = plan_put if self.adds else plan_drop
        rest = [
            one
            for one in plan(self.client, host, self.entry, own_command=False)
            if one.path == self.path
        ]
        if not rest:
            did = "added it to" if self.adds else "removed it from"
            return f"{self.client.program} {did} {self.path}"
        result = rest[0].apply(host)
        return f"{self.client.program} did not change the file{failure}; {result}"


class _File(NamedTuple):
    """A file of a client, with its servers."""

    at: Location
    document: files.Document
    servers: dict[str, Any]

    def ours(self) -> list[str]:
        """Return the names of the entries for the server."""
        found = self.servers.items()
        return [name for name, one in found if self.at.schema.read(name, one).is_the_server]


def plan_put(client: Client, host: Host, entry: Entry, *, own_command: bool = True) -> list[Change]:
    """Return the changes that add *entry* to *client*, none if it has it. Raises FileError.

    An entry of that name is corrected where it is. A client that lists a server once for each file
    keeps the first one.
    """
    known = [file for file in _files(client, host, entry.name) if entry.name in file.servers]
    at = client.target(host)
    file = known[0] if known else _file(client, at, files.read(at.path))
    text = file.document.text
    try:
        new = client.put(text, entry, file.servers.get(entry.name), file.at)
    except MalformedError as error:
        raise _refused(file.at.path, error) from error
    # Its own command only adds: it may refuse an existing entry, or drop keys that the user added.
    use = own_command and not known and client.add and file.at.place.file == client.file
    argv = client.command(client.add, entry) if use and client.program_path(host) else ()
    backup = files.Backup.FIRST if file.ours() else files.Backup.NEW
    if entry.name in file.servers and _is_setup_alone(client, file, entry.name, ""):
        backup = files.Backup.NONE  # there was no file
    change = Change(client, file.at.path, file.document, new, entry, argv, backup=backup)
    twice = [_dropped(client, one, entry) for one in known[1:] if client.twice]
    return [*([change] if new != text else []), *twice]


def plan_drop(
    client: Client, host: Host, entry: Entry, *, own_command: bool = True
) -> list[Change]:
    """Return the changes that remove the entries of that name. Raises FileError."""
    changes = []
    for file in _files(client, host, entry.name):
        if entry.name in file.ours():
            change = _dropped(client, file, entry)
            use = own_command and client.remove and file.at.place.file == client.file
            if use and client.program_path(host):
                change = change._replace(argv=client.command(client.remove, entry))
            changes.append(change)
    return changes


def _files(client: Client, host: Host, name: str) -> Iterator[_File]:
    """Yield the user's files of *client* with the word *name*, the one that wins first."""
    for at in client.own(host):
        document = files.read(at.path)
        if name in document.text:
            yield _file(client, at, document)


def _file(client: Client, at: Location, document: files.Document) -> _File:
    try:
        return _File(at, document, dict(client.servers(document.text, at.container)))
    except MalformedError as error:
        raise _refused(at.path, error) from error


def _dropped(client: Client, file: _File, entry: Entry) -> Change:
    """Return the change that removes the entry: the file becomes what it was before setup."""
    name, text, path = entry.name, file.document.text, file.at.path
    is_last = file.ours() == [name]
    before = files.read(files.backup_of(file.document.path))
    new: str | None
    try:
        had_place = is_last is False or client.has_container(before.text, file.at)
        new = client.drop(text, name, file.at, prune=not had_place)
        if is_last and _is_setup_alone(client, file, name, before.text):
            new = before.text if before.data is not None else None
    except MalformedError as error:
        raise _refused(path, error) from error
    return Change(client, path, file.document, new, entry, adds=False, is_last=is_last)


def _is_setup_alone(client: Client, file: _File, name: str, before: str) -> bool:
    """Return whether the file is the text *before* with the entry, and nobody changed the rest."""
    if name in client.servers(before, file.at.container):
        return False
    fresh = client.set(before, name, file.servers[name], file.at)
    rest, expected = (
        client.drop(text, name, file.at, prune=True) for text in (file.document.text, fresh)
    )
    return rest == expected


def _refused(path: Path, error: MalformedError) -> files.FileError:
    return files.FileError(f"{path} was not changed: {error}")
