"""`owner`: the chain from an object, such as a running pod, to its source in Git."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from functools import cached_property
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
from fluxstatus.commands.table_options import TreeDisplay
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fluxstatus.model.evidence import Evidence, Object, Unread
    from fluxstatus.model.kinds import Kind
    from fluxstatus.model.ref import Key, Ref

_INDENT = "     "  # of a second line, below what follows "from"
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
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show the owners of an object, up to its source in Git.

    Each owner is shown with its status. The chain follows ownerReferences, then the labels that
    Flux sets on the objects it applies, then sourceRef. The labels name only the last owner; other
    owners are found through their inventories.
    """
    from fluxstatus.base.visible import visible
    from fluxstatus.commands.errors import reported
    from fluxstatus.lookup.ancestors import (
        chain_of,
        origins_of,
        without_origins,
        without_repetition,
    )
    from fluxstatus.lookup.node import Relation, exit_code
    from fluxstatus.lookup.waits import Remembered, with_ages, with_waits
    from fluxstatus.model.findings import Exit
    from fluxstatus.report.terminal import wrap
    from fluxstatus.report.tree import DRAW

    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)
    with (
        reported("owner", connection, snapshot, place, words),
        found(words, place.namespaces, snapshot.file, connect) as one,
    ):
        inventories = _Inventories(one.flux)
        objects = Remembered(one.objects, one.item)
        root = chain_of(one.item, objects, one.now, inventories.listing)
        full = display.everything or not console.is_terminal(sys.stdout)
        shown = root
        if display.output is Format.TREE:  # with the origins below it
            state = objects.state(one.now)
            root = with_waits(root, state)
            shown = without_origins(with_ages(root, state))
            shown = shown if full else without_repetition(shown)
    if not snapshot.file:
        remember(connection, root.ref)
    look = console.look(display.color, everything=full)
    console.put_report(DRAW[display.output](shown, look))
    code = exit_code(root) if inventories.note_unread() else Exit.NO_VERDICT
    if display.output is not Format.TREE:
        raise typer.Exit(code)
    for origin in dict.fromkeys(origins_of(root)):
        text = visible(f"from {origin}", ascii_only=look.ascii)
        first, *more = [text] if full else wrap(text, look.width - len(_INDENT))
        console.put("".join(f"{line}\n" for line in (first, *(_INDENT + line for line in more))))
    nodes = list(root.all())
    if not any(node.relation is Relation.CREATED_BY or node.health.unread for node in nodes):
        console.note(f"no label set by Flux was found on {root.ref} or its owners")
    for node in nodes:
        if any(child.relation is Relation.ALSO_BY for child in node.children):
            console.note(f"several Flux objects apply {node.ref}: each may overwrite or delete it")
    raise typer.Exit(code)


class _Inventories:
    """The inventories of a cluster, read when the first object asks for them."""

    def __init__(self, flux: "Callable[[Iterable[Kind]], Evidence]") -> None:
        self._flux = flux
        self._unread: dict[str, Unread] = {}

    def listing(self, ref: "Ref") -> "Iterable[Key]":
        """Return the Flux objects that list *ref*."""
        from fluxstatus.state.inventories import owners_of

        return owners_of(ref, self._items)

    def note_unread(self) -> bool:
        """Note which inventories could not be read; return whether there are none."""
        from fluxstatus.model.evidence import by_reason

        for kinds, why in by_reason(self._unread):
            console.error(f"{kinds}: {why.full_text}; owners of this kind may be missing")
        return not self._unread

    @cached_property
    def _items(self) -> "Sequence[Object]":
        from fluxstatus.cluster.processes import ProgramError
        from fluxstatus.model.kinds import KINDS
        from fluxstatus.state.inventories import APPLIERS

        kinds = [KINDS[kind] for kind in APPLIERS]
        try:
            evidence = self._flux(kinds)
        except ProgramError as error:
            self._unread = {"inventories": error.unread}
            return ()
        answers = {kind.resource: evidence.answer(kind.resource) for kind in kinds}
        self._unread = {name: one.hidden for name, one in answers.items() if one.hidden}
        return [item for answer in answers.values() for item in answer.known]
