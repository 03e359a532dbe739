"""An API server just large enough for a check, which falls ill as a test likes."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KUSTOMIZATIONS = "kustomizations.kustomize.toolkit.fluxcd.io"
HELM_RELEASES = "helmreleases.helm.toolkit.fluxcd.io"

_GROUPS = {
    "kustomize.toolkit.fluxcd.io": ("v1", "kustomizations", "Kustomization"),
    "helm.toolkit.fluxcd.io": ("v2", "helmreleases", "HelmRelease"),
}
_KINDS = {
    "deployments": ("apps/v1", "DeploymentList"),
    "pods": ("v1", "PodList"),
    "services": ("v1", "ServiceList"),
    "events": ("v1", "EventList"),
    **{plural: (f"{g}/{v}", f"{kind}List") for g, (v, plural, kind) in _GROUPS.items()},
}


class Answering(BaseHTTPRequestHandler):
    """A request, and the ways to answer it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send(
        self, body: bytes | str | object, status: int = 200, headers: Mapping[str, str] = {}
    ) -> None:
        """Answer with *body*: bytes and text as they are, all else as JSON."""
        kind = "application/json"
        if isinstance(body, str):
            kind, body = "text/html", body.encode()
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for key, value in {"Content-Type": kind, "Content-Length": len(content), **headers}.items():
            self.send_header(key, str(value))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Request(Answering):
    """One request; an illness gets it and answers, or leaves it to the healthy server."""

    server: "_Server"

    def do_GET(self) -> None:
        """Answer, as ill as the server is."""
        self.wanted = urlsplit(self.path).path.rpartition("/")[2]
        self.came = time.monotonic()
        self.query = {key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()}
        with self.server.lock:
            self.server.asked.append(self.path)
            self.server.times[self.wanted] += 1
            self.nth = self.server.times[self.wanted]
        illness = self.server.illnesses.get(self.wanted)
        if illness is None or illness(self) is HEALTHY:
            self._answer()

    def refuse(self, status: int, message: str, headers: Mapping[str, str] = {}) -> None:
        """Answer with an error, as an API server does."""
        self.send({"kind": "Status", "code": status, "message": message}, status, headers)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time by the server's own clock."""
        return super().date_time_string((timestamp or time.time()) + self.server.ahead)

    def _answer(self) -> None:
        if self.wanted == "apis":
            self.send(_discovery())
        elif self.wanted == "version":
            self.send({"gitVersion": "v1.30.1"})
        elif self.wanted in _KINDS:
            self._list()
        else:
            self.refuse(404, "the server could not find the requested resource")

    def _list(self) -> None:
        api_version, kind = _KINDS[self.wanted]
        items = self.server.items.get(self.wanted, [])
        begin, size = int(self.query.get("continue", 0)), int(self.query.get("limit", 0))
        end = begin + size if size else len(items)
        token = {"continue": str(end)} if end < len(items) else {}
        page = {"kind": kind, "apiVersion": api_version, "metadata": token}
        self.send({**page, "items": items[begin:end]})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.times: Counter[str] = Counter()
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.illnesses: dict[str, Illness] = {}
        self.ahead = 0.0

    def handle_error(self, *_: object) -> None:
        """Log nothing: clients hang up on purpose."""


HEALTHY = object()
Illness = Callable[[Request], object]
"""What a server does instead of answering; HEALTHY leaves the answer to the healthy server."""


class ApiServer:
    """The server as a test sees it: what it has, how it is ill, and what it was asked."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.items, self.ill = server.items, server.illnesses

    def asked(self, plural: str = "") -> list[str]:
        """Return the paths that were asked for, of one resource or of all."""
        with self._server.lock:
            return [path for path in self._server.asked if plural in path]

    def set_clock(self, ahead: float) -> None:
        """Let its clock be so many seconds *ahead*."""
        self._server.ahead = ahead

    def fill(self, plural: str, count: int) -> None:
        """Put *count* objects of a kind into it."""
        self.items[plural] = [
            {"metadata": {"name": f"{number:05}", "namespace": "apps"}} for number in range(count)
        ]


@contextlib.contextmanager
def api_server() -> Iterator[ApiServer]:
    """Run one."""
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield ApiServer(server)
        server.shutdown()


def hang(_: Request) -> None:
    """Never answer."""
    time.sleep(600)


def _discovery() -> dict[str, Any]:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group},
                "versions": [
                    {
                        "version": version,
                        "resources": [{"resource": plural, "verbs": ["get", "list"]}],
                    }
                ],
            }
            for group, (version, plural, _) in _GROUPS.items()
        ],
    }
