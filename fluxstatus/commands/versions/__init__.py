"""`versions`: the versions of all parts of Flux, and those that are incompatible."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from typing import TYPE_CHECKING

import typer

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.options import TIMEOUT, Connection, Display, SnapshotInput, Timeout
from fluxstatus.commands.progress import reading
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fluxstatus.cluster.local_tools import Program
    from fluxstatus.commands.versions.inventory import Part
    from fluxstatus.model.evidence import Evidence
    from fluxstatus.model.findings import Finding
    from fluxstatus.state.state import State

IN_CONTEXTS = True
EPILOG = """
\b
Examples:
  kubectl flux-status versions                           compare all versions
  kubectl flux-status versions -o json | jq '.parts[]'   print each part

\b
Exit codes:
  0  all versions are known, and none is too old to work
  1  something is too old to work
  3  a version in the cluster could not be determined
"""
_CLIENTS = ("kubectl", "flux-operator", "flux-operator-mcp", "flux")


def show(
    ctx: typer.Context,
    *,
    shown: Display,
    saved: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show the versions of all Flux components, and version skew.

    These are Kubernetes, the operator, Flux, its controllers and the local CLIs, which are compared
    with the cluster. If a version is unknown, the reason is shown. A FluxReport is not required.
    """
    if conflict := saved.conflict(connection):
        ctx.fail(conflict)
    evidence, clients = _saved(saved) if saved.file else _live(connection, timeout, shown.verbose)
    from fluxstatus.commands.versions.inventory import parts_of
    from fluxstatus.commands.versions.skew import skews_of
    from fluxstatus.commands.versions.text import as_json, as_text, noted
    from fluxstatus.state.state import State

    state = State(evidence)
    parts = parts_of(state, clients)
    skews, parts = skews_of(state, parts), noted(parts)
    if shown.output is Format.JSON:
        console.put(as_json(state, parts, skews))
    else:
        look = console.look(shown.color, everything=shown.everything)
        console.put_report(as_text(state, parts, skews, look))
    raise typer.Exit(_exit_code(state, parts, skews))


def _saved(saved: SnapshotInput) -> "tuple[Evidence, Mapping[str, Program]]":
    """Return a saved cluster, and the versions of the programs saved with it."""
    from fluxstatus.cluster.local_tools import Program

    evidence = saved.load()
    versions = {name: found for name, found in evidence.programs.items() if isinstance(found, str)}
    return evidence, {name: Program(name, name, found) for name, found in versions.items()}


def _preload() -> None:
    """Import what `show` needs, while kubectl starts."""
    import fluxstatus.commands.versions.text
    import fluxstatus.state.state  # noqa: F401


def _live(
    connection: Connection, deadline: Deadline, verbose: bool
) -> "tuple[Evidence, Mapping[str, Program]]":
    from fluxstatus.cluster import discovery
    from fluxstatus.cluster.local_tools import running
    from fluxstatus.cluster.queries import DEPLOYMENTS, named
    from fluxstatus.model.kinds import KINDS

    with (
        running(_CLIENTS, deadline) as answers,
        reading(connection, deadline, _preload, verbose=verbose) as ours,
    ):
        if not ours.discover():
            return ours.evidence(), answers()
        kubernetes = ours.submit(discovery.version)
        ours.query((
            *named(*DEPLOYMENTS),
            *(ours.of_kind(KINDS[kind]) for kind in ("FluxInstance", "FluxReport")),
        ))  # fmt: skip
        return ours.evidence(kubernetes=kubernetes.result()), answers()


def _exit_code(state: "State", parts: "Sequence[Part]", skews: "Sequence[Finding]") -> Exit:
    levels = {finding.level for finding in skews}
    if Level.FAIL in levels and not state.evidence.unreachable:
        return Exit.UNHEALTHY
    unknown = any(part.unknown and part.role != "client" for part in parts)
    is_unread = unknown or Level.UNKNOWN in levels or state.evidence.unreachable
    return Exit.NO_VERDICT if is_unread else Exit.HEALTHY
