"""The options of the command line: each declared once, in groups that commands share.

The options of tables and trees are in table_options.py, those of one command in its folder.

A command takes a group as one parameter (see typer_groups.py). `panel` is the title of the group
in the help. Help texts are worded as in kubectl: a capital letter first, no period at the end.

The groups are plain dataclasses: every run makes all of them, and frozen ones with slots,
comparisons and a repr take four times as long.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import report_files
from fluxstatus.commands.option_values import FAIL_ON, deadline, levels, seconds
from fluxstatus.report import CheckFormat, Format, ReportFormat

if TYPE_CHECKING:
    from fluxstatus.cluster.client import Access
    from fluxstatus.model.evidence import Evidence

DEMO = Path(__file__).parents[1] / "demo.json.gz"


class Color(StrEnum):
    """When to use color (`--color`)."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


OUTPUT = Option("--output", "-o", help="Output format")
Output = Annotated[ReportFormat, OUTPUT]
TIMEOUT = Deadline(30.0)
"""The default of `Timeout`; the time starts when the command line is parsed."""

Timeout = Annotated[
    Deadline,
    Option(
        help="Time limit for reading from the cluster [default: 30s]",
        metavar="DURATION",
        parser=deadline,
        show_default=False,
    ),
]
KubeconfigFile = Annotated[str, Option(help="Path to the kubeconfig file to use", metavar="FILE")]
As = Annotated[str, Option("--as", help="Username to impersonate", metavar="NAME")]
AsGroup = Annotated[list[str], Option(help="Group to impersonate; repeatable", metavar="NAME")]
AsUid = Annotated[str, Option(help="UID to impersonate", metavar="UID")]
RequestTimeout = Annotated[str, Option(help="Time limit for a single request", metavar="DURATION")]
CacheDir = Annotated[str, Option(help="kubectl's cache directory", metavar="DIR")]
"""Flags of kubectl that do not concern a single context."""

UseColor = Annotated[Color, Option(help="When to use color")]
Verbose = Annotated[
    bool, Option("--verbose", "-v", help="Print requests and their durations to stderr")
]
Everything = Annotated[
    bool, Option("--all", help="Also show healthy results, and do not truncate text")
]
ReportFiles = Annotated[
    list[report_files.ReportFile],
    Option(
        metavar="FORMAT=FILE",
        parser=report_files.report_file,
        help="Also write the report to FILE in FORMAT, which -o also accepts; repeatable",
    ),
]


