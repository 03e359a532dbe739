"""The objects that several Flux objects apply, by comparing all inventories with each other.

There may be 200,000 entries. Their hashes, which take 8 bytes each, are compared first, and only an
entry whose hash is there twice is looked at.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from operator import is_
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.evidence import Answer, Object, Read
from fluxstatus.model.inventory import Entry, entry_of, id_of, ids_in
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref

APPLIERS = ("Kustomization", "HelmRelease", "ResourceSet", "FluxInstance")
"""The kinds with an inventory of the objects that they apply."""

_SPARSE = 8
"""The bytes per hash of the table in which hashes are counted, so that few hashes share a byte."""

_TWICE = 2  # or more often

_CRD = "_CustomResourceDefinition"


class Shared(NamedTuple):
    """Objects that are in the inventories of the same `owners`, two at least."""

    owners: tuple[Key, ...]
    objects: tuple[Entry, ...]


def shared(items: Iterable[Object]) -> list[Shared]:
    """Return what several of *items*, pruned objects of APPLIERS, have in their inventories.

    Two inventories are about the same object if they have its id and are of the same cluster.
    """
    appliers = tuple(items)
    hashes, ends = array("q"), array("l", [0])
    for item in appliers:
        hashes.extend(_hashes_of(item))
        ends.append(len(hashes))
    twice = _repeated(hashes)
    found: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for item, (begin, end) in zip(appliers, pairwise(ends), strict=True) if twice else ():
        own = hashes[begin:end]
        if not twice.isdisjoint(own):
            key, target = Ref.of(item).key, target_of(item)
            ids = zip(own, ids_of(item), strict=True)
            for id_ in dict.fromkeys(id_ for each, id_ in ids if each in twice):
                found[target, id_].append(key)
    return list(_together(found))


def owners_of(ref: Ref, items: Iterable[Object]) -> list[Key]:
    """Return those of *items*, objects of APPLIERS, that list *ref*, which is in their cluster."""
    id_ = id_of(Entry(ref.api_version.rpartition("/")[0], *ref.key))
    return sorted(Ref.of(one).key for one in items if id_ in ids_of(one) and not target_of(one))


def shared_in(answers: Mapping[str, Answer]) -> list[Shared]:
    """Return what the APPLIERS in *answers* share; *answers* are as in an Evidence.

    A check needs it twice, to decide what else to read and to report it: the second call for the
    same lists returns the result of the first.
    """
    lists = tuple(answers.get(KINDS[kind].resource, Read()).known for kind in APPLIERS)
    earlier = _compared.pop() if _compared else None
    if earlier and all(map(is_, earlier.lists, lists)):
        return earlier.found
    found = shared(chain.from_iterable(lists))
    _compared.append(_Compared(lists, found))
    return found


class _Compared(NamedTuple):
    """The lists that were compared, and what was `found`."""

    lists: tuple[tuple[Object, ...], ...]
    found: list[Shared]


_compared: list[_Compared] = []  # at most one


def contested_kinds(answers: Mapping[str, Answer]) -> set[str]:
    """Return the kinds of objects in *answers* that apply the same objects.

    *answers* are the lists of Flux objects, by plural.group. Suspended objects apply nothing.
    """
    found = shared_in(answers)
    suspended = {
        Ref.of(item).key
        for kind in (APPLIERS if found else ())
        for item in answers.get(KINDS[kind].resource, Read()).known
        if map_of(item.get("spec")).get("suspend") is True
    }
    active = ([key for key in one.owners if key not in suspended] for one in found)
    return {kind for owners in active if len(owners) > 1 for kind, _, _ in owners}


def ids_of(item: Object) -> list[str]:
    """Return the ids in the inventory of *item*, a pruned object.

    The CRDs of a HelmRelease are left out. Those in the crds folder of its chart are listed even if
    it does not apply them, and Helm never deletes them (helm-controller internal/inventory
    AddCRDs).
    """
    ids = ids_in(map_of(item.get("status")).get("inventory")) or []
    if item.get("kind") == "HelmRelease":
        return [one for one in ids if not one.endswith(_CRD)]
    return ids


_KUBECONFIG_KEY = "value"
"""The key of a kubeconfig if spec.kubeConfig names none, and value.yaml if that is missing
(fluxcd/pkg runtime/client impersonator.go)."""


def target_of(item: Object) -> str:
    """Return the reference to the kubeconfig of the cluster that *item* applies to.

    It is empty for the cluster that *item* is in.
    """
    config = map_of(item.get("spec")).get("kubeConfig")
    for name, reference in map_of(config).items() if config else ():
        if found := text_of(map_of(reference).get("name")):
            key = text_of(map_of(reference).get("key")) or _KUBECONFIG_KEY
            return f"{name} {Ref.of(item).namespace}/{found} {key}"
    return ""


def _hashes_of(item: Object) -> Iterable[int]:
    """Return the hash of each object in the inventory of *item*: of its id and its cluster."""
    if not map_of(item.get("status")).get("inventory"):
        return ()
    target, ids = target_of(item), ids_of(item)
    return [hash((target, id_)) for id_ in ids] if target else map(hash, ids)


def _repeated(hashes: Sequence[int]) -> set[int]:
    """Return the numbers that are in *hashes* more than once.

    They are counted by their last bits; only those that may be equal are sorted.
    """
    mask = (1 << (_SPARSE * len(hashes)).bit_length()) - 1
    seen = bytearray(mask + 1)
    for each in hashes:
        slot = each & mask
        seen[slot] = _TWICE if seen[slot] else 1
    some = sorted([each for each in hashes if seen[each & mask] == _TWICE])
    return {one for one, other in pairwise(some) if one == other}


def _together(found: Mapping[tuple[str, str], Sequence[Key]]) -> Iterator[Shared]:
    """Yield the objects in *found*, those with the same owners as one."""
    groups: dict[tuple[str, tuple[Key, ...]], list[Entry]] = defaultdict(list)
    for (target, id_), listing in found.items():
        entry = entry_of(id_)
        if len(listing) > 1 and entry:
            groups[target, tuple(sorted(listing))].append(entry)
    for (_, owners), entries in sorted(groups.items()):
        yield Shared(owners, tuple(sorted(entries)))
