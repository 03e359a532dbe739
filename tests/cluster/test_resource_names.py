"""The resource that a word means, among those that are served."""

import pytest

from fluxstatus.cluster.discovery import ApiResource, Discovered, called, of_kind, resources
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.cluster.reader import opened
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Unread, Why
from tests.cluster.readers import idle, way
from tests.fakes.scripted import Api, document, status

LIST = frozenset({"get", "list"})
POD = ApiResource(
    *("Pod", "pods", "", "v1"), namespaced=True, names=frozenset({"pods", "pod", "po"}), verbs=LIST
)
DEPLOYMENT = ApiResource(
    *("Deployment", "deployments", "apps", "v1"),
    namespaced=True,
    names=frozenset({"deployments", "deployment", "deploy"}),
    verbs=LIST,
)
RELEASE = ApiResource(
    *("HelmRelease", "helmreleases", "helm.toolkit.fluxcd.io", "v2"),
    namespaced=True,
    names=frozenset({"helmreleases", "helmrelease"}),
    verbs=LIST,
)
OTHER = ApiResource(
    *("Release", "releases", "example.com", "v1"),
    namespaced=False,
    names=frozenset({"releases", "release", "rel", "po"}),
    verbs=LIST,
)
FAILED = Unread(Why.FAILED, "it is down")
KNOWN = Discovered([POD, DEPLOYMENT, RELEASE, OTHER], {})


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("pods", [POD]), ("Pod", [POD]), ("po", [POD, OTHER]), ("PO.example.com", [OTHER]),
        ("deploy", [DEPLOYMENT]), ("deploy.apps", [DEPLOYMENT]), ("deploy.v1.apps", [DEPLOYMENT]),
        ("hr", [RELEASE]), ("HelmRelease", [RELEASE]), ("hr.helm.toolkit.fluxcd.io", [RELEASE]),
        ("helmreleases.v2.helm.toolkit.fluxcd.io", [RELEASE]), ("releases", [OTHER]),
    ],
)  # fmt: skip
def test_a_word_means_resources(word: str, found: list[ApiResource]) -> None:
    """A name that the API server knows or that flux uses, alone or with its group and version."""
    assert called(KNOWN, word) == found


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("deploys", "has no resource type 'deploys'; did you mean deploy"),
        ("deploy.batch", "has no resource type 'deploy.batch'"),
        ("deploy.v1beta1.apps", "has no resource type"),
        ("ks", r"^not served by this API server: kustomizations\.kustomize\.\S+; part of kust"),
        ("zzz", "see `kubectl api-resources`"),
    ],
)
def test_a_word_that_means_none(word: str, text: str) -> None:
    """A kind of Flux is known, and not served; other words may be mistyped."""
    with pytest.raises(NotFoundError, match=text):
        called(KNOWN, word)


@pytest.mark.parametrize(
    ("group", "word", "is_unknown"),
    [
        ("metrics.k8s.io", "nodemetrics", True),
        ("metrics.k8s.io", "nodemetrics.metrics.k8s.io", True),
        ("metrics.k8s.io", "nodemetrics.example.com", False),
        ("metrics.k8s.io", "ks", False),
        ("kustomize.toolkit.fluxcd.io", "ks", True),
    ],
)
def test_a_word_of_a_group_that_was_not_read(group: str, word: str, is_unknown: bool) -> None:
    """What may be served is not missing."""
    error = UnreadError if is_unknown else NotFoundError
    with pytest.raises(error, match="it is down" if is_unknown else "API server"):
        called(KNOWN._replace(unread={group: FAILED}), word)


@pytest.mark.parametrize(
    ("api_version", "kind", "found"),
    [
        ("v1", "Pod", POD),
        ("apps/v1beta1", "Deployment", DEPLOYMENT),
        ("v1", "Deployment", Unread(Why.ABSENT, "the API server does not serve Deployment")),
        ("apps/v1", "Pod", Unread(Why.ABSENT, "the API server does not serve Pod")),
        ("metrics.k8s.io/v1", "NodeMetrics", FAILED),
    ],
)
def test_the_resource_of_a_kind(api_version: str, kind: str, found: ApiResource | Unread) -> None:
    """In any version of its group; a group that was not read may serve it."""
    known = KNOWN._replace(unread={"metrics.k8s.io": FAILED})
    assert of_kind(known, api_version, kind) == found


