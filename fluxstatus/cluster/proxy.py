"""A `kubectl proxy` on a private Unix socket that rejects everything but reading.

kubectl handles authentication, TLS, proxies and impersonation. It rejects requests that could
change the cluster, show a Secret or reach into a container, before the API server gets them.
"""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Self

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import failures, go_programs, kubeconfig, processes, signals, socket_folder
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.cluster.processes import Process, ProgramError

# By their position in a path: an object or a namespace may have the name of a resource. Without a
# comma, which separates expressions for kubectl.
_SECRETS = "/api/v1/(watch/)?(namespaces/[^/]+/)?secrets(/|$)"
_OBJECT = "/(api/v1|apis/[^/]+/[^/]+)/(namespaces/[^/]+/)?[^/]+/[^/]+"
_DOORS = f"{_OBJECT}/(exec|attach|portforward|proxy)(/|$)"
_OLD_DOORS = "/api/v1/proxy(/|$)"
_READ_ONLY = (
    "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
    f"--reject-paths={_SECRETS},{_DOORS},{_OLD_DOORS}",
)
_INTERVAL = 0.003  # seconds between two attempts to connect


class Proxy:
    """A `kubectl proxy`, for a `with` block that ends it.

    It serves at `socket`, a path, once `wait` returns; it gets the user's *flags* unchanged, except
    for a time limit in a pod. Raises ProgramError.
    """

    def __init__(self, flags: Sequence[str]) -> None:
        self._began = time.monotonic()
        self.flags, self._kubectl = flags, processes.kubectl()
        self._view: Process | None = None
        self._kubeconfig: Kubeconfig | None = None
        self._reading = threading.Lock()
        self._closing = ExitStack()
        try:
            with signals.deferred():
                self.socket = self._closing.enter_context(socket_folder.opened())
                command = [self._kubectl, "proxy", *_usable(flags)]
                command += [f"--unix-socket={self.socket}"]
                command += ["--append-server-path", *_READ_ONLY]
                process = Process(command, environ=go_programs.environment())
                self._process = self._closing.enter_context(process)
            socket_folder.sweep(self.socket)  # while kubectl starts
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
                process = Process(command, environ=go_programs.environment())
                self._view = self._closing.enter_context(process)

    def kubeconfig(self, deadline: Deadline) -> Kubeconfig:
        """Return what kubectl is configured to reach, empty if that takes too long.

        Any thread may call this.
        """
        self.start_config_view()
        with self._reading:
            if self._kubeconfig is None:
                self._kubeconfig = kubeconfig.unread(self.flags)
                with suppress(ProgramError):
                    if self._view is not None:
                        self._view.wait(deadline)
                        shown = self._view.output().json()
                        self._kubeconfig = kubeconfig.read(shown, self.flags, self._kubeconfig)
            return self._kubeconfig

    def wait(self, deadline: Deadline) -> None:
        """Wait until it serves. Raises ProgramError."""
        while self.alive():
            with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.socket)
                return
            if not deadline.remaining():
                raise ProgramError(failures.stuck(time.monotonic() - self._began))
            time.sleep(_INTERVAL)
        last = self._process.output()
        text = last.stdout.decode(errors="replace") + last.stderr
        raise ProgramError(failures.explain(text, self.kubeconfig(deadline)))

    def alive(self) -> bool:
        """Return whether the program is running."""
        return self._process.alive()

    def stderr(self) -> str:
        """Return the messages of kubectl and its login program so far, without kubectl's log."""
        return self._process.output().stderr.strip()

    def end(self) -> None:
        """End it, and with it every request under way; any thread may call this."""
        self._process.end()


def _usable(flags: Sequence[str]) -> Sequence[str]:
    """Return *flags* without what makes kubectl ignore the ServiceAccount of its pod.

    The client limits each request, too. Upstream: client-go, clientcmd/merged_client_builder.go.
    """
    if kubeconfig.unread(flags).in_pod:
        return [flag for flag in flags if not flag.startswith("--request-timeout")]
    return flags


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
