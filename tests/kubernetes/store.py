"""Objects put into the API server's store behind its back, and taken out again.

What the API server finds in etcd it serves as it is: uid, creationTimestamp, status and
managedFields too, which no request could set. It reads JSON for every kind, though it writes
Protocol Buffers for its own, and its caches follow etcd by themselves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .api import Api
    from .etcd import Etcd

ROOT = "/registry/"
_DEFINITIONS = f"{ROOT}apiextensions.k8s.io/customresourcedefinitions/"

# Where the name in the API and the name in the store differ (pkg/registry in Kubernetes).
_STORED_AS = {
    "services": "services/specs",
    "endpoints": "services/endpoints",
    "nodes": "minions",
    "ingresses": "ingress",
    "replicationcontrollers": "controllers",
}
# Kinds of these groups are stored under their group, as custom resources are.
_GROUPED = {"apiextensions.k8s.io", "apiregistration.k8s.io"}

# The API server and the controllers write these by themselves, at any time.
_RESTLESS = tuple(
    f"{ROOT}{name}/"
    for name in (
        "apiregistration.k8s.io",
        "ipaddresses",  # that of the Service kubernetes, without which it reports an event
        "leases/kube-node-lease",
        "leases/kube-system",
        "masterleases",
        "peerserverleases",
        "ranges",
        "servicecidrs",
    )
)


class StoreError(Exception):
    """An object cannot be stored; the text has the reason."""


class Store:
    """What *api* serves, in *etcd*.

    An object in a version that is not served is refused: the API server cannot convert it, and the
    list of its kind then stays as it was.
    """

    def __init__(self, etcd: Etcd, api: Api) -> None:
        self._etcd = etcd
        self._api = api
        self._saved: dict[str, tuple[int, bytes]] = {}
        self._plurals: dict[tuple[str, str, str], str] = {}

    def put(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Store *objects* as they are. Raises StoreError for a version that is not served."""
        key = self._keys()
        self._etcd.put({key(one): json.dumps(one).encode() for one in objects})

    def remove(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Take *objects* out, finalizers or not. Raises as ``put``."""
        key = self._keys()
        self._etcd.delete([key(one) for one in objects])

    def save(self) -> None:
        """Take what there is now for what ``restore`` goes back to, also of the kinds served."""
        self._plurals = {}
        revisions = self._etcd.revisions(ROOT)
        self._saved = {
            name: (revisions[name], value)
            for name, value in self._etcd.values(ROOT).items()
            if name in revisions and not name.startswith(_RESTLESS)
        }

    def restore(self) -> None:
        """Undo all that was put, changed or removed since ``save``."""
        now = self._etcd.revisions(ROOT)
        added = now.keys() - self._saved.keys()
        self._etcd.delete(name for name in added if not name.startswith(_RESTLESS))
        changed = {
            name: value
            for name, (revision, value) in self._saved.items()
            if now.get(name) != revision
        }
        self._etcd.put(changed)
        revisions = self._etcd.revisions(ROOT) if changed else {}
        self._saved |= {name: (revisions[name], value) for name, value in changed.items()}

    def _plural(self, group: str, version: str, kind: str) -> str | None:
        if (group, version, kind) not in self._plurals:
            served = self._api.served()
            self._plurals = {(one.group, one.version, one.kind): one.plural for one in served}
        return self._plurals.get((group, version, kind))

    def _keys(self) -> Callable[[Mapping[str, Any]], str]:
        definitions = [
            name.removeprefix(_DEFINITIONS) for name in self._etcd.revisions(_DEFINITIONS)
        ]
        grouped = _GROUPED | {name.partition(".")[2] for name in definitions}

        def key(one: Mapping[str, Any]) -> str:
            group, _, version = one["apiVersion"].rpartition("/")
            plural = self._plural(group, version, one["kind"])
            if plural is None:
                raise StoreError(
                    f"{one['apiVersion']} {one['kind']}: not served; is its CRD there?"
                )
            place = f"{group}/{plural}" if group in grouped else _STORED_AS.get(plural, plural)
            metadata = one["metadata"]
            parts = [place, metadata.get("namespace"), metadata["name"]]
            return ROOT + "/".join(part for part in parts if part)

        return key


def items(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the objects in the List *document*, with their kind and version filled in."""
    inherited = {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"].removesuffix("List"),
    }
    return [inherited | one for one in document["items"]]
