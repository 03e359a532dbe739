"""A `kubectl proxy` on a private Unix socket that rejects everything but reading.

kubectl handles authentication, TLS, proxies and impersonation. It rejects requests that could
change the cluster, show a Secret or reach into a container, before the API server gets them.
"""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Self

from fluxstatus.cluster import failures, kubeconfig, processes
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Why

_READ_ONLY = (
    "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
    # Without a comma, which separates expressions for kubectl.
    "--reject-paths=/secrets(/|$),/(exec|attach|portforward|proxy)(/|$)",
)
_DIRECTORY_PATH = 75  # bytes; the path of a socket in it is then below 104, the limit of macOS
_SHORT_DIRECTORIES = ("/tmp", "/var/tmp")  # noqa: S108 - for a private directory in it
_INTERVAL = 0.003  # seconds between two attempts to connect


class Proxy:
    """A `kubectl proxy`, for a `with` block that ends it.

    It serves at `socket`, a path, once `wait` returns; it gets the user's *flags* unchanged.
    Raises ProgramError.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        self._began = time.monotonic()
        self.flags, self._kubectl = flags, processes.kubectl()
        self._view: Process | None = None
        self._kubeconfig: Kubeconfig | None = None
        self._reading = threading.Lock()
        self._closing = ExitStack()
        try:
            with processes.signals_deferred():
                directory = self._closing.enter_context(_private_directory())
                self.socket = f"{directory}/s"
                command = [self._kubectl, "proxy", *flags, f"--unix-socket={self.socket}"]
                self._process = self._closing.enter_context(
                    Process([*command, "--append-server-path", *_READ_ONLY])
                )
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def start_config_view(self) -> None:
        """Start `kubectl config view`, once.

        The calling thread must live until the end of the block.
        """
        with self._reading, suppress(ProgramError):  # the proxy reports the error
            if self._view is None:
                command = [self._kubectl, "config", "view", "-o=json", *self.flags]
                self._view = self._closing.enter_context(Process(command))

    def kubeconfig(self, timeout: float) -> Kubeconfig:
        """Return what kubectl is configured to reach, empty if it takes over *timeout* seconds.

        Any thread may call this.
        """
        self.start_config_view()
        with self._reading:
            if self._kubeconfig is None:
                self._kubeconfig = Kubeconfig()
                with suppress(ProgramError):
                    if self._view is not None:
                        self._view.wait(timeout)
                        self._kubeconfig = kubeconfig.read(self._view.output().json(), self.flags)
            return self._kubeconfig

    def wait(self, timeout: float) -> None:
        """Wait until it serves, at most *timeout* seconds. Raises ProgramError."""
        until = time.monotonic() + timeout
        while self.alive():
            with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.socket)
                return
            if time.monotonic() > until:
                raise ProgramError(failures.stuck(time.monotonic() - self._began))
            time.sleep(_INTERVAL)
        last = self._process.output()
        text = last.stdout.decode(errors="replace") + last.stderr
        raise ProgramError(failures.explain(text, self.kubeconfig(until - time.monotonic())))

    def alive(self) -> bool:
        """Return whether the program is running."""
        return self._process.alive()

    def stderr(self) -> str:
        """Return the messages of kubectl and its login program so far, without kubectl's log."""
        return self._process.output().stderr.strip()

    def end(self) -> None:
        """End it, and with it every request under way; any thread may call this."""
        self._process.end()


_offered: list[Proxy] = []  # at most one, for the next `opened`


@contextmanager
def offered(early: Proxy) -> Iterator[None]:
    """Offer *early* to the first `opened` with its flags within the block."""
    _offered.append(early)
    try:
        yield
    finally:
        _offered.clear()


def opened(flags: Sequence[str]) -> Proxy:
    """Return a proxy with these *flags*: the one on offer, or a new one.

    Raises ProgramError.
    """
    if _offered and sorted(_offered[0].flags) == sorted(flags):
        return _offered.pop()
    return Proxy(flags)


def _private_directory() -> tempfile.TemporaryDirectory[str]:
    """Create a directory for this user only, with a path short enough for a socket in it."""
    for base in (processes.temp_dir(), *_SHORT_DIRECTORIES):
        if len(os.fsencode(base)) <= _DIRECTORY_PATH:
            with suppress(OSError):
                return tempfile.TemporaryDirectory(prefix="flux-status-", dir=base)
    raise ProgramError.of(Why.FAILED, "no directory for kubectl's socket is writable; set $TMPDIR")
