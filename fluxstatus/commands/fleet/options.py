"""The options of `fleet`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args

from typer import BadParameter, Option

from fluxstatus.base.plurals import joined
from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.commands import report_files
from fluxstatus.commands.fleet.selection import WHOLE, Shard, shard_of
from fluxstatus.commands.flux_upgrade import flux_version
from fluxstatus.commands.known import AcceptFile, Known
from fluxstatus.commands.option_values import FAIL_ON, age, levels
from fluxstatus.commands.options import (
    OUTPUT,
    TIMEOUT,
    As,
    AsGroup,
    AsUid,
    CacheDir,
    Color,
    Everything,
    KubeconfigFile,
    ReportFiles,
    RequestTimeout,
    Scope,
    Timeout,
    UseColor,
    first_of,
)
from fluxstatus.commands.table_options import NoTrunc
from fluxstatus.model.findings import NEW
from fluxstatus.report import FleetFormat, Format

MOST_PARALLEL = 64
_OF_CHECKS = (Format.JSON_LINES, Format.METRICS)
"""The formats that have verdicts of checks only."""


def _shard(text: str | Shard) -> Shard:
    try:
        return text if isinstance(text, Shard) else shard_of(text)
    except ValueError as error:
        raise BadParameter(f"{error}") from error


def _levels(text: str) -> str:
    """Return words of FAIL_ON without NEW: there is nothing to compare with."""
    if NEW in text.split(","):
        raise BadParameter(f"{NEW!r} requires --since-snapshot, which fleet does not have")
    return levels(text)


@dataclass(kw_only=True, eq=False, repr=False)
class Clusters:
    """The clusters that are checked."""

    panel: ClassVar = "Clusters"

    contexts: Annotated[
        list[str],
        Option(
            metavar="PATTERN",
            help="Contexts to check: a name or a pattern such as 'prod-*', or '!PATTERN' to "
            "exclude contexts; repeatable",
        ),
    ] = field(default_factory=list)
    all_contexts: Annotated[
        bool, Option("--all-contexts", help="Check all contexts of the kubeconfig")
    ] = False
    kubeconfigs: Annotated[
        list[str],
        Option(
            metavar="FILES",
            help="Kubeconfig files, or a pattern such as 'clusters/*': check the current context "
            "of each file, or the contexts that --contexts selects; repeatable",
        ),
    ] = field(default_factory=list)
    from_: Annotated[
        list[str],
        Option(
            "--from",
            metavar="FILES",
            help="Read snapshots, reports or plans (-o json) instead of live clusters: a file or a "
            "pattern such as 'snapshots/*.gz'; repeatable",
        ),
    ] = field(default_factory=list)
    expect: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="File that lists the expected clusters, one per line; a cluster without a report "
            "is unknown",
        ),
    ] = None
    shard: Annotated[
        Shard,
        Option(
            metavar="I/N",
            parser=_shard,
            help="Check only shard I of N of the clusters, from 0 to N-1 [default: 0/1]",
            show_default=False,
        ),
    ] = WHOLE

    @property
    def is_live(self) -> bool:
        """Whether live clusters are chosen."""
        return bool(self.contexts or self.all_contexts or self.kubeconfigs)

    def conflict(self, save: str, reports: Sequence[report_files.ReportFile]) -> str:
        """Return why these options cannot be combined; empty when they can.

        *save* and *reports* are files to write.
        """
        unwritable = report_files.conflict(reports, {})
        return first_of(
            (self.from_ and self.is_live, "--from cannot be used with contexts or kubeconfigs"),
            (self.from_ and save, "--save cannot be used with --from, which reads files"),
            (
                self.all_contexts and any(not one.startswith("!") for one in self.contexts),
                (
                    "--all-contexts and --contexts are mutually exclusive, except for patterns to "
                    "exclude, such as '!PATTERN'"
                ),
            ),
            (unwritable, unwritable),
        )


@dataclass(kw_only=True, eq=False, repr=False)
class FleetDisplay:
    """The output of a fleet."""

    panel: ClassVar = "Output"

    output: Annotated[FleetFormat, OUTPUT] = Format.TEXT
    color: UseColor = Color.AUTO
    everything: Everything = False
    no_trunc: NoTrunc = False
    save: Annotated[
        str,
        Option(
            metavar="FILES",
            help="Save a snapshot of each cluster, such as 'snapshots/{context}.json.gz'",
        ),
    ] = ""
    report: ReportFiles = field(default_factory=list)


@dataclass(kw_only=True, eq=False, repr=False)
class KnownFaults:
    """The faults that are known already."""

    panel: ClassVar = Known.panel

    accept: AcceptFile = None


@dataclass(kw_only=True, eq=False, repr=False)
class Upgrade:
    """The upgrade that is planned for all clusters."""

    panel: ClassVar = "Upgrade"

    upgrade_to: Annotated[
        str | None,
        Option(
            metavar="VERSION",
            parser=flux_version,
            help="Instead of a check, show what blocks the upgrade of each cluster to this minor "
            "version of Flux, such as 2.10",
            show_default=False,
        ),
    ] = None

    @property
    def minor(self) -> str:
        """The minor version, empty if no upgrade is planned."""
        minor = minor_of(self.upgrade_to or "")
        return dotted(minor) if minor else ""

    def conflict(
        self, scope: Scope, display: FleetDisplay, timing: "FleetTiming", known: KnownFaults
    ) -> str:
        """Return why these options cannot be combined with it; empty when they can."""
        of_checks = {
            "--namespace": scope.namespace,
            "--step": scope.step,
            "--skip": scope.skip,
            "--advice": scope.advice,
            "--save": display.save,
            "--accept": known.accept,
            "--fail-on": timing.fail_on,
        }
        given = next((name for name, value in of_checks.items() if value), "")
        if self.upgrade_to and given:
            return f"{given} is for checks, and cannot be used with --upgrade-to"
        forms = (display.output, *(one.format for one in display.report))
        wrong = next((one for one in forms if one in _OF_CHECKS), "")
        if self.upgrade_to and wrong:
            formats = [one for one in get_args(FleetFormat) if one not in _OF_CHECKS]
            return f"--upgrade-to has the formats {joined(formats)}, not {wrong}"
        return ""


@dataclass(kw_only=True, eq=False, repr=False)
class FleetTiming:
    """The time limits of a fleet, and the level that makes it fail."""

    panel: ClassVar = "Timing and exit code"

    timeout: Timeout = TIMEOUT
    parallel: Annotated[
        int,
        Option(
            min=1,
            max=MOST_PARALLEL,
            metavar="N",
            help="Number of clusters to check at the same time",
        ),
    ] = 8
    max_age: Annotated[
        float,
        Option(
            metavar="AGE",
            parser=age,
            help="Treat older snapshots and reports as unknown: 30m, 12h or 7d [default: 1h]",
            show_default=False,
        ),
    ] = 3600.0
    fail_on: Annotated[
        list[str],
        Option(
            metavar=f"<{'|'.join(one for one in FAIL_ON if one != NEW)}>",
            parser=_levels,
            help="Also exit with code 1 on this result; repeatable or comma-separated",
        ),
    ] = field(default_factory=list)

    @property
    def failing(self) -> Collection[str]:
        """What sets exit code 1."""
        return frozenset(word for text in self.fail_on for word in text.split(","))


@dataclass(kw_only=True, eq=False, repr=False)
class FleetConnection:
    """Flags of kubectl that are the same for all clusters."""

    panel: ClassVar = "Connection (kubectl flags)"

    kubeconfig: KubeconfigFile = ""
    as_: As = ""
    as_group: AsGroup = field(default_factory=list)
    as_uid: AsUid = ""
    request_timeout: RequestTimeout = ""
    cache_dir: CacheDir = ""

    def shared(self) -> Mapping[str, Any]:
        """Return the flags that are the same for all clusters, by the names of Connection."""
        return {
            "as_": self.as_,
            "as_group": self.as_group,
            "as_uid": self.as_uid,
            "request_timeout": self.request_timeout,
            "cache_dir": self.cache_dir,
        }
