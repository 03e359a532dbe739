"""The environment of kubectl and flux-operator, which end before collecting garbage pays.

Go collects some ten times while either starts. Without that each takes a quarter less CPU and, with
10,000 objects, 2 MiB more memory; at a limit they collect after all. Log-in programs inherit this
from kubectl, which cannot be told to leave it out. What runs for long (logs, the tunnel of `ui`)
collects as usual.
"""

import os
from collections.abc import Mapping

_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "256MiB"}
"""See pkg.go.dev/runtime#hdr-Environment_Variables."""


def environment() -> Mapping[str, str] | None:
    """Return the environment for a Go program that ends soon; None for ours, as the user set it."""
    if not _COLLECTION.keys().isdisjoint(os.environ):
        return None
    return {**os.environ, **_COLLECTION}
