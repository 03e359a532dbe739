"""The entries for the server in the clients of this machine, read without changing anything."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.clients import CLIENTS, Client, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.files import MOST, Document, FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError


class ClientEntries(NamedTuple):
    """A client, its file, and the entries in it, each with its value in the file.

    `problem` is why the file could not be read or parsed, empty if it could.
    """

    client: Client
    path: Path
    document: Document | None
    entries: tuple[tuple[Entry, Any], ...] = ()
    problem: str = ""


def scan(
    host: Host, clients: Mapping[str, Client] = CLIENTS, most: int = MOST
) -> Iterator[ClientEntries]:
    """Yield the entries of each of *clients* that keeps a file on *host*.

    A file of more than *most* bytes is not read.
    """
    for client in clients.values():
        path = client.path(host)
        if path is None:
            continue
        document = None
        try:
            document = read(path, most)
            entries = tuple(client.entries(document.text))
        except (FileError, MalformedError) as error:
            text = f"{error}" if isinstance(error, FileError) else f"cannot parse {path}: {error}"
            yield ClientEntries(client, path, document, problem=text)
        else:
            yield ClientEntries(client, path, document, entries)
