"""`explain`: one object with all that is known of it, or what a code of a finding means."""

# ruff: noqa: PLC0415 - what only this command needs, no other has to wait for

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer import Argument, Option

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands import console
from fluxstatus.commands.options import Connection, Saved, Shown, Timeout
from fluxstatus.commands.progress import ask
from fluxstatus.commands.typer_groups import PlainGroup
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report import RENDER, Format, Look
from fluxstatus.report.terminal import command_line
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fluxstatus.commands.explain.codes import CodeDetails
    from fluxstatus.commands.explain.details import Details
    from fluxstatus.model.codes import Code
    from fluxstatus.model.errors import NotFoundError
    from fluxstatus.state.resource import Resource

_CODES = {Level.FAIL: Exit.UNHEALTHY, Level.UNKNOWN: Exit.NO_VERDICT}
_NO_CONTROLLER = Unread(Why.ABSENT, "no controller that reconciles it was found")
_NOT_ASKED = Unread(Why.NOT_ASKED, "this is a saved cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What is explained."""

    panel: ClassVar = "What is explained"

    namespace: Annotated[
        list[str],
        Option("--namespace", "-n", metavar="NAME", help="Look for it only here; repeatable"),
    ] = field(default_factory=list)


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str],
        Argument(
            metavar="KIND/NAME|CODE",
            help="An object of Flux, or a code that `list` shows",
            rich_help_panel=Which.panel,
        ),
    ],
    which: Which,
    shown: Shown,
    saved: Saved,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Explain one object, or one code: the cause, the fix, and all that is known.

    KIND is written as for kubectl or flux (ks, kustomizations, helmrelease, …). With it go the
    log of its controller, its events, and which keys the Secrets have that it and what it
    feeds on name, never a value; each is left out where you lack the right. A CODE needs no
    cluster.
    """
    from fluxstatus.commands.explain.codes import codes
    from fluxstatus.lookup.names import find, near_codes, parse
    from fluxstatus.model.errors import NotFoundError, UnreadError

    if complaint := saved.contradiction(connection):
        ctx.fail(complaint)
    known = codes(_codes_of_commands(ctx)) if len(words) == 1 and "/" not in words[0] else {}
    if code := known.get(" ".join(words)):
        _put(code, shown)
        return
    try:
        asked = parse(words)
        analysis = Analysis(State(_read(which, shown, timeout, saved, connection)))
        state = analysis.state
        if state.evidence.unreachable:
            console.put(RENDER[shown.output](report_with_next(analysis), _look(shown)))
            if meant := near_codes(asked, known):
                _mistaken(NotFoundError(f"{asked.name!r} is no code; did you mean:", meant))
            raise typer.Exit(Exit.NO_VERDICT)
        resource = find(state, asked, which.namespace, known)
    except NotFoundError as error:
        raise typer.Exit(_mistaken(error)) from error
    except UnreadError as error:
        console.note(f"Error: {error}")
        raise typer.Exit(Exit.NO_VERDICT) from error
    details = _details(analysis, resource, timeout, None if saved.file else connection.flags())
    _put(details, shown)
    raise typer.Exit(_CODES.get(details.level, Exit.HEALTHY))


def _codes_of_commands(ctx: typer.Context) -> "Mapping[str, Sequence[Code]]":
    """Return the codes that only commands report, by command."""
    group = ctx.find_root().command
    return group.codes() if isinstance(group, PlainGroup) else {}


def _put(told: "Details | CodeDetails", shown: Shown) -> None:
    from fluxstatus.commands.explain import as_json, as_text

    if shown.output is Format.TEXT:
        console.put(as_text.render(told, _look(shown)))
    else:
        console.put(as_json.render(told))


def _look(shown: Shown) -> Look:
    return console.look(shown.color, everything=shown.everything)


def _read(
    which: Which, shown: Shown, timeout: float, saved: Saved, connection: Connection
) -> Evidence:
    if saved.file:
        return snapshot.load(saved.file)
    namespaces = tuple(which.namespace)
    evidence = ask(connection, namespaces=namespaces, timeout=timeout, verbose=shown.verbose)
    if saved.save:
        snapshot.save(saved.save, evidence)
    return evidence


def _mistaken(error: "NotFoundError") -> Exit:
    console.note(f"Error: {error}")
    for choice in error.choices:
        console.note(f"  {command_line(('kubectl', 'flux-status', 'explain', *choice))}")
    return Exit.USAGE


def _details(
    analysis: Analysis, resource: "Resource", timeout: float, flags: tuple[str, ...] | None
) -> "Details":
    """Tell the story of *resource*; without *flags* for kubectl nothing more is asked."""
    from fluxstatus.commands.explain.details import details_of
    from fluxstatus.lookup import events, log
    from fluxstatus.lookup.credentials import inspect

    report = report_with_next(analysis)
    if flags is None:
        return details_of(analysis, report, resource, log.Log(unread=_NOT_ASKED), _NOT_ASKED)
    component = analysis.controllers.component_of(resource)
    said = (
        log.read(component, resource.ref, flags, timeout)
        if component
        else log.Log(unread=_NO_CONTROLLER)
    )
    secrets = inspect.credentials_of(analysis.state, resource, flags, timeout)
    happened = events.read(resource.ref, flags, timeout)
    return details_of(analysis, report, resource, said, secrets, events=happened)
