"""Who must have a revision: the sources that carry it, and all that is downstream of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.sources import feeding, is_carrier, kinds_with, refuse_moving
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.inventory import entry_of, ids_in
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import dependencies_of, feeds_of, sync_source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State


class Role(StrEnum):
    """Why an object is waited for."""

    SOURCE = "source"  # it fetches the revision
    BETWEEN = "between"  # it makes another artifact of it: a chart, or a part of it
    CONSUMER = "consumer"  # it applies the revision
    CHILD = "child"  # a consumer created it, from the revision
    DEPENDENT = "dependent"  # it depends on a consumer


_BETWEEN = ("HelmChart", "ExternalArtifact", "ArtifactGenerator")
_CONSUMERS = ("Kustomization", "HelmRelease")
_CHILDREN = frozenset(
    {*_BETWEEN, *_CONSUMERS, "GitRepository", "OCIRepository", "Bucket", "HelmRepository",
     "ResourceSet", "FluxInstance"}
)  # fmt: skip
"""Kinds whose objects are waited for if their owner is; other kinds do not pass the revision on."""


class Member(NamedTuple):
    """An object that is waited for; `source` is what it takes the revision from, None if nothing.

    `owner` is the member that created it.
    """

    key: Key
    role: Role
    source: Key | None = None
    owner: Key | None = None


def sources_of(state: State, wanted: Revision, named: Iterable[Resource]) -> list[Key]:
    """Return the carrying sources of the objects that are *named*. Raises ArgumentError.

    The chart of a HelmRelease carries a version. A commit is carried by the source of the chart or,
    if that is no Git repository, by that of the Kustomization that created the HelmRelease.
    """
    found: dict[Key, None] = {}
    for one in named:
        carrying = carrying_for(state, wanted, one)
        if not carrying:
            raise ArgumentError(
                f"{one.ref} has no source that can have the revision {wanted.given!r}"
            )
        found |= dict.fromkeys(carrying)
    refuse_moving(wanted, (state.resources[key] for key in found))
    return [*found]


def carrying_for(state: State, wanted: Revision, named: Resource) -> list[Key]:
    """Return the sources from which *named* can get *wanted*, as far as they are known."""
    todo, seen = [named], set[Key]()
    while todo:
        one = todo.pop(0)
        keys = [one.ref.key] if is_carrier(one) else [*_upstream(state, one)]
        found = [key for key in keys if _can_carry(state, wanted, key)]
        if found:
            charts = [key for key in found if key[0] == "HelmChart"]
            return charts or found
        for key in creators_of(one.labels):
            if key not in seen and key in state.resources:
                seen.add(key)
                todo.append(state.resources[key])
    return []


def _can_carry(state: State, wanted: Revision, key: Key) -> bool:
    source = state.resources.get(key)
    if source is None or key[0] not in kinds_with(wanted):
        return False
    return is_carrier(source) or (key[0] == "HelmChart" and wanted.is_version)


def _upstream(state: State, resource: Resource) -> Iterator[Key]:
    """Yield the sources of *resource*, and those that a FluxInstance creates."""
    if resource.ref.kind == "FluxInstance" and (key := sync_source_of(resource)):
        yield key
    yield from feeding(state, resource)


class Graph:
    """What is downstream of what in *state*."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.fed: Mapping[Key, list[Key]] = defaultdict(list)
        self.dependents: Mapping[Key, list[Key]] = defaultdict(list)
        for key, one in state.resources.items():
            for source in feeds_of(one):
                self.fed[source].append(key)
            for needed in dependencies_of(one, "") if one.ref.kind in _CONSUMERS else ():
                self.dependents[needed].append(key)

    def downstream(self, carriers: Iterable[Key]) -> dict[Key, Member]:
        """Return *carriers* and all that takes the revision from them, directly or not."""
        found = {key: Member(key, Role.SOURCE) for key in carriers}
        todo = [*found]
        while todo:
            source = todo.pop(0)
            for key in self.fed.get(source, ()):
                if key not in found and key[0] in (*_BETWEEN, *_CONSUMERS):
                    role = Role.CONSUMER if key[0] in _CONSUMERS else Role.BETWEEN
                    found[key] = Member(key, role, source)
                    todo.append(key)
            known = self.state.resources.get(source)
            for key in _made(known) if source[0] == "ArtifactGenerator" and known else ():
                if key not in found:
                    found[key] = Member(key, Role.BETWEEN, source)
                    todo.append(key)
        return found


