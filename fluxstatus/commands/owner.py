"""`owner`: the chain from an object, such as a running pod, to its source in Git."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from typing import Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.any_object import found
from fluxstatus.commands.options import (
    Connection,
    Namespaces,
    ObjectNamespace,
    SnapshotInput,
    Timeout,
    TreeDisplay,
)
from fluxstatus.commands.progress import connecting
from fluxstatus.report import Format

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
            help="An object of any kind except a Secret: deploy/web, pod/web-0, hr/web",
            rich_help_panel=ObjectNamespace.panel,
        ),
    ],
    place: Namespaces,
    display: TreeDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show the owners of an object, up to its source in Git.

    Each owner is shown with its status. The chain follows ownerReferences, then the labels that
    Flux sets on the objects it applies, then sourceRef.
    """
    from fluxstatus.commands.errors import reported
    from fluxstatus.lookup.ancestors import chain_of, origins_of
    from fluxstatus.lookup.node import Relation, exit_code
    from fluxstatus.report.terminal import visible
    from fluxstatus.report.tree import DRAW

    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with (
        reported("owner", connection),
        found(words, place.namespaces, snapshot.file, connect) as one,
    ):
        root = chain_of(one.item, one.objects, one.now)
    full = display.everything or not console.is_terminal(sys.stdout)
    look = console.look(display.color, everything=full)
    console.put(DRAW[display.output](root, look))
    if display.output is not Format.TREE:
        raise typer.Exit(exit_code(root))
    for origin in dict.fromkeys(origins_of(root)):
        console.put(f"from {visible(origin, ascii_only=look.ascii)}\n")
    nodes = list(root.all())
    if not any(node.relation is Relation.CREATED_BY or node.health.unread for node in nodes):
        console.note(f"no label set by Flux was found on {root.ref} or its owners")
    raise typer.Exit(exit_code(root))
