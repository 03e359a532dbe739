"""What the API server was asked, from its own audit log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import access

if TYPE_CHECKING:
    from pathlib import Path

POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "users": [access.HARNESS, "system:apiserver"]},
        {"level": "Metadata"},
    ],
}


@dataclass
class Request:
    """One request: who asked for what with which program, and the status *code* of the answer."""

    verb: str
    uri: str
    user: str
    agent: str
    group: str
    resource: str  # empty if the URI is not that of a resource, such as /apis
    namespace: str
    name: str
    code: int | None = None  # None: not answered, or an open watch


class AuditLog:
    """The audit log in the file *path*."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin = 0

    def requests(self, user: str | None = None) -> list[Request]:
        """Return the requests since ``forget``, in order, of *user* or of everyone.

        What the tests do through ``Cluster`` itself is not among them.
        """
        # A client can have its answer before the log has the code, but not before the request.
        deadline = time.monotonic() + 2
        while True:
            requests = self._read()
            unanswered = any(one.code is None and one.verb != "watch" for one in requests)
            if not unanswered or time.monotonic() > deadline:
                return [one for one in requests if user in (None, one.user)]
            time.sleep(0.02)

    def forget(self) -> None:
        """Let ``requests`` begin here."""
        self.requests()  # what is under way is to be forgotten too
        self._begin = self._path.stat().st_size

    def _read(self) -> list[Request]:
        with self._path.open("rb") as file:
            file.seek(self._begin)
            *lines, _ = file.read().split(b"\n")  # after the last newline: nothing, or half a line
        requests: dict[str, Request] = {}
        for event in map(json.loads, lines):
            request = requests.setdefault(event["auditID"], _request(event))
            request.code = event.get("responseStatus", {}).get("code", request.code)
        return list(requests.values())


def _request(event: dict[str, Any]) -> Request:
    target = event.get("objectRef", {})
    return Request(
        verb=event["verb"],
        uri=event["requestURI"],
        user=event["user"].get("username", ""),  # who was not let in has none
        agent=event.get("userAgent", ""),
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
    )
