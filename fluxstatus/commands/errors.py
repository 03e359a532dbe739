"""Errors in the arguments of a command: the message, the choices and the exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.model.errors import ArgumentError, UnreadError
from fluxstatus.model.evidence import Unread
from fluxstatus.model.findings import Exit
from fluxstatus.report.terminal import command_line

_CHOICES = 10  # printed


@contextmanager
def reported(command: str, connection: Connection) -> Iterator[None]:
    """Report an error in the arguments of *command*, or an object that was not read, and exit."""
    try:
        yield
    except ArgumentError as error:
        report(error, command, connection)
        raise typer.Exit(Exit.USAGE) from error
    except UnreadError as error:
        console.note(f"Error: {reason(error.unread)}")
        raise typer.Exit(Exit.NO_VERDICT) from error


def report(error: ArgumentError, command: str, connection: Connection) -> None:
    """Print *error* with its choices, as whole commands for the cluster of *connection*."""
    flags = connection.flags(but_for=("token", "request_timeout", "cache_dir"))
    console.note(f"Error: {error}")
    for choice in error.choices[:_CHOICES]:
        console.note(f"  {command_line(('kubectl', 'flux-status', command, *choice, *flags))}")
    if len(error.choices) > _CHOICES:
        console.note(f"  and {len(error.choices) - _CHOICES} more: select a namespace with -n")


def reason(unread: Unread) -> str:
    """Return why something was not read, with the missing permission if that is the reason."""
    return unread.full_text
