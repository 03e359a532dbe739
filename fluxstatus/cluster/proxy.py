"""One `kubectl proxy` on a private Unix socket, told to let nothing through but reading.

kubectl does all authentication, TLS, proxies and impersonation. What could change the cluster,
show a Secret or lead into a container it refuses by itself, before the API server is asked.
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
from fluxstatus.model.evidence import Unread, Why

_CLOSED = (
    "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
    # No comma in an expression: kubectl takes what follows for another one.
    "--reject-paths=/secrets(/|$),/(exec|attach|portforward|proxy)(/|$)",
)
_FOLDER_PATH = 75  # bytes, so that a socket below has fewer than 104, the limit of macOS
_SHORT_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 - for a folder that is ours alone
_LOOK_EVERY = 0.003  # seconds, for the socket


class Proxy:
    """A `kubectl proxy` within a `with` block, at the end of which nothing of it is left.

    It serves at `socket`, a path, as soon as `wait` is over; it takes the user's *flags*
    unchanged. Raises ProgramError.
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
                folder = self._closing.enter_context(_private_folder())
                self.socket = f"{folder}/s"
                command = [self._kubectl, "proxy", *flags, f"--unix-socket={self.socket}"]
                self._process = self._closing.enter_context(
                    Process([*command, "--append-server-path", *_CLOSED])
                )
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def start_config_view(self) -> None:
        """Have kubectl tell what it is configured to reach, if it was not asked before.

        The thread that asks must live until the end of the block.
        """
        with self._reading, suppress(ProgramError):  # the proxy tells what is wrong
            if self._view is None:
                command = [self._kubectl, "config", "view", "-o=json", *self.flags]
                self._view = self._closing.enter_context(Process(command))

    def kubeconfig(self, timeout: float) -> Kubeconfig:
        """Return what kubectl is configured to reach, as soon as it has told.

        That is nothing when it does not tell within *timeout* seconds; any thread may ask.
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
        """Wait until it serves, *timeout* seconds at most. Raises ProgramError."""
        until = time.monotonic() + timeout
        while self.alive():
            with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.socket)
                return
            if time.monotonic() > until:
                raise ProgramError(failures.stuck(time.monotonic() - self._began))
            time.sleep(_LOOK_EVERY)
        last = self._process.output()
        said = last.stdout.decode(errors="replace") + last.stderr
        raise ProgramError(failures.explain(said, self.kubeconfig(until - time.monotonic())))

    def alive(self) -> bool:
        """Return whether it runs."""
        return self._process.alive()

    def said(self) -> str:
        """Return what it and its log-in program have said so far, without kubectl's log."""
        return self._process.output().stderr.strip()

    def end(self) -> None:
        """End it, and with it every request under way; any thread may."""
        self._process.end()


_offered: list[Proxy] = []  # to whoever opens a door next


@contextmanager
def offered(early: Proxy) -> Iterator[None]:
    """Let the first `opened` with the flags of *early*, within the block, have it."""
    _offered.append(early)
    try:
        yield
    finally:
        _offered.clear()


def opened(flags: Sequence[str]) -> Proxy:
    """Return a proxy with these *flags*: the one that is offered, or a new one.

    Raises ProgramError.
    """
    if _offered and sorted(_offered[0].flags) == sorted(flags):
        return _offered.pop()
    return Proxy(flags)


def _private_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that only this user may enter, with a path short enough for a socket in it."""
    for base in (processes.temp_dir(), *_SHORT_FOLDERS):
        if len(os.fsencode(base)) <= _FOLDER_PATH:
            with suppress(OSError):
                return tempfile.TemporaryDirectory(prefix="flux-status-", dir=base)
    raise ProgramError(Unread(Why.FAILED, "there is no folder for kubectl's socket, set $TMPDIR"))
