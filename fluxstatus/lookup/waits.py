"""Trees in which an object that waits for others says so, as in the check and in lists."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.causes.trace import Cause, causes_by_object
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.lookup.ancestors import Getter
from fluxstatus.lookup.health import resource_of
from fluxstatus.lookup.node import Node
from fluxstatus.lookup.related import PartialState, partial_state
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.failures import failing_since
from fluxstatus.state.references import health_checked, needs_of
from fluxstatus.state.resource import HEALTHY

_MOST = 50  # objects that others need, read one by one


def with_waits(root: Node, state: PartialState) -> Node:
    """Return the tree *root*, in which objects that wait say for which, instead of their message.

    Why that one is not ready is said once, at its own place in the tree if it has one. The brief
    text of an object that fails itself is the headline of its cause, or which objects of the tree
    its health check waits for; that of one that waits for objects next to it does not repeat them.
    """
    causes = causes_by_object(state, Controllers(state))
    in_tree = {node.ref.key for node in root.all()}

    def told(node: Node, above: frozenset[Key] = frozenset()) -> Node:
        children = tuple(told(one, above | {node.ref.key}) for one in node.children)
        found = causes.get(node.ref.key, ())
        others = [one for one in found if one.ref.key != node.ref.key]
        if not found or node.health.healthy is not False:
            return replace(node, children=children)
        if not others:
            health = node.health._replace(brief=_in_brief(found[0], in_tree))
            return replace(node, children=children, health=health)
        first = others[0]
        why = "" if first.ref.key in in_tree else f": {first.fault.diagnosis.headline}"
        more = f", and for {len(others) - 1} more" if others[1:] else ""
        near = above | {one.ref.key for one in node.children}
        brief = "waiting" if all(one.ref.key in near for one in others) else ""
        health = node.health._replace(text=f"waits for {first.ref}{why}{more}", brief=brief)
        return replace(node, children=children, health=health)

    return told(root)


def _in_brief(cause: Cause, in_tree: Collection[Key]) -> str:
    """Return the verdict on the object of *cause*, and why, but for what the tree says itself."""
    fault, waiter = cause.fault, cause.resource
    if waiter is None:
        return f"failed: {fault.diagnosis.headline}"
    checked = health_checked(waiter, fault.message)
    is_in_tree = bool(checked) and all(one[:3] in in_tree for one in checked)
    awaited = ", ".join(f"{Ref('', *one[:3])}" for one in checked)
    why = f"waits for {awaited}" if is_in_tree else fault.diagnosis.headline
    return f"{waiter.verdict.value}: {why}"


def with_ages(root: Node, state: PartialState) -> Node:
    """Return the tree *root*, in which Flux objects say for how long they have been as they are."""
    known = state.resources.get(root.ref.key)
    since = failing_since(known) if known else None
    health = root.health
    if known and since:
        word, lasting = known.verdict.value, f"{known.verdict.value} for {ago(since, state.now)}"
        health = health._replace(
            text=_begun(health.text, word, lasting), brief=_begun(health.brief, word, lasting)
        )
    return replace(
        root, health=health, children=tuple(with_ages(one, state) for one in root.children)
    )


def _begun(text: str, word: str, lasting: str) -> str:
    """Return *text* with *lasting* in place of the *word* that it begins with, if it does."""
    return lasting + text.removeprefix(word) if text.startswith(word) else text


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
