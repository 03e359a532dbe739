"""`upgrade plan`: blockers, changes of behavior and the steps of an upgrade of Flux."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.base.versions import minor_of
from fluxstatus.commands import console
from fluxstatus.commands.flux_upgrade import flux_version, read_for_plan
from fluxstatus.commands.options import TIMEOUT, Connection, Display, SnapshotInput, Timeout
from fluxstatus.report import Format

EPILOG = """
\b
Examples:
  kubectl flux-status upgrade plan            plan the next upgrade
  kubectl flux-status upgrade plan --to 2.10  plan the upgrade to Flux 2.10
  kubectl flux-status upgrade plan -o json | jq '.findings.blockers[].title'

\b
Exit codes:
  0  nothing blocks the upgrade
  1  something blocks it
  2  usage error
  3  unknown: something that may block it could not be read, or is not known
"""


@dataclass(kw_only=True, eq=False, repr=False)
class Target:
    """The version to upgrade to."""

    panel: ClassVar = "Upgrade"

    to: Annotated[
        str | None,
        Option(
            metavar="VERSION",
            parser=flux_version,
            help="Minor version of Flux to upgrade to, such as 2.10 [default: the next one]",
            show_default=False,
        ),
    ] = None


def show(
    ctx: typer.Context,
    *,
    target: Target,
    shown: Display,
    saved: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show what blocks a Flux upgrade, what the upgrade changes in this cluster, and the steps.

    Blockers are listed first. They make the API server reject the upgrade, or break Flux: stored
    versions, removed API versions in use, a version of Kubernetes or the operator that is too old,
    and removed flags and fields. Behavior changes that affect objects in this cluster follow, then
    notes, and APIs that the next Kubernetes version removes. The steps' commands are printed, never
    run.
    """
    if conflict := saved.conflict(connection):
        ctx.fail(conflict)
    evidence = (
        saved.load() if saved.file else read_for_plan(connection, timeout, verbose=shown.verbose)
    )
    from fluxstatus.checks.upgrade.plan import plan_of
    from fluxstatus.commands.upgrade.output import as_json, as_text
    from fluxstatus.state.state import State

    plan = plan_of(State(evidence), minor_of(target.to or ""))
    if shown.output is Format.JSON:
        console.put(as_json(plan))
    else:
        look = console.look(shown.color, everything=shown.everything)
        console.put_report(as_text(plan, look))
    raise typer.Exit(plan.exit_code)
