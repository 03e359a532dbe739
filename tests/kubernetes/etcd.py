"""etcd's JSON gateway: keys and values in and out, many at once."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SECONDS = 60  # on a busy machine
_BATCH = 1_000  # keys in one transaction

# Loopback is no business of a proxy that the environment names.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Etcd:
    """The etcd at *url*."""

    def __init__(self, url: str) -> None:
        self.url = url

    def revisions(self, prefix: str) -> dict[str, int]:
        """Return for every key that begins with *prefix* the revision of its last change."""
        found = self._range(prefix, keys_only=True)
        return {_decoded(pair["key"]).decode(): int(pair["mod_revision"]) for pair in found}

    def values(self, prefix: str) -> dict[str, bytes]:
        """Return every value by its key, where the key begins with *prefix*."""
        found = self._range(prefix, keys_only=False)
        return {_decoded(pair["key"]).decode(): _decoded(pair["value"]) for pair in found}

    def put(self, values: Mapping[str, bytes]) -> None:
        """Store *values* by their keys."""
        self._transactions(
            {"request_put": {"key": _encoded(key.encode()), "value": _encoded(value)}}
            for key, value in values.items()
        )

    def delete(self, keys: Iterable[str]) -> None:
        """Delete *keys*."""
        self._transactions(
            {"request_delete_range": {"key": _encoded(key.encode())}} for key in keys
        )

    def _range(self, prefix: str, *, keys_only: bool) -> list[dict[str, Any]]:
        # "All with this prefix" ends, for etcd, before the prefix with its last byte raised.
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        body = {
            "key": _encoded(prefix.encode()),
            "range_end": _encoded(end.encode()),
            "keys_only": keys_only,
        }
        found: list[dict[str, Any]] = self._post("/v3/kv/range", body).get("kvs", [])
        return found

    def _transactions(self, operations: Iterable[dict[str, Any]]) -> None:
        rest = iter(operations)
        while batch := list(itertools.islice(rest, _BATCH)):
            self._post("/v3/kv/txn", {"success": batch})
        # All of a batch has one revision, and an API server that has seen the first key of it
        # takes itself to be up to date. One more revision makes it wait for all the others.
        self._post("/v3/kv/put", {"key": _encoded(b"/tests/last"), "value": ""})

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(self.url + path, json.dumps(body).encode())
        with _DIRECT.open(request, timeout=_SECONDS) as answer:
            decoded: dict[str, Any] = json.load(answer)
        return decoded


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)
