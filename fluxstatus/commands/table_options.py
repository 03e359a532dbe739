"""The options of commands that print tables and trees: groups as in options.py."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from typer import Option

from fluxstatus.commands.options import OUTPUT, Color, UseColor, Verbose, first_of
from fluxstatus.report import Format, ListFormat, TableFormat, TreeFormat

ListOutput = Annotated[ListFormat, OUTPUT]
NoHeaders = Annotated[bool, Option("--no-headers", help="Don't print headers")]
NoTrunc = Annotated[
    bool,
    Option(
        "--no-trunc",
        help=("Print each row on one line with full revisions, as when the output is piped"),
    ),
]


@dataclass(kw_only=True, eq=False, repr=False)
class TableDisplay:
    """The output of a table about one object."""

    panel: ClassVar = "Output"

    output: Annotated[TableFormat, OUTPUT] = Format.TABLE
    no_headers: NoHeaders = False
    no_trunc: NoTrunc = False
    color: UseColor = Color.AUTO
    verbose: Verbose = False


@dataclass(kw_only=True, eq=False, repr=False)
class ListDisplay:
    """The output of a list of objects."""

    panel: ClassVar = "Output"

    output: ListOutput = Format.TABLE
    no_headers: NoHeaders = False
    no_trunc: NoTrunc = False
    sort_by: Annotated[
        str,
        Option(
            metavar="COLUMN|PATH",
            help="Sort by a column, or by a path such as .metadata.creationTimestamp",
        ),
    ] = ""
    watch: Annotated[
        bool, Option("--watch", "-w", help="After listing the objects, watch for changes")
    ] = False
    color: UseColor = Color.AUTO
    verbose: Verbose = False

    def conflict(self) -> str:
        """Return why these options cannot be combined; empty when they can."""
        document = self.output in (Format.JSON, Format.YAML)
        return first_of(
            (
                self.watch and self.sort_by,
                "--sort-by cannot be used with --watch, which prints changes as they occur",
            ),
            (
                self.watch and document,
                f"-o {self.output} cannot be used with --watch, which prints lines",
            ),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class TreeDisplay:
    """The output of a tree."""

    panel: ClassVar = "Output"

    output: Annotated[TreeFormat, OUTPUT] = Format.TREE
    everything: Annotated[
        bool,
        Option(
            "--no-trunc",
            "--all",
            help=("Print each object on one line, as when the output is piped"),
        ),
    ] = False
    color: UseColor = Color.AUTO
    verbose: Verbose = False
