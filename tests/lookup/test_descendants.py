"""What an object creates, and what depends on it."""

from collections.abc import Collection
from typing import Any

import pytest

from fluxstatus.lookup.descendants import InventoryEntry, Tree, inventory_of
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.ref import Ref
from fluxstatus.report.look import Look
from fluxstatus.report.tree import DRAW
from tests.builders import NOW, flux, kustomization, source, state

KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"


@pytest.mark.parametrize(
    ("id_", "version", "wanted"),
    [
        ("apps_web_apps_Deployment", "v1", InventoryEntry("apps/v1", "Deployment", "apps", "web")),
        ("apps_web__Service", "v1", InventoryEntry("v1", "Service", "apps", "web")),
        ("_web__Namespace", "v1", InventoryEntry("v1", "Namespace", "", "web")),
        (
            "_system__web_rbac.authorization.k8s.io_ClusterRole", "v1",
            InventoryEntry("rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:web"),
        ),
    ],
)  # fmt: skip
def test_ids_are_read(id_: str, version: str, wanted: InventoryEntry) -> None:
    """An id is namespace, name, group and kind; a colon in a name is two underscores."""
    item = {"status": {"inventory": {"entries": [{"id": id_, "v": version}]}}}
    assert inventory_of(item) == [wanted]


@pytest.mark.parametrize(
    "inventory", [{"entries": [{"id": "x"}, {"id": 3}, 3, {}]}, {"entries": []}, []]
)
def test_odd_ids_are_nothing(inventory: Any) -> None:
    """An invalid id is skipped."""
    assert inventory_of({"status": {"inventory": inventory}}) == []


def test_no_inventory_is_not_an_empty_one() -> None:
    """No inventory differs from an empty one."""
    assert inventory_of({"status": {}}) is None


class Cluster:
    """A cluster with *items*, that records its requests."""

    def __init__(self, *items: Object, hidden: Collection[str] = ()) -> None:
        self.items, self.hidden, self.asked = items, hidden, list[str]()

    def some(
        self, api_version: str, kind: str, namespace: str, names: Collection[str], labels: str = ""
    ) -> list[Object] | Unread:
        """Return the requested objects."""
        del api_version
        self.asked.append(f"{kind} {namespace}")
        if kind in self.hidden:
            return Unread(Why.FORBIDDEN, "not allowed")
        return [
            item
            for item in self.items
            for ref in [Ref.of(item)]
            if ref.kind == kind
            and (
                labels in item["metadata"].get("labels", {})
                if labels
                else ref.namespace == namespace and ref.name in names
            )
        ]


def tree(kind: str, name: str, cluster: Cluster | None, *objects: Object) -> Node:
    """Return the tree of *kind* apps/*name* in a cluster with the Flux *objects*."""
    known = state(*objects)
    return Tree(known.resources, cluster, NOW).of(known.resources[kind, "apps", name])


def shown(node: Node) -> list[Any]:
    """Return the children of *node*: relation, kind and name, health, and their children."""
    return [
        (c.relation, f"{c.ref.kind}/{c.ref.name}", c.health.healthy, *shown(c))
        for c in node.children
    ]


def applied(name: str, *ids: str) -> Object:
    """Return a Kustomization that has applied *ids*."""
    made = kustomization(name, "git")
    made["status"]["inventory"] = {"entries": [{"id": one, "v": "v1"} for one in ids]}
    return made


ROOT = applied("root", "apps_child_kustomize.toolkit.fluxcd.io_Kustomization",
               "apps_web_apps_Deployment", "apps_gone__ConfigMap",
               "apps_root_kustomize.toolkit.fluxcd.io_Kustomization")  # fmt: skip
CHILD = applied("child", "apps_db_apps_Deployment")
WEB: Object = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata":
               {"name": "web", "namespace": "apps"}, "spec": {"replicas": 1}}  # fmt: skip
DB: Object = {**WEB, "metadata": {"name": "db", "namespace": "apps"}, "status":
              {"readyReplicas": 1}}  # fmt: skip


def test_what_is_made_is_looked_at_level_by_level() -> None:
    """Nested objects show what they create; missing ones are shown; nothing loops."""
    cluster = Cluster(ROOT, CHILD, WEB, DB)
    found = shown(tree("Kustomization", "root", cluster, ROOT, CHILD, source("git")))
    assert found == [
        ("makes", "Kustomization/child", True, ("makes", "Deployment/db", True)),
        ("makes", "Deployment/web", False),
        ("makes", "ConfigMap/gone", False),
    ]
    # Two levels of inventories, then one request for each kind in a namespace.
    assert sorted(cluster.asked) == ["ConfigMap apps", "Deployment apps"] + 2 * [
        "Kustomization apps"
    ]


