"""The read-only door to the API server: a GET, and an answer or the reason why there is none.

It is the only way that the check reads a cluster, and it knows no other method.
"""

import re
import socket
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from itertools import count
from typing import Any, NamedTuple, Self

from fluxstatus import __version__
from fluxstatus.base.masking import mask
from fluxstatus.cluster import failures, json_stream, processes
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.proxy import Proxy, opened
from fluxstatus.model.evidence import Cost, Object, Unread, Why

_HEADERS = {
    "Accept-Encoding": "gzip",
    "User-Agent": f"kubectl-flux-status/{__version__}",
}
_SECOND_TRY_AFTER = 0.5  # seconds
_TRIES = {429: 5, 500: 2, 502: 2, 503: 2, 504: 2}
_NOT_OPEN = Unread(Why.NOT_ASKED, "the run was ended before")
_LAST_WORD = 0.5  # seconds to find out who did not answer in time
_CHUNK = 1 << 18  # bytes to take off the line at a time, at most
_BUSY = 1.0  # seconds to wait for an API server that does not say how long


def whole(item: Any) -> Any:
    """Return *item* as it is."""
    return item


class Access(NamedTuple):
    """How to ask a cluster.

    `flags` are kubectl's own, passed on unchanged. `namespaces` are asked one by one for what
    may not be listed everywhere. `timeout` is the seconds for all together, `request_timeout`
    those for one request: kubectl's flag of that name does nothing for `kubectl proxy`.
    `repeated` are the flags that a command has to repeat that is shown.
    """

    flags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    timeout: float = 30.0
    request_timeout: float | None = None
    repeated: tuple[str, ...] = ()


class Reply(NamedTuple):
    """An answer of the API server: the JSON `document` that it is, None when it is none.

    `retry_after` is in seconds, 0 when it does not say.
    """

    status: int
    document: Any
    retry_after: float = 0

    def json(self) -> Object:
        """Return the JSON object that it is. Raises ProgramError."""
        if isinstance(self.document, dict):
            return self.document
        raise ProgramError(Unread(Why.GARBLED, "the answer is not a JSON object"))

    @property
    def message(self) -> str:
        """What an API server says of an error, empty when it is somebody else that answers."""
        said = self.document.get("message", "") if isinstance(self.document, dict) else ""
        return mask(str(said))

    def refusal(self, rule: str, where: str = "") -> Unread:
        """Return the reason why what takes the permission *rule* was refused."""
        message = self.message
        if self.status == HTTPStatus.FORBIDDEN:
            if "cannot impersonate" in message:
                rule, where = "impersonate users", ""
            who = re.search(r'User "([^"]+)"', message)
            text = f"{who[1] if who else 'this user'} is not allowed to {rule}{where}"
            return Unread(Why.FORBIDDEN, text, rule=rule)
        if self.status == HTTPStatus.NOT_FOUND:
            return Unread(Why.ABSENT, "the API server does not serve it")
        text = f"the API server answers with an error: {self.status} {message}"
        return Unread(Why.FAILED, text.rstrip())


