"""Errors in the arguments of a command: the message, the choices and the exit code.

All other errors reach `run` in cli.py.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from fluxstatus.commands import console
from fluxstatus.commands.counterparts import no_kind
from fluxstatus.commands.options import Connection, ObjectNamespace, SnapshotInput
from fluxstatus.model.errors import ArgumentError, NotFoundError, UnknownKindError
from fluxstatus.model.findings import Exit, Level, Report
from fluxstatus.report.terminal import command_line

_CHOICES = 10  # printed
_LIVE, _ANYWHERE = SnapshotInput(), ObjectNamespace()


@contextmanager
def reported(
    command: str,
    connection: Connection,
    snapshot: SnapshotInput = _LIVE,
    place: ObjectNamespace = _ANYWHERE,
    words: Sequence[str] = (),
) -> Iterator[None]:
    """Report an error in *words*, the arguments of *command*, and exit.

    What is suggested reads the same cluster: that of *connection*, or *snapshot*.
    """
    try:
        yield
    except UnknownKindError as error:
        flags = (*place.words(), *snapshot.words(), *_flags(connection))
        to_type = no_kind(command, words, error.word, flags, saved=snapshot.file is not None)
        text = f"{error.word!r} is not a Flux kind; {to_type}" if to_type else f"{error}"
        console.error(text)
        raise typer.Exit(Exit.USAGE) from error
    except ArgumentError as error:
        report(error, command, connection, snapshot)
        raise typer.Exit(Exit.USAGE) from error


def _flags(connection: Connection) -> tuple[str, ...]:
    return connection.flags(but_for=("token", "request_timeout", "cache_dir"))


def report(
    error: ArgumentError, command: str, connection: Connection, snapshot: SnapshotInput = _LIVE
) -> None:
    """Print *error* with its choices, as whole commands for the same cluster or *snapshot*."""
    flags = (*snapshot.words(), *_flags(connection))
    kinds = error.lists if isinstance(error, NotFoundError) else ""
    lists = command_line(("kubectl", "flux-status", "get", kinds, *flags)) if kinds else ""
    console.error(f"{error}; for a list, use: {lists}" if lists else f"{error}")
    for choice in error.choices[:_CHOICES]:
        console.note(f"  {command_line(('kubectl', 'flux-status', command, *choice, *flags))}")
    if len(error.choices) > _CHOICES:
        console.note(f"  and {len(error.choices) - _CHOICES} more: select a namespace with -n")


def report_unread(found: Report) -> bool:
    """Print what the report *found* could not be read, and return whether there is such a thing.

    This is for commands that print only a part of a report.
    """
    unread = [
        finding
        for finding in found.faults
        if finding.level is Level.UNKNOWN or (found.unreachable and finding.level is Level.FAIL)
    ]
    for finding in unread:
        permissions = ", ".join(value for _, value in finding.evidence)
        missing = f" (missing permission: {permissions})" if permissions else ""
        console.error(f"{finding.title}{missing}")
    return bool(unread)
