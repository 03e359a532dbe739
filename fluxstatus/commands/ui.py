"""`ui`: open the web UI of the Flux Operator, through a tunnel that kubectl makes."""

import os
import socket
import sys
import time
from typing import Annotated

import typer
from typer import Option

from fluxstatus import console, programs
from fluxstatus.asking import ask
from fluxstatus.checks.ui import web_services
from fluxstatus.evidence import Evidence, Object, Unread, Why
from fluxstatus.findings import Exit
from fluxstatus.judge import Choice, judge
from fluxstatus.options import Color, Connection, Timeout, Verbose
from fluxstatus.report import RENDER, Format
from fluxstatus.state import State

_LOCALHOST, _USUAL_PORT = "127.0.0.1", 9080
_PAUSE = 0.1  # seconds between two looks at the tunnel


def show(
    *,
    port: Annotated[
        int,
        Option(
            "--port",
            min=0,
            max=65535,
            help="The local port; without it 9080 or any",
            metavar="PORT",
        ),
    ] = 0,
    no_open: Annotated[bool, Option("--no-open", help="Do not open it in the browser")] = False,
    timeout: Timeout = 30.0,
    verbose: Verbose = False,
    connection: Connection,
) -> None:
    """Open the web UI of the Flux Operator; Ctrl-C ends it.

    The tunnel to it is a `kubectl port-forward`, which needs the right to create
    pods/portforward.
    """
    local = _local_port(port)
    evidence = ask(connection, timeout=timeout, verbose=verbose)
    service = next(web_services(State(evidence)), None)
    if service is None:
        raise typer.Exit(_explain(evidence))
    argv = _port_forward(connection, *service, local)
    url = f"http://{_LOCALHOST}:{local}/"
    with programs.Process(argv) as tunnel:
        _wait_for(tunnel, local, timeout)
        console.put(f"{url}\n")
        console.note("Ctrl-C ends it")
        if not no_open:
            _browse(url)
        while tunnel.alive():
            time.sleep(_PAUSE)
        raise _broken(tunnel)


def _local_port(wanted: int) -> int:
    """Give *wanted* if it is free; if nothing is wanted, the usual port or any."""
    for port in (wanted,) if wanted else (_USUAL_PORT, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((_LOCALHOST, port))
            except OSError:
                continue
            free: int = listener.getsockname()[1]
            return free
    raise typer.BadParameter(f"{wanted} is not free here.", param_hint="--port")


def _explain(evidence: Evidence) -> Exit:
    """Show what the check has to say about the web UI that was not found."""
    report = judge(evidence, Choice(steps=("ui",)))
    console.put(RENDER[Format.TEXT](report, console.look(Color.AUTO, everything=True)))
    return Exit.NO_VERDICT if report.unreachable else Exit.UNHEALTHY


def _port_forward(connection: Connection, service: Object, remote: int, local: int) -> list[str]:
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    return [
        programs.kubectl(),
        *connection.flags(but_for=("request_timeout",)),  # the tunnel is one long request
        "port-forward",
        f"--address={_LOCALHOST}",
        f"--namespace={namespace}",
        f"service/{name}",
        f"{local}:{remote}",
    ]


def _wait_for(tunnel: programs.Process, port: int, timeout: float) -> None:
    until = time.monotonic() + timeout
    while tunnel.alive():
        if _answers(port):
            return
        if time.monotonic() > until:
            text = f"the web UI did not answer within {timeout:.3g} s"
            raise programs.ProgramError(Unread(Why.TIMEOUT, text))
        time.sleep(_PAUSE)
    raise _broken(tunnel)


def _answers(port: int) -> bool:
    """Whether something that speaks HTTP is at the other end of the tunnel."""
    try:
        with socket.create_connection((_LOCALHOST, port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def _broken(tunnel: programs.Process) -> programs.ProgramError:
    said = tunnel.output().stderr.strip() or "without a word"
    return programs.ProgramError(Unread(Why.FAILED, f"kubectl port-forward ended: {said}"))


def _browse(url: str) -> None:
    # Without a screen a text browser would start in this terminal.
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        import webbrowser  # noqa: PLC0415 - not needed by any other command

        webbrowser.open(url)