def members(
    state: State,
    carriers: Iterable[Key],
    named: Iterable[Key] = (),
    namespaces: Collection[str] = (),
) -> list[Member]:
    """Return the objects that must have the revision of *carriers*, sources first.

    Without names of consumers these are all consumers, in *namespaces* or in all; with *named* ones
    these, and what is above and below them.
    """
    graph = Graph(state)
    fed = graph.downstream(carriers)
    roots = [key for key in named if fed.get(key, Member(key, Role.CHILD)).role is not Role.SOURCE]
    if not roots:
        roots = [
            key
            for key, one in fed.items()
            if one.role is Role.CONSUMER and (not namespaces or key[1] in namespaces)
        ]
        found = dict(fed) if not namespaces else _path(state, fed, roots)
    else:
        found = _path(state, fed, [*roots, *_owners(state, fed, roots)])
        for key in roots:
            owners = [one for one in creators_of(state.resources[key].labels) if one in found]
            found[key] = found[key]._replace(owner=next(iter(owners), None))
    _add_below(graph, fed, roots, found)
    order = list(Role)
    return sorted(found.values(), key=lambda one: (order.index(one.role), one.key))


def _path(state: State, fed: Mapping[Key, Member], roots: Iterable[Key]) -> dict[Key, Member]:
    """Return *roots*, and what they take the revision from."""
    found: dict[Key, Member] = {}
    for root in roots:
        key: Key | None = root
        while key is not None and key not in found:
            found[key] = fed.get(key, Member(key, Role.CHILD))
            key = found[key].source
    carrying = {key for key, one in fed.items() if one.role is Role.SOURCE}
    return {key: fed[key] for key in carrying if key in state.resources} | found


def _owners(state: State, fed: Mapping[Key, Member], roots: Iterable[Key]) -> Iterator[Key]:
    """Yield the consumers that created *roots*: the revision may change the specs of these."""
    todo, seen = [*roots], set[Key]()
    while todo:
        known = state.resources.get(todo.pop())
        for key in creators_of(known.labels) if known else ():
            if key in fed and key not in seen:
                seen.add(key)
                todo.append(key)
                yield key


def _add_below(
    graph: Graph, fed: Mapping[Key, Member], roots: Iterable[Key], found: dict[Key, Member]
) -> None:
    """Add to *found* what *roots* have created and what depends on them, and so on."""
    todo, seen = [*roots], set[Key]()
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        known = graph.state.resources.get(key)
        for child in _made(known) if known else ():
            member = fed.get(child) or found.get(child) or Member(child, Role.CHILD)
            if child != key:
                found[child] = member._replace(owner=member.owner or key)
                todo.append(child)
        for other in graph.dependents.get(key, ()):
            found.setdefault(other, fed.get(other, Member(other, Role.DEPENDENT)))


def _made(owner: Resource) -> Iterator[Key]:
    """Yield the objects of Flux in the inventory of *owner* that bring anything further."""
    if owner.spec.get("kubeConfig") is not None:  # they are in another cluster
        return
    for one in ids_in(owner.status.get("inventory")) or ():
        entry = entry_of(one)
        kind = KINDS.get(entry.kind) if entry else None
        if entry and kind and kind.group == entry.group and kind.name in _CHILDREN:
            yield kind.name, entry.namespace, entry.name


def ref_of(state: State, key: Key) -> Ref:
    """Return the reference to the object *key*, with its API version if that is known."""
    known = state.resources.get(key)
    return known.ref if known else Ref("", *key)
