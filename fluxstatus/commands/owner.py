"""`owner`: the way from an object, as a running pod, to the Git line that it is from."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Drawing, Drawn, Offline, Place
from fluxstatus.commands.options import Connection, Timeout

if TYPE_CHECKING:
    from fluxstatus.lookup.node import Node

EPILOG = """
\b
Examples:
  kubectl flux-status owner deploy/web -n apps
  kubectl flux-status owner pod/web-6d5f9c7b4-x2x7k -o json
"""


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KIND/NAME",
            help="An object of any kind but Secret: deploy/web, pod/web-0, hr/web",
            rich_help_panel=Place.panel,
        ),
    ],
    place: Place,
    drawn: Drawn,
    offline: Offline,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show the way from an object up to the Git line it is from.

    How each step stands is told with it. It follows ownerReferences, then the labels that Flux
    puts on what it applies, then sources.
    """
    from fluxstatus.commands.errors import told
    from fluxstatus.lookup.ancestors import lines_of
    from fluxstatus.lookup.node import exit_code
    from fluxstatus.report.terminal import visible
    from fluxstatus.report.tree import DRAW

    if complaint := offline.contradiction(connection):
        ctx.fail(complaint)
    with told("owner", connection):
        root = _chain(words, place, offline, connection, timeout=timeout, verbose=drawn.verbose)
    whole = drawn.everything or not console.is_terminal(sys.stdout)
    look = console.look(drawn.color, everything=whole)
    console.put(DRAW[drawn.output](root, look))
    if drawn.output is not Drawing.TREE:
        raise typer.Exit(exit_code(root))
    lines = list(dict.fromkeys(lines_of(root)))
    console.put("".join(f"from {visible(line, ascii_only=look.ascii)}\n" for line in lines))
    if not any(node.relation == "made by" for node in root.all()):
        console.note(f"no label says that Flux has made {root.ref}, or what owns it")
    raise typer.Exit(exit_code(root))


def _chain(
    words: list[str],
    place: Place,
    offline: Offline,
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "Node":
    from datetime import UTC, datetime

    from fluxstatus.lookup import saved
    from fluxstatus.lookup.ancestors import chain_of
    from fluxstatus.lookup.live import Objects

    if offline.file:
        from fluxstatus.model import snapshot

        evidence = snapshot.load(offline.file)
        item = saved.find(evidence, words, place.namespaces)
        return chain_of(item, saved.Objects(evidence), evidence.taken_at)
    from fluxstatus.cluster.reader import opened

    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        objects = Objects(api)
        return chain_of(objects.find(words, place.namespaces), objects, datetime.now(UTC))
