"""`get`: a list of Flux objects as kubectl prints it, with the verdict of the check."""

# ruff: noqa: PLC0415 - only this command needs these modules

from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer import Argument, Option

from fluxstatus.commands.asked import remember
from fluxstatus.commands.option_values import age
from fluxstatus.commands.options import TIMEOUT, Connection, Namespaces, SnapshotInput, Timeout
from fluxstatus.commands.progress import connecting, read_evidence
from fluxstatus.commands.table_options import ListDisplay
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fluxstatus.cluster.list_reader import Cluster
    from fluxstatus.commands.listing import Source

IN_CONTEXTS = True
EPILOG = """
\b
Examples:
  kubectl flux-status get all --not-ready
  kubectl flux-status get ks,hr -n apps -o wide
  kubectl flux-status get sources --sort-by since
  kubectl flux-status get all --suspended-longer 7d
  kubectl flux-status get hr --cause -L team
  kubectl flux-status get components

\b
Exit codes:
  0  listed, healthy or not
  2  usage error, or no object has this name
  3  some of the required data could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The objects that are listed: those that match all of these options."""

    panel: ClassVar = "Filters"

    selector: Annotated[
        str,
        Option(
            "--selector",
            "--label",
            "-l",
            metavar="LABELS",
            help="Label selector: a=b, a!=b, a in (b,c)",
        ),
    ] = ""
    kind: Annotated[
        list[str], Option(metavar="KIND", help="Only these kinds; repeatable or comma-separated")
    ] = field(default_factory=list)
    not_ready: Annotated[bool, Option("--not-ready", help="Only objects that are not ready")] = (
        False
    )
    suspended: Annotated[bool, Option("--suspended", help="Only suspended objects")] = False
    suspended_longer: Annotated[
        float | None,
        Option(
            help="Only objects suspended for longer than this (7d), or since an unknown time",
            metavar="AGE",
            parser=age,
            show_default=False,
        ),
    ] = None
    stale: Annotated[
        bool,
        Option(
            "--stale", help="Only objects that are behind their source, spec or reconcile request"
        ),
    ] = False
    reconciling: Annotated[
        bool, Option("--reconciling", help="Only objects that are reconciling")
    ] = False

    def names(self) -> list[str]:
        """Return the names of the filters that are set."""
        return [one.name for one in fields(self) if getattr(self, one.name) is True]


@dataclass(kw_only=True, eq=False, repr=False)  # as the group of options it adds to
class GetDisplay(ListDisplay):
    """The output of a list of Flux objects, with more columns on request."""

    cause: Annotated[
        bool,
        Option(
            "--cause",
            help="Show the causes that the check finds instead of messages; sends as many "
            "requests as the check",
        ),
    ] = False
    show_labels: Annotated[
        bool, Option("--show-labels", help="Show all labels in a column before the message")
    ] = False
    label_columns: Annotated[
        list[str],
        Option(
            "--label-columns",
            "-L",
            metavar="LABEL",
            help="Show this label as a column; repeatable or comma-separated",
        ),
    ] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        """The labels that are columns, each once."""
        words = (word for words in self.label_columns for word in words.split(","))
        return [*dict.fromkeys(filter(None, words))]

    def conflict(self) -> str:
        """Return why these options cannot be combined; empty when they can."""
        if self.cause and self.output not in (Format.TABLE, Format.WIDE):
            return (
                f"--cause cannot be used with -o {self.output}: causes are in the check's -o json"
            )
        # super() without arguments fails in a dataclass with slots.
        return ListDisplay.conflict(self)


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KINDS [NAME]…|KIND/NAME…",
            help="all, sources, images, components, instance, or kinds as in kubectl: ks,hr",
            rich_help_panel=Filters.panel,
        ),
    ],
    filters: Filters,
    place: Namespaces,
    display: GetDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """List Flux objects or Flux pods.

    READY is the check's verdict, WANTED the expected revision or version, and APPLIED the current
    one. MESSAGE is the controller's message, or shows what the object is waiting for; an outdated
    message follows the verdict. On a terminal, empty columns and repeated values are left out.
    -o json and -o yaml print whole objects, as in kubectl, and a verdict for each.
    """
    from fluxstatus.cluster import list_reader
    from fluxstatus.commands.errors import reported
    from fluxstatus.commands.listing import listing
    from fluxstatus.commands.print_list import print_list

    if conflict := display.conflict() or snapshot.conflict(connection, watch=display.watch):
        ctx.fail(conflict)
    connect = connecting(connection, timeout, verbose=display.verbose)

    @contextmanager
    def opened() -> "Iterator[Cluster]":
        if display.cause and not snapshot.file:
            evidence = read_evidence(
                connection,
                namespaces=place.namespaces,
                deadline=timeout,
                verbose=display.verbose,
            )
            yield list_reader.Saved(evidence, place.namespaces, filters.selector)
            return
        if snapshot.file:
            yield list_reader.saved(snapshot.file, place.namespaces, filters.selector)
            return
        with connect() as api:
            yield list_reader.Live(api, place.namespaces, filters.selector)

    with reported("get", connection, snapshot, place, words):
        source = _source(words, filters, display)
        labels = display.labels
        listed = listing(source, display, labels=labels, all_labels=display.show_labels)
        code = print_list(listed, opened, timeout, watch=display.watch)
    if not snapshot.file:
        remember(connection, *getattr(source, "asked", ()))
    raise typer.Exit(code)


def _source(words: list[str], filters: Filters, display: GetDisplay) -> "Source":
    """Return the objects that *words* name. Raises ArgumentError."""
    from fluxstatus.commands.get.flux_objects import FluxObjects
    from fluxstatus.commands.get.pods import Components
    from fluxstatus.commands.get.words import COMPONENTS, requested

    if words == [COMPONENTS]:
        timed = ["suspended_longer"] if filters.suspended_longer else []
        return Components([*filters.names(), *timed, *["cause"] * display.cause])
    longer = timedelta(seconds=filters.suspended_longer or 0)
    return FluxObjects(
        requested(words, filters.kind),
        filters.names(),
        longer,
        selector=filters.selector,
        whole=display.no_trunc,
        cause=display.cause,
    )


def as_kubectl(params: "Mapping[str, Any]", namespace: str) -> "Iterator[str]":
    """Yield the arguments of kubectl that list the same, without filters.

    Raises ArgumentError.
    """
    from fluxstatus.commands.get.words import COMPONENTS, requested
    from fluxstatus.model.errors import ArgumentError

    yield "get"
    if params["words"] == [COMPONENTS]:
        yield from ("pods", "-n", namespace or "flux-system")
        return
    kinds = requested(params["words"])
    names = sorted({name for of_kind in kinds.values() for name in of_kind})
    yield ",".join(kind.resource for kind in kinds)
    if namespace:
        yield from (*names, "-n", namespace)
    elif len(names) > 1:  # kubectl gets nothing by name from all namespaces
        raise ArgumentError("to get several objects by name, specify their namespace with -n")
    else:
        yield "-A"
        for name in names:
            yield from ("--field-selector", f"metadata.name={name}")
    if params["selector"]:
        yield from ("-l", params["selector"])
