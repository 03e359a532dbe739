"""The first requests of the check: discovery, and the versions of server and programs."""

import pytest

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.model.evidence import Why
from tests.cluster.collecting import CONTROLLERS, refuse, why
from tests.fakes.api_server import (
    KUSTOMIZATIONS,
    ApiServer,
    Illness,
)

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


@pytest.mark.parametrize(
    ("illness", "reason", "text"),
    [
        pytest.param(
            lambda r: r.send("<html>log in</html>"),
            Why.GARBLED,
            "is not a Kubernetes API server: it responded with 200 and without JSON",
            id="HTML",
        ),
        pytest.param(
            lambda r: r.send("", 302, {"Location": "/login"}),
            Why.GARBLED,
            "is not a Kubernetes API server: it responded with 302 and without JSON",
            id="redirect",
        ),
        pytest.param(lambda r: r.send({"kind": "Pet"}), Why.GARBLED, "is not a", id="other JSON"),
        pytest.param(lambda r: r.send([]), Why.GARBLED, "is not a", id="JSON list"),
        pytest.param(refuse(500), Why.FAILED, "the API server returned an error: 500 no", id="500"),
        pytest.param(
            lambda r: r.send("", 502), Why.GARBLED, "responded with 502", id="502 of a gateway"
        ),
        pytest.param(refuse(401), Why.LOGIN, "rejected the credentials of me", id="401"),
        pytest.param(
            lambda r: r.refuse(403, 'forbidden: User "system:anonymous" cannot get path "/apis"'),
            Why.LOGIN,
            "treats the request as system:anonymous",
            id="anonymous",
        ),
    ],
)
def test_the_first_answer_decides(
    server: ApiServer, here: Access, illness: Illness, reason: Why, text: str
) -> None:
    """Nothing else is requested if discovery fails."""
    server.ill["apis"] = illness
    evidence = collect(here)
    assert evidence.unreachable
    assert (evidence.unreachable.why, evidence.served) == (reason, None)
    assert text in evidence.unreachable.text
    assert set(server.asked()) == {"/apis"}
    assert why(evidence, KUSTOMIZATIONS) is reason
    assert evidence.target.server == server.url


def test_where_discovery_is_forbidden_the_rest_is_asked(server: ApiServer, here: Access) -> None:
    """Then no kind of Flux is read, for that reason, but the Deployments are."""
    server.ill["apis"] = lambda r: r.refuse(403, 'User "ci" cannot get path "/apis"')
    server.items["deployments"] = [{"metadata": {"name": "x", "namespace": "flux-system"}}]
    evidence = collect(here)
    assert (evidence.unreachable, evidence.served) == (None, None)
    unread = evidence.answer(KUSTOMIZATIONS).unread
    assert unread
    assert (unread.why, unread.permission) == (Why.FORBIDDEN, "get /apis")
    assert len(evidence.answer(CONTROLLERS).known) == 1


def test_old_servers_tell_group_by_group(server: ApiServer, here: Access) -> None:
    """Before Kubernetes 1.26 each version of a group is read; the first with a kind wins."""
    group = "kustomize.toolkit.fluxcd.io"
    versions = ("v1", "v1beta2")
    plain = {
        "kind": "APIGroupList",
        "groups": [
            {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]},
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{v}", "version": v} for v in versions],
            },
        ],
    }
    verbs = ["get", "list"]
    resources = [
        {"name": "kustomizations", "verbs": verbs},
        {"name": "kustomizations/status", "verbs": ["get"]},
    ]
    only_old = {"name": "olds", "verbs": verbs}
    server.ill["apis"] = lambda r: r.send(plain)
    server.ill["v1"] = lambda r: r.send({"kind": "APIResourceList", "resources": resources})
    server.ill["v1beta2"] = lambda r: r.send(
        {"kind": "APIResourceList", "resources": [*resources, only_old]}
    )
    evidence = collect(here)
    assert evidence.served == {KUSTOMIZATIONS: "v1", f"olds.{group}": "v1beta2"}
    assert why(evidence, KUSTOMIZATIONS) is None
    assert server.asked("/apis/apps/v1?") == []


def test_a_server_may_not_know_its_version(server: ApiServer, here: Access) -> None:
    """The version of an unstamped build is unknown, as after an error."""
    assert collect(here).target.kubernetes == "v1.30.1"
    for illness in (lambda r: r.send({"gitVersion": "v0.0.0-master+$Format"}), refuse(403)):
        server.ill["version"] = illness
        assert collect(here).target.kubernetes == ""
