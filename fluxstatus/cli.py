"""The command line: options in, exit code out."""

# ruff: noqa: PLC0415 - what a run does not need, or not yet, it must not wait for

import errno
import sys
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, NoReturn

import typer

from fluxstatus import __version__
from fluxstatus.base.masking import mask
from fluxstatus.base.similar import did_you_mean
from fluxstatus.cluster import processes
from fluxstatus.commands import console, wait, watch
from fluxstatus.commands.options import Connection, Display, Scope, Snapshots, Timing
from fluxstatus.commands.progress import ask
from fluxstatus.commands.typer_groups import PlainGroup, hand_down, with_options
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Exit, Level, Report
from fluxstatus.report import RENDER, Format

if TYPE_CHECKING:
    from fluxstatus.checks.run import Choice

_EPILOG = """
\b
Examples:
  kubectl flux-status                         does GitOps work here?
  kubectl flux-status --context prod -n apps  in another cluster, for one team
  kubectl flux-status --wait 5m --fail-fast   in a pipeline, after a push
  kubectl flux-status -o json | jq .verdict   for a program
  kubectl flux-status --save now.json.gz      to look at elsewhere with --from
  kubectl flux-status --demo                  without any cluster

\b
Exit codes:
  0    nothing failed
  1    something failed; with --fail-on warn, or there is a warning
  2    wrong usage
  3    no verdict: the cluster, or something that matters, could not be read
  130  Ctrl-C
"""


class _Commands(PlainGroup):
    late: ClassVar = {
        "completion": "fluxstatus.commands.completion.scripts",
        "conditions": "fluxstatus.commands.conditions",
        "credentials": "fluxstatus.commands.credentials",
        "events": "fluxstatus.commands.events",
        "explain": "fluxstatus.commands.explain",
        "get": "fluxstatus.commands.get",
        "list": "fluxstatus.commands.list",
        "logs": "fluxstatus.commands.logs",
        "mcp": "fluxstatus.commands.mcp",
        "owner": "fluxstatus.commands.owner",
        "preflight": "fluxstatus.commands.preflight",
        "reconcile": "fluxstatus.commands.reconcile",
        "tree": "fluxstatus.commands.tree",
        "ui": "fluxstatus.commands.ui",
        "version": "fluxstatus.commands.version",
        "versions": "fluxstatus.commands.versions",
    }
    with_codes: ClassVar = {
        "mcp verify": "fluxstatus.mcp.verify",
        "preflight": "fluxstatus.commands.preflight.report",
        "versions": "fluxstatus.commands.versions.skew",
    }


app = typer.Typer(
    cls=_Commands,
    add_completion=False,  # `__complete` does that, and faster
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND]",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        console.put(f"kubectl flux-status {__version__}\n")
        raise typer.Exit


@app.callback()
@with_options
def check(
    ctx: typer.Context,
    *,
    scope: Scope,
    shown: Display,
    timing: Timing,
    saved: Snapshots,
    connection: Connection,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Print only what to ask an assistant about the cause")
    ] = False,
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version")
    ] = False,
) -> None:
    """Tell whether Flux delivers in a cluster, the true cause if it does not, and the fix.

    It only reads: it cannot change the cluster, and it never sees a Secret's value.
    """
    if ctx.invoked_subcommand:
        hand_down(ctx)
        return
    if complaint := _contradiction(timing, saved, connection, prompt):
        ctx.fail(complaint)
    read = _reader(scope, shown, timing, saved, connection)
    assess = _assessor(scope, live=saved.file is None)
    fail_on = Level(timing.fail_on)
    if timing.watch:
        report = watch.watch(read, assess, partial(_show_change, shown, scope))
        raise typer.Exit(report.exit_code(fail_on))
    if timing.wait:
        report = wait.wait(read, assess, timing.wait, fail_on, fail_fast=timing.fail_fast)
        code = wait.exit_code(report, fail_on)
    else:
        report = assess(read())
        code = report.exit_code(fail_on)
    console.put(_prompt(report) if prompt else _show(shown, scope, report))
    if saved.file is None and report.exit_code() is Exit.UNHEALTHY:
        from fluxstatus.mcp.state_file import remember_failure

        remember_failure(report.target, report.taken_at)
    raise typer.Exit(code)


def _prompt(report: Report) -> str:
    """Return what to ask an assistant; where there is no need to ask, say so on standard error."""
    if report.next and report.next.prompt:
        return report.next.prompt + "\n"
    console.note("nothing was found that an assistant would have to look into")
    return ""


