"""Add an entry to a client, or remove it: planned first, shown, then applied."""

from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes
from fluxstatus.mcp import files
from fluxstatus.mcp.clients import Client, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.report.terminal import command_line

_SECONDS = 60.0  # for a client's own command, which the user waits for


class Change(NamedTuple):
    """A planned change of a client's file: its new text, or a command of the client."""

    client: Client
    path: Path
    document: files.Document
    text: str
    entry: Entry
    argv: tuple[str, ...] = ()
    adds: bool = True

    def shown(self) -> str:
        """Return what it changes, for users."""
        if self.argv:
            return f"runs: {command_line(self.argv)}\n"
        return files.difference(self.path, self.document.text, self.text)

    def apply(self, host: Host) -> str:
        """Apply it, and return what was done. Raises FileError."""
        if self.argv:
            program = self.client.program_path(host) or self.argv[0]
            failure = ""
            try:
                processes.run([program, *self.argv[1:]], Deadline(_SECONDS))
            except processes.ProgramError as error:
                failure = f" ({error})"
            plan = plan_put if self.adds else plan_drop
            rest = plan(self.client, host, self.entry, own_command=False)
            if rest is None:
                did = "added it to" if self.adds else "removed it from"
                return f"{self.client.program} {did} {self.path}"
            result = rest.apply(host)
            return f"{self.client.program} did not change the file{failure}; {result}"
        backup = files.write(self.document, self.text)
        return f"{self.path} changed" + (f"; backup: {backup}" if backup else "")


def plan_put(
    client: Client, host: Host, entry: Entry, *, own_command: bool = True
) -> Change | None:
    """Return the change that adds *entry* to *client*, None if it has it. Raises FileError."""
    path, document = _read(client, host)
    try:
        known = {one.name: value for one, value in client.entries(document.text)}
        text = client.put(document.text, entry, known.get(entry.name))
    except MalformedError as error:
        raise _refused(path, error) from error
    if text == document.text:
        return None
    # Its own command only adds: it may refuse an existing entry, or drop keys that the user added.
    use = own_command and client.add and entry.name not in known and client.program_path(host)
    argv = client.command(client.add, entry) if use else ()
    return Change(client, path, document, text, entry, argv)


def plan_drop(
    client: Client, host: Host, entry: Entry, *, own_command: bool = True
) -> Change | None:
    """Return the change that removes the entry of that name, None without one. Raises FileError."""
    path, document = _read(client, host)
    try:
        if entry.name not in [one.name for one, _ in client.entries(document.text)]:
            return None
        text = client.drop(document.text, entry.name)
    except MalformedError as error:
        raise _refused(path, error) from error
    use = own_command and client.remove and client.program_path(host)
    argv = client.command(client.remove, entry) if use else ()
    return Change(client, path, document, text, entry, argv, adds=False)


def _read(client: Client, host: Host) -> tuple[Path, files.Document]:
    path = client.path(host)
    if path is None:
        raise files.FileError(f"{client.title} has no configuration file")
    return path, files.read(path)


def _refused(path: Path, error: MalformedError) -> files.FileError:
    return files.FileError(f"{path} was not changed: {error}")
