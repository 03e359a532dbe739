"""`reconcile`: would it help, what happens by itself, and the command, which is not run."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

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
  kubectl flux-status reconcile ks/apps -n flux-system   would it help, and how?
  kubectl flux-status reconcile hr/podinfo -o json       for a program

\b
Exit codes:
  0  nothing is broken that stands in the way
  1  the object, or what it waits for, is broken
  3  it could not be told
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
    """Say whether a reconciliation would help, what happens anyway, and how to ask for one.

    The commands are shown, never run. The answer looks at whether the object or its source is
    suspended, waits or has stalled, whether its controller runs, what its source has to offer,
    and whether a Receiver tells of a push.
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


def _preload() -> None:
    """Import what the verdict needs, while kubectl starts."""
    import fluxstatus.commands.reconcile.advice
    import fluxstatus.commands.reconcile.text
    import fluxstatus.lookup.related  # noqa: F401


def _find_live(
    words: list[str], which: Which, shown: Shown, connection: Connection, timeout: float
) -> "tuple[State, Resource]":
    from fluxstatus.cluster.reader import reading

    with reading(
        connection.access(timeout, which.namespace),
        tell=console.noting(on=shown.verbose),
        while_starting=_preload,
    ) as ours:
        from fluxstatus.cluster.queries import QUERIES
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
