"""Writing a list to standard output, once or again and again, and what is said beside it."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands import console
from fluxstatus.commands.list_options import Look
from fluxstatus.commands.listing import Listing, Source
from fluxstatus.model.findings import Exit

PAUSE = 5.0  # seconds between two looks


def listing(source: Source, look: Look) -> Listing:
    """Make the list of *source* that *look* asks for. Raises NotFoundError."""
    return Listing(
        source,
        look.output,
        console.look(look.color, everything=False),
        headers=not look.no_headers,
        fitted=console.is_terminal(sys.stdout),
        order=look.sort_by,
    )


def show(
    listed: Listing, opened: Callable[[], AbstractContextManager[Cluster]], *, watch: bool
) -> Exit:
    """Write the list, with *watch* on and on what changes, and give the exit code.

    Raises NotFoundError for what is asked for and is not there, and ProgramError.
    """
    said: set[str] = set()
    while True:
        with opened() as cluster:
            pieces = [listed.changes(cluster)] if watch else listed.pieces(cluster)
            read_on = all(map(console.put, pieces))
            remarks = list(listed.remarks(cluster))
            for remark in remarks:
                if remark not in said:
                    console.note(remark)
            code = listed.exit_code(cluster)
        said = set(remarks)
        if not (watch and read_on and console.pause(PAUSE)):
            return code
