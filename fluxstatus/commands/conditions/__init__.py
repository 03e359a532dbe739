"""`conditions`: the conditions of one object of any kind."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.any_object import found
from fluxstatus.commands.asked import remember
from fluxstatus.commands.options import (
    TIMEOUT,
    Connection,
    Namespaces,
    ObjectNamespace,
    SnapshotInput,
    Timeout,
)
from fluxstatus.commands.progress import connecting
from fluxstatus.commands.table_options import TableDisplay
from fluxstatus.model.ref import Ref
from fluxstatus.report import Format

if TYPE_CHECKING:
    from datetime import datetime

    from fluxstatus.model.evidence import Object

EPILOG = """
\b
Examples:
  kubectl flux-status conditions ks/backend -n apps
  kubectl flux-status conditions deploy/web -o wide
  kubectl flux-status conditions node/worker-1 -o json | jq -r '.[].type'
"""


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KIND/NAME",
            help="An object of any kind except a Secret: ks/backend, deploy/web, node/worker-1",
            rich_help_panel=ObjectNamespace.panel,
        ),
    ],
    place: Namespaces,
    display: TableDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show the conditions of an object of any kind.

    -o wide adds the observed generation, and the meaning of conditions that Flux defines. -o json
    and -o yaml print the object's status.conditions.
    """
    from fluxstatus.commands.errors import reported

    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with (
        reported("conditions", connection, snapshot, place, words),
        found(words, place.namespaces, snapshot.file, connect) as one,
    ):
        item, now = one.item, one.now
    if not snapshot.file:
        remember(connection, Ref.of(item))
    _print(item, now, display)


def _print(item: "Object", now: "datetime", display: TableDisplay) -> None:
    import json

    from fluxstatus.commands.conditions import rows
    from fluxstatus.report.table import Table
    from fluxstatus.report.yaml import yaml_of

    conditions = rows.conditions_of(item)
    if display.output is Format.JSON:
        console.put(json.dumps(conditions, indent=2) + "\n")
    elif display.output is Format.YAML:
        console.put(yaml_of(conditions))
    else:
        columns = rows.WIDE if display.output is Format.WIDE else rows.COLUMNS
        look = console.look(display.color, everything=True)
        fitted = not display.no_trunc and console.is_terminal(sys.stdout)
        table = Table(columns, look, header=not display.no_headers, fitted=fitted)
        console.put_report(table.lines(rows.rows(item, columns, now)))
    if not conditions:
        console.note(f"{Ref.of(item)} has no conditions")
