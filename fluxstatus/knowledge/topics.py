"""The tables of rules for messages by their names, imported when a message is judged.

A package of several modules lists them in PARTS, which are imported one by one.
Importing all takes longer than checking a healthy cluster, and an object needs only some of them.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from fluxstatus.knowledge.rule import Rule

TOPICS = (
    # what an applier builds, then how the API server responds
    "releases",
    "health",
    "decryption",
    "substitution",
    "building",
    "instances",
    "resource_sets",
    "input_providers",
    "tenancy",
    "cel",
    "remote_clusters",
    "admission",
    "applying",
    "api_server",
    "manifests",
    # what else a controller needs, then the host that it connects to
    "images",
    "image_updates",
    "artifact_generators",
    "notifications",
    "secret_refs",
    "signatures",
    "buckets",
    "artifacts",
    "cloud",
    "transport",
    "git",
    "charts",
    "registry_login",
    "registry_policies",
    "registry",
)
"""The modules with the tables, in search order.

If several rules match equally deep in a message, the first of these tables wins.
"""


def parts_of(name: str) -> tuple[str, ...]:
    """Return the names of the parts of the table *name* in their order, or *name* if it has none."""
    parts: tuple[str, ...] = getattr(_module(name), "PARTS", ())
    return tuple(f"{name}.{part}" for part in parts) or (name,)


@cache
def table(name: str) -> tuple[Rule, ...]:
    """Return the rules in the table *name*, or in a part of it."""
    return tuple(rule for part in parts_of(name) for rule in _module(part).RULES)


def _module(name: str) -> ModuleType:
    return import_module(f"fluxstatus.knowledge.{name}")
