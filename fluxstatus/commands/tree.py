"""`tree`: what a Flux object creates, and what depends on it."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.options import (
    TIMEOUT,
    Connection,
    Namespaces,
    ObjectNamespace,
    SnapshotInput,
    Timeout,
)
from fluxstatus.commands.progress import Connect, connecting
from fluxstatus.commands.table_options import TreeDisplay
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fluxstatus.lookup.node import Node
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status tree ks/apps -n flux-system
  kubectl flux-status tree gitrepo/flux-system -o mermaid >docs/flux.mmd
"""


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(metavar="KIND/NAME", help="A Flux object", rich_help_panel=ObjectNamespace.panel),
    ],
    place: Namespaces,
    display: TreeDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show what a Flux object creates and what depends on it.

    Each object is shown with its status. The list of objects that an object creates is read from
    its inventory; if a HelmRelease has no inventory (before Flux 2.8), its objects are found by
    their labels. Secrets are never read. A snapshot contains only Flux objects.
    """
    from fluxstatus.commands.errors import reported
    from fluxstatus.lookup.node import exit_code
    from fluxstatus.lookup.related import PartialState
    from fluxstatus.lookup.waits import with_waits
    from fluxstatus.report.tree import DRAW

    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with reported("tree", connection, snapshot, place, words):
        if snapshot.file:
            root, state, complete = *_saved_tree(words, place.namespaces, snapshot.file), True
        else:
            root, state, complete = _live_tree(words, place.namespaces, connect)
            remember(connection, root.ref)
    if display.output is Format.TREE:
        root = with_waits(root, PartialState(state.evidence, ()))
    full = display.everything or not console.is_terminal(sys.stdout)
    console.put_report(DRAW[display.output](root, console.look(display.color, everything=full)))
    raise typer.Exit(exit_code(root) if complete else Exit.NO_VERDICT)


def _saved_tree(
    words: "Sequence[str]", namespaces: "Sequence[str]", file: "Path"
) -> "tuple[Node, State]":
    from fluxstatus.lookup import names
    from fluxstatus.lookup.descendants import Tree
    from fluxstatus.model import snapshot
    from fluxstatus.model.errors import UnreadError
    from fluxstatus.state.state import State

    named = names.parse(words)
    state = State(snapshot.load(file))
    if state.evidence.unreachable:
        raise UnreadError(state.evidence.unreachable)
    resource = names.find(state, named, namespaces, ())
    return Tree(state.resources, None, state.now).of(resource), state


def _live_tree(
    words: "Sequence[str]", namespaces: "Sequence[str]", connect: Connect
) -> "tuple[Node, State, bool]":
    """Return the tree, the state it is of, and whether all that it shows could be read."""
    from fluxstatus.cluster.list_reader import Live
    from fluxstatus.cluster.namespaces import noting_absent
    from fluxstatus.lookup import names
    from fluxstatus.lookup.descendants import Tree
    from fluxstatus.lookup.live import Objects
    from fluxstatus.model.evidence import by_reason
    from fluxstatus.state.state import State

    named = names.parse(words)
    with connect() as api:
        state = State(Live(api).flux())
        with noting_absent(api, namespaces):
            resource = names.find(state, named, namespaces, ())
        tree = Tree(state.resources, Objects(api), state.now)
        root = tree.of(resource)
        for kinds, why in by_reason(state.evidence.unread):
            console.error(f"{kinds}: {why.full_text}; dependents of this kind are not shown")
        for kinds, why in by_reason(tree.unread):
            console.error(
                f"{kinds}: {why.full_text}; some of the objects that it created are not shown"
            )
        return root, state, not (state.evidence.unread or tree.unread)
