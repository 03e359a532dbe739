"""`explain`: one object in full detail, or the meaning of a code."""

# ruff: noqa: PLC0415 - only this command needs these modules

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument

from fluxstatus.base.deadline import Deadline
from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands import console
from fluxstatus.commands.asked import remember
from fluxstatus.commands.options import (
    TIMEOUT,
    Connection,
    Display,
    ObjectNamespace,
    SnapshotInput,
    Timeout,
)
from fluxstatus.commands.progress import connecting, read_evidence
from fluxstatus.commands.typer_groups import PlainGroup
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report import RENDER, Format, Look
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fluxstatus.commands.explain.codes import CodeDetails
    from fluxstatus.commands.explain.details import Details
    from fluxstatus.lookup.log import Summary
    from fluxstatus.model.codes import Code
    from fluxstatus.model.findings import Report
    from fluxstatus.state.resource import Resource

EPILOG = """
\b
Examples:
  kubectl flux-status explain ks/backend -n team-a   explain an object
  kubectl flux-status explain secret-missing         explain a code
  kubectl flux-status explain monorepo --demo        find an object by name

\b
Exit codes:
  0  the object is healthy, or the argument is a finding code
  1  the object, or something that it waits for, is failing
  2  usage error, or no object has this name
  3  no verdict: some of the required data could not be read
"""
_CODES = {Level.FAIL: Exit.UNHEALTHY, Level.UNKNOWN: Exit.NO_VERDICT}
_DEPLOYMENTS = "deployments.apps"
_NO_CONTROLLER = Unread(Why.ABSENT, "found no controller that reconciles the object")
_NOT_REQUESTED = Unread(Why.NOT_REQUESTED, "not in a snapshot")


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KIND/NAME|CODE",
            help="A Flux object, or a finding code from `list`",
            rich_help_panel=ObjectNamespace.panel,
        ),
    ],
    place: ObjectNamespace,
    display: Display,
    snapshots: SnapshotInput,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Explain an object or a finding code: its cause and fix.

    KIND is a resource type or short name of kubectl or flux (ks, kustomizations, helmrelease, …).
    The details include the controller's logs, the object's events, and the keys, but never the
    values, of the Secrets that the object and its sources refer to. Details that could not be read
    are listed. Explaining a CODE does not require a cluster.
    """
    from fluxstatus.commands.errors import report, reported
    from fluxstatus.commands.explain.codes import codes
    from fluxstatus.lookup.names import find, near_codes, parse
    from fluxstatus.model.errors import NotFoundError

    if conflict := snapshots.conflict(connection):
        ctx.fail(conflict)
    known = codes(_codes_of_commands(ctx)) if len(words) == 1 and "/" not in words[0] else {}
    if code := known.get(" ".join(words)):
        _print(code, display)
        return
    with reported("explain", connection, snapshots, place, words):
        named = parse(words)
        evidence = _read([*place.namespaces], display, timeout, snapshots, connection)
        analysis = Analysis(State(evidence))
        if evidence.unreachable:
            console.put_report(RENDER[display.output](report_with_next(analysis), _look(display)))
            if similar := near_codes(named, known):
                error = NotFoundError(f"no code {named.name!r} found; did you mean:", similar)
                report(error, "explain", connection, snapshots)
            raise typer.Exit(Exit.NO_VERDICT)
        resource = find(analysis.state, named, place.namespaces, known)
        if not snapshots.file:
            analysis = _with_awaited(analysis, resource, timeout, connection)
    details = _details(analysis, resource, timeout, None if snapshots.file else connection)
    if not snapshots.file:
        remember(connection, resource.ref)
    _print(details, display)
    raise typer.Exit(_CODES.get(details.verdict, Exit.HEALTHY))


def _codes_of_commands(ctx: typer.Context) -> "Mapping[str, Sequence[Code]]":
    """Return the codes that only commands report, by command."""
    group = ctx.find_root().command
    return group.codes() if isinstance(group, PlainGroup) else {}


def _print(explained: "Details | CodeDetails", display: Display) -> None:
    from fluxstatus.commands.explain import as_json, as_text

    if display.output is Format.TEXT:
        console.put_report(as_text.render(explained, _look(display)))
    else:
        console.put(as_json.render(explained))


def _look(display: Display) -> Look:
    return console.look(display.color, everything=display.everything)


def _read(
    namespaces: list[str],
    display: Display,
    deadline: Deadline,
    snapshots: SnapshotInput,
    connection: Connection,
) -> Evidence:
    if snapshots.file:
        return snapshots.load()
    return read_evidence(
        connection,
        namespaces=tuple(namespaces),
        deadline=deadline,
        verbose=display.verbose,
    )


def _with_awaited(
    analysis: Analysis, resource: "Resource", deadline: Deadline, connection: Connection
) -> Analysis:
    """Return *analysis* with the status of the objects that *resource* waits for."""
    from fluxstatus.lookup.awaited import awaited_by, read_awaited

    wanted = awaited_by(analysis, resource)
    if not wanted:
        return analysis
    with connecting(connection, deadline, verbose=False)() as api:
        answers = read_awaited(api, wanted)
    before = analysis.state.evidence
    evidence = replace(before, answers={**before.answers, **answers})
    return Analysis(State(evidence))


def _details(
    analysis: Analysis, resource: "Resource", deadline: Deadline, connection: Connection | None
) -> "Details":
    """Return the details of *resource*; without a *connection* nothing more is read."""
    from fluxstatus.commands.explain.details import details_of
    from fluxstatus.lookup import events, log
    from fluxstatus.lookup.credentials import inspect

    report = report_with_next(analysis)
    if connection is None:
        summary = log.Summary(unread=_NOT_REQUESTED)
        return details_of(analysis, report, resource, summary, _NOT_REQUESTED)
    with (
        _summarizing(analysis, resource, connection, deadline) as summarize,
        inspect.inspecting(analysis.state, resource, connection.flags(), deadline) as secrets,
        connecting(connection, deadline, verbose=False)() as api,
    ):
        found = events.read(api, resource.ref)
        details = details_of(analysis, report, resource, summarize(), secrets(), events=found)
    return _with_next(details, analysis, report)


def _with_next(details: "Details", analysis: Analysis, report: "Report") -> "Details":
    """Return *details* with how an assistant can help, unless they explain what is wrong."""
    from fluxstatus.mcp.next_step import next_about
    from fluxstatus.mcp.state_file import local_state

    if details.level is not Level.FAIL or any(one.problems for one in details.credentials):
        return details
    local = local_state(report.target, report.taken_at)
    return replace(details, next=next_about(details.ref, analysis, report, local))


@contextmanager
def _summarizing(
    analysis: Analysis, resource: "Resource", connection: Connection, deadline: Deadline
) -> "Iterator[Callable[[], Summary]]":
    """Read the log of the controller of *resource* while the block does something else."""
    from fluxstatus.lookup.log import Summary, summarizing

    component = analysis.controllers.component_of(resource)
    if component:
        with summarizing(component, resource.ref, connection.flags(), deadline) as summary:
            yield summary
        return
    unread = analysis.state.evidence.unread.get(_DEPLOYMENTS)
    yield lambda: Summary(unread=unread or _NO_CONTROLLER)
