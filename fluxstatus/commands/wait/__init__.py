"""`wait`: wait until a revision that was pushed is applied everywhere, or say what holds it."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from fluxstatus.commands import console
from fluxstatus.commands.options import (
    CheckDisplay,
    Connection,
    Display,
    ObjectNamespace,
    Scope,
    Timing,
)
from fluxstatus.commands.wait.options import WaitTiming
from fluxstatus.model.findings import Exit, Report
from fluxstatus.report import Format, Look

if TYPE_CHECKING:
    from fluxstatus.commands.wait.outcome import Outcome

IN_CONTEXTS = True
EPILOG = """
\b
Examples:
  kubectl flux-status wait --revision "$(git rev-parse HEAD)"
  kubectl flux-status wait --revision main@sha1:5f2ac1d --timeout 5m
  kubectl flux-status wait ks/apps -n flux-system --revision v1.4.0
  kubectl flux-status wait hr/podinfo -n apps --revision 6.9.2
  kubectl flux-status wait gitrepo/fleet --revision 5f2ac1d --or-newer -o json

\b
Exit codes:
  0    the revision is applied
  1    it was not applied in time, or cannot be applied
  2    usage error, or no object has this name
  3    unknown: data could not be read, or the revision of a source is unknown
  130  Ctrl-C
"""
_NO_REVISION = (
    "--revision is missing or empty; specify what was pushed, as in "
    '`kubectl flux-status wait --revision "$(git rev-parse HEAD)"`; without a revision, '
    "`kubectl flux-status --wait 5m` waits until the cluster is healthy"
)


def show(
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str] | None,
        Argument(
            metavar="[KIND/NAME]...",
            help="A source, Kustomization or HelmRelease [default: all that use the revision]",
            rich_help_panel=ObjectNamespace.panel,
        ),
    ] = None,
    revision: Annotated[
        str,
        Option(
            "--revision",
            metavar="REVISION",
            help="A commit, a tag, a digest or a chart version, also as main@sha1:5f2ac1d"
            " [required]",
            show_default=False,
            rich_help_panel=ObjectNamespace.panel,
        ),
    ] = "",
    place: ObjectNamespace,
    timing: WaitTiming,
    display: Display,
    connection: Connection,
) -> None:
    """Wait until a revision is applied and healthy.

    The sources must have fetched the revision, and all objects that use them must have applied it
    and passed their health checks: Kustomizations, HelmReleases whose chart changes with the
    revision, the objects that these create, and the objects that depend on them. A later revision
    is accepted only if the history in the cluster, or the Git checkout in the current directory,
    shows that it includes the specified one. This command neither changes anything nor requests a
    reconciliation.
    """
    if not revision.strip():
        ctx.fail(_NO_REVISION)
    from fluxstatus.commands.wait.text import as_json, as_text

    outcome = until_applied(
        words or [], revision, place, timing, connection, verbose=display.verbose
    )
    if display.output is Format.JSON:
        console.put(as_json(outcome))
    else:
        look = console.look(display.color, everything=display.everything)
        console.put_report(as_text(outcome, look))
    raise typer.Exit(outcome.code)


def until_applied(
    words: Sequence[str],
    revision: str,
    place: ObjectNamespace,
    timing: WaitTiming,
    connection: Connection,
    *,
    verbose: bool,
    diagnose: bool = True,
) -> "Outcome":
    """Wait for *revision*, and return what came of it; a wrong argument is reported and exits.

    Unless it was applied, the check finds out what holds it if it is to *diagnose*.
    """
    from fluxstatus.commands.errors import reported
    from fluxstatus.commands.wait.reaching import reach, with_findings
    from fluxstatus.commands.wait.revision import Revision
    from fluxstatus.commands.wait.seeker import Seeker
    from fluxstatus.lookup.names import ObjectName, kind_called, split
    from fluxstatus.model.errors import ArgumentError

    given = [words] if len(words) == 2 and not any("/" in one for one in words) else [  # noqa: PLR2004 - KIND NAME
        [one] for one in words
    ]  # fmt: skip
    with reported("wait", connection, place=place, words=words):
        try:
            named = [ObjectName(kind_called(kind), name) for kind, name in map(split, given)]
            seeker = Seeker(
                Revision.parse(revision),
                named,
                tuple(place.namespace),
                or_newer=timing.or_newer,
                fail_fast=timing.fail_fast,
            )
            found = reach(seeker, connection, timing.timeout, place.namespace, verbose=verbose)
        except ArgumentError as error:
            error.choices = tuple((*one, "--revision", revision) for one in error.choices)
            raise
    return with_findings(found, connection, verbose=verbose) if diagnose else found


def before_check(
    scope: Scope, shown: CheckDisplay, timing: Timing, connection: Connection
) -> tuple[Exit, float, Callable[[Report], Report]]:
    """Wait for --revision of the check; return the exit code, and the seconds left of --wait.

    Also returns a function that adds what came of it to a report; all of it is printed to standard
    error, as the report is the only result.
    """
    limit = timing.wait or 0.0
    if not timing.revision:
        return Exit.HEALTHY, limit, lambda report: report
    from fluxstatus.commands.wait.outcome import with_outcome
    from fluxstatus.commands.wait.text import as_text, said

    own = WaitTiming(timeout=limit, fail_fast=timing.fail_fast)
    found = until_applied(
        (), timing.revision, scope, own, connection, verbose=shown.verbose, diagnose=False
    )
    for line in as_text(found, Look(everything=shown.everything)).splitlines():
        console.note(line)
    marked = partial(with_outcome, found=found, said=said(found))
    return found.code, max(limit - found.elapsed, 0.0), marked
