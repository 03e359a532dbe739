"""The options of the command line: each declared once, in groups that commands share.

A command takes a group as one parameter, by way of commandline.py. `panel` is the group's title
in the help. Help texts are worded as kubectl's: a capital letter first, no full stop.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from typer import BadParameter, Option

from fluxstatus.base.durations import parse_duration
from fluxstatus.model.findings import Level
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.cluster.client import Access

DEMO = Path(__file__).parents[1] / "demo.json.gz"


class Color(StrEnum):
    """When to use colour (`--color`)."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class FailOn(StrEnum):
    """From which level on a finding makes the exit code 1 (`--fail-on`)."""

    FAIL = Level.FAIL
    WARN = Level.WARN


def seconds(text: str | float) -> float:
    """Read a duration as Go writes it (1m30s); a plain number is seconds, as with kubectl."""
    text = str(text)
    if re.fullmatch(r"\d+(\.\d+)?", text):
        text += "s"
    value = parse_duration(text)
    if not value:
        raise BadParameter(f"{text!r} is no duration above 0; write it as 30s, 1m30s or 2h.")
    return value


Output = Annotated[Format, Option("--output", "-o", help="The format of the result")]
Timeout = Annotated[
    float,
    Option(
        help="Give up when the cluster takes longer than this [default: 30s]",
        metavar="DURATION",
        parser=seconds,
        show_default=False,
    ),
]
Verbose = Annotated[
    bool, Option("--verbose", "-v", help="Tell on stderr what each step asked and how long it took")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of the cluster is reported."""

    panel: ClassVar = "What is reported"

    namespace: Annotated[
        list[str],
        Option(
            "--namespace",
            "-n",
            metavar="NAME",
            help="Only this namespace, and causes elsewhere of its troubles; repeatable",
        ),
    ] = field(default_factory=list)
    all_namespaces: Annotated[
        bool,
        Option("--all-namespaces", "-A", help="All namespaces, the default; wins over -n"),
    ] = False
    step: Annotated[
        list[str],
        Option(metavar="ID", help="Only this step of the check; repeatable, or a,b"),
    ] = field(default_factory=list)
    skip: Annotated[
        list[str],
        Option(metavar="ID|CODE", help="Not this step or finding; repeatable, or a,b"),
    ] = field(default_factory=list)
    advice: Annotated[
        bool,
        Option("--advice", help="Look for habits worth changing, too; a few more requests"),
    ] = False

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces to report on; none means all."""
        return () if self.all_namespaces else tuple(self.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the result is shown."""

    panel: ClassVar = "How it is shown"

    output: Output = Format.TEXT
    everything: Annotated[
        bool, Option("--all", help="Show what is well, too, and every text whole")
    ] = False
    color: Annotated[Color, Option(help="When to use colour")] = Color.AUTO
    verbose: Verbose = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When to look, for how long, and what makes a failure."""

    panel: ClassVar = "How long, and what counts"

    timeout: Timeout = 30.0
    wait: Annotated[
        float | None,
        Option(
            metavar="DURATION",
            parser=seconds,
            help="Look again until all is well, this long at most",
        ),
    ] = None
    fail_fast: Annotated[
        bool, Option("--fail-fast", help="With --wait: stop when something cannot heal by itself")
    ] = False
    watch: Annotated[bool, Option("--watch", help="Look again and again until Ctrl-C")] = False
    fail_on: Annotated[FailOn, Option(help="The level that makes the exit code 1")] = FailOn.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A cluster that is not asked now."""

    panel: ClassVar = "Snapshots"

    save: Annotated[
        Path | None,
        Option(metavar="FILE", help="Save what the cluster said; .gz compresses"),
    ] = None
    from_: Annotated[
        Path | None,
        Option("--from", metavar="FILE", help="Judge a saved cluster; - reads stdin"),
    ] = None
    demo: Annotated[bool, Option("--demo", help="Judge the cluster that comes along")] = False

    @property
    def file(self) -> Path | None:
        """The file to judge, None when that is a live cluster."""
        return DEMO if self.demo else self.from_

    def contradiction(self, connection: "Connection") -> str:
        """Say what makes no sense together with a saved cluster; empty when all does."""
        offline = "--demo" if self.demo else "--from" if self.from_ else ""
        flags = ", ".join(flag.partition("=")[0] for flag in connection.flags())
        rules = (
            (self.demo and self.from_, "--demo and --from are two clusters; choose one."),
            (offline and flags, f"{offline} asks no cluster; leave out {flags}."),
            (offline and self.save, f"{offline} is saved already; leave out --save."),
        )
        return next((text for applies, text in rules if applies), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How kubectl reaches the cluster: its own flags, passed on to it unchanged."""

    panel: ClassVar = "How kubectl reaches the cluster"

    context: Annotated[str, Option(help="The kubeconfig context to use", metavar="NAME")] = ""
    kubeconfig: Annotated[str, Option(help="The kubeconfig file to use", metavar="FILE")] = ""
    cluster: Annotated[str, Option(help="The kubeconfig cluster to use", metavar="NAME")] = ""
    user: Annotated[str, Option(help="The kubeconfig user to use", metavar="NAME")] = ""
    as_: Annotated[str, Option("--as", help="The user to impersonate", metavar="NAME")] = ""
    as_group: Annotated[
        list[str], Option(help="A group to impersonate; repeatable", metavar="NAME")
    ] = field(default_factory=list)
    as_uid: Annotated[str, Option(help="The UID to impersonate", metavar="UID")] = ""
    token: Annotated[str, Option(help="The bearer token to log in with", metavar="TOKEN")] = ""
    server: Annotated[
        str, Option("--server", "-s", help="Address of the API server", metavar="URL")
    ] = ""
    tls_server_name: Annotated[
        str, Option(help="Name to expect in the server's certificate", metavar="NAME")
    ] = ""
    certificate_authority: Annotated[
        str, Option(help="Certificate authorities to trust", metavar="FILE")
    ] = ""
    client_certificate: Annotated[
        str, Option(help="Client certificate to log in with", metavar="FILE")
    ] = ""
    client_key: Annotated[str, Option(help="Key of the certificate", metavar="FILE")] = ""
    insecure_skip_tls_verify: Annotated[
        bool,
        Option("--insecure-skip-tls-verify", help="Do not check the server's certificate"),
    ] = False
    request_timeout: Annotated[
        str, Option(help="How long one request may take", metavar="DURATION")
    ] = ""
    cache_dir: Annotated[str, Option(help="The folder of kubectl's cache", metavar="DIR")] = ""

    def flags(self, *, but_for: Collection[str] = ()) -> tuple[str, ...]:
        """Return the flags that were set, as kubectl takes them."""
        names = (one.name for one in fields(self) if one.name not in but_for)
        return tuple(word for name in names for word in _flag(name, getattr(self, name)))

    def longest_request(self) -> float | None:
        """Return the seconds that a request may take, None for as long as it likes."""
        return seconds(self.request_timeout) if self.request_timeout.strip("0s") else None

    def access(self, timeout: float, namespaces: Iterable[str] = ()) -> "Access":
        """Return how to ask the cluster, for *timeout* seconds in all."""
        from fluxstatus.cluster.client import Access  # noqa: PLC0415 - --help does without

        return Access(
            self.flags(), tuple(namespaces), timeout, self.longest_request(), self.repeated()
        )

    def repeated(self) -> tuple[str, ...]:
        """Return those that a command has to repeat that is shown to somebody.

        The context is named anyway, and a token is not for everybody's eyes.
        """
        return self.flags(but_for=("context", "token", "request_timeout", "cache_dir"))


def _flag(name: str, value: str | bool | list[str]) -> Iterator[str]:
    flag = "--" + name.rstrip("_").replace("_", "-")
    if value is True:
        yield flag
    elif value:
        # One word, so that kubectl takes no value for a flag of its own.
        yield from (f"{flag}={one}" for one in ([value] if isinstance(value, str) else value))
