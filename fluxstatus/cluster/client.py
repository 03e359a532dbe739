"""The read-only client of the API server.

All reading of a cluster goes through `ApiClient.get`, and there is no other method.
"""

import socket
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from typing import Any, NamedTuple, Self

from fluxstatus import __version__
from fluxstatus.base.deadline import Deadline
from fluxstatus.base.masking import mask
from fluxstatus.cluster import failures, json_stream, processes, refusals, signals
from fluxstatus.cluster.json_stream import UnreadableError
from fluxstatus.cluster.kubeconfig import Kubeconfig
from fluxstatus.cluster.lean_imports import without_ssl
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.proxy import Proxy, opened
from fluxstatus.model.evidence import Cost, Object, Unread, Why

with without_ssl():
    from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead

_HEADERS = {
    "Accept-Encoding": "gzip",
    "User-Agent": f"kubectl-flux-status/{__version__}",
}
_SECOND_TRY_AFTER = 0.5  # seconds
_TRIES = {429: 5, 500: 2, 502: 2, 503: 2, 504: 2}
_NOT_OPEN = Unread(Why.NOT_REQUESTED, "the run was interrupted before this request")
_GRACE = 2.0  # seconds to find out which server did not answer in time, on a busy machine
_CHUNK = 1 << 18  # bytes to receive at a time, at most
_UNPACKED = 1 << 20  # bytes to decompress at a time, at most
_BUSY = 1.0  # seconds to wait for a busy API server that sends no Retry-After
_MOST_SKEW = 86_400.0 * 3650  # seconds: a header that is further off is no time
_NO_OBJECT = "is not a JSON object"


def unchanged(item: Any) -> Any:
    """Return *item* as it is."""
    return item


@dataclass(eq=False, repr=False)
class Access:
    """How to reach a cluster, and how long to try.

    `flags` are kubectl's own, passed on unchanged. `namespaces` are read one by one where listing
    all is forbidden. `deadline` is for all requests together; `request_timeout`, in seconds, is for
    one request, because `kubectl proxy` ignores kubectl's flag of that name. `repeated` are the
    flags that a printed command must repeat.
    """

    flags: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    deadline: Deadline = field(default_factory=lambda: Deadline(30.0))
    request_timeout: float | None = None
    repeated: tuple[str, ...] = ()


class Reply(NamedTuple):
    """An answer of the API server: its `document`, None if it is not JSON or could not be read.

    `why` is the end of a sentence on a document that could not be read. `retry_after` is in
    seconds, 0 if the header is missing.
    """

    status: int
    document: Any
    retry_after: float = 0
    why: str = _NO_OBJECT

    def json(self) -> Object:
        """Return the document. Raises ProgramError if it is not a JSON object."""
        if isinstance(self.document, dict):
            return self.document
        raise ProgramError.of(Why.GARBLED, f"the response {self.why}")

    @property
    def message(self) -> str:
        """The message of an error, empty if the answer does not come from an API server."""
        text = self.document.get("message", "") if isinstance(self.document, dict) else ""
        return mask(str(text))

    @property
    def is_status(self) -> bool:
        """Whether it is the error of an API server, not the page of a proxy or gateway."""
        return isinstance(self.document, dict) and self.document.get("kind") == "Status"

    @property
    def is_missing(self) -> bool:
        """Whether the API server answers that the requested object does not exist."""
        is_missing = self.status == HTTPStatus.NOT_FOUND and self.is_status
        return is_missing and self.document.get("reason") == "NotFound"

    def refusal(self, permission: str, where: str = "") -> Unread:
        """Return the reason for an error of a request that needs the permission *permission*.

        It is never that something does not exist: discovery has named what is requested.
        """
        message = self.message
        if self.status == HTTPStatus.FORBIDDEN and self.is_status:
            return refusals.forbidden(message, permission, f"{permission}{where}")
        text = f"the API server returned an error: {self.status} {message}"
        return Unread(Why.FAILED, text.rstrip())


