"""`upgrade plan`: blockers, changes of behavior and the steps of an upgrade of Flux."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.versions import minor_of
from fluxstatus.commands import console
from fluxstatus.commands.options import TIMEOUT, Connection, Display, SnapshotInput, Timeout
from fluxstatus.commands.progress import reading
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.model.evidence import Evidence

EPILOG = """
\b
Examples:
  kubectl flux-status upgrade plan            plan the upgrade to the next version
  kubectl flux-status upgrade plan --to 2.10  plan the upgrade to Flux 2.10
  kubectl flux-status upgrade plan -o json | jq '.findings.blockers[].title'

\b
Exit codes:
  0  nothing blocks the upgrade
  1  something blocks it
  2  usage error
  3  unknown: something that may block it could not be read, or is not known
"""
_VERSION = re.compile(r"v?2\.\d{1,3}(\.[\w.+-]+)?", re.ASCII)


def _minor(text: str) -> str:
    """Return a version of Flux such as 2.10. Raises BadParameter."""
    if not _VERSION.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a version of Flux; use a format such as 2.10")
    return text


@dataclass(kw_only=True, eq=False, repr=False)
class Target:
    """The version to upgrade to."""

    panel: ClassVar = "Upgrade"

    to: Annotated[
        str | None,
        Option(
            metavar="VERSION",
            parser=_minor,
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

    Blockers are rejected by the API server or break Flux: stored versions, removed API versions in
    use, a version of Kubernetes or the operator that is too old, removed flags and fields. After
    the blockers come the changes of behavior that affect objects in this cluster, notes, and what
    the next Kubernetes version removes. The commands of the steps are printed, never run.
    """
    if conflict := saved.conflict(connection):
        ctx.fail(conflict)
    evidence = saved.load() if saved.file else _read(connection, timeout, verbose=shown.verbose)
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


def _preload() -> None:
    """Import what `show` needs, while kubectl starts."""
    import fluxstatus.checks.upgrade.plan
    import fluxstatus.commands.upgrade.output  # noqa: F401


def _read(connection: Connection, deadline: Deadline, *, verbose: bool) -> "Evidence":
    from fluxstatus.checks.upgrade.blockers import CRDS, missing_crds
    from fluxstatus.cluster import discovery
    from fluxstatus.cluster.queries import ADVICE_QUERIES, DEPLOYMENTS, ListQuery, by_fields, named
    from fluxstatus.model.kinds import KINDS
    from fluxstatus.state.state import State

    *kinds, report = sorted(KINDS.values(), key=lambda kind: kind.name == "FluxReport")
    live = console.LiveLine()
    try:
        with reading(connection, deadline, _preload, verbose=verbose, live=live) as ours:
            if not ours.discover():
                return ours.evidence()
            kubernetes = ours.submit(discovery.version)
            ours.query((
                *named(*DEPLOYMENTS),
                *map(ours.of_kind, kinds),
                (CRDS, ListQuery.of(CRDS, "v1", ADVICE_QUERIES[CRDS].selector)),
            ))  # fmt: skip
            # A label selects the CRDs of Flux, but not everyone who installs Flux keeps it.
            ours.query(
                (CRDS, ListQuery.of(CRDS, "v1", by_fields(f"metadata.name={name}")))
                for name in missing_crds(ours.evidence())
            )
            if len({one.distribution for one in State(ours.evidence()).components} - {""}) != 1:
                ours.query([ours.of_kind(report)])  # the version, which the controllers do not tell
            return ours.evidence(kubernetes=kubernetes.result())
    finally:
        live.clear()
