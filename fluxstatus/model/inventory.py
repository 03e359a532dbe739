"""The inventory of a Flux object: what it made, by id.

An id is namespace_name_group_kind, and a colon in a name is two underscores (cli-utils
pkg/object/objmetadata.go). A large cluster has hundreds of thousands, so the ids of an object are
kept as one text, which is compressed if it is long.
"""

import binascii
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS

_SHORT = 400  # characters: a shorter text is not worth compressing
_RATIO = 100  # of a text to its compressed form; more is not an inventory
_SEPARATORS = 3
_ARTIFACT = "ExternalArtifact"


class Entry(NamedTuple):
    """An object in an inventory; `namespace` is empty for a cluster-wide object."""

    group: str
    kind: str
    namespace: str
    name: str


def ids_in(inventory: object) -> list[str] | None:
    """Return the ids in a status.inventory, packed or as its controller wrote it; None without one.

    What is no id is left out. That of an ArtifactGenerator is a list of its ExternalArtifacts, and
    from Flux 2.10 on also of Namespaces, which have their kind (source-watcher api/v1beta1
    InventoryEntry).
    """
    if isinstance(inventory, str):
        return unpack(inventory)
    if isinstance(inventory, list):
        return [id_of(entry) for one in maps_of(inventory) if (entry := _generated(one))] or None
    entries = map_of(inventory).get("entries")
    if not isinstance(entries, list):
        return None
    found = [one.get("id") for one in entries if isinstance(one, dict)]
    return [one for one in found if isinstance(one, str) and one.count("_") >= _SEPARATORS]


def _generated(one: Object) -> Entry | None:
    kind = text_of(one.get("kind")) or _ARTIFACT
    namespace, name = text_of(one.get("namespace")), text_of(one.get("name"))
    group = KINDS[kind].group if kind in KINDS else ""
    return Entry(group, kind, namespace, name) if name and (namespace or not group) else None


def pack(ids: Iterable[str]) -> str:
    """Return *ids* as one text."""
    text = "\n".join(ids)
    if len(text) < _SHORT:
        return text
    whole = text.encode(errors="replace")
    data = zlib.compress(whole, 1)
    if len(whole) > _RATIO * len(data):
        return text
    return binascii.b2a_base64(data, newline=False).decode()


def unpack(text: str) -> list[str]:
    """Return the ids in *text*, which `pack` returned; none if it is damaged."""
    if "_" not in text:  # as in each id, and never in base64
        try:
            data, unpacker = binascii.a2b_base64(text), zlib.decompressobj()
            text = unpacker.decompress(data, _RATIO * len(data)).decode() if data else ""
        except (ValueError, zlib.error):
            return []
        if not unpacker.eof:  # incomplete, or from somebody who wants to fill the memory
            return []
    return text.split("\n") if text else []


def unpacked(item: Object) -> Object:
    """Return *item*, a pruned object, with its inventory in the form of the API, to be printed."""
    status = map_of(item.get("status"))
    if not isinstance(status.get("inventory"), str):
        return item
    ids = unpack(status["inventory"])
    inventory: object = {"entries": [{"id": one} for one in ids]}
    if item.get("kind") == "ArtifactGenerator":
        entries = filter(None, map(entry_of, ids))
        inventory = [
            {"kind": one.kind, "namespace": one.namespace, "name": one.name} for one in entries
        ]
    return {**item, "status": {**status, "inventory": inventory}}


def entry_of(id_: str) -> Entry | None:
    """Return the object that an id names, None if it names none."""
    namespace, _, rest = id_.partition("_")
    rest, _, kind = rest.rpartition("_")
    name, _, group = rest.rpartition("_")
    return Entry(group, kind, namespace, name.replace("__", ":")) if name and kind else None


def id_of(entry: Entry) -> str:
    """Return the id of *entry*."""
    return f"{entry.namespace}_{entry.name.replace(':', '__')}_{entry.group}_{entry.kind}"
