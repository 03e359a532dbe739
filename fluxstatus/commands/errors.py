"""Errors in the arguments of a command: the message, the choices and the exit code.

All other errors reach `run` in cli.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.findings import Exit, Level, Report
from fluxstatus.report.terminal import command_line

_CHOICES = 10  # printed


@contextmanager
def reported(command: str, connection: Connection) -> Iterator[None]:
    """Report an error in the arguments of *command*, and exit."""
    try:
        yield
    except ArgumentError as error:
        report(error, command, connection)
        raise typer.Exit(Exit.USAGE) from error


def report(error: ArgumentError, command: str, connection: Connection) -> None:
    """Print *error* with its choices, as whole commands for the cluster of *connection*."""
    flags = connection.flags(but_for=("token", "request_timeout", "cache_dir"))
    console.error(f"{error}")
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
