"""Which objects several Flux objects have in their inventories."""

import cProfile
import pstats

import pytest

from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Object, Read
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.inventories import contested_kinds, shared, shared_in
from tests.builders import evidence, flux

WEB, PROD = "apps_web_apps_Deployment", "_prod__Namespace"
CRD = "_things.example.com_apiextensions.k8s.io_CustomResourceDefinition"


def applier(name: str, *ids: str, **spec: object) -> Object:
    """Return the object "Kind/name" in "apps" with these ids in its inventory."""
    kind, _, own = name.partition("/")
    entries = [{"id": one, "v": "v1"} for one in ids]
    return flux(kind, own, spec=dict(spec), status={"inventory": {"entries": entries}})


def found(*objects: Object) -> list[tuple[list[str], list[str]]]:
    """Return the names of the owners, and of the objects that they share."""
    pruned = [prune(KINDS[one["kind"]].resource, one) for one in objects]
    return [
        ([f"{kind}/{name}" for kind, _, name in one.owners], [e.name for e in one.objects])
        for one in shared(pruned)
    ]


def kubeconfig(name: str, **more: str) -> Object:
    """Return a reference to the cluster of the Secret *name*."""
    return {"secretRef": {"name": name, **more}}


A, B = "Kustomization/a", "Kustomization/b"


def test_each_group_of_owners_is_told_once() -> None:
    """Objects with the same owners are together, whatever the kinds of these are."""
    objects = [
        applier(A, WEB, PROD, "apps_own__Service"),
        applier(B, WEB, PROD),
        applier("HelmRelease/c", "x_y__Secret", "apps_own__Service"),
        applier("ResourceSet/d", "x_y__Secret"),
        applier("FluxInstance/e", "x_y__Secret", "x_z__Secret"),
    ]
    assert found(*objects) == [
        (["FluxInstance/e", "HelmRelease/c", "ResourceSet/d"], ["y"]),
        (["HelmRelease/c", A], ["own"]),
        ([A, B], ["prod", "web"]),
    ]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (WEB, True),
        ("apps_web_extensions_Deployment", False),
        ("apps_web_apps_StatefulSet", False),
        ("prod_web_apps_Deployment", False),
        ("apps_web2_apps_Deployment", False),
    ],
)
def test_an_object_is_the_same_by_its_whole_id(other: str, *, same: bool) -> None:
    """Group, kind, namespace and name count; the version does not."""
    assert bool(found(applier(A, WEB), applier(B, other))) is same


def test_an_object_twice_in_one_inventory_has_one_owner() -> None:
    """Helm may list an object of a chart twice."""
    assert found(applier("HelmRelease/a", WEB, WEB, PROD)) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (kubeconfig("edge"), kubeconfig("edge"), True),
        (kubeconfig("edge"), kubeconfig("core"), False),
        (kubeconfig("edge", key="a"), kubeconfig("edge", key="b"), False),
        (kubeconfig("edge"), kubeconfig("edge", key="value"), True),  # the default
        (kubeconfig("edge"), kubeconfig("edge", key="value.yaml"), False),
        (kubeconfig("edge"), {"configMapRef": {"name": "edge"}}, False),
        (kubeconfig("edge"), {}, False),
        (None, {}, True),
    ],
)
def test_clusters_are_told_apart(one: object, other: object, *, same: bool) -> None:
    """Two remote clusters that have an object of the same name are two."""
    assert bool(found(applier(A, WEB, kubeConfig=one), applier(B, WEB, kubeConfig=other))) is same


def test_a_secret_of_another_namespace_is_another_cluster() -> None:
    """The reference to a kubeconfig is to the namespace of the owner."""
    other = applier(B, WEB, kubeConfig=kubeconfig("edge"))
    other["metadata"]["namespace"] = "team"
    assert found(applier(A, WEB, kubeConfig=kubeconfig("edge")), other) == []


def test_crds_in_the_folder_of_a_chart_are_nobodys() -> None:
    """Two releases of a chart list its CRDs, which Helm never deletes; Kustomizations do."""
    assert (
        found(applier("HelmRelease/a", CRD), applier("HelmRelease/b", CRD), applier(A, CRD)) == []
    )
    assert found(applier(A, CRD), applier(B, CRD)) == [([A, B], ["things.example.com"])]


@pytest.mark.parametrize(
    "inventory", [None, {}, {"entries": None}, {"entries": [None, {"id": 7}]}, []]
)
def test_a_malformed_inventory_is_empty(inventory: object) -> None:
    """Whatever the status holds, the others are compared."""
    odd = flux("Kustomization", "odd", status={"inventory": inventory})
    assert found(odd, applier(A, WEB), applier(B, WEB)) == [([A, B], ["web"])]


def test_suspended_objects_contest_nothing() -> None:
    """The events of an owner are read only if there is another one that applies its objects."""
    one, idle = applier("HelmRelease/a", WEB), applier(B, WEB, suspend=True)
    assert contested_kinds(evidence(one, applier(B, WEB)).answers) == {
        "HelmRelease",
        "Kustomization",
    }
    assert contested_kinds(evidence(one, idle).answers) == set()
    assert contested_kinds({}) == set()


def test_a_result_is_for_the_lists_that_were_compared() -> None:
    """The check gets the result of the reading; other lists are compared, if one differs."""
    both = evidence(applier("HelmRelease/a", WEB), applier(B, WEB)).answers
    other = {**both, KINDS["HelmRelease"].resource: Read()}
    first = shared_in(both)
    assert [one.owners for one in first] == [
        (("HelmRelease", "apps", "a"), ("Kustomization", "apps", "b"))
    ]
    assert shared_in(both) is first
    assert shared_in(both) == first
    assert shared_in(other) == []
    assert shared_in(both) == first


def large(count: int, entries: int, shared_by_all: int = 0) -> list[Object]:
    """Return *count* pruned Kustomizations with so many entries of their own."""
    common = [f"_common-{number}__Namespace" for number in range(shared_by_all)]
    return [
        prune(
            KINDS["Kustomization"].resource,
            applier(f"Kustomization/k{n}", *common, *(f"a_{n}-{e}__Pod" for e in range(entries))),
        )
        for n in range(count)
    ]


def calls(items: list[Object]) -> int:
    """Count the calls that comparing the inventories takes."""
    with cProfile.Profile() as profile:
        shared(items)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("shared_by_all", [0, 2])
def test_the_work_grows_with_the_inventories_and_no_faster(shared_by_all: int) -> None:
    """Four times the owners are four times the calls; no two inventories are compared in turn."""
    few, many = (large(count, 20, shared_by_all) for count in (50, 200))
    assert calls(many) < 4.5 * calls(few)


def test_an_entry_that_nobody_shares_costs_next_to_nothing() -> None:
    """Of 200,000 entries hardly any is shared: no call is for a single one."""
    short, long = large(100, 60), large(100, 180)
    assert calls(long) - calls(short) < 100


def owners_of(items: list[Object]) -> list[tuple[Key, ...]]:
    """Return the owners of the shared objects."""
    return [one.owners for one in shared(items)]


def test_a_pair_among_many_is_found() -> None:
    """The one object that two of many owners share is found by its hash."""
    items = large(300, 10)
    assert owners_of(items) == []
    both = [prune(KINDS["Kustomization"].resource, applier(name, WEB)) for name in (A, B)]
    assert owners_of([both[0], *items, both[1]]) == [
        (("Kustomization", "apps", "a"), ("Kustomization", "apps", "b"))
    ]
