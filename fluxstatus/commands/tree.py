"""`tree`: what an object of Flux makes, and who waits for it."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Drawn, Offline, Place
from fluxstatus.commands.options import Connection, Timeout
from fluxstatus.model.findings import Exit

if TYPE_CHECKING:
    from fluxstatus.lookup.node import Node

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
        Argument(metavar="KIND/NAME", help="An object of Flux", rich_help_panel=Place.panel),
    ],
    place: Place,
    drawn: Drawn,
    offline: Offline,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show what an object of Flux makes and who waits for it.

    How each stands is told with it. What it makes is its inventory; a release without one
    (before Flux 2.8) is looked up by its labels. Secrets are not looked at, and of a saved
    cluster only the objects of Flux are known.
    """
    from fluxstatus.commands.errors import told
    from fluxstatus.lookup.node import exit_code
    from fluxstatus.report.tree import DRAW

    if complaint := offline.contradiction(connection):
        ctx.fail(complaint)
    with told("tree", connection):
        root, complete = _tree(
            words, place, offline, connection, timeout=timeout, verbose=drawn.verbose
        )
    whole = drawn.everything or not console.is_terminal(sys.stdout)
    look = console.look(drawn.color, everything=whole)
    console.put(DRAW[drawn.output](root, look))
    raise typer.Exit(exit_code(root) if complete else Exit.NO_VERDICT)


def _tree(
    words: list[str],
    place: Place,
    offline: Offline,
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "tuple[Node, bool]":
    """Return the tree, and whether all objects of Flux could be read for it."""
    from fluxstatus.lookup import names
    from fluxstatus.lookup.descendants import Tree
    from fluxstatus.lookup.live import Objects
    from fluxstatus.model.evidence import Why
    from fluxstatus.state.state import State

    asked = names.parse(words)
    if offline.file:
        from fluxstatus.cluster.processes import ProgramError
        from fluxstatus.model import snapshot

        state = State(snapshot.load(offline.file))
        if state.evidence.unreachable:
            raise ProgramError(state.evidence.unreachable)
        resource = names.find(state, asked, place.namespaces, ())
        return Tree(state.resources, None, state.now).of(resource), True
    from fluxstatus.cluster import list_reader
    from fluxstatus.cluster.reader import opened

    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        state = State(list_reader.Live(api).flux())
        resource = names.find(state, asked, place.namespaces, ())
        unread = {
            name: answer.unread
            for name, answer in state.evidence.answers.items()
            if answer.unread and answer.unread.why is not Why.ABSENT
        }
        for name, why in unread.items():
            console.note(f"Error: {name}: {why.text}; who waits there is not told")
        return Tree(state.resources, Objects(api), state.now).of(resource), not unread
