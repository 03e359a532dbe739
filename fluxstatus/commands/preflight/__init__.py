"""`preflight`: what to know before Flux is installed, and a FluxInstance to begin with."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.commands import console
from fluxstatus.commands.options import BasicDisplay, Connection, Timeout
from fluxstatus.report import RENDER, Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fluxstatus.cluster.local_tools import Client
    from fluxstatus.commands.preflight.manifest import Sync
    from fluxstatus.commands.preflight.rights import Rights
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status preflight                 can Flux be installed here, and by me?
  kubectl flux-status preflight --manifest --git ssh://git@github.com/org/fleet.git \\
      --path clusters/prod > flux-instance.yaml

\b
Exit codes:
  0  nothing stands in the way
  1  something does
  3  the cluster, or something that matters, could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be installed."""

    panel: ClassVar = "What is to be installed"

    manifest: Annotated[
        bool, Option("--manifest", help="Print a FluxInstance; no cluster is asked")
    ] = False
    git: Annotated[str, Option(metavar="URL", help="The Git repository to sync from")] = ""
    ref: Annotated[str, Option(metavar="REF", help="Its branch, or a refs/… [default: main]")] = ""
    path: Annotated[
        str, Option(metavar="PATH", help="The folder in it that the cluster is to run")
    ] = ""
    private: Annotated[
        bool, Option("--private", help="It takes a login; by ssh it always does")
    ] = False


def show(
    *,
    wanted: Wanted,
    shown: BasicDisplay,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Say whether Flux can be installed here, and print a FluxInstance to begin with.

    Looked at are Kubernetes, your rights (which are asked for by kubectl auth can-i, and nothing
    is stored), the programs on this machine, and what is in the cluster already. What the cluster
    must reach is told, not tried. With --manifest the FluxInstance comes on standard output, and
    what to do with it on standard error.
    """
    sync = _sync(wanted)
    if wanted.manifest:
        _put_manifest(sync, connection, shown)
        return
    state, rights, clients = _read(connection, timeout, verbose=shown.verbose)
    from fluxstatus.commands.preflight.report import report_of

    report = report_of(state, rights, clients, sync.url if sync else "")
    console.put(RENDER[shown.output](report, console.look(shown.color, everything=True)))
    raise typer.Exit(report.exit_code())


def _sync(wanted: Wanted) -> "Sync | None":
    from fluxstatus.commands.preflight.manifest import ManifestError, sync_of

    rest = {"--ref": wanted.ref, "--path": wanted.path, "--private": wanted.private}
    for option in (name for name, value in rest.items() if value):
        if not wanted.git:
            raise typer.BadParameter("it says something about --git; add that.", param_hint=option)
        if not wanted.manifest:
            raise typer.BadParameter("it is for --manifest; add that.", param_hint=option)
    if not wanted.git:
        return None
    try:
        return sync_of(wanted.git, wanted.ref, wanted.path, private=wanted.private)
    except ManifestError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--git") from error


def _put_manifest(sync: "Sync | None", connection: Connection, shown: BasicDisplay) -> None:
    """Put the manifest on standard output, what to do with it on standard error."""
    from fluxstatus.commands.preflight.manifest import instance, steps
    from fluxstatus.model.kubectl_flags import TargetFlags
    from fluxstatus.report.terminal import command_line
    from fluxstatus.report.yaml import yaml_of

    made = instance(sync)
    as_json = shown.output is Format.JSON
    console.put(json.dumps(made, indent=2) + "\n" if as_json else yaml_of(made, is_sorted=False))
    target_flags = TargetFlags(connection.context, connection.repeated())
    for hint in steps(sync):
        console.note(f"# {hint.text}")
        for command in map(target_flags.command, hint.commands):
            note = "   (changes the cluster)" if command.changes else ""
            console.note(f"  {command_line(command.argv)}{note}")


def _preload() -> None:
    """Import what the report needs, while kubectl starts."""
    import fluxstatus.commands.preflight.report
    import fluxstatus.report.as_text
    import fluxstatus.state.state  # noqa: F401


def _read(
    connection: Connection, timeout: float, *, verbose: bool
) -> "tuple[State, Rights, Mapping[str, Client]]":
    from fluxstatus.cluster import discovery
    from fluxstatus.cluster.local_tools import asking
    from fluxstatus.cluster.queries import QUERIES, ListQuery
    from fluxstatus.cluster.reader import reading
    from fluxstatus.commands.preflight.existing import HOME
    from fluxstatus.commands.preflight.rights import Rights, find_out
    from fluxstatus.commands.preflight.tools import NAMES
    from fluxstatus.model.kinds import KINDS
    from fluxstatus.state.deployments import CONTROLLERS, OPERATORS
    from fluxstatus.state.state import State

    namespace = ListQuery("/api/v1", "namespaces", f"fieldSelector=metadata.name={HOME}")
    with (
        asking(NAMES) as answers,
        reading(
            connection.access(timeout), tell=console.noting(on=verbose), while_starting=_preload
        ) as ours,
    ):
        if not ours.discover():
            return State(ours.evidence()), Rights(unread=ours.unreachable), answers()
        kubernetes = ours.submit(discovery.version)
        ours.ask((
            *((name, QUERIES[name]) for name in (CONTROLLERS, OPERATORS)),
            *(ours.of_kind(KINDS[kind]) for kind in ("FluxInstance", "FluxReport")),
            ("namespaces", namespace),
        ))  # fmt: skip
        if not (ours.items(OPERATORS) or ours.items(CONTROLLERS)):
            served = (kind for kind in KINDS.values() if kind.resource in (ours.served or {}))
            ours.ask(ours.of_kind(kind) for kind in served)
        rights = find_out(connection.flags(), timeout)
        return State(ours.evidence(kubernetes=kubernetes.result())), rights, answers()