class ApiClient:
    """A connection to one cluster, open within a `with` block.

    If it cannot be opened, `get` raises the reason. `clock_skew` is the seconds that this machine
    is ahead of the server, None if unknown. Threads may share a client. *while_starting* is called
    while kubectl starts.
    """

    def __init__(self, access: Access, while_starting: Callable[[], None] = lambda: None) -> None:
        self.clock_skew: float | None = None
        self._access, self._while_starting = access, while_starting
        self._deadline = access.deadline
        self._began = time.monotonic()
        self._closing = ExitStack()
        self._aborted = threading.Event()
        self._late = False
        self._proxy: Proxy | None = None
        self._dead: Unread | None = None
        self._lock = threading.Lock()
        self._local = threading.local()
        self._connections: list[HTTPConnection] = []
        self._requests = self._bytes = 0
        self._per_query: Counter[str] = Counter()
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
        with signals.deferred():  # an exception inside a lock would leave it locked
            self._closing.close()

    def start_config_view(self) -> None:
        """Start to read the kubeconfig, so that `kubeconfig` takes less time later."""
        if self._proxy is not None:
            self._proxy.start_config_view()

    @property
    def kubeconfig(self) -> Kubeconfig:
        """What kubectl is configured to reach; only within the block."""
        if self._proxy is None:
            return Kubeconfig()
        return self._proxy.kubeconfig(Deadline(max(self._deadline.remaining(), _GRACE)))

    @property
    def cost(self) -> Cost:
        """The cost of all requests so far."""
        return Cost(self._requests, self._bytes, time.monotonic() - self._began)

    def requests(self, query: str) -> int:
        """Return the number of requests for a *query* so far."""
        return self._per_query[query]

    def get(
        self,
        path: str,
        accept: str = "application/json",
        query: str = "",
        keep: Callable[[Any], Any] = unchanged,
    ) -> Reply:
        """Return the answer to a GET of *path*, with its query string, regardless of the status.

        *query* is the name under which `requests` counts it. Each item of a list is replaced by
        what *keep* returns for it. The request is repeated if the API server is busy, or if the
        connection is lost after it worked. Raises ProgramError if there is no answer. If the
        reason concerns the whole cluster, all later requests fail with it immediately.
        """
        for tries in count(1):
            try:
                reply = self._get(path, accept, query, keep)
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
        """Wait, and return True; or return False immediately if the time will be up before."""
        return seconds < self._deadline.remaining() and not self._aborted.wait(seconds)

    def abort(self) -> None:
        """End all requests under way, and refuse later ones; any thread may call this."""
        with signals.deferred():
            self._aborted.set()
            if self._proxy is not None:
                self._proxy.end()

    @contextmanager
    def abort_on_error(self) -> Iterator[None]:
        """Abort if the block raises, so that nothing waits for the threads that use the client."""
        try:
            yield
        except BaseException:
            self.abort()
            raise

    def _open(self, closing: ExitStack) -> None:
        closing.callback(self._close_connections)
        if not self._deadline.remaining():
            raise processes.TimeUpError.of_start(self._deadline, "kubectl")
        with signals.deferred():  # else a signal could come before the proxy is in *closing*
            self._proxy = proxy = closing.enter_context(opened(self._access.flags))
        self._while_starting()
        proxy.wait(self._deadline)
        # When the time is up, kubectl is ended, and with it every request under way.
        alarm = threading.Timer(self._deadline.remaining(), self._expire)
        alarm.daemon = True  # it must not keep the process from exiting
        closing.callback(alarm.cancel)
        alarm.start()

    def _get(self, path: str, accept: str, query: str, keep: Callable[[Any], Any]) -> Reply:
        proxy = self._proxy
        if self._dead is not None or proxy is None:
            raise ProgramError(self._dead or _NOT_OPEN)
        connection = self._connection(proxy)
        sent, began = time.time(), time.monotonic()
        try:
            connection.request("GET", path, headers={**_HEADERS, "Accept": accept})
            response = connection.getresponse()
            seconds = time.monotonic() - began
            if _is_from_kubectl(response):
                text = response.read().decode(errors="replace")
                unread = failures.explain(text, self.kubeconfig, proxy.stderr())
                raise _LostError(unread, cluster=True)
            received = _Body(response)
            document, why = _document(received, keep)
        except (OSError, HTTPException, zlib.error) as error:
            connection.close()
            raise self._lost(error, proxy) from error
        with self._lock:
            self._requests += 1
            self._per_query[query] += 1
            self._bytes += received.bytes
            self._compare_clocks(response.getheader("Date", ""), sent, seconds)
        if response.status == HTTPStatus.UNAUTHORIZED:
            self._dead = failures.refused(response.status, self.kubeconfig)
            raise ProgramError(self._dead)
        delay = response.getheader("Retry-After", "")
        seconds = float(delay) if delay.isdecimal() else 0
        return Reply(response.status, document, seconds, why)

    def _connection(self, proxy: Proxy) -> HTTPConnection:
        """Return the connection of this thread."""
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _UnixConnection(
                proxy.socket, self._access.request_timeout
            )
            self._connections.append(connection)
        return connection

    def _close_connections(self) -> None:
        for connection in self._connections:
            connection.close()

    def _expire(self) -> None:
        self._late = True
        self.abort()

    def _lost(self, error: Exception, proxy: Proxy) -> "_LostError":
        """Return the reason for an answer that is missing or cut off."""
        if self._late:
            seconds = self._deadline.time_for(self._began)
            unread = failures.silent(seconds, proxy.stderr(), self.kubeconfig)
        elif self._aborted.is_set():
            unread = _NOT_OPEN
        elif isinstance(error, TimeoutError):
            seconds = self._access.request_timeout or 0
            unread = failures.silent(seconds, proxy.stderr(), self.kubeconfig)
            return _LostError(unread, cluster=False)
        elif not proxy.alive():
            unread = failures.explain(f"it exited unexpectedly {proxy.stderr()}", self.kubeconfig)
        else:
            return _LostError(Unread(Why.GARBLED, "the response was cut off"), cluster=False)
        return _LostError(unread, cluster=True)

    @property
    def now(self) -> datetime:
        """The time by the server's clock, as that in its objects, or by ours if it is unknown."""
        skew = self.clock_skew or 0.0
        known = timedelta(seconds=skew) if abs(skew) < _MOST_SKEW else timedelta()
        return datetime.now(UTC) - known

    def _compare_clocks(self, date: str, sent: float, seconds: float) -> None:
        """Use the fastest answer: the first one may include a login."""
        if seconds < self._fastest:
            with suppress(OverflowError, TypeError, ValueError):
                # The header has whole seconds, and was written about halfway.
                there = parsedate_to_datetime(date).timestamp() + 0.5
                self.clock_skew = sent + seconds / 2 - there
                self._fastest = seconds


