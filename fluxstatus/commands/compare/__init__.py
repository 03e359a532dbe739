"""`compare`: what has changed between two snapshots, and what of it before a fault began."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.options import Color, Everything, Output, UseColor
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.model.findings import Report
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status --save before.json.gz               save a snapshot
  kubectl flux-status compare before.json.gz now.json.gz  show the changes
  kubectl flux-status compare a.json b.json -o json | jq '.changes[]'

\b
Exit codes:
  0  the snapshots were compared
  2  usage error, or a file is not a snapshot
  3  unknown: in one of the snapshots, the cluster was unreachable
"""
_TWO = 2
_CLOCK = 2.0  # seconds
"""How well the times of two checks are known: an API server tells its own to the second."""


@dataclass(kw_only=True, eq=False, repr=False)
class Shown:
    """The output of the comparison."""

    panel: ClassVar = "Output"

    output: Output = Format.TEXT
    color: UseColor = Color.AUTO
    everything: Everything = False


def show(
    ctx: typer.Context,
    *,
    files: Annotated[
        list[Path],
        Argument(
            metavar="FILE FILE",
            help="The earlier and the later snapshot",
            rich_help_panel="Snapshots",
        ),
    ],
    display: Shown,
) -> None:
    """Show what has changed between two snapshots of a cluster.

    Shows which faults are new or gone, and, in order of time, what changed before and after the new
    ones began: revisions, specs, suspended objects, versions and restarts of controllers, and
    objects that were created or deleted. Does not contact a cluster. Data that only one of the
    snapshots has is not compared.
    """
    if len(files) != _TWO:
        ctx.fail(
            "compare needs two files, the earlier snapshot and the later one, as in "
            "`kubectl flux-status compare before.json.gz now.json.gz`"
        )
    before, after = map(_state, files)
    if (before.now - after.now).total_seconds() > _CLOCK:
        ctx.fail(f"{files[1]} is older than {files[0]}: name the earlier snapshot first")
    for file, state in zip(files, (before, after), strict=True):
        if unread := state.evidence.unreachable:
            console.error(f"in {file}, the cluster was unreachable: {unread.full_text}")
    if before.evidence.unreachable or after.evidence.unreachable:
        raise typer.Exit(Exit.NO_VERDICT)
    from fluxstatus.checks.since import compared, view_of
    from fluxstatus.commands.compare.difference import difference_of
    from fluxstatus.commands.compare.output import as_json, as_text

    report = compared(_checked(after), view_of(_checked(before)), str(files[0]))
    difference = difference_of(before, after)
    if display.output is Format.JSON:
        console.put(as_json(before, report, difference))
    else:
        look = console.look(display.color, everything=display.everything)
        console.put_report(as_text(before, report, difference, look))


def _state(file: Path) -> "State":
    """Return the state in *file*. Raises SnapshotError."""
    from fluxstatus.model import snapshot
    from fluxstatus.state.state import State

    return State(snapshot.load(file))


def _checked(state: "State") -> "Report":
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.checks.run import run_checks

    return run_checks(Analysis(state))
