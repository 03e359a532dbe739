"""The API server as the tests themselves ask it."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

from . import access

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS = 60  # on a busy machine

# Every kind of every group in one answer, instead of one answer for each group and version.
_DISCOVERY = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")  # envtest's server may be older than 1.30
)


class Served(NamedTuple):
    """A kind in one version, and its name in paths."""

    group: str
    version: str
    kind: str
    plural: str


class Api:
    """The API server at *server*, whose certificate *authority* (PEM) signed."""

    def __init__(self, server: str, authority: str) -> None:
        trust = ssl.create_default_context(cadata=authority)
        # Loopback is no business of a proxy that the environment names.
        direct = urllib.request.ProxyHandler({})
        self._server = server
        self._opener = urllib.request.build_opener(
            direct, urllib.request.HTTPSHandler(context=trust)
        )

    def get(self, path: str, user: str = access.HARNESS, accept: str = "application/json") -> Any:
        """Return the answer to a GET of *path* by *user*: JSON decoded, text as text.

        Raises urllib's HTTPError for a refusal, another OSError for no answer.
        """
        return self._ask("GET", path, user, None, accept)

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Create the object *body*. Raises as ``get``."""
        self._ask("POST", path, access.HARNESS, body)

    def delete(self, path: str) -> None:
        """Delete the object at *path*. Raises as ``get``."""
        self._ask("DELETE", path, access.HARNESS, None)

    def answers(self, path: str, user: str = access.HARNESS) -> bool:
        """Return whether *user* gets what is at *path*."""
        try:
            self.get(path, user)
        except urllib.error.HTTPError as refused:
            refused.close()  # from 3.14 on Python warns of what is left open
            return False
        except OSError:
            return False
        return True

    def served(self) -> Iterator[Served]:
        """Yield every kind that is served, in each of its versions."""
        for path in ("/api", "/apis"):
            for group in self.get(path, accept=_DISCOVERY)["items"]:
                for version in group["versions"]:
                    for resource in version["resources"]:
                        yield Served(
                            group["metadata"].get("name", ""),
                            version["version"],
                            resource["responseKind"]["kind"],
                            resource["resource"],
                        )

    def _ask(
        self,
        method: str,
        path: str,
        user: str,
        body: Mapping[str, Any] | None,
        accept: str = "application/json",
    ) -> Any:
        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {access.token(user)}",
            "Content-Type": "application/json",
        }
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, content, headers, method=method)
        with self._opener.open(request, timeout=_SECONDS) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.startswith("{") else text
