"""Which namespaces the check reads, and what it reports while it does."""

from dataclasses import replace
from typing import Any

import pytest

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import Progress, collect
from fluxstatus.model.evidence import Why
from tests.cluster.collecting import CONTROLLERS, OPERATOR, PAGE, refuse, why
from tests.fakes.api_server import (
    HELM_RELEASES,
    KUSTOMIZATIONS,
    ApiServer,
)

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


def test_pods_and_services_are_asked_where_the_controllers_are(
    server: ApiServer, here: Access
) -> None:
    """One request for each namespace with a Deployment of Flux, none without any."""
    evidence = collect(here)
    assert not server.asked("pods") + server.asked("services")
    assert why(evidence, "pods") is None
    server.items["deployments"] = [
        {"metadata": {"name": name, "namespace": name[0]}} for name in ("ax", "ay", "bx")
    ]
    server.fill("pods", 2)
    evidence = collect(here)
    paths = [path.partition("?")[0] for path in server.asked("pods") + server.asked("services")]
    assert sorted(paths) == [
        f"/api/v1/namespaces/{where}/{what}" for where in "ab" for what in ("pods", "services")
    ]
    assert evidence.answer("pods").namespaces == ("a", "b")
    assert len(evidence.answer("pods").known) == 4


def test_without_deployments_pods_are_not_known_to_be_missing(
    server: ApiServer, here: Access
) -> None:
    """If the Deployments cannot be read, the pods are unread, too."""
    server.ill["deployments"] = refuse(403)
    evidence = collect(here)
    assert why(evidence, "pods") is why(evidence, "services") is Why.FORBIDDEN


@pytest.mark.parametrize(
    ("namespaces", "pods", "paths"),
    [
        ({"apps"}, 3, ["/api/v1/namespaces/apps/pods?limit=500"]),
        ({"apps", "web"}, 3, ["/api/v1/pods?limit=500"]),
        (
            {"apps", "web"},
            PAGE + 1,
            [
                "/api/v1/pods?limit=500",
                (
                    "/api/v1/pods?limit=500&fieldSelector=status.phase!=Running,"
                    "status.phase!=Succeeded"
                ),
            ],
        ),
        (set(), 3, []),
    ],
)
def test_workloads_take_few_requests(
    server: ApiServer, here: Access, namespaces: set[str], pods: int, paths: list[str]
) -> None:
    """One namespace: its pods; several: all pods or, if they are too many, those not running."""
    server.fill("helmreleases", 1)
    server.fill("pods", pods)

    def ask(answers: Any) -> set[str]:
        assert len(answers[HELM_RELEASES].known) == 1
        return namespaces

    evidence = collect(here, workload_namespaces=ask)
    assert server.asked("pods")[: len(paths)] == paths
    assert len(evidence.answer("workload-pods").known) == (pods if paths else 0)


def test_a_namespace_is_one_word_of_a_path(server: ApiServer, here: Access) -> None:
    """Whatever the value of -n, it leads to no other path."""
    server.ill["kustomizations"] = refuse(403)
    collect(replace(here, namespaces=("../../secrets?x=",)))
    asked = [path for path in server.asked("kustomizations") if "namespaces" in path]
    [path] = [path.partition("?")[0] for path in asked]
    assert path.endswith("/v1/namespaces/..%2F..%2Fsecrets%3Fx%3D/kustomizations")


def test_each_answer_is_reported_when_it_is_there(server: ApiServer, here: Access) -> None:
    """Progress has every query, with the size and cost of its answer."""
    server.fill("helmreleases", 7)
    result: list[Progress] = []
    collect(here, result.append)
    of_lists = [KUSTOMIZATIONS, HELM_RELEASES, CONTROLLERS, OPERATOR, "events"]
    assert sorted(t.query for t in result if t.requests) == sorted([*of_lists, "apis", "version"])
    releases = next(t for t in result if t.query == HELM_RELEASES)
    assert (releases.text, releases.requests) == ("7 objects", 1)
