"""Trees in which an object that waits for others says so, as in the check and in lists."""

from dataclasses import replace
from datetime import datetime

from fluxstatus.causes.trace import causes_by_object
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.lookup.ancestors import Getter
from fluxstatus.lookup.health import resource_of
from fluxstatus.lookup.node import Node
from fluxstatus.lookup.related import PartialState, partial_state
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import needs_of
from fluxstatus.state.resource import HEALTHY

_MOST = 50  # objects that others need, read one by one


def with_waits(root: Node, state: PartialState) -> Node:
    """Return the tree *root*, in which objects that wait say for which, instead of their message.

    Why that one is not ready is said once, at its own place in the tree if it has one.
    """
    causes = causes_by_object(state, Controllers(state))
    in_tree = {node.ref.key for node in root.all()}

    def told(node: Node) -> Node:
        children = tuple(map(told, node.children))
        others = [one for one in causes.get(node.ref.key, ()) if one.ref.key != node.ref.key]
        if not others or node.health.healthy is not False:
            return replace(node, children=children)
        first = others[0]
        why = "" if first.ref.key in in_tree else f": {first.fault.diagnosis.headline}"
        more = f", and for {len(others) - 1} more" if others[1:] else ""
        health = node.health._replace(text=f"waits for {first.ref}{why}{more}")
        return replace(node, children=children, health=health)

    return told(root)


class Remembered:
    """The objects that a getter returns, with the memory of those of Flux."""

    def __init__(self, objects: Getter, first: Object) -> None:
        self._objects = objects
        self._known: dict[Key, Object | None] = {}
        self._keep(first)

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object, None if it does not exist, or why it was not read."""
        found = self._objects.get(api_version, kind, namespace, name)
        if isinstance(found, dict):
            self._keep(found)
        return found

    def state(self, now: datetime) -> PartialState:
        """Return the objects of Flux that were returned, and what those that fail wait for.

        These are read, too, and what they wait for in turn.
        """
        todo, left = [one for one in self._known.values() if one], _MOST
        while todo:
            resource = resource_of(todo.pop(), now)
            needed = needs_of(resource) if resource.verdict not in HEALTHY else ()
            for key in needed:
                if key in self._known or key[0] not in KINDS or not left:
                    continue
                left -= 1
                self._known[key] = None
                found = self.get(f"{KINDS[key[0]].group}/v1", *key)
                todo += [found] if isinstance(found, dict) else []
        return partial_state(now, (resource_of(one, now) for one in self._known.values() if one))

    def _keep(self, item: Object) -> None:
        ref = Ref.of(item)
        known = KINDS.get(ref.kind)
        if known and ref.api_version.startswith(f"{known.group}/"):
            self._known[ref.key] = item
