"""Trees in which an object says what it waits for, in whole and in brief."""

from functools import cache

from fluxstatus.lookup.ancestors import chain_of
from fluxstatus.lookup.descendants import Tree
from fluxstatus.lookup.node import Node
from fluxstatus.lookup.related import PartialState
from fluxstatus.lookup.saved import Objects
from fluxstatus.lookup.waits import with_ages, with_waits
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.report.look import Look
from fluxstatus.report.tree import DRAW
from fluxstatus.state.state import State
from tests.conftest import RECORDED

MONOREPO = "GitRepository git-fanout-30/monorepo"
REFUSED = "git-down.acme.internal refuses connections (connection refused)"


@cache
def zoo() -> Evidence:
    """Return the recorded zoo."""
    return snapshot.load(RECORDED / "zoo.json.gz")


def owners(kind: str, namespace: str, name: str) -> Node:
    """Return the chain of an object of the zoo."""
    item = State(zoo()).resources[kind, namespace, name].object
    chain = chain_of(item, Objects(zoo()), zoo().taken_at)
    return with_waits(chain, PartialState(zoo(), ()))


def test_what_is_next_to_an_object_is_not_repeated() -> None:
    """It waits for its source, which the next line names, with the cause instead of the message."""
    team = owners("Kustomization", "git-fanout-30", "team-01")
    assert (team.health.text, team.health.brief) == (f"waits for {MONOREPO}", "waiting")
    (source,) = team.children
    assert source.health.text.startswith("failed: failed to checkout and determine revision")
    assert source.health.brief == f"failed: {REFUSED}"


def test_what_is_not_in_the_tree_is_named_in_brief_too() -> None:
    """A dependency is not in the chain of owners: the text has no shorter form."""
    web = owners("HelmRelease", "hr-dep-chain", "web").health
    assert web.text.startswith("waits for HelmRelease hr-dep-chain/db: the repository has no chart")
    assert not web.brief


def test_below_what_fails() -> None:
    """What a source feeds only waits for it; an object that fails itself keeps its own cause."""
    state = State(zoo())
    tree = Tree(state.resources, None, state.now)
    root = with_waits(
        tree.of(state.resources["GitRepository", "git-fanout-30", "monorepo"]),
        PartialState(zoo(), ()),
    )
    assert {one.health.brief for one in root.children} == {"waiting"}
    narrow, wide = (DRAW["tree"](root, Look(width=width)).splitlines() for width in (60, 160))
    assert sum(line.endswith("team-01: waiting") for line in narrow) == 1
    assert sum(line.endswith(f"team-01: waits for {MONOREPO}") for line in wide) == 1


def test_for_how_long() -> None:
    """A Flux object says since when it has been as it is, in both forms; what waits does not."""
    team = owners("Kustomization", "git-fanout-30", "team-01")
    root = with_ages(team, PartialState(zoo(), ()))
    assert root.health == team.health
    (source,) = root.children
    assert source.health.text.startswith("failed for 8m: failed to checkout")
    assert source.health.brief == f"failed for 8m: {REFUSED}"
