"""The dependency chain of an object: up to the cause, down to its dependents."""

from dataclasses import replace

from fluxstatus.causes.analysis import Analysis
from fluxstatus.lookup.chain import Chains
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import WORKLOAD_PODS, Read
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    evidence,
    kustomization,
    source,
    state,
    waiting_for,
    without,
)

Name = tuple[str, str]


def up(known: State, kind: str, name: str) -> list[Node]:
    """Return everything above the object *name* of *kind* in namespace apps."""
    tree = Chains(Analysis(known)).up(known.resources[kind, "apps", name])
    return [node for top in tree for node in top.all()]


def down(known: State, kind: str, name: str) -> list[Node]:
    """Return everything below the object *name* of *kind* in namespace apps."""
    tree = Chains(Analysis(known)).down(known.resources[kind, "apps", name])
    return [node for top in tree for node in top.all()]


def named(ref: Ref) -> Name:
    """Return kind and name of *ref*."""
    return ref.kind, ref.name


def broken() -> State:
    """Return a failing source, two waiting objects in a chain, and a healthy one."""
    return state(
        *HEALTHY,
        source("repo", NOT_THERE),
        source("other"),
        kustomization("infra", "repo", NO_ARTIFACT),
        kustomization("web", "other", waiting_for("infra"), after=["infra"]),
        kustomization("docs", "other"),
    )


def test_up_to_the_cause() -> None:
    """From a waiting object the tree leads to the failing one, which alone is marked."""
    nodes = up(broken(), "Kustomization", "web")
    assert [named(node.ref) for node in nodes if node.cause] == [("GitRepository", "repo")]
    relations = {named(node.ref): node.relation for node in nodes}
    assert relations["Kustomization", "infra"] == "needs"
    assert relations["GitRepository", "repo"] == relations["GitRepository", "other"] == "source"


def test_down_to_what_waits() -> None:
    """From a failing object the tree leads to all that wait for it, directly or not."""
    nodes = down(broken(), "GitRepository", "repo")
    assert [(*named(n.ref), n.health.text) for n in nodes] == [
        ("Kustomization", "infra", "waiting"),
        ("Kustomization", "web", "waiting"),
    ]


def test_the_well_end_a_chain() -> None:
    """A chain ends at a healthy object, and unhealthy dependents come first."""
    nodes = down(broken(), "GitRepository", "other")
    assert [(n.ref.name, n.health.healthy) for n in nodes] == [("web", False), ("docs", True)]


def test_a_circle_ends() -> None:
    """Objects that wait for each other are each shown once."""
    known = state(
        *HEALTHY,
        source("repo"),
        kustomization("a", "repo", waiting_for("b"), after=["b"]),
        kustomization("b", "repo", waiting_for("a"), after=["a"]),
    )
    names = [named(node.ref) for node in up(known, "Kustomization", "a")]
    assert names.count(("Kustomization", "b")) == 1
    assert ("Kustomization", "a") not in names


def test_what_does_not_exist_is_in_the_tree() -> None:
    """A source that does not exist is shown as missing."""
    known = state(*HEALTHY, kustomization("web", "gone", NO_ARTIFACT))
    found = {
        named(n.ref): (n.health.text, n.health.healthy) for n in up(known, "Kustomization", "web")
    }
    assert found["GitRepository", "gone"] == ("does not exist", False)


def test_what_is_waited_for_stands_as_its_status_says() -> None:
    """An object of another kind shows its own status, if it was read."""
    waits = "False HealthCheckFailed: timeout waiting for: [Deployment/apps/db status: 'InProgress'"
    web = kustomization("web", "repo", {"Ready": f"{waits}, Job/apps/job status: 'InProgress']"})
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "No", "message": "over quota"}
    database = {"kind": "Deployment", "metadata": {"namespace": "apps", "name": "db"},
                "spec": {"replicas": 1}, "status": {"conditions": [refused]}}  # fmt: skip
    known = state(*HEALTHY, source("repo"), web, database, unread={"awaited/Job": FORBIDDEN})
    found = {named(n.ref): n.health.text for n in up(known, "Kustomization", "web")}
    assert found["Deployment", "db"] == "0 of 1 ready: over quota"
    assert found["Job", "job"] == f"was not read: {FORBIDDEN.full_text}"


def test_a_pod_that_is_waited_for_is_in_the_tree() -> None:
    """Pods are read by namespace: a known one shows its state, another one of it is gone."""
    listed = ", ".join(f"Pod/{place}/p status: 'InProgress'" for place in ("apps", "jobs", "other"))
    web = kustomization(
        "web", "repo", {"Ready": f"False HealthCheckFailed: timeout waiting for: [{listed}]"}
    )
    pod = {
        "kind": "Pod",
        "metadata": {"namespace": "apps", "name": "p"},
        "status": {"phase": "Failed"},
    }
    known = evidence(*HEALTHY, source("repo"), web)
    answers = {**known.answers, WORKLOAD_PODS: Read((pod,), ("apps", "jobs"))}
    nodes = up(State(replace(known, answers=answers)), "Kustomization", "web")
    found = {n.ref.namespace: n.health.text for n in nodes if n.ref.kind == "Pod"}
    assert found == {"apps": "has failed", "jobs": "does not exist", "other": "was not read"}


def test_a_controller_that_is_gone_is_the_cause() -> None:
    """The Deployment that should reconcile it is in the tree, and marked when it is missing."""
    objects = without(HEALTHY, "Deployment/kustomize-controller")
    known = state(*objects, source("repo"), kustomization("web", "repo", {}, born=None, observed=0))
    causes = [named(n.ref) for n in up(known, "Kustomization", "web") if n.cause]
    assert causes == [("Deployment", "kustomize-controller")]


def test_no_controller_is_shown_that_leaves_the_object_alone() -> None:
    """A controller runs, but none for the shard of the object."""
    lost = kustomization("web", "git", {}, labels={"sharding.fluxcd.io/key": "shard9"})
    known = state(*HEALTHY, source("git"), lost)
    relations = [node.relation for node in up(known, "Kustomization", "web")]
    assert relations == ["source"]
    chains = Chains(Analysis(known))
    assert chains.controller_of(known.resources["Kustomization", "apps", "web"]) is None
    assert chains.controller_of(known.resources["GitRepository", "apps", "git"])


def test_a_long_chain_ends() -> None:
    """Up to the cause and down to what waits, it is shown to a depth, which is noted."""
    failing = {"Ready": "False BuildFailed: no"}
    chain = [kustomization("k0", "git", failing)] + [
        kustomization(f"k{one}", "git", waiting_for(f"k{one - 1}"), after=[f"k{one - 1}"])
        for one in range(1, 2000)
    ]
    known = state(source("git"), *chain)
    chains = Chains(Analysis(known))
    for nodes in (
        chains.up(known.resources["Kustomization", "apps", "k1999"]),
        chains.down(known.resources["Kustomization", "apps", "k0"]),
    ):
        found = [one for node in nodes for one in node.all() if one.ref.kind == "Kustomization"]
        assert len(found) == 100
        cut = [one.ref for one in found if "are not shown" in one.health.text]
        assert cut == [found[-1].ref]
