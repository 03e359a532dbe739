"""Which objects apply into a namespace that they are not in.

Many keep all Flux objects in one namespace, so a report about a namespace is also about these.
"""

from collections.abc import Collection
from typing import TypeAlias

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.inventory import entry_of
from fluxstatus.model.kinds import FLUX_GROUPS
from fluxstatus.model.ref import Ref
from fluxstatus.state.inventories import ids_of, target_of

INTO_OTHERS = ("Kustomization", "HelmRelease", "ResourceSet")
"""The kinds that apply objects to other namespaces; a FluxInstance installs Flux only in its
own."""

Namespaces: TypeAlias = frozenset[str]

_CONTENT = frozenset({"HelmRelease", "ResourceSet"})
"""The Flux kinds whose spec defines what is deployed; all others only refer to it."""

_SET_UP = frozenset(
    {"ServiceAccount", "Role", "RoleBinding", "NetworkPolicy", "ResourceQuota", "LimitRange"}
)
"""The kinds with which a namespace is set up for a team; `flux create tenant` creates the first and
third."""


def applies_into(item: Object, namespaces: Collection[str]) -> Namespaces:
    """Return those of *namespaces* that *item*, a pruned object of INTO_OTHERS, applies into.

    It does by its spec.targetNamespace, or if it deploys something there. The Namespace, what it
    is set up with, and objects of Flux that point to what is deployed are only counted if *item*
    applies into no other namespaces: one object may set up the namespaces of all teams.
    """
    if target_of(item):
        return Namespaces()
    ids, beginnings = ids_of(item), tuple(f"{namespace}_" for namespace in namespaces)
    inside = [id_ for id_ in ids if id_.startswith(beginnings)]
    target = text_of(map_of(item.get("spec")).get("targetNamespace"))
    if len(inside) < len(ids) and not all(id_.startswith((*beginnings, "_")) for id_ in ids):
        inside = list(filter(_is_deployed, inside))
    return Namespaces({target, *map(_namespace_in, inside)}.intersection(namespaces))


def namespaces_of(item: Object) -> Namespaces:
    """Return the namespaces of this cluster that *item* applies anything into."""
    if target_of(item):
        return Namespaces()
    target = text_of(map_of(item.get("spec")).get("targetNamespace"))
    return Namespaces({target, Ref.of(item).namespace, *map(_namespace_in, ids_of(item))} - {""})


def _namespace_in(id_: str) -> str:
    """Return the namespace in an id, empty for a cluster-wide object."""
    return id_.partition("_")[0]


def _is_deployed(id_: str) -> bool:
    """Return whether the object is a part of what is deployed into its namespace."""
    entry = entry_of(id_)
    if entry is None:
        return False
    return entry.kind in _CONTENT if entry.group in FLUX_GROUPS else entry.kind not in _SET_UP
