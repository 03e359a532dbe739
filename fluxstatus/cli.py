"""The command line: options in, exit code out."""

# ruff: noqa: PLC0415 - imported where needed, so that start-up does not wait for it

import errno
import io
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, NoReturn

import typer

from fluxstatus import __version__
from fluxstatus.commands import console, report_files, watch
from fluxstatus.commands.choice import choice_of
from fluxstatus.commands.completion.argv import read_table
from fluxstatus.commands.known import Accepting, Known, comparing
from fluxstatus.commands.options import CheckDisplay, Connection, Scope, Snapshots, Timing
from fluxstatus.commands.progress import read_evidence
from fluxstatus.commands.typer_groups import PlainGroup, hand_down, with_options
from fluxstatus.model import snapshot
from fluxstatus.model.errors import LIMITS, UnreadError
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import NEW, Exit, Report
from fluxstatus.report import RENDER, Format, Look

_NO_THREAD = "can't start new thread"  # what Python says, without an errno
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_EPILOG = """
\b
Examples:
  kubectl flux-status                         check the current context
  kubectl flux-status --context prod -n apps  check one namespace in prod
  kubectl flux-status --wait 5m --fail-fast   wait in a pipeline after a push
  kubectl flux-status --accept known.toml     ignore the faults in a file
  kubectl flux-status -o json | jq .verdict   print only the verdict
  kubectl flux-status --save now.json.gz      save a snapshot of the cluster
  kubectl flux-status --brief                 print one line per cause
  kubectl flux-status --demo                  check the bundled demo cluster

\b
Exit codes:
  0    healthy
  1    something failed, or a --fail-on condition is met
  2    usage error
  3    no verdict: data could not be read, or there is nothing to check
  130  Ctrl-C
"""


