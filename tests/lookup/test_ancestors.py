"""The chain of owners above an object."""

from collections.abc import Iterator
from typing import Any

from fluxstatus.lookup.ancestors import chain_of, origins_of
from fluxstatus.lookup.node import Node
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.ref import Ref
from tests.builders import NOW, flux, kustomization, reference


class Objects:
    """Objects by name; those of kind Hidden are not readable."""

    def __init__(self, *items: Object) -> None:
        self._items = {Ref.of(item)[1:]: item for item in items}

    def get(self, _: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object by its key."""
        hidden = Unread(Why.FORBIDDEN, "not allowed")
        return hidden if kind == "Hidden" else self._items.get((kind, namespace, name))


def thing(kind: str, name: str, owner: str = "", **metadata: Any) -> Object:
    """Return an object that is owned by "Kind/name"."""
    more: dict[str, Any] = {"name": name, "namespace": "apps", **metadata}
    if owner:
        owned_by, _, its_name = owner.partition("/")
        other = {"apiVersion": "x/v1", "kind": "Other", "name": "other"}
        one = {"apiVersion": "apps/v1", "kind": owned_by, "name": its_name, "controller": True}
        more["ownerReferences"] = [other, one]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": more, "spec": {}, "status": {}}


def labels(kind: str, name: str) -> dict[str, str]:
    """Return the labels that *name*, of *kind*, sets on what it creates."""
    prefix = {"Kustomization": "kustomize", "HelmRelease": "helm"}[kind]
    return {f"{prefix}.toolkit.fluxcd.io/name": name,
            f"{prefix}.toolkit.fluxcd.io/namespace": "apps"}  # fmt: skip


def steps(node: Node) -> Iterator[str]:
    """Yield the relations and objects above *node*."""
    for child in node.children:
        yield f"{child.relation} {child.ref.kind}/{child.ref.name}"
        yield from steps(child)


GIT = flux("GitRepository", "fleet", spec={"url": "https://git.example.com/fleet"},
           status={"artifact": {"revision": "main@sha1:0123456789abcdef0123"}})  # fmt: skip
POD = thing("Pod", "web-1-x", "ReplicaSet/web-1")
SET = thing("ReplicaSet", "web-1", "Deployment/web")


def test_from_a_pod_to_git() -> None:
    """Owners, labels and the source lead to the URL, revision and path."""
    web = thing("Deployment", "web", labels=labels("Kustomization", "apps"))
    applier = kustomization("apps", "fleet", spec={"path": "./deploy"})
    root = chain_of(POD, Objects(SET, web, applier, GIT), NOW)
    assert list(steps(root)) == [
        "owned by ReplicaSet/web-1", "owned by Deployment/web", "made by Kustomization/apps",
        "source GitRepository/fleet",
    ]  # fmt: skip
    assert list(origins_of(root)) == [
        "https://git.example.com/fleet at main@sha1:0123456, ./deploy"
    ]


def test_from_a_release_to_its_chart_and_to_git() -> None:
    """A HelmRelease leads to its chart repository and to the Kustomization that created it."""
    web = thing("Deployment", "web", labels=labels("HelmRelease", "web"))
    chart = {"chart": "web", "sourceRef": reference("HelmRepository", "charts")}
    release = flux(
        "HelmRelease",
        "web",
        spec={"chart": {"spec": chart}},
        status={"helmChart": "apps/apps-web"},
        labels=labels("Kustomization", "apps"),
    )
    spec = {"url": "https://charts.example.com"}
    charts = flux("HelmRepository", "charts", spec=spec, status={"artifact": {}})
    made = flux("HelmChart", "apps-web", spec=chart)
    applier = kustomization("apps", "fleet")
    root = chain_of(web, Objects(release, made, charts, applier, GIT), NOW)
    assert list(steps(root)) == [
        "made by HelmRelease/web", "source HelmChart/apps-web", "source HelmRepository/charts",
        "made by Kustomization/apps", "source GitRepository/fleet",
    ]  # fmt: skip
    assert [line.partition(" ")[0] for line in origins_of(root)] == [
        "https://charts.example.com,", "https://git.example.com/fleet",
    ]  # fmt: skip


def test_another_owner_is_found_by_its_inventory() -> None:
    """The labels name who applied an object last; whoever else lists it is an owner, too."""
    web = thing("Deployment", "web", labels=labels("Kustomization", "apps"))
    both = [kustomization(name, "fleet") for name in ("apps", "infra")]
    also = {("Deployment", "apps", "web"): [Ref.of(one).key for one in both]}
    root = chain_of(POD, Objects(SET, web, *both, GIT), NOW, lambda ref: also.get(ref.key, ()))
    assert list(steps(root)) == [
        "owned by ReplicaSet/web-1", "owned by Deployment/web",
        "made by Kustomization/apps", "source GitRepository/fleet",
        "also made by Kustomization/infra", "source GitRepository/fleet",
    ]  # fmt: skip


def test_what_flux_did_not_apply_is_in_no_inventory() -> None:
    """Without a label of Flux, the inventories need not be read."""

    def refuse(ref: Ref) -> list[tuple[str, str, str]]:
        raise AssertionError(ref)

    assert list(steps(chain_of(thing("Deployment", "web"), Objects(), NOW, refuse))) == []


def test_an_unreadable_ancestor_is_reported() -> None:
    """A missing and an unreadable owner end the chain, each with its status."""
    assert chain_of(POD, Objects(), NOW).children[0].health.text == "does not exist"
    hidden = chain_of(thing("Pod", "x", "Hidden/y"), Objects(), NOW).children[0].health
    assert (hidden.healthy, hidden.text) == (None, "was not read: not allowed")


def test_what_made_itself_ends_the_way() -> None:
    """The root Kustomization of a bootstrap has its own labels, which is not a loop."""
    own = kustomization("apps", "fleet", labels=labels("Kustomization", "apps"))
    assert list(steps(chain_of(own, Objects(own, GIT), NOW))) == ["source GitRepository/fleet"]