@dataclass(kw_only=True, eq=False, repr=False)
class ObjectNamespace:
    """The namespaces in which an object is looked up."""

    panel: ClassVar = "Object"

    namespace: Annotated[
        list[str],
        Option("--namespace", "-n", metavar="NAME", help="Only this namespace; repeatable"),
    ] = field(default_factory=list)
    all_namespaces: Annotated[
        bool, Option("--all-namespaces", "-A", help="All namespaces (the default); overrides -n")
    ] = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The selected namespaces; empty for all."""
        return () if self.all_namespaces else tuple(self.namespace)

    def words(self) -> tuple[str, ...]:
        """Return the options that select the namespaces."""
        return tuple(word for name in self.namespaces for word in ("-n", name))


@dataclass(kw_only=True, eq=False, repr=False)
class Namespaces(ObjectNamespace):
    """The namespaces that are read."""

    panel: ClassVar = "Namespaces"


@dataclass(kw_only=True, eq=False, repr=False)
class Scope(Namespaces):
    """The part of the cluster and the findings that are reported."""

    panel: ClassVar = "Scope"

    namespace: Annotated[
        list[str],
        Option(
            "--namespace",
            "-n",
            metavar="NAME",
            help="Only objects in this namespace or deployed to it, and the faults that block "
            "them; repeatable",
        ),
    ] = field(default_factory=list)
    step: Annotated[
        list[str],
        Option(metavar="ID", help="Only this step of the check; repeatable or comma-separated"),
    ] = field(default_factory=list)
    skip: Annotated[
        list[str],
        Option(metavar="ID|CODE", help="Skip this step or finding; repeatable or comma-separated"),
    ] = field(default_factory=list)
    advice: Annotated[
        bool,
        Option("--advice", help="Also suggest improvements; makes a few more requests"),
    ] = False


@dataclass(kw_only=True, eq=False, repr=False)
class BasicDisplay:
    """The output of a command that has text and JSON."""

    panel: ClassVar = "Output"

    output: Output = Format.TEXT
    color: UseColor = Color.AUTO
    verbose: Verbose = False


@dataclass(kw_only=True, eq=False, repr=False)
class Display(BasicDisplay):
    """The output of a report, which leaves out healthy objects and shortens texts."""

    everything: Everything = False


@dataclass(kw_only=True, eq=False, repr=False)
class CheckDisplay:
    """The output of the check."""

    panel: ClassVar = "Output"

    output: Annotated[CheckFormat, OUTPUT] = Format.TEXT
    color: UseColor = Color.AUTO
    verbose: Verbose = False
    everything: Everything = False
    brief: Annotated[
        bool,
        Option(
            "--brief",
            help="One line per cause, starting with the cause that blocks the most objects; with "
            "-o json, a short document",
        ),
    ] = False
    report: ReportFiles = field(default_factory=list)

    def conflict(self, *, watch: bool, used: Mapping[str, Path | None]) -> str:
        """Return why these options cannot be combined; empty when they can.

        *used* are the files of other options, by option.
        """
        is_text = self.output in (Format.TEXT, Format.WIDE)
        unwritable = report_files.conflict(self.report, used)
        return first_of(
            (self.brief and self.everything, "--brief and --all are mutually exclusive"),
            (
                self.brief and not is_text and self.output is not Format.JSON,
                f"--brief cannot be used with -o {self.output}",
            ),
            (
                watch and not is_text and self.output is not Format.JSON,
                f"-o {self.output} cannot be used with --watch; --report {self.output}=FILE can",
            ),
            (unwritable, unwritable),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class Timing:
    """How often the check runs, its time limits, and the level that makes it fail."""

    panel: ClassVar = "Timing and exit code"

    timeout: Timeout = TIMEOUT
    wait: Annotated[
        float | None,
        Option(
            metavar="DURATION",
            parser=seconds,
            help="Wait up to this long for everything to become healthy",
        ),
    ] = None
    revision: Annotated[
        str | None,
        Option(
            metavar="REVISION",
            help="With --wait, first wait until this revision is applied, as the wait command does",
        ),
    ] = None
    fail_fast: Annotated[
        bool,
        Option("--fail-fast", help="With --wait, stop at a failure that Flux does not retry"),
    ] = False
    watch: Annotated[
        bool, Option("--watch", "-w", help="Repeat the check until you press Ctrl-C")
    ] = False
    fail_on: Annotated[
        list[str],
        Option(
            metavar=f"<{'|'.join(FAIL_ON)}>",
            parser=levels,
            help="Also exit with code 1 on this result; repeatable or comma-separated",
        ),
    ] = field(default_factory=list)

    @property
    def failing(self) -> frozenset[str]:
        """What sets exit code 1."""
        return frozenset(word for text in self.fail_on for word in text.split(","))

    def conflict(self) -> str:
        """Return why these options cannot be combined; empty when they can."""
        return first_of(
            (self.wait and self.watch, "--wait and --watch are mutually exclusive"),
            (self.fail_fast and not self.wait, "--fail-fast requires --wait"),
            (self.revision is not None and not self.wait, "--revision requires --wait"),
            (  # a command in "$(...)" that failed leaves it empty
                self.revision is not None and not self.revision.strip(),
                '--revision is empty; specify what was pushed, as in "$(git rev-parse HEAD)"',
            ),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class SnapshotInput:
    """A saved cluster that is read in place of a live one."""

    panel: ClassVar = "Snapshots"

    from_: Annotated[
        Path | None,
        Option(
            "--from", metavar="FILE", help="Read a snapshot from FILE, or from stdin if FILE is -"
        ),
    ] = None
    demo: Annotated[bool, Option("--demo", help="Use the bundled demo cluster")] = False

    @property
    def file(self) -> Path | None:
        """The file to read, None for a live cluster."""
        return DEMO if self.demo else self.from_

    def words(self) -> tuple[str, ...]:
        """Return the options with which a printed command reads the same; none for a pipe."""
        if self.demo:
            return ("--demo",)
        return ("--from", str(self.from_)) if self.from_ and str(self.from_) != "-" else ()

    def load(self) -> "Evidence":
        """Return the saved cluster, for which printed commands read the same file.

        Raises SnapshotError.
        """
        from fluxstatus.model import snapshot  # noqa: PLC0415 - --help does without

        evidence = snapshot.load(self.file or "-")
        target = evidence.target._replace(saved=self.words())
        return replace(evidence, target=target)

    @property
    def flag(self) -> str:
        """The option that selects a saved cluster; empty for a live one."""
        return "--demo" if self.demo else "--from" if self.from_ else ""

    def conflict(self, connection: "Connection", *, watch: bool = False, wait: bool = False) -> str:
        """Return why these options cannot be combined; empty when they can."""
        again = "--wait" if wait else "--watch" if watch else ""
        flags = ", ".join(flag.partition("=")[0] for flag in connection.flags())
        return first_of(
            (self.demo and self.from_, "--demo and --from are mutually exclusive"),
            (
                self.flag and flags,
                f"{flags} cannot be used with {self.flag}, which contacts no cluster",
            ),
            (
                self.flag and again,
                f"{again} cannot be used with {self.flag}: saved data does not change",
            ),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class Snapshots(SnapshotInput):
    """A saved cluster that is read, or a file for what a live one answers."""

    save: Annotated[
        Path | None,
        Option(
            metavar="FILE", help="Save a snapshot of the cluster, compressed if FILE ends in .gz"
        ),
    ] = None

    def conflict(self, connection: "Connection", *, watch: bool = False, wait: bool = False) -> str:
        """Return why these options cannot be combined; empty when they can."""
        return super().conflict(connection, watch=watch, wait=wait) or first_of(
            (str(self.save) == "-", "--save needs the name of a file: it cannot write to stdout"),
            (
                self.flag and self.save,
                f"--save cannot be used with {self.flag}, which reads a snapshot",
            ),
            (self.save and watch, "--save and --watch are mutually exclusive"),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class Connection:
    """The connection to the cluster: flags of kubectl, passed on to it unchanged."""

    panel: ClassVar = "Connection (kubectl flags)"

    context: Annotated[
        str, Option(help="Name of the kubeconfig context to use", metavar="NAME")
    ] = ""
    kubeconfig: KubeconfigFile = ""
    cluster: Annotated[
        str, Option(help="Name of the kubeconfig cluster to use", metavar="NAME")
    ] = ""
    user: Annotated[str, Option(help="Name of the kubeconfig user to use", metavar="NAME")] = ""
    as_: As = ""
    as_group: AsGroup = field(default_factory=list)
    as_uid: AsUid = ""
    token: Annotated[
        str, Option(help="Bearer token for authentication to the API server", metavar="TOKEN")
    ] = ""
    server: Annotated[
        str, Option("--server", "-s", help="Address and port of the API server", metavar="URL")
    ] = ""
    tls_server_name: Annotated[
        str, Option(help="Server name to use for certificate validation", metavar="NAME")
    ] = ""
    certificate_authority: Annotated[
        str, Option(help="Path to a certificate file for the certificate authority", metavar="FILE")
    ] = ""
    client_certificate: Annotated[
        str, Option(help="Path to a client certificate file for TLS", metavar="FILE")
    ] = ""
    client_key: Annotated[str, Option(help="Path to a client key file for TLS", metavar="FILE")] = (
        ""
    )
    insecure_skip_tls_verify: Annotated[
        bool,
        Option("--insecure-skip-tls-verify", help="Do not verify the server's certificate"),
    ] = False
    request_timeout: RequestTimeout = ""
    cache_dir: CacheDir = ""

    def flags(self, *, but_for: Collection[str] = ()) -> tuple[str, ...]:
        """Return the flags that are set, as arguments of kubectl, without those in *but_for*."""
        names = (one.name for one in fields(self) if one.name not in but_for)
        return tuple(word for name in names for word in _flag(name, getattr(self, name)))

    def longest_request(self) -> float | None:
        """Return the time limit of a request in seconds, None without one."""
        return seconds(self.request_timeout) if self.request_timeout.strip("0s") else None

    def access(self, deadline: Deadline, namespaces: Iterable[str] = ()) -> "Access":
        """Return the access to the cluster, with one deadline for all requests together."""
        from fluxstatus.cluster.client import Access  # noqa: PLC0415 - --help does without

        return Access(
            self.flags(), tuple(namespaces), deadline, self.longest_request(), self.repeated()
        )

    def repeated(self) -> tuple[str, ...]:
        """Return the flags that a printed command has to repeat.

        Without the context, which the command names anyway, and the token, which is secret, as is
        a credential in the address of the server.
        """
        from fluxstatus.base.masking import mask  # noqa: PLC0415 - --help does without

        flags = self.flags(but_for=("context", "token", "request_timeout", "cache_dir"))
        return tuple(map(mask, flags))


def _flag(name: str, value: str | bool | list[str]) -> Iterator[str]:
    flag = "--" + name.rstrip("_").replace("_", "-")
    if value is True:
        yield flag
    elif value:
        # One argument, so that kubectl cannot take the value for a flag.
        yield from (f"{flag}={one}" for one in ([value] if isinstance(value, str) else value))


def first_of(*rules: tuple[object, str]) -> str:
    """Return the text of the first of *rules* whose condition is true, or an empty text."""
    return next((text for applies, text in rules if applies), "")