class _LostError(ProgramError):
    """There is no answer; `cluster` is whether the reason concerns the whole cluster."""

    def __init__(self, unread: Unread, *, cluster: bool) -> None:
        super().__init__(unread)
        self.cluster = cluster


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket; http.client reopens it after it was closed."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Body:
    """The body of an answer, decompressed as it arrives; `bytes` is the number received."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        """Yield the decompressed chunks. Raises OSError, HTTPException or zlib.error if cut off."""
        packed = self._response.getheader("Content-Encoding") == "gzip"
        unpacking = zlib.decompressobj(wbits=31) if packed else None
        while chunk := self._response.read1(_CHUNK):
            self.bytes += len(chunk)
            yield from _unpacked(unpacking, chunk) if unpacking else (chunk,)
        if self._response.length or (unpacking and (not unpacking.eof or unpacking.unused_data)):
            raise IncompleteRead(b"")
        self._response.close()  # read1 does not, and the connection would count as busy


def _unpacked(unpacking: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """Yield what *chunk* unpacks to, which may be a thousand times as much."""
    yield unpacking.decompress(chunk, _UNPACKED)
    while unpacking.unconsumed_tail:
        yield unpacking.decompress(unpacking.unconsumed_tail, _UNPACKED)


def _document(body: _Body, keep: Callable[[Any], Any]) -> tuple[Any, str]:
    """Return the JSON in *body*, or None and the end of a sentence on it; all of it is received."""
    chunks = iter(body)
    try:
        return json_stream.read(chunks, keep), _NO_OBJECT
    except UnreadableError as error:
        why = f"{error}"
    except ValueError:
        why = _NO_OBJECT
    for _ in chunks:
        pass
    return None, why


def _is_from_kubectl(response: HTTPResponse) -> bool:
    """Return whether kubectl itself answers, because it cannot reach the API server."""
    return (
        response.status == HTTPStatus.INTERNAL_SERVER_ERROR
        and (response.getheader("Content-Type") or "").startswith("text/plain")
        and response.getheader("Audit-Id") is None
    )
