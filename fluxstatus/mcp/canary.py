"""A made-up Secret in an API server of our own, to see what an MCP server makes of it.

The API server listens on loopback and has nothing but one namespace with a ConfigMap and a Secret.
A random name stands for all three, so no other cluster has any of them.
"""

import json
import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fluxstatus.cluster.processes import ProgramError, temp_dir
from fluxstatus.mcp.protocol import Session
from fluxstatus.model.evidence import Why

TOOL = "get_kubernetes_resources"
_KEY = "canary"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MASKED = re.compile(rf"\b{_KEY}['\"]?\s*:\s*['\"]?\*+['\"]?\s*(?:[,}}\n]|\Z)")
"""The key of the Secret with asterisks instead of its value, in YAML or JSON."""


class Masking(StrEnum):
    """What came back of the made-up Secret."""

    MASKED = "masked"
    SHOWN = "shown"
    UNKNOWN = "unknown"


class Canary(NamedTuple):
    """The made-up objects: their name, the value of each, and the kubeconfig that leads to them."""

    name: str
    public: str
    secret: str
    kubeconfig: str

    @property
    def forms(self) -> tuple[str, ...]:
        """The value of the Secret, plain and as its `data` has it."""
        return self.secret, _base64(self.secret)


@contextmanager
def serving(context: str) -> Iterator[Canary]:
    """Serve made-up objects, in a kubeconfig with *context*, until the block ends.

    Raises ProgramError.
    """
    name, public, secret = (f"flux-status-{os.urandom(12).hex()}" for _ in range(3))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="flux-status-canary-", dir=temp_dir()) as folder,
            _listening(Canary(name, public, secret, f"{folder}/kubeconfig"), context) as canary,
        ):
            yield canary
    except OSError as error:
        raise ProgramError.of(
            Why.FAILED, f"the API server for the test could not be started: {error}"
        ) from error


def masking(session: Session, canary: Canary) -> tuple[Masking, str]:
    """Return what the server of *session* makes of *canary*, with the reason if that is unknown.

    It is asked for a Secret only if it has shown the ConfigMap, so it asks our API server.
    """
    where = {"apiVersion": "v1", "name": canary.name, "namespace": canary.name}
    if canary.public not in session.call_unmasked(TOOL, kind="ConfigMap", **where):
        return Masking.UNKNOWN, "it does not use the kubeconfig in $KUBECONFIG"
    text = session.call_unmasked(TOOL, kind="Secret", **where)
    if any(form in text for form in canary.forms):
        return Masking.SHOWN, ""
    if canary.name in text and _MASKED.search(text):
        return Masking.MASKED, ""
    return Masking.UNKNOWN, "it did not return the Secret"


@contextmanager
def _listening(canary: Canary, context: str) -> Iterator[Canary]:
    """Serve *canary* on a free port, and write its kubeconfig. Raises OSError."""
    documents = _documents(canary)

    class Handler(BaseHTTPRequestHandler):
        """Answers from `documents`, and nothing else."""

        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            """Answer a request."""
            document = documents.get(urlsplit(self.path).path.rstrip("/"))
            body = json.dumps(document or _NOT_FOUND).encode()
            self.send_response(200 if document else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server
            """Print nothing."""

    class Server(ThreadingHTTPServer):
        """Prints nothing about a client that goes away."""

        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Print nothing."""

    with Server(("127.0.0.1", 0), Handler) as server:
        Path(canary.kubeconfig).write_text(_kubeconfig(server.server_port, context))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield canary
        finally:
            server.shutdown()
            thread.join()


def _kubeconfig(port: int, context: str) -> str:
    """Return a kubeconfig with *context*, which has no credentials."""
    name = context or "canary"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": name, "user": {}}],
    }
    return json.dumps(document)


_NOT_FOUND = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound",
              "code": 404}  # fmt: skip
_KINDS = {"configmaps": "ConfigMap", "secrets": "Secret"}


def _documents(canary: Canary) -> dict[str, Any]:
    """Return what the API server has, by path."""
    data = {"configmaps": {_KEY: canary.public}, "secrets": {_KEY: _base64(canary.secret)}}
    resources = [
        {"name": one, "singularName": kind.lower(), "namespaced": True, "kind": kind,
         "verbs": ["get", "list"]}
        for one, kind in _KINDS.items()
    ]  # fmt: skip
    found: dict[str, Any] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/apis": {"apiVersion": "v1", "kind": "APIGroupList", "groups": []},
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources},
        "/version": {"major": "1", "minor": "37", "gitVersion": "v1.37.0"},
    }
    for plural, kind in _KINDS.items():
        one = _object(kind, canary, data[plural])
        items = {"apiVersion": "v1", "kind": f"{kind}List", "metadata": {"resourceVersion": "1"},
                 "items": [one]}  # fmt: skip
        path = f"/api/v1/namespaces/{canary.name}/{plural}"
        found |= {path: items, f"{path}/{canary.name}": one}
    return found


def _object(kind: str, canary: Canary, data: dict[str, str]) -> dict[str, Any]:
    """Return an object as `kubectl apply` leaves it: with a copy of itself in an annotation."""
    plain = {"apiVersion": "v1", "kind": kind, "data": data}
    if kind == "Secret":
        plain["type"] = "Opaque"
    metadata = {"name": canary.name, "namespace": canary.name}
    copy = json.dumps({**plain, "metadata": metadata})
    uid = "00000000-0000-4000-8000-000000000001"
    about = {**metadata, "uid": uid, "resourceVersion": "1", "annotations": {_LAST_APPLIED: copy}}
    return {**plain, "metadata": about}


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
