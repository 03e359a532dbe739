"""`conditions`: the conditions of one object of any kind."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.options import (
    Connection,
    Namespaces,
    ObjectNamespace,
    SnapshotInput,
    TableDisplay,
    TableFormat,
    Timeout,
)
from fluxstatus.commands.progress import Connect, connecting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

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
    timeout: Timeout = 30.0,
) -> None:
    """Show the conditions of an object of any kind.

    -o wide adds the observed generation, and the meaning of conditions that Flux defines. -o json
    and -o yaml print status.conditions of the object.
    """
    from fluxstatus.commands.errors import reported

    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with reported("conditions", connection):
        if snapshot.file:
            item, now = _find_saved(words, place.namespaces, snapshot.file)
        else:
            item, now = _find_live(words, place.namespaces, connect)
    _print(item, now, display)


def _find_saved(
    words: "Sequence[str]", namespaces: "Sequence[str]", file: "Path"
) -> "tuple[Object, datetime]":
    from fluxstatus.lookup import saved
    from fluxstatus.model import snapshot

    evidence = snapshot.load(file)
    return saved.find(evidence, words, namespaces), evidence.taken_at


def _find_live(
    words: "Sequence[str]", namespaces: "Sequence[str]", connect: Connect
) -> "tuple[Object, datetime]":
    from datetime import UTC, datetime

    from fluxstatus.lookup.live import Objects

    with connect() as api:
        return Objects(api).find(words, namespaces), datetime.now(UTC)


def _print(item: "Object", now: "datetime", display: TableDisplay) -> None:
    import json

    from fluxstatus.commands.conditions import rows
    from fluxstatus.model.ref import Ref
    from fluxstatus.report.table import Table
    from fluxstatus.report.yaml import yaml_of

    conditions = rows.conditions_of(item)
    if display.output is TableFormat.JSON:
        console.put(json.dumps(conditions, indent=2) + "\n")
    elif display.output is TableFormat.YAML:
        console.put(yaml_of(conditions))
    else:
        columns = rows.WIDE if display.output is TableFormat.WIDE else rows.COLUMNS
        look = console.look(display.color, everything=True)
        fitted = "wrap" if console.is_terminal(sys.stdout) else ""
        table = Table(columns, look, header=not display.no_headers, fitted=fitted)
        console.put(table.lines(rows.rows(item, columns, now)))
    if not conditions:
        console.note(f"{Ref.of(item)} has no conditions")
