"""A `kubectl port-forward`: open it, wait until something answers, and watch it."""

import ipaddress
import socket
import time
from collections.abc import Iterable
from typing import Self

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes, refusals
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.commands.ui.endpoints import Endpoint
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import command, hint

LOCALHOST = "127.0.0.1"
_PAUSE = 0.1  # seconds between two checks of the process
_PROBE_EVERY = 5.0  # seconds between two requests to the remote end
_PROBES = 2  # failed requests after which the tunnel counts as broken
_ANYWHERE = {"0.0.0.0": LOCALHOST, "::": "::1"}  # noqa: S104 - values of --address


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach *address*."""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def reached_at(address: str) -> str:
    """Return the address at which this machine reaches a listener on *address*."""
    return _ANYWHERE.get(address, address)


def url_of(address: str, port: int) -> str:
    """Return the URL at which this machine reaches a listener on *address* and *port*."""
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
    """A tunnel from *port* at *address* of this machine to one of *endpoints*, in a `with` block.

    The endpoints are tried in turn until one answers HTTP, each for its share of the time. *flags*
    are the kubectl flags for the cluster. Raises ProgramError.
    """

    def __init__(
        self,
        flags: Iterable[str],
        endpoints: Iterable[Endpoint],
        address: str,
        port: int,
        deadline: Deadline,
    ) -> None:
        self._flags, self._address, self._port = tuple(flags), address, port
        self._process: Process | None = None
        tried, refusal = list(endpoints), None
        self._limit = f"{deadline}"
        self._seconds = deadline.remaining() / max(len(tried), 1)
        for endpoint in tried:
            try:
                self._process = self._open(endpoint)
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
        """Wait until the tunnel breaks, and return the reason."""
        failed, next_probe = 0, time.monotonic() + _PROBE_EVERY
        while self._process is not None and self._process.alive():
            time.sleep(_PAUSE)
            if time.monotonic() > next_probe:
                failed = 0 if self._answers() else failed + 1
                if failed == _PROBES:
                    return "the web UI no longer responds"
                next_probe = time.monotonic() + _PROBE_EVERY
        return _message(self._process)

    def _open(self, endpoint: Endpoint) -> Process:
        argv = (
            processes.kubectl(), *self._flags, "port-forward", f"--address={self._address}",
            f"--namespace={endpoint.namespace}", endpoint.resource,
            f"{self._port}:{endpoint.port}",
        )  # fmt: skip
        process = Process(argv)
        try:
            self._wait_for(process, endpoint)
        except BaseException:
            process.__exit__()
            raise
        return process

    def _wait_for(self, process: Process, endpoint: Endpoint) -> None:
        """Wait until the remote end answers. Raises ProgramError."""
        until = time.monotonic() + self._seconds
        while process.alive():
            if self._answers():
                return
            if time.monotonic() > until:
                text = f"the web UI at {endpoint} did not respond in time (--timeout {self._limit})"
                raise ProgramError(Unread(Why.TIMEOUT, text))
            time.sleep(_PAUSE)
        raise ProgramError(_refusal(_message(process), endpoint))

    def _answers(self) -> bool:
        """Return whether the remote end answers HTTP."""
        place = reached_at(self._address), self._port
        try:
            with socket.create_connection(place, timeout=5) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(5) == b"HTTP/"
        except OSError:
            return False


def _message(process: Process | None) -> str:
    message = process.output().stderr.strip() if process else ""
    return " ".join(message.split()) or "kubectl port-forward ended without a message"


def _refusal(message: str, endpoint: Endpoint) -> Unread:
    """Return why kubectl ended: a missing permission, or its message."""
    failed = Unread(Why.FAILED, f"kubectl port-forward to {endpoint} ended: {message}")
    unread = refusals.of_kubectl(failed, "create pods/portforward", f"open a tunnel to {endpoint}")
    if unread.why is not Why.FORBIDDEN:
        return unread
    verb, _, resource = unread.permission.partition(" ")
    can_i = command(
        "kubectl auth can-i {verb} {resource} -n {ns}",
        {"verb": verb, "resource": resource, "ns": endpoint.namespace},
    )
    role = f'apiGroups [""], resources [{resource}], verbs [{verb}]'
    return unread._replace(hints=(hint(f"ask for a Role with: {role}", can_i),))
