"""The tables of rules for messages by their names, imported when a message is judged.

A package of several modules lists them in PARTS, which are imported one by one.
Importing all takes longer than checking a healthy cluster, and an object needs only some of them.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from fluxstatus.knowledge.rule import Rule
from fluxstatus.model.kinds import KindNames

_ANY: KindNames = frozenset()
_IMAGES: KindNames = frozenset({"ImagePolicy", "ImageRepository"})

TOPICS: Mapping[str, KindNames] = {
    # what an applier builds, then how the API server responds
    "releases": frozenset({"HelmRelease"}),
    "health": _ANY,
    "decryption": frozenset({"Kustomization"}),
    "substitution": frozenset({"Kustomization"}),
    "building": frozenset({"Kustomization", "ResourceSet"}),
    "instances": frozenset({"FluxInstance"}),
    "resource_sets": frozenset({"ResourceSet", "ResourceSetInputProvider"}),
    "tenancy": _ANY,
    "cel": _ANY,
    "remote_clusters": frozenset({"HelmRelease", "Kustomization"}),
    "admission": _ANY,
    "applying": _ANY,
    "api_server": _ANY,
    "manifests": _ANY,
    # what else a controller needs, then the host that it connects to
    "images": _IMAGES,
    "image_updates": frozenset({"ImageUpdateAutomation"}),
    "artifact_generators": _ANY,
    "notifications": frozenset({"Alert", "Provider"}),
    "secret_refs": _ANY,
    "signatures": _ANY,
    "buckets": frozenset({"Bucket"}),
    "artifacts": _ANY,
    "cloud": _ANY,
    "transport": _ANY,
    "git": _ANY,
    "charts": _ANY,
    "registry_login": _ANY,
    "registry_policies": frozenset({"HelmChart", "OCIRepository", *_IMAGES}),
    "registry": _ANY,
}
"""The modules with the tables, in search order, and the kinds that each applies to (empty: all)."""


def tables_about(kind: str) -> Iterator[str]:
    """Yield the names of the tables for objects of *kind*.

    If several rules match equally deep in a message, the first of these tables wins.
    """
    return (name for name, kinds in TOPICS.items() if not kinds or kind in kinds)


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