def test_a_resource_has_its_path_and_name() -> None:
    """The core group has no name, and a path of its own."""
    assert (POD.full_name, POD.base) == ("pods", "/api/v1")
    assert (DEPLOYMENT.full_name, DEPLOYMENT.base) == ("deployments.apps", "/apis/apps/v1")
    assert POD.query == ListQuery("/api/v1", "pods", namespaced=True)
    assert OTHER.query == ListQuery("/apis/example.com/v1", "releases", namespaced=False)


def test_what_an_old_server_serves(api: Api) -> None:
    """Each version is read, without subresources; the group that fails is unread."""
    pods = {"name": "pods", "singularName": "pod", "kind": "Pod", "namespaced": True,
            "shortNames": ["po"], "verbs": ["get", "list"]}  # fmt: skip
    nodes = {
        "name": "nodes",
        "singularName": "nod",
        "kind": "Node",
        "namespaced": False,
        "verbs": [],
    }
    core = [pods, {**pods, "name": "pods/log"}, nodes]
    deployments = {"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": None}
    groups = [{"versions": [{"groupVersion": name}]} for name in ("apps/v1", "down.io/v1")]
    api["/api"] = document({"kind": "APIVersions", "versions": ["v1"]})
    api["/apis"] = document({"kind": "APIGroupList", "groups": groups})
    api["/api/v1"] = document({"kind": "APIResourceList", "resources": core})
    api["/apis/apps/v1"] = document({"kind": "APIResourceList", "resources": [deployments]})
    api["/apis/down.io/v1"] = status(503, retry_after="60")
    with opened(way(), report=idle) as client:
        known = resources(client)
    assert known.resources == [
        POD,
        ApiResource(
            *("Node", "nodes", "", "v1"),
            namespaced=False,
            names=frozenset({"nodes", "node", "nod"}),
            verbs=frozenset(),
        ),
        ApiResource(
            *("Deployment", "deployments", "apps", "v1"),
            namespaced=True,
            names=frozenset({"deployments", "deployment"}),
            verbs=frozenset(),
        ),
    ]
    assert [(name, one.why) for name, one in known.unread.items()] == [("down.io", Why.FAILED)]


def test_what_a_server_serves(api: Api) -> None:
    """The preferred version comes first; a stale group is unread, as far as it is known."""
    pods = {"resource": "pods", "singularResource": "pod", "scope": "Namespaced",
            "shortNames": ["po"], "verbs": ["get", "list"],
            "responseKind": {"kind": "Pod"}}  # fmt: skip
    deployments = {**pods, "resource": "deployments", "singularResource": "deployment",
                   "shortNames": ["deploy"], "responseKind": {"kind": "Deployment"}}  # fmt: skip
    releases = {"resource": "releases", "singularResource": "rel", "scope": "Cluster",
                "shortNames": ["po"], "verbs": ["get", "list"],
                "responseKind": {"kind": "Release"}}  # fmt: skip
    core = [{"metadata": {}, "versions": [{"version": "v1", "resources": [pods]}]}]
    versions = [{"version": name, "resources": [deployments]} for name in ("v1", "v1beta1")]
    stale = [{"version": "v1", "resources": [releases], "freshness": "Stale"}]
    others = [
        {"metadata": {"name": "apps"}, "versions": versions},
        {"metadata": {"name": "example.com"}, "versions": stale},
        {"metadata": {"name": "none.io"}, "versions": [{"version": "v1", "freshness": "Current"}]},
    ]
    for path, items in (("/api", core), ("/apis", others)):
        api[path] = document({"kind": "APIGroupDiscoveryList", "items": items})
    with opened(way(), report=idle) as client:
        known = resources(client)
    assert known.resources == [POD, DEPLOYMENT, OTHER]
    assert known.unread == {
        "example.com": Unread(
            Why.FAILED,
            "the API server cannot reach the aggregated API server of example.com",
        )
    }
    assert [one.path for one in api.requests] == ["/api", "/apis"]
