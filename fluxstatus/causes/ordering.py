"""Sorting objects so that each one follows its dependencies, and finding dependency cycles."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from fluxstatus.model.ref import Key


def in_order(dependencies: Mapping[Key, AbstractSet[Key]]) -> tuple[list[Key], list[list[Key]]]:
    """Return the keys of *dependencies*, each after its own dependencies, and the cycles.

    In a cycle, each key depends on the next, and the last key on the first. The first key is the
    smallest, and it is sorted as if it had no dependencies. Each key is placed once, so the time is
    linear in the number of dependencies, regardless of the number of cycles.
    """
    left = {key: {one for one in needed if one in dependencies}
            for key, needed in dependencies.items()}  # fmt: skip
    dependents: dict[Key, list[Key]] = defaultdict(list)
    for key, needed in left.items():
        for one in needed:
            dependents[one].append(key)
    order: list[Key] = []
    cycles: list[list[Key]] = []
    free = sorted(key for key, needed in left.items() if not needed)
    for key in sorted(left):
        _place(free, order, left, dependents)
        while key in left:  # it is in a cycle, or depends on one
            cycle = _cycle_from(key, left)
            cycles.append(cycle)
            _place([cycle[0]], order, left, dependents)
    return order, cycles


def _place(
    free: list[Key],
    order: list[Key],
    left: dict[Key, set[Key]],
    dependents: Mapping[Key, list[Key]],
) -> None:
    """Move the *free* keys, and all keys that this makes free, from *left* to *order*."""
    while free:
        key = free.pop()
        order.append(key)
        del left[key]
        for other in dependents.get(key, ()):
            if left.get(other):
                left[other].discard(key)
                if not left[other]:
                    free.append(other)


def _cycle_from(start: Key, left: Mapping[Key, AbstractSet[Key]]) -> list[Key]:
    """Return the cycle that the dependencies of *start* lead to."""
    path: list[Key] = []
    position: dict[Key, int] = {}
    key = start
    while key not in position:
        position[key] = len(path)
        path.append(key)
        key = min(left[key])
    cycle = path[position[key] :]
    smallest = cycle.index(min(cycle))
    return [*cycle[smallest:], *cycle[:smallest]]
