"""The options of the commands that list or look up objects: named as kubectl's."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

from typer import Option

from fluxstatus.commands.options import DEMO, Color, Connection, Verbose


class Shape(StrEnum):
    """The formats of a list (`-o`)."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


SORT_HELP = "A column, or a path such as .metadata.creationTimestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to look."""

    panel: ClassVar = "Where to look"

    namespace: Annotated[
        list[str],
        Option("--namespace", "-n", metavar="NAME", help="Only in this namespace; repeatable"),
    ] = field(default_factory=list)
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="Everywhere, the default; wins over -n")
    ] = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces to look in; none means all."""
        return () if self.all_namespaces else tuple(self.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a list is shown."""

    panel: ClassVar = "How it is shown"

    output: Annotated[Shape, Option("--output", "-o", help="The format of the result")] = (
        Shape.TABLE
    )
    no_headers: Annotated[bool, Option("--no-headers", help="Leave out the heads")] = False
    sort_by: Annotated[str, Option(metavar="COLUMN|PATH", help=SORT_HELP)] = ""
    watch: Annotated[
        bool, Option("--watch", "-w", help="Go on with what changes, until Ctrl-C")
    ] = False
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO
    verbose: Verbose = False

    def contradiction(self) -> str:
        """Say which of them make no sense together; empty when all do."""
        document = self.output in (Shape.JSON, Shape.YAML)
        rules = (
            (self.watch and self.sort_by, "--watch has no other order; leave out --sort-by."),
            (self.watch and document, f"--watch writes lines; leave out -o {self.output}."),
        )
        return next((text for applies, text in rules if applies), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """A cluster that is not asked now."""

    panel: ClassVar = "Snapshots"

    from_: Annotated[
        Path | None,
        Option("--from", metavar="FILE", help="Look into a saved cluster; - reads stdin"),
    ] = None
    demo: Annotated[bool, Option("--demo", help="Look into the cluster that comes along")] = False

    @property
    def file(self) -> Path | None:
        """The file to look into, None when that is a live cluster."""
        return DEMO if self.demo else self.from_

    def contradiction(self, connection: Connection, *, watch: bool = False) -> str:
        """Say what makes no sense together with a saved cluster; empty when all does."""
        name = "--demo" if self.demo else "--from" if self.from_ else ""
        flags = ", ".join(flag.partition("=")[0] for flag in connection.flags())
        rules = (
            (self.demo and self.from_, "--demo and --from are two clusters; choose one."),
            (name and flags, f"{name} asks no cluster; leave out {flags}."),
            (name and watch, f"{name} never changes; leave out --watch."),
        )
        return next((text for applies, text in rules if applies), "")


class Form(StrEnum):
    """The formats of what is told of one object (`-o`)."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How something of one object is shown."""

    panel: ClassVar = "How it is shown"

    output: Annotated[Form, Option("--output", "-o", help="The format of the result")] = Form.TABLE
    no_headers: Annotated[bool, Option("--no-headers", help="Leave out the heads")] = False
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO
    verbose: Verbose = False


class Drawing(StrEnum):
    """The formats of a tree (`-o`)."""

    TREE = "tree"
    JSON = "json"
    MERMAID = "mermaid"
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """How a tree is shown."""

    panel: ClassVar = "How it is shown"

    output: Annotated[Drawing, Option("--output", "-o", help="The format of the result")] = (
        Drawing.TREE
    )
    everything: Annotated[bool, Option("--all", help="Show every text whole")] = False
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO
    verbose: Verbose = False