class ApiClient:
    """The way to one cluster, open within a `with` block, at the end of which nothing is left.

    Whatever is wrong with the way, `get` tells it. `clock_skew` is the seconds that this machine
    is ahead of the server. Threads may share a client. *while_starting* is called
    while kubectl starts.
    """

    def __init__(self, access: Access, while_starting: Callable[[], None] = lambda: None) -> None:
        self.clock_skew: float | None = None
        self._access, self._meanwhile = access, while_starting
        self._began = time.monotonic()
        self._closing = ExitStack()
        self._shut = threading.Event()
        self._late = False
        self._proxy: Proxy | None = None
        self._dead: Unread | None = None
        self._lock = threading.Lock()
        self._local = threading.local()
        self._connections: list[HTTPConnection] = []
        self._requests = self._bytes = 0
        self._per_question: Counter[str] = Counter()
        self._fastest = float("inf")

    def __enter__(self) -> Self:
        with ExitStack() as closing:
            try:
                self._open(closing)
            except ProgramError as error:
                self._dead = error.unread
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with (
            processes.signals_deferred()
        ):  # an exception inside a lock would leave it closed for good
            self._closing.close()

    def start_config_view(self) -> None:
        """Have kubectl tell `kubeconfig` from now on: who looks at it then waits for less."""
        if self._proxy is not None:
            self._proxy.start_config_view()

    @property
    def kubeconfig(self) -> Kubeconfig:
        """Where it leads, as far as kubectl tells; within the block."""
        if self._proxy is None:
            return Kubeconfig()
        return self._proxy.kubeconfig(max(self._left(), _LAST_WORD))

    @property
    def cost(self) -> Cost:
        """What was asked so far."""
        return Cost(self._requests, self._bytes, time.monotonic() - self._began)

    def requests(self, query: str) -> int:
        """Return how many requests a *query* has taken so far."""
        return self._per_question[query]

    def get(
        self,
        path: str,
        accept: str = "application/json",
        query: str = "",
        keep: Callable[[Any], Any] = whole,
    ) -> Reply:
        """Ask for *path*, query included, and give the answer, whatever its status.

        *query* is the name of what the answer is to; it is only for the account. Of the items
        of a list is given what *keep* gives for each.
        An API server that is busy, or that has answered before and is lost, is asked again.
        Raises ProgramError when there is no answer. If that is no matter of this one request,
        all later ones fail the same way, at once.
        """
        for tries in count(1):
            try:
                reply = self._ask(path, accept, query, keep)
            except _LostError as lost:
                if self._requests and tries == 1 and self.pause(_SECOND_TRY_AFTER):
                    continue
                if lost.cluster or not self._requests:
                    self._dead = lost.unread
                raise
            if tries >= _TRIES.get(reply.status, 1) or not self.pause(reply.retry_after or _BUSY):
                break
        return reply

    def pause(self, seconds: float) -> bool:
        """Wait and give True; give False, at once, if the door will be shut by then."""
        return seconds < self._left() and not self._shut.wait(seconds)

    def abort(self) -> None:
        """End every request under way, and let no other begin; any thread may."""
        with processes.signals_deferred():
            self._shut.set()
            if self._proxy is not None:
                self._proxy.end()

    def _open(self, closing: ExitStack) -> None:
        closing.callback(self._hang_up)
        self._proxy = proxy = closing.enter_context(opened(self._access.flags))
        self._meanwhile()
        proxy.wait(self._left())
        # Without kubectl every request under way ends, whatever it is waiting for.
        alarm = threading.Timer(self._left(), self._expire)
        alarm.daemon = True  # whatever happens to it, nobody waits for it
        closing.callback(alarm.cancel)
        alarm.start()

    def _ask(self, path: str, accept: str, query: str, keep: Callable[[Any], Any]) -> Reply:
        proxy = self._proxy
        if self._dead is not None or proxy is None:
            raise ProgramError(self._dead or _NOT_OPEN)
        connection = self._connection(proxy)
        asked, began = time.time(), time.monotonic()
        try:
            connection.request("GET", path, headers={**_HEADERS, "Accept": accept})
            response = connection.getresponse()
            seconds = time.monotonic() - began
            if _is_kubectls_own(response):
                said = response.read().decode(errors="replace")
                unread = failures.explain(said, self.kubeconfig, proxy.said())
                raise _LostError(unread, cluster=True)
            received = _Body(response)
            document = _document(received, keep)
        except (OSError, HTTPException, zlib.error) as error:
            connection.close()
            raise self._lost(error, proxy) from error
        with self._lock:
            self._requests += 1
            self._per_question[query] += 1
            self._bytes += received.bytes
            self._compare_clocks(response.getheader("Date", ""), asked, seconds)
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._dead = failures.refused(response.status, self.kubeconfig)
            raise ProgramError(self._dead)
        delay = response.getheader("Retry-After", "")
        return Reply(response.status, document, float(delay) if delay.isdecimal() else 0)

    def _connection(self, proxy: Proxy) -> HTTPConnection:
        """Return the connection of this thread."""
        connection: HTTPConnection | None = getattr(self._local, "line", None)
        if connection is None:
            connection = self._local.connection = _UnixConnection(
                proxy.socket, self._access.request_timeout
            )
            self._connections.append(connection)
        return connection

    def _hang_up(self) -> None:
        for connection in self._connections:
            connection.close()

    def _left(self) -> float:
        return max(self._began + self._access.timeout - time.monotonic(), 0)

    def _expire(self) -> None:
        self._late = True
        self.abort()

    def _lost(self, error: Exception, proxy: Proxy) -> "_LostError":
        """Return the reason for an answer that did not come, or not all of it."""
        if self._late:
            unread = failures.silent(self._access.timeout, proxy.said(), self.kubeconfig)
        elif self._shut.is_set():
            unread = _NOT_OPEN
        elif isinstance(error, TimeoutError):
            seconds = self._access.request_timeout or 0
            unread = failures.silent(seconds, proxy.said(), self.kubeconfig)
            return _LostError(unread, cluster=False)
        elif not proxy.alive():
            unread = failures.explain(f"it ended too early {proxy.said()}", self.kubeconfig)
        else:
            return _LostError(Unread(Why.GARBLED, "the answer broke off"), cluster=False)
        return _LostError(unread, cluster=True)

    def _compare_clocks(self, date: str, asked: float, seconds: float) -> None:
        """Go by the fastest answer: the first may have waited for a log-in."""
        if seconds < self._fastest:
            with suppress(TypeError, ValueError):
                # The header has whole seconds, and was written about half-way.
                there = parsedate_to_datetime(date).timestamp() + 0.5
                self.clock_skew = asked + seconds / 2 - there
                self._fastest = seconds


class _LostError(ProgramError):
    """No answer came; `cluster` says that this is no matter of one request."""

    def __init__(self, unread: Unread, *, cluster: bool) -> None:
        super().__init__(unread)
        self.cluster = cluster


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket; http.client opens it again after it was closed."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Body:
    """What an answer holds, unpacked as it comes; `bytes` is what has come over the wire."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        """Return it in parts. Raises OSError, HTTPException or zlib.error where it breaks off."""
        packed = self._response.getheader("Content-Encoding") == "gzip"
        unpacking = zlib.decompressobj(wbits=31) if packed else None
        while chunk := self._response.read1(_CHUNK):
            self.bytes += len(chunk)
            yield unpacking.decompress(chunk) if unpacking else chunk
        if self._response.length or (unpacking and not unpacking.eof):
            raise IncompleteRead(b"")
        self._response.close()  # read1 leaves that open, and the line would be taken for busy


def _document(body: _Body, keep: Callable[[Any], Any]) -> Any:
    """Return the JSON that *body* is, or None; all of it is taken off the line."""
    chunks = iter(body)
    try:
        return json_stream.read(chunks, keep)
    except (ValueError, RecursionError):
        for _ in chunks:
            pass
        return None


def _is_kubectls_own(response: HTTPResponse) -> bool:
    """Tell what kubectl says when it cannot ask from what an API server answers."""
    return (
        response.status == HTTPStatus.INTERNAL_SERVER_ERROR
        and (response.getheader("Content-Type") or "").startswith("text/plain")
        and response.getheader("Audit-Id") is None
    )