def test_a_generator_makes_artifacts_and_namespaces() -> None:
    """An entry without a kind is an ExternalArtifact; a Namespace is looked at as one (2.10)."""
    generator = flux("ArtifactGenerator", "gen", spec={"sources": []})
    generator["status"]["inventory"] = [
        {"name": "old", "namespace": "apps", "digest": "sha256:a"},
        {"kind": "ExternalArtifact", "name": "new", "namespace": "team-a", "digest": "sha256:b"},
        {"kind": "Namespace", "name": "team-a", "digest": "sha256:c"},
        {"kind": "Namespace", "name": "team-b", "digest": "sha256:d"},
    ]
    assert inventory_of(generator) == [
        InventoryEntry("source.toolkit.fluxcd.io/v1", "ExternalArtifact", "apps", "old"),
        InventoryEntry("source.toolkit.fluxcd.io/v1", "ExternalArtifact", "team-a", "new"),
        InventoryEntry("v1", "Namespace", "", "team-a"),
        InventoryEntry("v1", "Namespace", "", "team-b"),
    ]
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}}
    made = flux("ExternalArtifact", "team-a/new", spec={"sourceRef": {
        "kind": "ArtifactGenerator", "name": "gen", "namespace": "apps"}})  # fmt: skip
    cluster = Cluster(generator, namespace, made)
    found = shown(tree("ArtifactGenerator", "gen", cluster, generator, made))
    assert found == [
        ("makes", "ExternalArtifact/old", False),  # does not exist
        ("makes", "ExternalArtifact/new", True),
        ("makes", "Namespace/team-a", True),
        ("makes", "Namespace/team-b", False),
    ]
    assert sorted(cluster.asked) == ["ArtifactGenerator apps", "ExternalArtifact apps",
                                     "Namespace "]  # fmt: skip


def test_what_may_not_be_looked_at_is_not_missing() -> None:
    """Without permission to read an object its health is unknown."""
    cluster = Cluster(ROOT, CHILD, hidden=["Deployment"])
    found = shown(tree("Kustomization", "root", cluster, ROOT, CHILD))
    assert ("makes", "Deployment/web", None) in found
    hidden = shown(tree("Kustomization", "root", Cluster(hidden=["Kustomization"]), ROOT, CHILD))
    assert hidden == []


def test_dependents_are_listed_with_their_dependents() -> None:
    """A source feeds, a dependency is needed; each object is shown once."""
    found = shown(tree(
        "GitRepository", "git", Cluster(), source("git"), kustomization("one", "git"),
        kustomization("two", "git", after=["one"]), kustomization("three", "other", after=["one"]),
    ))  # fmt: skip
    assert found == [
        ("feeds", "Kustomization/one", True, ("needed by", "Kustomization/three", True)),
        ("feeds", "Kustomization/two", True),
    ]


def test_a_release_without_inventory_goes_by_labels() -> None:
    """Before Flux 2.8 the objects of a HelmRelease are found by their labels."""
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    labelled = {**DB, "metadata": {**DB["metadata"], "labels": labels}}
    release = flux("HelmRelease", "web")
    found = shown(tree("HelmRelease", "web", Cluster(release, labelled, WEB), release))
    assert found == [("makes", "Deployment/db", True)]


def test_a_saved_cluster_goes_by_labels() -> None:
    """Without a live cluster the Flux objects with its labels are shown."""
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "root",
        "kustomize.toolkit.fluxcd.io/namespace": "apps",
    }
    child = flux("HelmRelease", "web", labels=labels)
    assert shown(tree("Kustomization", "root", None, ROOT, child)) == [
        ("makes", "HelmRelease/web", True)
    ]


@pytest.mark.parametrize("number", [90, 500, 5000])
def test_a_long_chain_of_dependents_ends(number: int) -> None:
    """What is not shown is noted, and drawing the tree takes no recursion without end."""
    chain = [
        kustomization(f"k{one}", "git", after=[f"k{one - 1}"] if one else [])
        for one in range(number)
    ]
    known = state(source("git"), *chain)
    tree = Tree(known.resources, None, NOW).of(known.resources["Kustomization", "apps", "k0"])
    nodes = list(tree.all())
    assert len(nodes) == min(number, 101)
    assert ("are not shown" in nodes[-1].health.text) is (number > 101)
    assert not any("are not shown" in node.health.text for node in nodes[:-1])
    for draw in DRAW.values():
        assert "k89" in draw(tree, Look(80))