class _Commands(PlainGroup):
    late: ClassVar = {
        "accept": "fluxstatus.commands.accept",
        "compare": "fluxstatus.commands.compare",
        "completion": "fluxstatus.commands.completion.scripts",
        "conditions": "fluxstatus.commands.conditions",
        "credentials": "fluxstatus.commands.credentials",
        "events": "fluxstatus.commands.events",
        "explain": "fluxstatus.commands.explain",
        "fleet": "fluxstatus.commands.fleet",
        "get": "fluxstatus.commands.get",
        "inventory": "fluxstatus.commands.inventory",
        "list": "fluxstatus.commands.list",
        "logs": "fluxstatus.commands.logs",
        "mcp": "fluxstatus.commands.mcp",
        "owner": "fluxstatus.commands.owner",
        "preflight": "fluxstatus.commands.preflight",
        "rbac": "fluxstatus.commands.rbac",
        "reconcile": "fluxstatus.commands.reconcile",
        "tree": "fluxstatus.commands.tree",
        "ui": "fluxstatus.commands.ui",
        "upgrade": "fluxstatus.commands.upgrade",
        "version": "fluxstatus.commands.version",
        "versions": "fluxstatus.commands.versions",
        "wait": "fluxstatus.commands.wait",
    }
    with_codes: ClassVar = {
        "fleet": "fluxstatus.commands.fleet.as_report",
        "mcp verify": "fluxstatus.mcp.verify",
        "preflight": "fluxstatus.commands.preflight.report",
        "upgrade plan": "fluxstatus.checks.upgrade.plan",
        "versions": "fluxstatus.commands.versions.skew",
        "wait": "fluxstatus.commands.wait.outcome",
    }

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the subcommands from the table of completions: importing all takes longer."""
        from textwrap import shorten

        del ctx  # the table has the same words in each
        named = (row for row in read_table() if not row.place and not row.word.startswith("-"))
        texts = {row.word: row.help for row in named if row.word}
        limit = formatter.width - 6 - max(map(len, texts))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (word, shorten(text, limit, placeholder="...", break_on_hyphens=False))
                    for word, text in texts.items()
                ]
            )


app = typer.Typer(
    cls=_Commands,
    add_completion=False,  # `__complete` does it, and faster
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND]",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
        console.put(f"kubectl flux-status {__version__}\n")
        raise typer.Exit


@app.callback()
@with_options
def check(
    ctx: typer.Context,
    *,
    scope: Scope,
    shown: CheckDisplay,
    timing: Timing,
    known: Known,
    saved: Snapshots,
    connection: Connection,
    prompt: Annotated[
        bool,
        typer.Option(
            "--prompt", help="Print only a prompt that asks an assistant to find the root cause"
        ),
    ] = False,
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version")
    ] = False,
) -> None:
    """Check whether Flux is healthy in a cluster and, if not, show the root cause and the fix.

    Read-only: it cannot change the cluster and never sees the value of a Secret.
    """
    if ctx.invoked_subcommand:
        hand_down(ctx)
        return
    conflict = saved.conflict(connection, watch=timing.watch, wait=bool(timing.wait))
    fail_on = timing.failing
    conflict = conflict or known.conflict(saved, fail_on_new=NEW in fail_on)
    used = {"--save": saved.save, saved.flag: saved.file, "--accept": known.accept}
    conflict = conflict or timing.conflict() or shown.conflict(watch=timing.watch, used=used)
    if conflict or (prompt and timing.watch):
        ctx.fail(conflict or "--prompt and --watch are mutually exclusive")
    accepting = Accepting(known)
    read = _reader(scope, shown, timing, saved, connection, accepting=accepting)
    assess = _assessor(
        scope,
        accepting,
        live=saved.file is None,
        prompt=prompt,
        once=not timing.watch and timing.wait is None,
    )
    assess = comparing(known, assess)
    if timing.watch:
        report = watch.watch(read, assess, partial(_show_change, shown, scope))
        raise typer.Exit(report.exit_code(fail_on))
    if timing.wait:
        from fluxstatus.commands.wait import before_check
        from fluxstatus.commands.wait.until_healthy import exit_code, wait

        reached, left, marked = before_check(scope, shown, timing, connection)
        if reached is Exit.HEALTHY:
            report = wait(read, assess, left, fail_on, fail_fast=timing.fail_fast)
            code = exit_code(report, fail_on)
        else:
            report, code = marked(assess(read())), reached
    else:
        report = assess(read())
        code = report.exit_code(fail_on)
    _write_files(shown, scope, report)
    if prompt:
        console.put(_prompt(report))
    else:
        put = console.put_commands if shown.output is Format.GITHUB else console.put_report
        put(_show(shown, scope, report))
    if saved.file is None and report.exit_code() is Exit.UNHEALTHY:
        from datetime import UTC, datetime

        from fluxstatus.mcp.state_file import record_failure

        # By this machine's clock: that of the server is known to a second, and could go back.
        record_failure(report.target, datetime.now(UTC), scope.namespaces)
    raise typer.Exit(code)


def _prompt(report: Report) -> str:
    """Return the prompt for an assistant; print to standard error what it does not have."""
    from fluxstatus.commands.errors import report_unread

    is_unread = report_unread(report)
    if report.next and report.next.prompt:
        return report.next.prompt + "\n"
    if not is_unread:
        console.note("there is no finding that needs an assistant")
    return ""


_held: list[object] = []
"""What is kept until the process ends: to free 10,000 objects takes longer than the report."""


def _assessor(
    scope: Scope, accepting: Accepting, *, live: bool, prompt: bool, once: bool
) -> Callable[[Evidence], Report]:
    """Return the function that checks a cluster; it imports the checks when it is called."""
    chosen = choice_of(scope) if scope.step or scope.skip else None

    def assess(evidence: Evidence) -> Report:
        from fluxstatus.causes.analysis import Analysis
        from fluxstatus.mcp.next_step import report_with_next
        from fluxstatus.mcp.state_file import EMPTY, local_state
        from fluxstatus.state.state import State

        choice = (chosen or choice_of(scope))._replace(accept=accepting.list)
        analysis = Analysis(State(evidence, choice.namespaces), choice.skip)
        target, names = evidence.target, choice.namespaces
        local = local_state(target, evidence.taken_at, names) if live else EMPTY
        if once:
            _held.append(analysis)
        return report_with_next(analysis, choice, local, prompt=prompt)

    return assess


def _reader(
    scope: Scope,
    shown: CheckDisplay,
    timing: Timing,
    saved: Snapshots,
    connection: Connection,
    *,
    accepting: Accepting,
) -> Callable[[], Evidence]:
    """Return the function that reads the chosen cluster: a saved one, or the live one."""
    if saved.file:
        return saved.load

    def read() -> Evidence:
        if timing.watch or timing.wait:
            timing.timeout.restart()
        accepting.start()
        evidence = read_evidence(
            connection,
            namespaces=scope.namespaces,
            deadline=timing.timeout,
            verbose=shown.verbose,
            quiet=timing.watch or timing.wait is not None,  # they print progress on their own
            advice=scope.advice,
            identified=saved.save is not None,
            also=accepting.read,
        )
        if saved.save:  # before the checks: a bug there is best reported with this file
            _save(saved.save, evidence)
        return evidence

    return read


def _save(file: Path, evidence: Evidence) -> None:
    """Save a snapshot; a disk that cannot take it costs the file, not the verdict.

    Raises SnapshotError for a file that cannot be one.
    """
    try:
        snapshot.save(file, evidence)
    except snapshot.SnapshotError as error:
        if getattr(error.__cause__, "errno", None) not in _OF_THE_DISK:
            raise
        console.error(f"{error}; the check continues without saving")


def _look(shown: CheckDisplay, scope: Scope) -> Look:
    look = console.look(shown.color, everything=shown.everything, advice=scope.advice)
    wide, fitted = shown.output is Format.WIDE, console.is_terminal(sys.stdout)
    return look._replace(brief=shown.brief, wide=wide, fitted=fitted)


def _show(shown: CheckDisplay, scope: Scope, report: Report) -> str:
    return RENDER[shown.output](report, _look(shown, scope))


def _write_files(shown: CheckDisplay, scope: Scope, report: Report) -> None:
    """Write the files of `--report`; one that cannot be written costs the file, not the verdict."""
    for problem in report_files.write(shown.report, report, _look(shown, scope)):
        console.error(problem)


def _show_change(shown: CheckDisplay, scope: Scope, before: Report | None, report: Report) -> str:
    """Return the output of `--watch`: a page on a terminal, else the changes."""
    _write_files(shown, scope, report)
    is_text = shown.output is not Format.JSON
    if is_text and console.is_terminal(sys.stdout):
        return watch.page(_show(shown, scope, report), report)
    changes = watch.changes(before, report)
    return changes if is_text or not changes else _show(shown, scope, report)


def run() -> NoReturn:
    """Run the command line and end the process."""
    console.prepare()
    try:
        if not all(map(_is_text, sys.argv)):
            sys.exit(_error("an argument is not UTF-8 text", Exit.USAGE))
        code = app(prog_name=_name(), standalone_mode=False)
        if code is None and console.is_closed():  # no verdict: what it prints is all of its result
            code = _error(console.CLOSED, Exit.NO_VERDICT)
    except typer.TyperException as error:
        code = _wrong_usage(error)
    except snapshot.SnapshotError as error:
        code = _error(f"{error}", Exit.USAGE)
    except console.OutputError as error:
        code = _error(f"{error}", Exit.NO_VERDICT)
    except UnreadError as error:
        code = _error(error.unread.full_text, Exit.NO_VERDICT)
    except Exception as error:  # noqa: BLE001 - the last resort
        code = _crash(error)
    sys.exit(code or Exit.HEALTHY)


def _wrong_usage(error: typer.TyperException) -> int:
    """Print what typer says about wrong arguments, which it repeats, and return the exit code."""
    text = io.StringIO()
    error.show(text)  # type: ignore[attr-defined]  # all that it raises have it
    usage, found, message = text.getvalue().removesuffix("\n").partition("Error: ")
    for line in (*usage.splitlines(), f"{found}{message}"):
        console.note(line)
    return error.exit_code


def _name() -> str | None:
    """Return the program name for the help: as a plugin of kubectl or flux if called as one."""
    plugins = {"kubectl-flux_status": "kubectl flux-status", "flux-status": "flux status"}
    return plugins.get(Path(sys.argv[0]).name)


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _error(text: str, code: Exit) -> Exit:
    console.error(text)
    return code


def _limit(error: Exception) -> str:
    """Return which limit of this machine *error* is about, empty if about none."""
    if isinstance(error, RuntimeError) and f"{error}" == _NO_THREAD:
        return _NO_THREAD
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in LIMITS):
        return getattr(error, "strerror", None) or "Cannot allocate memory"
    return ""


def _crash(error: Exception) -> Exit:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # for example in --help
        console.discard()
        return _error(f"{console.UNWRITTEN}: {error.strerror}", Exit.NO_VERDICT)
    if limit := _limit(error):
        return _error(f"this machine has reached a limit: {limit}", Exit.NO_VERDICT)
    from fluxstatus.base.masking import mask

    if {"-v", "--verbose"} & set(sys.argv):
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            console.note(mask(line))
    return _error(
        f"{mask(f'{type(error).__name__}: {error}')}; this is a bug in kubectl flux-status: please "
        "report it with the output of -v and, if you can share it, a snapshot from --save",
        Exit.NO_VERDICT,
    )
