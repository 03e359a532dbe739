"""The files that rows name."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.conftest import RECORDED

_HEALTHY = (RECORDED / "cluster-healthy.json.gz").read_bytes


def _changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(gzip.decompress(_HEALTHY())) | changes).encode()


def _many() -> bytes:
    """Return a small file that is far too large when it is unpacked."""
    return gzip.compress(b"[" + b" " * (300 << 20), compresslevel=1)


FILES: Mapping[str, Callable[[], bytes]] = {
    "healthy.json.gz": _HEALTHY,
    "empty.json": bytes,
    "page.json": lambda: b"<html></html>",
    "half.json.gz": lambda: _HEALTHY()[: len(_HEALTHY()) // 2],
    "wrong.json.gz": lambda: b"\x1f\x8b" + b"\0" * 100,
    "deep.json": lambda: b"[" * 100_000,
    "newer.json": lambda: _changed(version=99),
    "odd.json": lambda: _changed(
        answers={"pods": {"items": [1], "unread": None, "namespaces": []}}
    ),
    "large.json.gz": _many,
    "garbled.yaml": lambda: b"apiVersion: v1\n  kind: ]",
    "refused.yaml": lambda: _kubeconfig("https://127.0.0.1:1"),
}
"""The content of each file, by its name."""


def _kubeconfig(server: str) -> bytes:
    return json.dumps(
        {
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "x", "cluster": {"server": server}}],
            "users": [{"name": "x", "user": {"token": "x"}}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        }
    ).encode()  # fmt: skip
