"""`conditions`: those of one object of any kind."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Form, Offline, Place, Told
from fluxstatus.commands.options import Connection, Timeout

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
            help="An object of any kind but Secret: ks/backend, deploy/web, node/worker-1",
            rich_help_panel=Place.panel,
        ),
    ],
    place: Place,
    told: Told,
    offline: Offline,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show the conditions of an object of any kind.

    -o wide adds which generation a condition is about, and what it means where Flux defines it.
    json and yaml give status.conditions as the object has it.
    """
    from fluxstatus.commands import errors

    if complaint := offline.contradiction(connection):
        ctx.fail(complaint)
    with errors.told("conditions", connection):
        how: dict[str, Any] = {"timeout": timeout, "verbose": told.verbose}
        item, now = _find(words, place, offline, connection, **how)
    _put(item, now, told)


def _find(
    words: list[str],
    place: Place,
    offline: Offline,
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "tuple[Object, datetime]":
    if offline.file:
        from fluxstatus.lookup import saved
        from fluxstatus.model import snapshot

        evidence = snapshot.load(offline.file)
        return saved.find(evidence, words, place.namespaces), evidence.taken_at
    from datetime import UTC, datetime

    from fluxstatus.cluster.reader import opened
    from fluxstatus.lookup.live import Objects

    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        return Objects(api).find(words, place.namespaces), datetime.now(UTC)


def _put(item: "Object", now: "datetime", told: Told) -> None:
    import json

    from fluxstatus.commands.conditions import rows
    from fluxstatus.lookup.live import ref_of
    from fluxstatus.report.table import Table
    from fluxstatus.report.yaml import yaml_of

    found = rows.conditions_of(item)
    if told.output is Form.JSON:
        console.put(json.dumps(found, indent=2) + "\n")
    elif told.output is Form.YAML:
        console.put(yaml_of(found))
    else:
        columns = rows.WIDE if told.output is Form.WIDE else rows.COLUMNS
        look = console.look(told.color, everything=True)
        fitted = "wrap" if console.is_terminal(sys.stdout) else ""
        table = Table(columns, look, header=not told.no_headers, fitted=fitted)
        console.put(table.lines(rows.rows(item, columns, now)))
    if not found:
        console.note(f"{ref_of(item)} has no conditions")
