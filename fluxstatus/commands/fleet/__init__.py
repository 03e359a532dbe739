"""`fleet`: many clusters at once: which of them fail, and what they have in common."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.commands import console
from fluxstatus.commands.contexts import SelectionError
from fluxstatus.commands.fleet.options import (
    Clusters,
    FleetConnection,
    FleetDisplay,
    FleetTiming,
    KnownFaults,
    Upgrade,
)
from fluxstatus.commands.options import Scope
from fluxstatus.report import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fluxstatus.commands.fleet.fleet import Fleet
    from fluxstatus.commands.fleet.jobs import Task
    from fluxstatus.commands.fleet.members import Member
    from fluxstatus.commands.fleet.selection import Chosen
    from fluxstatus.report import Look

EPILOG = """
\b
Examples:
  kubectl flux-status fleet --contexts 'prod-*'          check these contexts
  kubectl flux-status fleet --kubeconfigs 'clusters/*'   check one per file
  kubectl flux-status fleet --all-contexts --contexts '!kind-*'
  kubectl flux-status fleet --all-contexts --save '{context}.json.gz'
  kubectl flux-status fleet --from '*.json.gz'           check saved clusters
  kubectl flux-status fleet --from 'reports/*.json' --expect clusters.txt
  kubectl flux-status fleet --all-contexts -o json | jq .shared
  kubectl flux-status fleet --all-contexts --upgrade-to 2.10
  kubectl flux-status fleet --from 'plans-*.json' --upgrade-to 2.10

\b
Exit codes:
  0    all clusters are healthy
  1    a cluster failed (see --fail-on), or its upgrade is blocked
  2    usage error, or no clusters were chosen
  3    a cluster is unknown, and none failed
  130  Ctrl-C
"""


def show(
    ctx: typer.Context,
    *,
    clusters: Clusters,
    scope: Scope,
    display: FleetDisplay,
    timing: FleetTiming,
    connection: FleetConnection,
    known: KnownFaults,
    upgrade: Upgrade,
    more: Annotated[
        list[str] | None,
        Argument(
            metavar="[FILE]",
            help="More files for --from or --kubeconfigs",
            rich_help_panel=Clusters.panel,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check many clusters at once, and show shared problems.

    Prints a row per cluster, worst first; then the faults that several clusters share, the versions
    in use, and the objects that are suspended or behind in only one cluster. A cluster that cannot
    be read is reported as unknown, never as passed. Contexts of the same cluster count once. With
    --upgrade-to, each row shows what blocks an upgrade of Flux, and what it changes; nothing is
    upgraded.
    """
    _add(more or [], clusters)
    conflict = clusters.conflict(display.save, display.report)
    if conflict := conflict or upgrade.conflict(scope, display, timing, known):
        ctx.fail(conflict)
    try:
        chosen, expected = _chosen(clusters, display, timing, connection)
    except SelectionError as error:
        ctx.fail(f"{error}")
    task = _task(scope, timing, connection, known.accept, everything=display.everything)
    task = task._replace(upgrade_to=upgrade.minor)
    members = _checked(chosen, task, timing.parallel, display)
    from datetime import UTC, datetime

    from fluxstatus.commands.fleet.fleet import fleet_of

    fleet = fleet_of(members, expected, datetime.now(UTC), timing.max_age, upgrade.minor)
    look = console.look(display.color, everything=display.everything, advice=scope.advice)
    _put(fleet, display, look)
    raise typer.Exit(fleet.exit_code(timing.failing))


def _put(fleet: "Fleet", display: FleetDisplay, look: "Look") -> None:
    """Print *fleet*, and write the files of --report."""
    from fluxstatus.commands import report_files
    from fluxstatus.commands.fleet.formats import FLEET, rendered, text_of

    files = display.report
    for problem in report_files.write_as(files, partial(rendered, fleet), look):
        console.error(problem)
    if display.output is Format.TEXT:
        fitted = not display.no_trunc and console.is_terminal(sys.stdout)
        console.put_report(text_of(fleet, look, fitted=fitted))
    else:
        put = console.put_commands if display.output is Format.GITHUB else console.put_report
        put(FLEET[display.output](fleet, look))


