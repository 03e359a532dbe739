"""The least that a program of this shape takes: the same packages, kubectl and lists, no check.

It starts `kubectl proxy` with sh before it imports typer and jmespath, asks for every list of Flux,
four at a time, parses them, counts, and ends without tidying up. What the check takes beyond that
is its own; what this takes, no program in Python with these packages can save.

It stays as it is, so that figures of different days have the same measure. 60 to 80 ms of its
CPU time are `import sh`, it leaves the garbage collector on, and it does not wait for kubectl, the
CPU time of which only counts if what runs this waits for it, as `tests/bench/__main__.py` does.

    python tests/bench/floor.py --context=NAME
"""

import os
import signal
import sys
import tempfile

import sh

FOLDER = tempfile.mkdtemp()
SOCKET = f"{FOLDER}/s"
PROXY = sh.Command("kubectl")(
    "proxy", f"--unix-socket={SOCKET}", *sys.argv[1:],
    _bg=True, _bg_exc=False, _new_session=True, _out=os.devnull, _err=os.devnull,
)  # fmt: skip

# ruff: noqa: E402 - kubectl starts meanwhile

import json
import shutil
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

import jmespath
import typer

LISTS = (
    "/version",
    "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io/part-of=flux",
    "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io/name=flux-operator",
    "/api/v1/events?fieldSelector=type=Warning",
    "/api/v1/namespaces/flux-system/pods",
    "/api/v1/namespaces/flux-system/services",
)
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
RESOURCES = jmespath.compile("versions[0].resources[].resource")
THREADS = 4

local = threading.local()


class Line(HTTPConnection):
    """HTTP over the socket of the proxy."""

    def connect(self) -> None:
        """Open the socket instead of a port."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def get(path: str, accept: str = "application/json") -> Any:
    """Return the answer; each thread keeps its connection."""
    if not hasattr(local, "line"):
        local.line = Line("localhost")
    local.line.request("GET", path, headers={"Accept": accept, "Accept-Encoding": "gzip"})
    response = local.line.getresponse()
    body = response.read()
    packed = response.getheader("Content-Encoding") == "gzip"
    return json.loads(zlib.decompress(body, wbits=31) if packed else body)


def lists(groups: Any) -> Iterator[str]:
    """Yield the path of the list of every Flux kind, the longest first."""
    for group in sorted(groups["items"], key=lambda g: "kustomize" not in g["metadata"]["name"]):
        name = group["metadata"]["name"]
        if name.endswith(("fluxcd.io", "fluxcd.controlplane.io")):
            version = group["versions"][0]["version"]
            for plural in RESOURCES.search(group):
                yield f"/apis/{name}/{version}/{plural}?limit=10000"


def count(context: str = "") -> None:
    """Count what the lists hold; *context* is for kubectl."""
    del context  # it has been passed on already
    while True:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(SOCKET)
            break
        time.sleep(0.003)
    paths = [*lists(get("/apis", DISCOVERY)), *LISTS]
    with ThreadPoolExecutor(THREADS) as pool:
        found = sum(len(answer.get("items", ())) for answer in pool.map(get, paths))
    sys.stdout.write(f"{found}\n")
    sys.stdout.flush()
    os.killpg(PROXY.pid, signal.SIGKILL)
    shutil.rmtree(FOLDER)
    os._exit(0)  # without freeing what was read


if __name__ == "__main__":
    typer.run(count)
