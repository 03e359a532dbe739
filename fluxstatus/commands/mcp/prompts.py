"""`mcp prompts`: prompts for an assistant that has the server."""

import typer

from fluxstatus.base.visible import visible
from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands import console
from fluxstatus.commands.errors import report_unread
from fluxstatus.commands.options import TIMEOUT, Connection, Output, SnapshotInput, Timeout, Verbose
from fluxstatus.commands.progress import read_evidence
from fluxstatus.mcp import prompts
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned
from fluxstatus.state.state import State


def show(
    ctx: typer.Context,
    *,
    saved: SnapshotInput,
    output: Output = Format.TEXT,
    verbose: Verbose = False,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show prompts about this cluster for an AI assistant.

    The prompts name objects in this cluster. Prompts that need a read-write server are listed
    separately.
    """
    if conflict := saved.conflict(connection):
        ctx.fail(conflict)
    if saved.file:
        evidence = saved.load()
    else:
        evidence = read_evidence(connection, deadline=timeout, verbose=verbose)
    analysis = Analysis(State(evidence))
    report = report_with_next(analysis)
    found = list(prompts.prompts(analysis, report))
    if output is Format.JSON:
        listed = [one._asdict() for one in found]
        console.put(versioned({"prompts": listed}))
    else:
        console.put("\n".join(_lines(found)) + "\n")
    raise typer.Exit(Exit.NO_VERDICT if report_unread(report) else Exit.HEALTHY)


def _lines(found: list[prompts.Prompt]) -> list[str]:
    lines = ["With the read-only server:"]
    for prompt in prompts.listed(found, writes=False):
        lines += ["", *map(visible, prompt.text.splitlines())]
    lines += ["", "Only with a read-write server (mcp setup --read-write); prefer a change in Git:"]
    for prompt in prompts.listed(found, writes=True):
        lines += ["", *map(visible, prompt.text.splitlines())]
    return lines
