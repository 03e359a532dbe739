"""The order in which waiting objects are traced."""

from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.causes.ordering import in_order
from fluxstatus.model.ref import Key

Waits = dict[Key, set[Key]]


def waits(text: str) -> Waits:
    """Return the dependencies written as "a:bc b:c c:"."""
    pairs = (word.partition(":") for word in text.split())
    return {key(who): {key(other) for other in others} for who, _, others in pairs}


def key(name: str) -> Key:
    """Return the key of a Kustomization called *name*."""
    return "Kustomization", "apps", name


def names(keys: list[Key]) -> str:
    """Return the names of *keys* in one word."""
    return "".join(name for _, _, name in keys)


def test_each_comes_after_what_it_waits_for() -> None:
    """A key without known dependencies comes first, and every key comes once."""
    order, circles = in_order(waits("a:b b:c c:x d:bc"))
    assert circles == []
    assert [names(order).index(name) for name in "cb"] == [0, 1]
    assert sorted(names(order)) == list("abcd")


def test_a_circle_is_found_and_what_is_behind_it_follows() -> None:
    """A cycle begins with its smallest member, and each member depends on the next."""
    order, circles = in_order(waits("z:c a:b b:c c:a y:z"))
    assert [names(circle) for circle in circles] == ["abc"]
    assert names(order).startswith("acb")
    assert names(order).endswith("zy")


def test_two_circles_with_a_bridge_are_two() -> None:
    """A cycle that depends on another cycle is found as well."""
    _, circles = in_order(waits("a:bc b:a c:d d:c e:e"))
    assert sorted(names(circle) for circle in circles) == ["ab", "cd", "e"]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sets(st.sampled_from("abcdefgh"))))
def test_any_graph_has_an_order(graph: dict[str, set[str]]) -> None:
    """Every key comes once, after its dependencies unless it is the first of a cycle."""
    waiting = {key(who): {key(other) for other in others} for who, others in graph.items()}
    order, circles = in_order(waiting)
    assert sorted(order) == sorted(waiting)
    first = {circle[0] for circle in circles}
    place = {one: number for number, one in enumerate(order)}
    for who, others in waiting.items():
        if who not in first:
            assert all(place[other] < place[who] for other in others if other in waiting)
    for circle in circles:
        for one, after in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert after in waiting[one]


def test_many_circles_take_no_more_looks_than_there_are_waits() -> None:
    """The work grows with the graph, not with its square: each set is read at most twice."""

    class Counted(set[Key]):
        """A set that counts how often it is gone through."""

        looks = 0

        def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            type(self).looks += 1
            return super().__iter__()

    graph = {key(f"{n}"): Counted({key(f"{n ^ 1}")}) for n in range(2000)}
    _, circles = in_order(graph)
    assert len(circles) == 1000
    assert Counted.looks <= 2 * len(graph)
