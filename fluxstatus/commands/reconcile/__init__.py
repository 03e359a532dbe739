"""`reconcile`: whether it would help, what happens without it, and the commands to run."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.one_object import Words, find_one, from_cluster, from_file
from fluxstatus.commands.options import (
    TIMEOUT,
    BasicDisplay,
    Connection,
    ObjectNamespace,
    SnapshotInput,
    Timeout,
)
from fluxstatus.commands.progress import reading
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status reconcile ks/apps -n team-a   check an object
  kubectl flux-status reconcile hr/podinfo -o json  print JSON
  kubectl flux-status reconcile ks/apps --receiver  print a Receiver for it

\b
Exit codes:
  0  the reconciliation is not blocked by a failure
  1  the object, or something that it waits for, is failing
  3  unknown: required data could not be read
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverOptions:
    """What is printed instead of the answer."""

    panel: ClassVar = "Output"

    receiver: Annotated[
        bool, Option("--receiver", help="Print the manifest of a Receiver for the object's source")
    ] = False


_CODES = {Level.FAIL: Exit.UNHEALTHY, Level.UNKNOWN: Exit.NO_VERDICT}


def show(
    ctx: typer.Context,
    *,
    words: Words,
    place: ObjectNamespace,
    make: ReceiverOptions,
    display: BasicDisplay,
    snapshots: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Show whether a reconciliation would help, and how.

    Shows the commands to run, and what happens if you do nothing.

    The commands are shown, never run. The result depends on whether the object or its source is
    suspended, blocked or stalled, whether its controller is running, which revision its source
    has, and whether a Receiver triggers the source on a push. With --receiver, standard output
    receives only the Receiver; the steps for applying it go to standard error.
    """
    if conflict := snapshots.conflict(connection):
        ctx.fail(conflict)
    if snapshots.file:
        find = from_file(place, snapshots, display)
        state, resource = find_one(
            "reconcile", words, find, connection, place=place, snapshot=snapshots
        )
    else:
        state, resource = _find_live(words, place, display, connection, timeout)
        remember(connection, resource.ref)
    from fluxstatus.causes.analysis import Analysis

    if make.receiver:
        _put_receiver(Analysis(state), resource, display)
        return
    from fluxstatus.commands.reconcile.advice import advise
    from fluxstatus.commands.reconcile.text import as_json, as_text

    advice = advise(Analysis(state), resource)
    if display.output is Format.JSON:
        console.put(as_json(advice))
    else:
        console.put_report(as_text(advice, console.look(display.color, everything=True)))
    raise typer.Exit(_CODES.get(advice.level, Exit.HEALTHY))


def _put_receiver(analysis: "Analysis", resource: "Resource", display: BasicDisplay) -> None:
    """Print a Receiver for the source of *resource*, unless there is one; then only its webhook."""
    from fluxstatus.commands.put_manifest import put_manifest, put_steps
    from fluxstatus.commands.reconcile.context import ReconcileContext
    from fluxstatus.commands.reconcile.receiver import can_be_notified, manifest, steps
    from fluxstatus.model.kubectl_flags import for_target
    from fluxstatus.state.receivers import Receivers

    state, source = analysis.state, ReconcileContext(analysis, resource).fetcher
    if source is None or not can_be_notified(source):
        console.error(f"{resource.ref} has no known source that a Receiver could notify")
        raise typer.Exit(Exit.NO_VERDICT)
    unread = state.answer_of("Receiver").unread
    existing = Receivers(state.of_kind("Receiver")).of(source)
    if existing:
        names = ", ".join(f"{one.ref}" for one in existing)
        console.note(f"# {source.ref} already has {names}: no manifest is printed")
    else:
        put_manifest(manifest(source), as_json=display.output is Format.JSON)
    if unread:
        console.note(f"# it is unknown whether {source.ref} already has a Receiver: {unread.text}")
    put_steps(map(for_target(state.evidence.target).hint, steps(source, existing)))


def _preload() -> None:
    """Import what the verdict needs, while kubectl starts."""
    import fluxstatus.commands.reconcile.advice
    import fluxstatus.commands.reconcile.text
    import fluxstatus.lookup.related  # noqa: F401


def _find_live(
    words: list[str],
    place: ObjectNamespace,
    display: BasicDisplay,
    connection: Connection,
    deadline: Deadline,
) -> "tuple[State, Resource]":
    with reading(
        connection, deadline, _preload, namespaces=place.namespaces, verbose=display.verbose
    ) as ours:
        from fluxstatus.cluster.queries import DEPLOYMENTS, named
        from fluxstatus.model.evidence import LEASES
        from fluxstatus.model.kinds import KINDS
        from fluxstatus.state.references import needs_of

        ours.discover()
        queries = (
            *named(*DEPLOYMENTS, "events"),
            *(ours.of_kind(KINDS[kind]) for kind in ("Receiver", "FluxInstance")),
        )
        pods = partial(ours.in_flux_namespaces, "pods", LEASES)
        find = from_cluster(ours, place, display, needs_of, queries=queries, next_queries=pods)
        return find_one("reconcile", words, find, connection, place=place)
