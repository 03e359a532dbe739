"""A `kubectl port-forward`: opened, waited for until something answers, and watched."""

import ipaddress
import re
import socket
import time
from collections.abc import Iterable
from typing import Self

from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.commands.ui.endpoints import End
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import Command, Hint

LOCALHOST = "127.0.0.1"
_PAUSE = 0.1  # seconds between two looks at the tunnel
_PROBE_EVERY = 5.0  # seconds between two requests to the far end
_PROBES = 2  # that may fail before the tunnel counts as broken
_ANYWHERE = {"0.0.0.0": LOCALHOST, "::": "::1"}  # noqa: S104 - what users may ask for
_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[\w./-]+)"'
    r'(?: in API group "[^"]*")?(?: in the namespace "(?P<namespace>[^"]*)")?'
)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach what listens at *address*."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def reached_at(address: str) -> str:
    """Return the address under which this machine reaches what listens at *address*."""
    return _ANYWHERE.get(address, address)


def url_of(address: str, port: int) -> str:
    """Return the URL of what listens at *address*, as this machine reaches it."""
    host = reached_at(address)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def free_port(address: str, ports: Iterable[int]) -> int | None:
    """Return the first of *ports* that is free at *address*, or None; port 0 means any."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in ports:
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((address, port))
            except OSError:
                continue
            free: int = listener.getsockname()[1]
            return free
    return None


class Tunnel:
    """A tunnel from *port* at *address* of this machine to one of *ends*, within a `with` block.

    The *ends* are tried in turn until something speaks HTTP there, for *seconds* in all; *flags*
    tell kubectl the cluster. Raises ProgramError.
    """

    def __init__(
        self, flags: Iterable[str], ends: Iterable[End], address: str, port: int, seconds: float
    ) -> None:
        self._flags, self._address, self._port = tuple(flags), address, port
        self._process: Process | None = None
        tried, refusal = list(ends), None
        self._seconds = seconds / max(len(tried), 1)
        for end in tried:
            try:
                self._process = self._open(end)
            except ProgramError as error:
                refusal = refusal or error
            else:
                return
        raise refusal or ProgramError(Unread(Why.ABSENT, "no ready pod serves the web UI"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.__exit__()

    def wait(self) -> str:
        """Wait until it breaks, and give what is known of why."""
        failed, look_at = 0, time.monotonic() + _PROBE_EVERY
        while self._process is not None and self._process.alive():
            time.sleep(_PAUSE)
            if time.monotonic() > look_at:
                failed = 0 if self._answers() else failed + 1
                if failed == _PROBES:
                    return "the web UI answers no more"
                look_at = time.monotonic() + _PROBE_EVERY
        return _said(self._process)

    def _open(self, end: End) -> Process:
        argv = (
            processes.kubectl(), *self._flags, "port-forward", f"--address={self._address}",
            f"--namespace={end.namespace}", end.resource, f"{self._port}:{end.port}",
        )  # fmt: skip
        process = Process(argv)
        try:
            self._wait_for(process, end)
        except BaseException:
            process.__exit__()
            raise
        return process

    def _wait_for(self, process: Process, end: End) -> None:
        """Wait until something answers at the other end. Raises ProgramError."""
        until = time.monotonic() + self._seconds
        while process.alive():
            if self._answers():
                return
            if time.monotonic() > until:
                text = f"the web UI did not answer within {self._seconds:.3g} s, behind {end}"
                raise ProgramError(Unread(Why.TIMEOUT, text))
            time.sleep(_PAUSE)
        raise ProgramError(_refusal(_said(process), end))

    def _answers(self) -> bool:
        """Whether something that speaks HTTP is at the other end."""
        place = reached_at(self._address), self._port
        try:
            with socket.create_connection(place, timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(5) == b"HTTP/"
        except OSError:
            return False


def _said(process: Process | None) -> str:
    said = process.output().stderr.strip() if process else ""
    return " ".join(said.split()) or "kubectl port-forward ended without a word"


def _refusal(said: str, end: End) -> Unread:
    """Return the reason why kubectl ended: the permission that is missing, if that is it."""
    missing = _FORBIDDEN.search(said)
    if missing is None:
        return Unread(Why.FAILED, f"kubectl port-forward to {end} ended: {said}")
    rule, home = f"{missing['verb']} {missing['resource']}", missing["namespace"] or end.namespace
    text = (
        f"{missing['user']} may not open a tunnel to {end}: the permission to {rule} in namespace "
        f"{home} is missing"
    )
    ask = ("kubectl", "auth", "can-i", missing["verb"], missing["resource"], "-n", home)
    return Unread(
        Why.FORBIDDEN,
        text,
        rule=rule,
        hints=(Hint(f"ask for a Role that allows it: {_role(missing)}", (Command(ask),)),),
    )


def _role(missing: re.Match[str]) -> str:
    return f'apiGroups [""], resources [{missing["resource"]}], verbs [{missing["verb"]}]'
