"""`get`: list objects of Flux as kubectl does, with the verdict of the check."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.list_options import Look, Offline, Place
from fluxstatus.commands.options import Connection, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fluxstatus.cluster.list_reader import Cluster
    from fluxstatus.commands.listing import Listing, Source

EPILOG = """
\b
Examples:
  kubectl flux-status get all --not-ready
  kubectl flux-status get ks,hr -n apps -o wide
  kubectl flux-status get sources --sort-by since
  kubectl flux-status get components

\b
Exit codes:
  0  shown, well or not
  2  wrong usage, or no such name
  3  something could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What is listed; of several conditions all must hold."""

    panel: ClassVar = "What is listed"

    selector: Annotated[
        str, Option("--selector", "--label", "-l", metavar="LABELS", help="With these labels only")
    ] = ""
    kind: Annotated[
        list[str], Option(metavar="KIND", help="Of these kinds only; repeatable, or a,b")
    ] = field(default_factory=list)
    not_ready: Annotated[
        bool, Option("--not-ready", help="Only what is not ready, for whatever reason")
    ] = False
    suspended: Annotated[bool, Option("--suspended", help="Only what is suspended")] = False
    stale: Annotated[
        bool,
        Option("--stale", help="Only what is on an old revision, spec or reconcile request"),
    ] = False
    reconciling: Annotated[bool, Option("--reconciling", help="Only what is at work")] = False

    def filters(self) -> list[str]:
        """Return the names of the conditions that are set."""
        return [one.name for one in fields(self) if getattr(self, one.name) is True]


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KINDS [NAME]…|KIND/NAME…",
            help="all, sources, components, instance, or kinds as kubectl and Flux name them: a,b",
            rich_help_panel=Which.panel,
        ),
    ],
    which: Which,
    place: Place,
    look: Look,
    offline: Offline,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """List objects of Flux, or the pods of Flux itself.

    READY is the verdict of the check, not conditions[0]. WANTED is what an object is asked to
    be on (a branch or version, the revision of its source), APPLIED what it is on. A message
    begins with the verdict where the controller's own words are about the past. -o json and
    yaml print whole objects, as kubectl does.
    """
    from fluxstatus.commands import showing
    from fluxstatus.commands.errors import told

    if complaint := look.contradiction() or offline.contradiction(connection, watch=look.watch):
        ctx.fail(complaint)
    with told("get", connection):
        listing = _listing(words, which, look)
        how: dict[str, Any] = {"timeout": timeout, "verbose": look.verbose}
        raise typer.Exit(
            showing.show(
                listing,
                lambda: _cluster(place, which, offline, connection, **how),
                watch=look.watch,
            )
        )


def _listing(words: list[str], which: Which, look: Look) -> "Listing":
    """Return what lists *words*. Raises NotFoundError."""
    from fluxstatus.commands import showing
    from fluxstatus.commands.get.flux_objects import FluxObjects
    from fluxstatus.commands.get.pods import Components
    from fluxstatus.commands.get.words import COMPONENTS, asked_for

    filters = which.filters()
    source: Source
    if words == [COMPONENTS]:
        source = Components(filters)
    else:
        source = FluxObjects(asked_for(words, which.kind), filters)
    return showing.listing(source, look)


@contextmanager
def _cluster(
    place: Place,
    which: Which,
    offline: Offline,
    connection: Connection,
    *,
    timeout: float,
    verbose: bool,
) -> "Iterator[Cluster]":
    from fluxstatus.cluster import list_reader
    from fluxstatus.cluster.reader import opened

    if offline.file:
        yield list_reader.saved(offline.file, place.namespaces, which.selector)
        return
    with opened(connection.access(timeout), console.noting(on=verbose)) as api:
        yield list_reader.Live(api, place.namespaces, which.selector)
