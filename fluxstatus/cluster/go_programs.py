"""The environment of kubectl and flux-operator, which end before collecting garbage pays.

Go collects some ten times while either starts. Without that, up to a limit of memory at which it
collects after all, each takes a quarter less time. Log-in programs inherit it from kubectl.
"""

import os
from collections.abc import Mapping

_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "64MiB"}
"""See pkg.go.dev/runtime#hdr-Environment_Variables."""


def environment() -> Mapping[str, str] | None:
    """Return the environment for a Go program that ends soon; None for ours, as the user set it."""
    if not _COLLECTION.keys().isdisjoint(os.environ):
        return None
    return {**os.environ, **_COLLECTION}
