"""`reconcile`: whether it would help, what happens without it, and the commands to run."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from functools import partial
from typing import TYPE_CHECKING

import typer

from fluxstatus.commands import console
from fluxstatus.commands.one_object import Shown, Which, Words, find_one, from_cluster, from_file
from fluxstatus.commands.options import Connection, Saved, Timeout
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status reconcile ks/apps -n flux-system   would it help?
  kubectl flux-status reconcile hr/podinfo -o json       for a program

\b
Exit codes:
  0  no failure is in the way
  1  the object, or something it waits for, fails
  3  unknown: something that matters could not be read
"""

_CODES = {Level.FAIL: Exit.UNHEALTHY, Level.UNKNOWN: Exit.NO_VERDICT}


def show(
    ctx: typer.Context,
    *,
    words: Words,
    which: Which,
    shown: Shown,
    saved: Saved,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Show whether reconciling an object would help, what happens without it, and the commands.

    The commands are shown, never run. The answer considers whether the object or its source is
    suspended, blocked or stalled, whether its controller runs, which revision its source has, and
    whether a Receiver triggers it on a push.
    """
    if complaint := saved.contradiction(connection):
        ctx.fail(complaint)
    if saved.file:
        state, resource = find_one("reconcile", words, from_file(which, saved, shown))
    else:
        state, resource = _find_live(words, which, shown, connection, timeout)
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.commands.reconcile.advice import advise
    from fluxstatus.commands.reconcile.text import as_json, as_text

    advice = advise(Analysis(state), resource)
    if shown.output is Format.JSON:
        console.put(as_json(advice))
    else:
        console.put(as_text(advice, console.look(shown.color, everything=True)))
    raise typer.Exit(_CODES.get(advice.level, Exit.HEALTHY))


def _find_live(
    words: list[str], which: Which, shown: Shown, connection: Connection, timeout: float
) -> "tuple[State, Resource]":
    from fluxstatus.cluster.reader import reading

    with reading(
        connection.access(timeout, which.namespace),
        tell=console.noting(on=shown.verbose),
        while_starting=("lookup.related", "commands.reconcile.advice", "commands.reconcile.text"),
    ) as ours:
        from fluxstatus.cluster.collector import QUERIES
        from fluxstatus.lookup.related import needs_of
        from fluxstatus.model.kinds import KINDS
        from fluxstatus.state.deployments import CONTROLLERS, OPERATORS

        ours.discover()
        beside = (
            *((name, QUERIES[name]) for name in (CONTROLLERS, OPERATORS, "events")),
            *(ours.of_kind(KINDS[kind]) for kind in ("Receiver", "FluxInstance")),
        )
        after = partial(ours.in_flux_namespaces, "pods")
        read = from_cluster(ours, which, shown, needs_of, beside=beside, after=after)
        return find_one("reconcile", words, read)
