"""An order in which each comes after what it waits for, and the circles that have none."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from fluxstatus.model.ref import Key


def in_order(waits: Mapping[Key, AbstractSet[Key]]) -> tuple[list[Key], list[list[Key]]]:
    """Order the keys of *waits* (each to what it waits for), and give the circles among them.

    In a circle each waits for the next, and the last for the first. Its first member, the
    smallest, has its place in the order as if it waited for nothing. However many circles there
    are, each key is put in its place once.
    """
    left = {key: {one for one in waited if one in waits} for key, waited in waits.items()}
    behind: dict[Key, list[Key]] = defaultdict(list)
    for key, waited in left.items():
        for one in waited:
            behind[one].append(key)
    order: list[Key] = []
    circles: list[list[Key]] = []
    free = sorted(key for key, waited in left.items() if not waited)
    for key in sorted(left):
        _put_in_place(free, order, left, behind)
        while key in left:  # in a circle, or behind one
            circle = _circle_from(key, left)
            circles.append(circle)
            _put_in_place([circle[0]], order, left, behind)
    return order, circles


def _put_in_place(
    free: list[Key],
    order: list[Key],
    left: dict[Key, set[Key]],
    behind: Mapping[Key, list[Key]],
) -> None:
    """Move what is *free*, and what this sets free, from *left* to *order*."""
    while free:
        key = free.pop()
        order.append(key)
        del left[key]
        for other in behind.get(key, ()):
            if left.get(other):
                left[other].discard(key)
                if not left[other]:
                    free.append(other)


def _circle_from(start: Key, left: Mapping[Key, AbstractSet[Key]]) -> list[Key]:
    """Follow what *start* waits for until it goes round."""
    way: list[Key] = []
    place: dict[Key, int] = {}
    key = start
    while key not in place:
        place[key] = len(way)
        way.append(key)
        key = min(left[key])
    circle = way[place[key] :]
    smallest = circle.index(min(circle))
    return [*circle[smallest:], *circle[:smallest]]
