"""Putting an entry into a client, and taking it out: planned first, shown, then done."""

from pathlib import Path
from typing import NamedTuple

from fluxstatus.cluster import processes
from fluxstatus.mcp import files
from fluxstatus.mcp.clients import Client, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.report.terminal import command_line

_TIMEOUT = 60.0  # seconds for a client's own command


class Change(NamedTuple):
    """What is done to the file of a client: its new text, or a command of the client's own."""

    client: Client
    path: Path
    document: files.Document
    text: str
    entry: Entry
    argv: tuple[str, ...] = ()
    adds: bool = True

    def shown(self) -> str:
        """Show what it does."""
        if self.argv:
            return f"runs: {command_line(self.argv)}\n"
        return files.difference(self.path, self.document.text, self.text)

    def apply(self, host: Host) -> str:
        """Do it, and say what was done. Raises FileError."""
        if self.argv:
            program = self.client.program_path(host) or self.argv[0]
            said = ""
            try:
                processes.run([program, *self.argv[1:]], timeout=_TIMEOUT)
            except processes.ProgramError as error:
                said = f" ({error})"
            again = (plan_put if self.adds else plan_drop)(
                self.client, host, self.entry, own_command=False
            )
            if again is None:
                what = "it is in" if self.adds else "it is gone from"
                return f"done by {self.client.program}; {what} {self.path}"
            did = again.apply(host)
            return f"{self.client.program} did not do it{said}; {did}"
        backup = files.write(self.document, self.text)
        return f"{self.path} is changed" + (f"; as it was: {backup}" if backup else "")


def plan_put(
    client: Client, host: Host, entry: Entry, *, own_command: bool = True
) -> Change | None:
    """Plan how *client* gets *entry*; None when it has it. Raises FileError."""
    path, document = _read(client, host)
    try:
        known = {one.name: value for one, value in client.entries(document.text)}
        text = client.put(document.text, entry, known.get(entry.name))
    except MalformedError as error:
        raise _refused(path, error) from error
    if text == document.text:
        return None
    # Its own command is for adding: it may refuse what is there, or leave nothing of that.
    use = own_command and client.add and entry.name not in known and client.program_path(host)
    argv = client.command(client.add, entry) if use else ()
    return Change(client, path, document, text, entry, argv)


def plan_drop(
    client: Client, host: Host, entry: Entry, *, own_command: bool = True
) -> Change | None:
    """Plan how *client* loses the entry of that name; None when it has none. Raises FileError."""
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
        raise files.FileError(f"{client.title} has no file that could be changed")
    return path, files.read(path)


def _refused(path: Path, error: MalformedError) -> files.FileError:
    return files.FileError(f"{path} is left alone: {error}")
