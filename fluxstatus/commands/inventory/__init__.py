"""`inventory`: what Flux objects made, and whether it still exists."""

# ruff: noqa: PLC0415 - only this command needs these modules

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.inventory.status import AMISS, Status
from fluxstatus.commands.options import (
    TIMEOUT,
    Color,
    Connection,
    Namespaces,
    ObjectNamespace,
    Timeout,
    UseColor,
    Verbose,
)
from fluxstatus.commands.progress import reading
from fluxstatus.commands.table_options import ListOutput, NoHeaders, NoTrunc
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from fluxstatus.cluster.reader import Reader
    from fluxstatus.commands.inventory.compare import Row
    from fluxstatus.model.evidence import Unread
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status inventory ks/apps -n flux-system
  kubectl flux-status inventory hr/web --only gone --only unknown
  kubectl flux-status inventory -A -o json

\b
Exit codes:
  0  nothing that was read is gone
  1  something is gone
  2  usage error, or no object has this name
  3  some of the required data could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """The output of an inventory."""

    panel: ClassVar = "Output"

    only: Annotated[list[Status], Option(help="Only objects with this status; repeatable")] = field(
        default_factory=list
    )
    output: ListOutput = Format.TABLE
    no_headers: NoHeaders = False
    no_trunc: NoTrunc = False
    color: UseColor = Color.AUTO
    verbose: Verbose = False


def show(
    *,
    words: Annotated[
        list[str] | None,
        Argument(
            metavar="[KIND/NAME]",
            help="A Kustomization, HelmRelease, ResourceSet, FluxInstance or ArtifactGenerator",
            rich_help_panel=ObjectNamespace.panel,
        ),
    ] = None,
    place: Namespaces,
    display: Display,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Check whether the objects that Flux applied still exist.

    Without KIND/NAME, checks all Flux objects, and shows only objects that are gone, left behind or
    unknown. An object is left behind if it has the labels of a Flux object but is in no inventory;
    only kinds that occur in inventories are searched. Secrets, objects in other clusters, and the
    objects of a HelmRelease without an inventory (before Flux 2.8) are not checked.
    """
    from fluxstatus.commands.errors import reported

    live = console.LiveLine()
    with reported("inventory", connection, place=place, words=words or ()):
        try:
            with reading(
                connection,
                timeout,
                _preload,
                namespaces=place.namespaces,
                verbose=display.verbose,
                live=live,
            ) as reader:
                found = _compare(reader, words or (), place.namespaces)
        finally:
            live.clear()
    if words:
        remember(connection, *(owner.ref for owner in found.owners))
    raise typer.Exit(_print(found, display, whole=bool(words)))


def _preload() -> None:
    """Import what is needed later, while kubectl starts."""
    import fluxstatus.commands.inventory.compare
    import fluxstatus.report.table  # noqa: F401


class _Found(NamedTuple):
    """What `owners` made; `inventories` and `kinds` are why some of it is unread, by kind.

    Without owners, `where` are the namespaces that were searched, as the end of a sentence.
    """

    owners: "Sequence[Resource]"
    rows: "Sequence[Row]"
    inventories: "Mapping[str, Unread]"
    kinds: "Mapping[str, Unread]"
    where: str = ""


def _compare(reader: "Reader", words: "Sequence[str]", namespaces: "Sequence[str]") -> _Found:
    """Return what the object that *words* name made, or all objects in *namespaces*.

    Raises ArgumentError and UnreadError.
    """
    from fluxstatus.cluster.namespaces import absent, noting_absent
    from fluxstatus.commands.inventory import compare, objects
    from fluxstatus.model.errors import UnreadError, in_namespaces

    if not reader.discover():
        raise UnreadError(reader.unreachable or reader.missing)
    state = objects.owners(reader)
    with noting_absent(reader.api, namespaces):
        owners = _chosen(state, words, namespaces)
    where = "" if owners else in_namespaces(namespaces, absent(reader.api, namespaces))
    existing = objects.Existing(reader)
    kinds = compare.kinds_of(owners, certain=True)
    others = compare.kinds_of(state.of_kind(*objects.OWNERS)) - kinds - compare.NOISE
    labels = compare.selector_of(owners[0]) if words else ""
    existing.read(kinds, others if labels or not words else (), labels)
    rows = compare.compare(state, owners, existing)
    if any(row.status in AMISS for row in rows):
        # While the lists were read, something may have been applied or pruned.
        state = objects.owners(reader)
        keys = {one.ref.key for one in owners}
        now = [one for one in state.of_kind(*objects.OWNERS) if one.ref.key in keys]
        rows = compare.lasting(rows, compare.compare(state, now, existing))
    answers = {kind: state.answer_of(kind) for kind in objects.OWNERS}
    unread = {kind: answer.hidden for kind, answer in answers.items() if answer.hidden}
    return _Found(owners, rows, unread, existing.unread, where)


def _chosen(
    state: "State", words: "Sequence[str]", namespaces: "Collection[str]"
) -> "list[Resource]":
    """Return the object that *words* name, or all in *namespaces*. Raises ArgumentError."""
    from fluxstatus.commands.inventory.objects import OWNERS
    from fluxstatus.lookup import names
    from fluxstatus.model.errors import ArgumentError

    if not words:
        everything = state.of_kind(*OWNERS)
        return [one for one in everything if not namespaces or one.ref.namespace in namespaces]
    word, name = names.split(words)
    kind = names.kind_called(word)
    if kind.name not in OWNERS:
        known = ", ".join(OWNERS[:-1])
        raise ArgumentError(f"{kind.name} has no inventory; only {known} and {OWNERS[-1]} have one")
    return [names.find(state, names.ObjectName(kind, name), namespaces, ())]


def _print(found: _Found, display: Display, *, whole: bool) -> Exit:
    """Print what was *found*, and return the exit code; *whole*: also what is in order."""
    from fluxstatus.commands.inventory import output
    from fluxstatus.model.evidence import by_reason

    chosen = set(display.only) or (set(Status) if whole else AMISS)
    rows = [row for row in found.rows if row.status in chosen]
    look = console.look(display.color, everything=True)
    if display.output in output.DOCUMENTS:
        console.put(output.DOCUMENTS[display.output](found.owners, found.rows, rows))
    else:
        table = output.table(
            rows,
            look,
            header=not display.no_headers,
            owner=not whole,
            wide=display.output is Format.WIDE,
            fitted=not display.no_trunc and console.is_terminal(sys.stdout),
        )
        console.put_report(table)
    for note in output.notes(found.owners, found.rows, found.where):
        console.note(note)
    for kinds, why in by_reason(found.inventories):
        console.error(f"{kinds}: {why.full_text}; the contents of their inventories are unknown")
    for kinds, why in by_reason(found.kinds):
        console.error(
            f"{kinds}: {why.full_text}; whether objects of this kind are gone or left behind "
            "is unknown"
        )
    statuses = {row.status for row in found.rows}
    if Status.GONE in statuses:
        return Exit.UNHEALTHY
    unread = found.inventories or found.kinds or Status.UNKNOWN in statuses
    return Exit.NO_VERDICT if unread else Exit.HEALTHY
