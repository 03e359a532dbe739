"""`preflight`: check the requirements of Flux, and print a FluxInstance to start with."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.options import TIMEOUT, BasicDisplay, Connection, Timeout
from fluxstatus.commands.progress import reading
from fluxstatus.report import RENDER, Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fluxstatus.cluster.local_tools import Program
    from fluxstatus.commands.preflight.manifest import Sync
    from fluxstatus.commands.preflight.permissions import Permissions
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status preflight   check whether Flux can be installed
  kubectl flux-status preflight --manifest --git ssh://git@github.com/org/fleet.git \\
      --path clusters/prod > flux-instance.yaml

\b
Exit codes:
  0  Flux can be installed
  1  something prevents it
  3  the cluster or required data could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallOptions:
    """The options about what to install."""

    panel: ClassVar = "What to install"

    manifest: Annotated[
        bool, Option("--manifest", help="Print a FluxInstance; do not contact a cluster")
    ] = False
    git: Annotated[str, Option(metavar="URL", help="URL of the Git repository to sync from")] = ""
    ref: Annotated[
        str,
        Option(
            metavar="REF",
            help="Branch of the Git repository, or a ref such as refs/tags/v1 [default: main]",
        ),
    ] = ""
    path: Annotated[
        str,
        Option(metavar="PATH", help="Directory in the Git repository with the cluster's manifests"),
    ] = ""
    private: Annotated[
        bool, Option("--private", help="The Git repository requires credentials (SSH always does)")
    ] = False


def show(
    *,
    wanted: InstallOptions,
    shown: BasicDisplay,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Check whether Flux can be installed, or print a FluxInstance.

    Checks the Kubernetes version, your permissions (with kubectl auth can-i, which stores
    nothing), the programs on this machine, and existing installations. Lists the hosts that the
    cluster must reach, but does not probe them. With --manifest, standard output receives only
    the FluxInstance; the steps for applying it go to standard error.
    """
    sync = _sync(wanted)
    if wanted.manifest:
        _put_manifest(sync, connection, shown)
        return
    state, permissions, programs = _read(connection, timeout, verbose=shown.verbose)
    from fluxstatus.commands.preflight.report import report_of

    report = report_of(state, permissions, programs, sync.url if sync else "")
    console.put_report(RENDER[shown.output](report, console.look(shown.color, everything=True)))
    raise typer.Exit(report.exit_code())


def _sync(wanted: InstallOptions) -> "Sync | None":
    from fluxstatus.commands.preflight.manifest import ManifestError, sync_of

    rest = {"--ref": wanted.ref, "--path": wanted.path, "--private": wanted.private}
    for option in (name for name, value in rest.items() if value):
        if not wanted.git:
            raise typer.BadParameter("requires --git", param_hint=option)
        if not wanted.manifest:
            raise typer.BadParameter("requires --manifest", param_hint=option)
    if not wanted.git:
        return None
    try:
        return sync_of(wanted.git, wanted.ref, wanted.path, private=wanted.private)
    except ManifestError as error:
        raise typer.BadParameter(f"{error}", param_hint="--git") from error


def _put_manifest(sync: "Sync | None", connection: Connection, shown: BasicDisplay) -> None:
    """Print the manifest to standard output, and the steps to apply it to standard error."""
    from fluxstatus.commands.preflight.manifest import instance, steps
    from fluxstatus.commands.put_manifest import put_manifest, put_steps
    from fluxstatus.model.kubectl_flags import TargetFlags

    put_manifest(instance(sync), as_json=shown.output is Format.JSON)
    target_flags = TargetFlags(connection.context, connection.repeated())
    put_steps(map(target_flags.hint, steps(sync)))


def _preload() -> None:
    """Import what the report needs, while kubectl starts."""
    import fluxstatus.commands.preflight.report
    import fluxstatus.report.as_text
    import fluxstatus.state.state  # noqa: F401


def _read(
    connection: Connection, deadline: Deadline, *, verbose: bool
) -> "tuple[State, Permissions, Mapping[str, Program]]":
    from fluxstatus.cluster import discovery
    from fluxstatus.cluster.local_tools import running
    from fluxstatus.cluster.queries import DEPLOYMENTS, ListQuery, by_fields, named
    from fluxstatus.commands.preflight.manifest import NAMESPACE
    from fluxstatus.commands.preflight.permissions import Permissions, check_permissions
    from fluxstatus.commands.preflight.tools import NAMES
    from fluxstatus.model.kinds import KINDS
    from fluxstatus.state.state import State

    namespace = ListQuery("/api/v1", "namespaces", by_fields(f"metadata.name={NAMESPACE}"))
    with (
        running(NAMES, deadline) as answers,
        reading(connection, deadline, _preload, verbose=verbose) as ours,
    ):
        if not ours.discover():
            return State(ours.evidence()), Permissions(unread=ours.unreachable), answers()
        kubernetes = ours.submit(discovery.version)
        ours.query((
            *named(*DEPLOYMENTS),
            *(ours.of_kind(KINDS[kind]) for kind in ("FluxInstance", "FluxReport")),
            ("namespaces", namespace),
        ))  # fmt: skip
        if not any(ours.answers[name].known for name in DEPLOYMENTS):
            served = (kind for kind in KINDS.values() if kind.resource in (ours.served or {}))
            ours.query(ours.of_kind(kind) for kind in served)
        permissions = check_permissions(connection.flags(), deadline)
        return State(ours.evidence(kubernetes=kubernetes.result())), permissions, answers()
