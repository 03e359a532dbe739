"""Which clients of this machine have which entries for the server; nothing is changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.clients import CLIENTS, Client, Host
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.files import Document, FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError


class Found(NamedTuple):
    """A client, its file as it was read, and the entries there, each as the client has it.

    `problem` says why the file could not be read or understood, empty when it could.
    """

    client: Client
    path: Path
    document: Document | None
    entries: tuple[tuple[Entry, Any], ...] = ()
    problem: str = ""


def look(host: Host, clients: Mapping[str, Client] = CLIENTS) -> Iterator[Found]:
    """Look at the file of each of *clients* that has one on *host*, there or not."""
    for client in clients.values():
        path = client.path(host)
        if path is None:
            continue
        document = None
        try:
            document = read(path)
            entries = tuple(client.entries(document.text))
        except (FileError, MalformedError) as error:
            text = f"{error}" if isinstance(error, FileError) else f"{path} does not parse: {error}"
            yield Found(client, path, document, problem=text)
        else:
            yield Found(client, path, document, entries)
