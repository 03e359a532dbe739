"""An HTTP server on loopback; what is below /private/ requires authentication."""

from __future__ import annotations

import base64
import ssl
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import Message
    from pathlib import Path

PASSWORD = "correct-horse"
"""The password of the user ``git``."""

PRIVATE = "/private/"

_LOGIN = "Basic " + base64.b64encode(f"git:{PASSWORD}".encode()).decode()


class Request(NamedTuple):
    """A request that may be answered."""

    method: str
    path: str
    headers: Message
    body: bytes


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


NOT_FOUND = Answer(404, {}, b"")
UNAUTHORIZED = Answer(401, {"WWW-Authenticate": 'Basic realm="test"'}, b"")


class HttpServer:
    """A server of what *answer* returns while its ``with`` block lasts, at *url*.

    With a *certificate* and its key it uses HTTPS.
    """

    def __init__(
        self, answer: Callable[[Request], Answer], certificate: tuple[Path, Path] | None = None
    ) -> None:
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, answer))
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Print nothing: clients that distrust the certificate hang up."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, answer: Callable[[Request], Answer], *more: object) -> None:
        self._answer = answer
        super().__init__(*more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, self.headers, body)
        refused = PRIVATE in self.path and self.headers.get("Authorization") != _LOGIN
        answer = UNAUTHORIZED if refused else self._answer(request)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Print nothing: the controllers report what fails."""
