"""The resources that an API server serves, and their names, through the real kubectl."""

from pathlib import Path

import pytest

from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.discovery import Discovered, called, of_kind, resources
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Unread, Why
from tests.fakes.api_server import ApiServer, Request
from tests.fakes.kubeconfigs import kubeconfig
from tests.kubernetes.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


def asked(file: Path) -> Discovered:
    """Return the resources of the API server of the kubeconfig *file*."""
    with ApiClient(Access(flags=(f"--kubeconfig={file}",))) as api:
        return resources(api)


def test_every_name_of_a_real_server(cluster: Cluster) -> None:
    """Each resource is found by its kind, plural, short names and plural.group, as by kubectl."""
    everything = asked(cluster.kubeconfig("admin"))
    cluster.forget_audit()
    lines = cluster.kubectl("api-resources", "--no-headers", "-o", "wide").splitlines()
    assert len(lines) > 50
    for line in lines:
        plural, *middle = line.split()
        namespaced, kind = next(
            (word, middle[n + 1]) for n, word in enumerate(middle) if word in ("true", "false")
        )
        found = [one for one in called(everything, plural) if one.kind == kind]
        assert found, line
        assert {str(one.namespaced).lower() for one in found} == {namespaced}
        assert called(everything, kind) == called(everything, plural)
    for word, plural in (("deploy", "deployments"), ("no", "nodes"), ("crd", "customresource"),
                         ("ks", "kustomizations"), ("instance", "fluxinstances")):  # fmt: skip
        assert called(everything, word)[0].plural.startswith(plural)
    assert called(everything, "deployments.v1.apps") == called(everything, "deploy.apps")
    for word, result in (("deploys", "did you mean deploy"), ("deploy.batch", "no resource type")):
        with pytest.raises(NotFoundError, match=result):
            called(everything, word)


def test_a_kind_of_flux_that_is_not_served(bare_cluster: Cluster) -> None:
    """If a CRD of Flux is missing, the kind is known and reported as not served."""
    with pytest.raises(NotFoundError, match=r"not served .*: kustomizations\.kustomize"):
        called(asked(bare_cluster.kubeconfig("admin")), "ks")


def test_an_old_server_is_asked_group_by_group(server: ApiServer, tmp_path: Path) -> None:
    """Before Kubernetes 1.26 each version is read, without subresources and failing groups."""

    def version(request: Request) -> None:
        core = {"name": "pods", "singularName": "", "kind": "Pod", "namespaced": True,
                "shortNames": ["po"], "verbs": ["get"]}  # fmt: skip
        apps = {"name": "deployments", "singularName": "deployment", "kind": "Deployment",
                "namespaced": True, "verbs": ["get", "list"]}  # fmt: skip
        if "metrics" in request.path:
            request.refuse(503, "the server is currently unable to handle the request")
        elif "/apis/" in request.path:
            request.send(
                {
                    "kind": "APIResourceList",
                    "resources": [apps, {**apps, "name": "deployments/scale"}],
                }
            )
        else:
            request.send({"kind": "APIResourceList", "resources": [core]})

    groups = ["apps/v1", "metrics.k8s.io/v1"]
    server.ill["api"] = lambda r: r.send({"kind": "APIVersions", "versions": ["v1"]})
    server.ill["apis"] = lambda r: r.send(
        {"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": g}]} for g in groups]}
    )
    server.ill["v1"] = version
    known = asked(kubeconfig(tmp_path / "kubeconfig", server.url))
    found = known.resources
    assert list(known.unread) == ["metrics.k8s.io"]
    assert [one.full_name for one in found] == ["pods", "deployments.apps"]
    assert found[0].base == "/api/v1"
    assert found[1].base == "/apis/apps/v1"
    assert called(known, "po") == [found[0]]
    assert of_kind(known, "apps/v1beta1", "Deployment") == found[1]
    absent, unknown = (of_kind(known, group, "Deployment") for group in ("v1", "metrics.k8s.io/v1"))
    assert isinstance(absent, Unread)
    assert isinstance(unknown, Unread)
    assert (absent.why, unknown.why) == (Why.ABSENT, Why.FAILED)
    with pytest.raises(UnreadError, match="503"):
        called(known, "nodemetrics")
