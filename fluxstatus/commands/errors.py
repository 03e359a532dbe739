"""Wrong words on the command line: what is said of them, and how the process ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.findings import Exit
from fluxstatus.report.terminal import command_line


@contextmanager
def told(command: str, connection: Connection) -> Iterator[None]:
    """Tell of a mistake in the words after *command*, or of what could not be read, and end.

    What may have been meant is told as whole commands, for the cluster of *connection*.
    """
    flags = connection.flags(but_for=("token", "request_timeout", "cache_dir"))
    try:
        yield
    except NotFoundError as error:
        console.note(f"Error: {error}")
        for choice in error.choices:
            console.note(f"  {command_line(('kubectl', 'flux-status', command, *choice, *flags))}")
        raise typer.Exit(Exit.USAGE) from error
    except UnreadError as error:
        console.note(f"Error: {error.unread.full_text}")
        raise typer.Exit(Exit.NO_VERDICT) from error
