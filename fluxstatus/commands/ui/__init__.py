"""`ui`: open the web UI of the Flux Operator through `kubectl port-forward`."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands import console
from fluxstatus.commands.options import TIMEOUT, Color, Connection, Timeout, Verbose
from fluxstatus.commands.progress import reading
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Exit, Level
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.report import RENDER, Format
from fluxstatus.report.terminal import command_line

if TYPE_CHECKING:
    from fluxstatus.commands.ui.endpoints import Endpoint
    from fluxstatus.commands.ui.tunnel import Tunnel
    from fluxstatus.state.state import State

EPILOG = """
\b
Examples:
  kubectl flux-status ui                         open the web UI
  kubectl flux-status ui --no-open --port 8080   print the URL

\b
Exit codes:
  1    there is no web UI, or it is not running
  3    the cluster could not be read, or the tunnel could not be opened
  130  Ctrl-C
"""

_LOCALHOST, _USUAL_PORT = "127.0.0.1", 9080
_PATIENCE = 120.0  # seconds for a replaced pod to become ready
_PAUSES = (1.0, 10.0)  # seconds between two attempts: at first, and at most


def show(
    *,
    port: Annotated[
        int,
        Option("--port", min=0, max=65535, metavar="PORT",
               help="Local port [default: 9080, or a free port if 9080 is in use]",
               show_default=False),
    ] = 0,
    address: Annotated[
        str,
        Option("--address", metavar="IP",
               help="Address to listen on; requires --yes if other machines can reach it "
               "[default: 127.0.0.1]",
               show_default=False),
    ] = _LOCALHOST,
    yes: Annotated[bool, Option("--yes", help="Allow other machines to reach the web UI")] = False,
    no_open: Annotated[bool, Option("--no-open", help="Do not open the browser")] = False,
    timeout: Timeout = TIMEOUT,
    verbose: Verbose = False,
    connection: Connection,
) -> None:  # fmt: skip
    """Open the web UI of the Flux Operator; press Ctrl-C to stop.

    It has a dashboard of all Flux objects, a search, a page for each object with its status,
    events, history and dependencies, and the workloads that Flux manages.

    Uses `kubectl port-forward`, which requires permission to create pods/portforward. Reconnects
    when the web UI's pod is replaced.
    """
    local = _local_port(address, port, yes=yes)
    state = _read(connection, timeout, verbose=verbose)
    endpoints = _endpoints(state)
    if not endpoints:
        raise typer.Exit(_explain(state.evidence))
    try:
        tunnel = _open(connection, endpoints, address, local, timeout)
    except ProgramError as error:
        raise typer.Exit(_refused(error, state)) from error
    with tunnel:
        _announce(address, local, browse=not no_open)
        broken = tunnel.wait()
    while True:
        console.note(f"the tunnel broke ({broken}); reconnecting")
        with _reconnect(connection, address, local, timeout) as tunnel:
            broken = tunnel.wait()


def _local_port(address: str, wanted: int, *, yes: bool) -> int:
    """Return *wanted* if it is free; without one the usual port, or any free port."""
    from fluxstatus.commands.ui.tunnel import free_port, is_loopback

    if not is_loopback(address) and not yes:
        text = (
            f"other machines can reach the web UI at {address}; by default, it has no login and "
            "shows everything that the operator can read; to allow this, add --yes"
        )
        raise typer.BadParameter(text, param_hint="--address")
    free = free_port(address, (wanted,) if wanted else (_USUAL_PORT, 0))
    if free is None and wanted:
        raise typer.BadParameter(f"{wanted} is already in use", param_hint="--port")
    if free is None:
        raise typer.BadParameter(f"cannot listen on {address}", param_hint="--address")
    return free


def _read(connection: Connection, deadline: Deadline, *, verbose: bool = False) -> "State":
    """Read only what is needed to find the web UI."""
    with reading(connection, deadline, _preload, verbose=verbose) as ours:
        from fluxstatus.cluster.queries import named
        from fluxstatus.commands.ui.endpoints import is_ambiguous, lease_query
        from fluxstatus.model.evidence import OPERATORS
        from fluxstatus.state.state import State

        ours.query(named(OPERATORS))
        ours.query(ours.in_flux_namespaces("pods", "services"))
        state = State(ours.evidence())
        if is_ambiguous(state):
            ours.query(lease_query(state))
            state = State(ours.evidence())
        return state


def _preload() -> None:
    """Import what the tunnel needs, while kubectl starts."""
    import fluxstatus.commands.ui.endpoints
    import fluxstatus.commands.ui.tunnel  # noqa: F401


def _endpoints(state: "State") -> "list[Endpoint]":
    from fluxstatus.commands.ui.endpoints import endpoints_of, lease_unread

    if unread := lease_unread(state):
        console.note(f"several replicas are running, and the leader is unknown: {unread.text}")
    if unread := state.evidence.answer("pods").unread:
        console.note(f"the pods could not be listed, so the Service chooses one: {unread.text}")
    return endpoints_of(state)


def _open(
    connection: Connection, endpoints: "list[Endpoint]", address: str, port: int, deadline: Deadline
) -> "Tunnel":
    from fluxstatus.commands.ui.tunnel import Tunnel

    flags = connection.flags(but_for=("request_timeout",))  # the tunnel is one long request
    return Tunnel(flags, endpoints, address, port, deadline)


def _reconnect(connection: Connection, address: str, port: int, deadline: Deadline) -> "Tunnel":
    """Open the tunnel again, to the pod that serves the web UI now."""
    until, pause = time.monotonic() + max(deadline.seconds, _PATIENCE), _PAUSES[0]
    while True:
        time.sleep(pause)
        pause = min(2 * pause, _PAUSES[1])
        deadline.restart()
        state = _read(connection, deadline)
        try:
            if unreachable := state.evidence.unreachable:
                raise ProgramError(unreachable)  # noqa: TRY301 - reported like every other failure
            tunnel = _open(connection, _endpoints(state), address, port, deadline)
        except ProgramError as error:
            if time.monotonic() > until:
                raise typer.Exit(_refused(error, state)) from error
        else:
            console.note("the tunnel is open again")
            return tunnel


def _explain(evidence: Evidence) -> Exit:
    """Print the findings of the check about the web UI, which was not found."""
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.checks.run import Choice, run_checks
    from fluxstatus.state.state import State

    report = run_checks(Analysis(State(evidence)), Choice(steps=("ui",)))
    console.put_report(RENDER[Format.TEXT](report, console.look(Color.AUTO, everything=True)))
    unknown = any(finding.level is Level.UNKNOWN for finding in report.findings)
    return Exit.NO_VERDICT if report.unreachable or unknown else Exit.UNHEALTHY


def _refused(error: ProgramError, state: "State") -> Exit:
    """Print why there is no tunnel, and what to do about it."""
    target_flags = for_target(state.evidence.target)
    console.error(error.unread.full_text)
    for hint in error.unread.hints:
        console.note(f"  {hint.text}")
        for command in hint.commands:
            console.note(f"  {command_line(target_flags.command(command).argv)}")
    return Exit.NO_VERDICT


def _announce(address: str, port: int, *, browse: bool) -> None:
    from fluxstatus.commands.ui.tunnel import is_loopback, url_of

    url = url_of(address, port)
    if not is_loopback(address):
        console.note(f"other machines can reach it at {address}")
    console.put_line(url)
    console.note("press Ctrl-C to stop")
    # Without a display a text browser would start in this terminal.
    display = (
        sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if browse and display:
        import webbrowser

        from fluxstatus.cluster import orphans

        orphans.release()
        webbrowser.open(url)