def _add(more: "Sequence[str]", clusters: Clusters) -> None:
    """Add files that a shell made of a pattern without quotes."""
    if more and clusters.from_:
        clusters.from_ += more
    elif more and clusters.kubeconfigs:
        clusters.kubeconfigs += more
    elif more:
        raise typer.BadParameter(
            f"unexpected argument {more[0]!r}; select files with --from or --kubeconfigs, and "
            "contexts with --contexts; put patterns in quotes"
        )


def _chosen(
    clusters: Clusters, display: FleetDisplay, timing: FleetTiming, connection: FleetConnection
) -> "tuple[list[Chosen], list[str]]":
    """Return the clusters of the shard, and the names of those that are expected in it.

    Raises SelectionError.
    """
    from fluxstatus.commands.fleet.selection import expected_in, from_files, saving

    expected = expected_in(clusters.expect) if clusters.expect else []
    found = from_files(clusters.from_) if clusters.from_ else _live(clusters, timing, connection)
    shard = clusters.shard
    ours = shard.names((*expected, *(one.job.name for one in found)))
    found = [one for one in found if one.job.name in ours]
    if display.save:
        found = saving(found, display.save)
    return found, [name for name in expected if name in ours]


def _live(clusters: Clusters, timing: FleetTiming, connection: FleetConnection) -> "list[Chosen]":
    """Return the chosen contexts. Raises SelectionError."""
    from fluxstatus.commands.fleet.selection import files_of, from_contexts

    files = files_of(clusters.kubeconfigs, "--kubeconfigs")
    single = bool(files) and not clusters.all_contexts
    if not clusters.is_live:
        found = from_contexts((), [connection.kubeconfig], timing.timeout, single=False)
        from fluxstatus.base.plurals import listed

        names = listed([one.job.name for one in found], 20)
        problem = next((one.problem for one in found if one.problem), "")
        raise SelectionError(
            f"no clusters are selected; use --contexts 'PATTERN', --all-contexts, --kubeconfigs or "
            f"--from; {problem or f'the contexts are {names}'}"
        )
    return from_contexts(
        clusters.contexts, files or [connection.kubeconfig], timing.timeout, single=single
    )


def _task(
    scope: Scope,
    timing: FleetTiming,
    connection: FleetConnection,
    accept: Path | None,
    *,
    everything: bool,
) -> "Task":
    """Return what is done with each cluster; what is wrong in it is said before any is checked."""
    from fluxstatus.commands.choice import choice_of
    from fluxstatus.commands.fleet.jobs import Task
    from fluxstatus.commands.known import Accepting, Known

    if scope.step or scope.skip:
        choice_of(scope)
    if accept:
        Accepting(Known(accept=accept))
    return Task(
        timeout=timing.timeout.seconds,
        namespaces=scope.namespaces,
        steps=scope.step,
        skip=scope.skip,
        advice=scope.advice,
        everything=everything,
        accept=str(accept or ""),
        flags=connection.shared(),
    )


def _checked(
    chosen: "Sequence[Chosen]", task: "Task", parallel: int, display: FleetDisplay
) -> "list[Member]":
    """Return the clusters, of which each is shown as soon as it is done."""
    from fluxstatus.commands.fleet.live import Rows
    from fluxstatus.commands.fleet.run import checked, clusters_in

    if task.upgrade_to:
        from fluxstatus.commands.fleet.upgrade import HEADS, row
    else:
        from fluxstatus.commands.fleet.text import HEADS, row
    look = console.look(display.color, everything=False)._replace(color=False)
    rows = Rows(clusters_in(chosen), look, HEADS, row)
    rows.start()
    try:
        return checked(chosen, task, parallel, _seen(rows.add, display), console.error)
    finally:
        rows.clear()


def _seen(add: "Callable[[Member], None]", display: FleetDisplay) -> "Callable[[Member], None]":
    """Return what is called with each cluster: on a terminal it adds a row, else maybe a line."""
    if display.output is not Format.JSON_LINES:
        return add
    from fluxstatus.commands.fleet.document import line_of

    def print_line(member: "Member") -> None:
        add(member)
        console.put(line_of(member))

    return print_line
