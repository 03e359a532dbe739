"""The objects that Receivers notify of changes.

Upstream: notification-controller internal/server/receiver_handlers.go.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.state.resource import Resource

if TYPE_CHECKING:
    from fluxstatus.model.ref import Key


class Receivers:
    """*receivers*, by the objects that they notify; whether they work does not matter here.

    An entry of spec.resources names an object, or every object with its matchLabels: then its name
    is "*". Without matchLabels "*" is an error and notifies nothing.
    """

    def __init__(self, receivers: Iterable[Resource]) -> None:
        self._by_name: dict[Key, list[Resource]] = defaultdict(list)
        self._by_labels: list[tuple[str, str, dict[str, object], Resource]] = []
        for receiver in receivers:
            for entry in maps_of(receiver.spec.get("resources")):
                kind, name = text_of(entry.get("kind")), text_of(entry.get("name"))
                namespace = text_of(entry.get("namespace")) or receiver.ref.namespace
                labels = entry.get("matchLabels")
                if name != "*":
                    self._by_name[kind, namespace, name].append(receiver)
                elif isinstance(labels, dict):
                    self._by_labels.append((kind, namespace, map_of(labels), receiver))

    def of(self, resource: Resource) -> list[Resource]:
        """Return the Receivers that notify *resource*, sorted by name."""
        kind, namespace, _ = resource.ref.key
        found = [
            *self._by_name.get(resource.ref.key, ()),
            *(
                receiver
                for of_kind, where, labels, receiver in self._by_labels
                if (of_kind, where) == (kind, namespace)
                and labels.items() <= resource.labels.items()
            ),
        ]
        return sorted({id(one): one for one in found}.values(), key=lambda one: one.ref)
