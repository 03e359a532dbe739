"""`accept`: the entry with which `--accept` accepts a fault, or advice."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.options import (
    TIMEOUT,
    BasicDisplay,
    Connection,
    Namespaces,
    SnapshotInput,
    Timeout,
)
from fluxstatus.report import Format

if TYPE_CHECKING:
    from datetime import date

    from fluxstatus.checks.since import View
    from fluxstatus.model.evidence import Evidence
    from fluxstatus.model.findings import Past, Report

EPILOG = """
\b
Examples:
  kubectl flux-status --brief -o wide            list faults with their ids
  kubectl flux-status --brief -o wide --advice   and recommendations
  kubectl flux-status accept c9984b7c9184 --demo \\
    --reason 'Git server migration' --until 2999-12-31 >> accept.toml
  kubectl flux-status --accept accept.toml

\b
Exit codes:
  0  the entry is printed
  2  usage error, or there is no such fault
  3  unknown: there may be such a fault, but not everything could be read
"""
_PANEL = "Entry"


def show(
    ctx: typer.Context,
    *,
    ids: Annotated[
        list[str],
        Argument(
            metavar="FINDING-ID…",
            help="The ID of a fault or recommendation, from -o wide or -o json",
            rich_help_panel=_PANEL,
        ),
    ],
    reason: Annotated[
        str, Option(metavar="TEXT", help="Why the fault is accepted", rich_help_panel=_PANEL)
    ],
    until: Annotated[
        str,
        Option(
            metavar="DATE",
            help="The last day on which the fault is accepted, such as 2026-12-31",
            rich_help_panel=_PANEL,
        ),
    ],
    contexts: Annotated[
        list[str] | None,
        Option(
            metavar="PATTERN",
            help="Accept the fault only in contexts that match this pattern; repeatable",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    place: Namespaces,
    display: BasicDisplay,
    snapshot: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Print the entry for --accept that accepts a fault.

    Looks up the fault in a check of the cluster, or in the file given with --from: a snapshot, or a
    report from -o json. A recommendation is accepted in the same way, for all of its objects.
    Append the entry to the file for --accept, where it can be edited and reviewed. This command
    writes no file.
    """
    if conflict := snapshot.conflict(connection):
        ctx.fail(conflict)
    view = _view(place, display, snapshot, connection, timeout)
    last = _last_day(until, view)
    if not reason.strip():
        raise typer.BadParameter("it is empty", param_hint="--reason")
    faults = [_fault(one, view) for one in dict.fromkeys(ids)]
    from fluxstatus.base.masking import mask
    from fluxstatus.commands.accept.entries import as_json, as_toml

    render = as_json if display.output is Format.JSON else as_toml
    console.put(render(faults, mask(reason.strip()), last, contexts or ()))


def _view(
    place: Namespaces,
    display: BasicDisplay,
    saved: SnapshotInput,
    connection: Connection,
    deadline: Deadline,
) -> "View":
    """Return what is in the chosen file, or what a check of the cluster finds."""
    from fluxstatus.commands.known import view_in

    if saved.file:
        return view_in(saved.file, _check)
    from fluxstatus.checks.since import view_of
    from fluxstatus.commands.errors import report_unread
    from fluxstatus.commands.progress import read_evidence
    from fluxstatus.model.findings import Exit

    evidence = read_evidence(
        connection, namespaces=place.namespaces, deadline=deadline, verbose=display.verbose
    )
    report = _check(evidence)
    if report.unreachable:
        report_unread(report)
        raise typer.Exit(Exit.NO_VERDICT)
    return view_of(report)


def _check(evidence: "Evidence") -> "Report":
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.checks.run import run_checks
    from fluxstatus.state.state import State

    return run_checks(Analysis(State(evidence)))


def _last_day(text: str, view: "View") -> "date":
    """Return the date *text*, not before that of the report. Raises BadParameter."""
    from fluxstatus.model.accept_list import last_day

    try:
        last = last_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}", param_hint="--until") from error
    if last < view.taken_at.date():
        raise typer.BadParameter(f"{last} is in the past", param_hint="--until")
    return last


def _fault(name: str, view: "View") -> "Past":
    """Return the fault with the id *name*. Raises BadParameter and UnreadError."""
    from fluxstatus.model.errors import UnreadError
    from fluxstatus.model.evidence import Why
    from fluxstatus.model.findings import Level

    found = next((one for one in (*view.findings, *view.accepted) if one.id == name), None)
    if found in (*view.faults, *view.advice, *view.accepted):
        return found
    if found:
        text = f"{name} is {found.title!r}, which is not a fault: its level is {found.level}"
        raise typer.BadParameter(text, param_hint="FINDING-ID")
    if not view.steps or any(one.level is Level.UNKNOWN for one in view.findings):
        text = f"no fault found with the id {name!r}, but not everything could be read"
        raise UnreadError.of(Why.FAILED, text)
    raise typer.BadParameter(
        f"no fault or recommendation found with the id {name!r}; "
        "`kubectl flux-status --advice --brief -o wide` lists the ids",
        param_hint="FINDING-ID",
    )