def _contradiction(timing: Timing, saved: Snapshots, connection: Connection, prompt: bool) -> str:
    """Say which options make no sense together; empty when all do."""
    offline = "--demo" if saved.demo else "--from" if saved.from_ else ""
    rules = (
        (offline and timing.wait, f"{offline} never changes; leave out --wait."),
        (offline and timing.watch, f"{offline} never changes; leave out --watch."),
        (timing.wait and timing.watch, "--wait ends and --watch does not; choose one."),
        (timing.fail_fast and not timing.wait, "--fail-fast is about --wait; add it."),
        (prompt and timing.watch, "--prompt is about one look; leave out --watch."),
        (saved.save and timing.watch, "--save keeps one look; leave out --watch."),
    )
    complaint = saved.conflict(connection)
    return complaint or next((text for applies, text in rules if applies), "")


def _assessor(scope: Scope, *, live: bool) -> Callable[[Evidence], Report]:
    """Return what judges a cluster. Judging is imported when there is something to judge."""
    if scope.step or scope.skip:
        return partial(_judge, choice=_choice(scope), live=live)
    return lambda evidence: _judge(evidence, _choice(scope), live=live)


def _judge(evidence: Evidence, choice: "Choice", *, live: bool) -> Report:
    """Judge *evidence*; only a *live* cluster is judged with what this machine remembers."""
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.mcp.next_step import report_with_next
    from fluxstatus.mcp.state_file import NOTHING, recall
    from fluxstatus.state.state import State

    analysis = Analysis(State(evidence, choice.namespaces))
    memory = recall(evidence.target, evidence.taken_at) if live else NOTHING
    return report_with_next(analysis, choice, memory)


def _choice(scope: Scope) -> "Choice":
    """Return what of the findings is asked for; a name that is none is wrong usage."""
    from fluxstatus.checks import STEPS
    from fluxstatus.checks.codes import CODES
    from fluxstatus.checks.run import Choice

    steps = {step.id for step in STEPS}
    return Choice(
        steps=_known(scope.step, steps, "--step"),
        skip=_known(scope.skip, steps | CODES.keys(), "--skip"),
        namespaces=scope.namespaces,
    )


def _known(values: Iterable[str], names: Collection[str], option: str) -> tuple[str, ...]:
    words = tuple(word for value in values for word in value.split(",") if word)
    for word in words:
        if word not in names:
            meant = did_you_mean(word, names, "see `kubectl flux-status list`.", repr)
            raise typer.BadParameter(f"{word!r} is unknown; {meant}", param_hint=option)
    return words


def _reader(
    scope: Scope, shown: Display, timing: Timing, saved: Snapshots, connection: Connection
) -> Callable[[], Evidence]:
    """Return what reads the cluster that was chosen: a saved one, or the live one, now."""
    if saved.file:
        return partial(snapshot.load, saved.file)

    def read() -> Evidence:
        evidence = ask(
            connection,
            namespaces=scope.namespaces,
            timeout=timing.timeout,
            verbose=shown.verbose,
            quiet=timing.watch or timing.wait is not None,  # they tell what matters themselves
            advice=scope.advice,
        )
        if saved.save:  # before it is judged: a bug there is best reported with this
            snapshot.save(saved.save, evidence)
        return evidence

    return read


def _show(shown: Display, scope: Scope, report: Report) -> str:
    look = console.look(shown.color, everything=shown.everything, advice=scope.advice)
    return RENDER[shown.output](report, look)


def _show_change(shown: Display, scope: Scope, before: Report | None, report: Report) -> str:
    """Return what `--watch` writes: a page on a terminal, else what has changed."""
    if shown.output is Format.TEXT and console.is_terminal(sys.stdout):
        return watch.page(_show(shown, scope, report), report)
    changes = watch.changes(before, report)
    return changes if shown.output is Format.TEXT or not changes else _show(shown, scope, report)


def run() -> NoReturn:
    """Run the command line and end the process."""
    console.prepare()
    try:
        app(prog_name=_name())
    except snapshot.SnapshotError as error:
        code = _complain(f"{error}", Exit.USAGE)
    except (console.OutputError, processes.ProgramError) as error:
        code = _complain(f"{error}", Exit.NO_VERDICT)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC  # for the help, say
        code = _complain(f"{error}", Exit.NO_VERDICT) if full else _crash(error)
    sys.exit(code)


def _name() -> str | None:
    """Return the name to show in the help: the way to call a plugin if we are called as one."""
    plugins = {"kubectl-flux_status": "kubectl flux-status", "flux-status": "flux status"}
    return plugins.get(Path(sys.argv[0]).name)


def _complain(text: str, code: Exit) -> Exit:
    console.note(f"Error: {text}")
    return code


def _crash(error: Exception) -> Exit:
    if {"-v", "--verbose"} & set(sys.argv):
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            console.note(mask(line))
    return _complain(
        f"{mask(f'{type(error).__name__}: {error}')}. This is a bug of kubectl flux-status: please "
        "report it with what -v adds, and with a file made by --save if you may share that.",
        Exit.NO_VERDICT,
    )
